"""What the commands print, and the conversation in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from assistant.conversation import Assistant
from assistant.domain import Answer, Conversation, Hit, Judgement
from assistant.errors import InputError, ScopingError
from assistant.programme import Programme
from assistant.replies import Replies
from assistant.wiring import Product
from assistant.words import Words

MARKS = {"stated": "●", "vague": "◐", "unknown": "?", "missing": "○"}


def show_judgement(judgement: Judgement, programme: Programme, words: Words) -> None:
    """A judgement as a person reads it."""
    lang, console = judgement.lang, Console()
    replies = Replies(programme, words)
    console.print(Markdown(replies.verdict(judgement, lang, with_case=False)))
    table = Table(show_header=False, box=None, pad_edge=False)
    for element in judgement.elements:
        state = words.say(lang, f"state.{element.state}")
        name = programme.element(element.id).name.at(lang)
        table.add_row(MARKS[element.state], name, state, f"“{element.quote}”" if element.quote else "")
    console.print(table)
    if judgement.next_question is not None:
        console.print(Markdown("\n\n" + replies.question(judgement.next_question, lang, example=False)))
    console.print(f"\n[bold]{words.say(lang, 'page.similar_cases')}[/bold]")
    for case in judgement.similar_cases:
        console.print(
            f"- {case.title} ({case.city})\n  {case.why_similar}\n  {case.source_url}", markup=False
        )
        beside = Table(words.say(lang, "page.case_aspect"), box=None, padding=(0, 2, 0, 2))
        for column in ("yours", "theirs"):
            beside.add_column(words.say(lang, f"page.case_{column}"))
        for row in case.differences:
            beside.add_row(*(escape(cell) for cell in (row.aspect, row.yours, row.theirs)))
        console.print(beside)
    for notice in (*judgement.notices, programme.about.notice.at(lang)):
        console.print(f"\n{notice}", markup=False)


def show_answer(answer: Answer) -> None:
    """An answer with the lines it rests on."""
    console = Console()
    console.print(answer.text, markup=False)
    for citation in answer.citations:
        console.print(f"  {citation.source}, {citation.locator}: “{citation.quote}”", markup=False)


def search_results(hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """Hits as the contract of `scoping search --json` prints them."""
    return [_result(hit) for hit in hits]


def _result(hit: Hit) -> dict[str, Any]:
    about = {"id": hit.id, "kind": hit.kind, "score": round(hit.score, 4)}
    if hit.passage is not None:
        return about | {
            "source": hit.passage.source_label,
            "locator": hit.passage.locator,
            "text": hit.passage.text,
        }
    assert hit.case is not None  # noqa: S101  # a hit is a passage or a case
    return about | {
        "source": hit.case.source_title,
        "locator": hit.case.source_url,
        "text": f"{hit.case.title}. {hit.case.resident_problem} {hit.case.decision}",
    }


def show_results(results: list[dict[str, Any]]) -> None:
    """Search results as a person reads them."""
    console = Console()
    for place, result in enumerate(results, start=1):
        console.print(f"{place}. {result['id']}  ({result['score']:.2f})", markup=False, style="bold")
        console.print(f"   {result['source']}: {result['locator']}", markup=False)
        console.print(f"   {result['text']}\n", markup=False)


def interview_jsonl(assistant: Assistant, begun: Conversation, lines: TextIO, out: TextIO) -> None:
    """One {"text": …} a line in, one Turn or error a line out; a bad line never ends the conversation."""
    conversation = begun
    for line in lines:
        if not line.strip():
            continue
        try:
            turn = assistant.respond(conversation, _text_of(line))
        except InputError as error:
            answer = json.dumps({"error": str(error), "fix": error.fix}, ensure_ascii=False)
        else:
            conversation = turn.conversation
            answer = turn.to_json()
        out.write(answer + "\n")
        out.flush()


def _text_of(line: str) -> str:
    fix = 'send one JSON object a line: {"text": "…"}'
    try:
        data = json.loads(line)
    except ValueError:
        raise InputError("the line is not JSON", fix=fix) from None
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise InputError('the line has no "text"', fix=fix)
    return str(data["text"])


def interview(product: Product, begun: Conversation) -> None:
    """A conversation with a person; ends with the brief, at end of input, or with Ctrl-C."""
    console, conversation = Console(), begun
    lang = begun.lang or "en"
    console.print(Markdown(product.programme.about.welcome.at(lang)))
    while not conversation.finished:
        try:
            text = console.input("\n[bold]> [/bold]")
        except (EOFError, KeyboardInterrupt):
            return
        if not text.strip():
            continue
        try:
            turn = product.assistant.respond(conversation, text)
        except ScopingError as error:
            message, fix = product.words.error(conversation.lang or lang, error)
            console.print(f"{message}\n{fix}", markup=False, style="yellow")
            continue
        conversation = turn.conversation
        console.print(Markdown(turn.reply))
        if turn.brief is not None:
            from assistant.briefs.forms import write_form

            console.rule()
            written = write_form(turn.brief, "md", product.programme, product.words)
            console.print(Markdown(written.decode("utf-8")))
