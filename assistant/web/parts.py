"""The components of the applicant's page, and what each of them says for a draft in a language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import gradio as gr
from markupsafe import Markup

from assistant.coaching.reframe import OFFERED, offered
from assistant.domain import Citation, Judgement, Lang, Rejudged
from assistant.programme import Programme
from assistant.store.drafts import Draft, Exchange
from assistant.web import bubbles, coached, render
from assistant.web.reader import Reader, block

Updates = dict[Any, Any]
"""What a handler changes: components and their new values. The others stay as they are."""

LANGUAGES: dict[Lang, str] = {"en": "English", "es": "Español", "pt": "Português"}
EXAMPLES = (1, 2, 3)
FILE_TYPES = [".docx", ".pdf", ".txt", ".md"]


@dataclass(frozen=True)
class Parts:
    """The components that change."""

    masthead: gr.Markdown
    language: gr.Radio
    kept: gr.Markdown
    chat_heading: gr.Markdown
    chat: gr.Chatbot
    examples_box: gr.Column
    examples_heading: gr.Markdown
    example_1: gr.Button
    example_2: gr.Button
    example_3: gr.Button
    status: gr.Markdown
    stop: gr.Button
    retry: gr.Button
    box: gr.Textbox
    send: gr.Button
    upload: gr.UploadButton
    hint: gr.Markdown
    judged: gr.Markdown
    choices: gr.Column
    choices_heading: gr.Markdown
    choose_1: gr.Button
    choose_2: gr.Button
    choose_3: gr.Button
    choose_4: gr.Button
    choose_5: gr.Button
    choose_6: gr.Button
    contest: gr.Accordion
    contest_text: gr.Textbox
    contest_send: gr.Button
    asked: gr.Markdown
    progress: gr.Markdown
    edit: gr.Accordion
    edit_field: gr.Dropdown
    edit_text: gr.Textbox
    edit_save: gr.Button
    rest: gr.Markdown
    map_edit: gr.Accordion
    map_duty: gr.Dropdown
    map_owner: gr.Textbox
    map_contributors: gr.Textbox
    map_time: gr.Textbox
    map_save: gr.Button
    take: gr.Markdown

    @property
    def all(self) -> list[Any]:
        """Every one of them, as the outputs of a handler."""
        return [getattr(self, field.name) for field in fields(self)]

    @property
    def examples(self) -> tuple[gr.Button, ...]:
        """The buttons that open an empty chat."""
        return (self.example_1, self.example_2, self.example_3)

    @property
    def choosers(self) -> tuple[gr.Button, ...]:
        """The buttons that pick a testable version, in the order of their numbers."""
        return tuple(getattr(self, f"choose_{n}") for n in range(1, OFFERED + 1))


def lay_out(programme: Programme | None = None) -> Parts:
    """The components in their places; call it inside the page's Blocks.

    Gradio takes a choice only from the list it has sent. A process that takes over from another has sent none, so the
    lists hold the programme's fields and duties from the start; the names in the reader's language come with the page.
    """
    with gr.Row(elem_id="top"):
        masthead = _html(elem_id="masthead")
        language = gr.Radio(
            [(name, lang) for lang, name in LANGUAGES.items()],
            label="Language",
            elem_id="language",
            container=False,
        )
    kept = _html(elem_id="kept")
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk", min_width=280):
            talk = _talk()
        with gr.Column(elem_id="canvas", min_width=280):
            canvas = _canvas(programme)
    return Parts(masthead=masthead, language=language, kept=kept, **talk, **canvas)


def _html(**options: Any) -> gr.Markdown:
    return gr.Markdown(latex_delimiters=[], sanitize_html=True, **options)


def _talk() -> dict[str, Any]:
    made: dict[str, Any] = {"chat_heading": _html(elem_id="chat-heading")}
    made["chat"] = gr.Chatbot(
        elem_id="chat",
        show_label=False,
        height=None,
        buttons=[],
        latex_delimiters=[],
        feedback_options=None,
        layout="bubble",
        group_consecutive_messages=False,
        autoscroll=False,
    )
    with gr.Column(elem_id="examples", visible=False) as made["examples_box"]:
        made["examples_heading"] = _html()
        for number in EXAMPLES:
            made[f"example_{number}"] = gr.Button(elem_classes="example", size="sm")
    made["status"] = _html(elem_id="status")
    made["stop"] = gr.Button(visible=False, elem_id="stop", size="sm")
    made["retry"] = gr.Button(visible=False, elem_id="retry", size="sm")
    # Enter sends from a box that begins as one line; it grows as it fills.
    made["box"] = gr.Textbox(lines=1, max_lines=10, elem_id="message", label="Message")
    with gr.Row(elem_id="actions"):
        made["upload"] = gr.UploadButton(elem_id="upload", file_types=FILE_TYPES, variant="secondary")
        made["send"] = gr.Button(variant="primary", elem_id="send")
    made["hint"] = _html(elem_id="hint")
    return made


def _canvas(programme: Programme | None) -> dict[str, Any]:
    functions = programme.functions if programme else ()
    fields = [*programme.element_ids, *programme.fact_ids, *programme.optional_ids] if programme else []
    duties = [row.id for function in functions for row in function.responsibility]
    made: dict[str, Any] = {"judged": _html()}
    with gr.Column(elem_id="choices", visible=False) as made["choices"]:
        made["choices_heading"] = _html()
        for number in range(1, OFFERED + 1):
            made[f"choose_{number}"] = gr.Button(elem_id=f"choose-{number}", size="sm")
    with gr.Accordion("Contest", open=False, elem_id="contest", visible=False) as made["contest"]:
        made["contest_text"] = gr.Textbox(lines=2, max_lines=8, label="Reason", elem_id="contest-text")
        made["contest_send"] = gr.Button(elem_id="contest-send", variant="secondary")
    made["asked"] = _html()
    made["progress"] = _html()
    with gr.Accordion("Edit", open=False, elem_id="edit") as made["edit"]:
        made["edit_field"] = gr.Dropdown(
            fields, value=None, label="Field", filterable=False, elem_id="edit-field"
        )
        made["edit_text"] = gr.Textbox(lines=3, max_lines=12, label="Text", elem_id="edit-text")
        made["edit_save"] = gr.Button(elem_id="edit-save", variant="secondary")
    made["rest"] = _html()
    with gr.Accordion("Team", open=False, elem_id="map", visible=False) as made["map_edit"]:
        made["map_duty"] = gr.Dropdown(
            duties, value=None, label="Responsibility", filterable=False, elem_id="map-duty"
        )
        made["map_owner"] = gr.Textbox(label="Owner", elem_id="map-owner")
        made["map_contributors"] = gr.Textbox(label="Contributors", elem_id="map-contributors")
        made["map_time"] = gr.Textbox(label="Time", elem_id="map-time")
        made["map_save"] = gr.Button(elem_id="map-save", variant="secondary")
    made["take"] = _html(elem_id="take")
    return made


# --- what they say ---------------------------------------------------------------------------------------


def labels(parts: Parts, reader: Reader, days: int) -> Updates:
    """Every label of the page in the reader's language."""
    say, programme = reader.say, reader.programme
    named = [
        (reader.name(id), id) for id in (*programme.element_ids, *programme.fact_ids, *programme.optional_ids)
    ]
    examples = zip(EXAMPLES, parts.examples, strict=True)
    return {
        parts.masthead: render.masthead(reader),
        parts.language: gr.update(label=say("page.language"), value=reader.lang),
        parts.kept: render.kept(reader, days),
        parts.chat_heading: render.heading(reader, "page.chat_label"),
        parts.examples_heading: render.lead_in(reader),
        **{button: gr.update(value=say(f"page.example_{number}")) for number, button in examples},
        parts.stop: gr.update(value=say("page.stop")),
        parts.retry: gr.update(value=say("page.retry")),
        parts.box: gr.update(label=say("page.your_message"), placeholder=say("page.placeholder")),
        parts.send: gr.update(value=say("page.send")),
        parts.upload: gr.update(label=say("page.upload")),
        parts.hint: render.hint(reader),
        parts.edit: gr.update(label=say("page.edit_title")),
        parts.edit_field: gr.update(label=say("page.edit_field"), choices=named),
        parts.edit_text: gr.update(label=say("page.edit_text")),
        parts.edit_save: gr.update(value=say("page.save")),
        **_coached_labels(parts, reader),
    }


def _coached_labels(parts: Parts, reader: Reader) -> Updates:
    """The labels of choosing, contesting and the team map."""
    say = reader.say
    duties = [(r.text.at(reader.lang), r.id) for f in reader.programme.functions for r in f.responsibility]
    return {
        parts.choices_heading: block(Markup("<h3>{}</h3>").format(say("reframe.title"))),
        parts.contest: gr.update(label=say("team.contest")),
        parts.contest_text: gr.update(label=say("team.contest_why")),
        parts.contest_send: gr.update(value=say("team.contest")),
        parts.map_edit: gr.update(label=say("team.edit")),
        parts.map_duty: gr.update(label=say("team.duty"), choices=duties),
        parts.map_owner: gr.update(label=say("team.owner")),
        parts.map_contributors: gr.update(label=say("team.contributors")),
        parts.map_time: gr.update(label=say("team.time")),
        parts.map_save: gr.update(value=say("page.save")),
    }


def _coached(parts: Parts, reader: Reader, judgement: Judgement | None) -> Updates:
    """Which of the choosing, contesting and mapping controls a judgement calls for."""
    versions = offered(judgement.fit.flags) if judgement else ()
    buttons: Updates = {}
    for number, button in enumerate(parts.choosers, start=1):
        shown = number <= len(versions)
        label = f"{reader.say('reframe.choose', n=number)}: {versions[number - 1].decision}" if shown else ""
        buttons[button] = gr.update(visible=shown, value=label)
    return {
        parts.choices: gr.update(visible=bool(versions)),
        **buttons,
        parts.contest: gr.update(visible=bool(judgement and judgement.fit.flags)),
        parts.map_edit: gr.update(visible=judgement is not None),
    }


def merged(*updates: Updates) -> Updates:
    """The changes together; of two to one property of a component, the later one counts."""
    whole: Updates = {}
    for part, change in ((part, change) for update in updates for part, change in update.items()):
        before = whole.get(part, {})
        both = isinstance(before, dict) and isinstance(change, dict)
        whole[part] = {**before, **change} if both else change
    return whole


def contents(parts: Parts, reader: Reader, draft: Draft, address: str) -> Updates:
    """The draft as the store has it."""
    judgement = last_judgement(draft)
    return {
        parts.chat: history(reader, draft.exchanges),
        parts.examples_box: gr.update(visible=not draft.exchanges),
        parts.status: "",
        parts.stop: gr.update(visible=False),
        parts.retry: gr.update(visible=can_retry(draft)),
        parts.progress: render.progress(reader, draft.conversation.record),
        parts.edit: gr.update(visible=judgement is not None),
        parts.take: render.take(reader, judgement, address, draft.conversation.usage),
        **judged(parts, reader, judgement, answer_citations(draft), _rejudged(draft)),
    }


def judged(
    parts: Parts,
    reader: Reader,
    judgement: Judgement | None,
    cited: tuple[Citation, ...] = (),
    anew: Rejudged | None = None,
) -> Updates:
    """What the canvas shows of a judgement."""
    if judgement is None:
        return {
            parts.judged: render.welcome(reader),
            parts.asked: "",
            parts.rest: "",
            **_coached(parts, reader, None),
        }
    lang = judgement.lang
    above = (
        render.notices(judgement.notices, lang),
        render.verdict(reader, judgement.fit, lang),
        coached.rejudged(reader, anew, lang),
    )
    below = (
        render.use_case_type(reader, judgement.type, lang),
        coached.residents(reader, judgement.resident_line, lang),
        coached.ai(reader, judgement.ai_note, lang),
        render.eligibility(reader, judgement.eligibility, lang),
        render.readiness(reader, judgement.readiness, lang),
        coached.team_map(reader, judgement.capability, lang),
        render.cases(reader, judgement.similar_cases, lang),
        render.sources(reader, judgement.citations + cited, lang),
    )
    return {
        parts.judged: block(*above),
        parts.asked: render.question(reader, judgement.next_question, lang),
        parts.rest: block(*below),
        **_coached(parts, reader, judgement),
    }


def _rejudged(draft: Draft) -> Rejudged | None:
    """The fit before and after the choice, as the latest answer that told it says."""
    told = [e.turn.rejudged for e in draft.exchanges if e.turn is not None and e.turn.rejudged is not None]
    return told[-1] if told else None


def history(reader: Reader, exchanges: tuple[Exchange, ...]) -> list[dict[str, str]]:
    """The conversation as the chat shows it."""
    return [bubble for exchange in exchanges for bubble in _bubbles(reader, exchange)]


def _bubbles(reader: Reader, exchange: Exchange) -> Iterator[dict[str, str]]:
    yield asked(reader, exchange)
    turn = exchange.turn
    if turn is None:
        yield answer(bubbles.unanswered(reader))
    else:
        yield answer(bubbles.reply(turn.reply, reader.library.hosts))


def asked(reader: Reader, exchange: Exchange) -> dict[str, str]:
    """The applicant's side of an exchange."""
    if exchange.document is not None:
        content = bubbles.uploaded(reader, exchange.document, exchange.text)
    elif exchange.element is not None:
        content = bubbles.rewrote(reader, exchange.element, exchange.text)
    else:
        content = bubbles.said(exchange.text)
    return {"role": "user", "content": content}


def answer(content: str) -> dict[str, str]:
    """The assistant's side of an exchange."""
    return {"role": "assistant", "content": content}


def can_retry(draft: Draft) -> bool:
    """Whether the last message was received and has no answer."""
    return bool(draft.exchanges) and draft.exchanges[-1].turn is None


def last_judgement(draft: Draft) -> Judgement | None:
    """The judgement of the last answer, if there is one."""
    turns = [exchange.turn for exchange in draft.exchanges if exchange.turn]
    return turns[-1].judgement if turns else None


def answer_citations(draft: Draft) -> tuple[Citation, ...]:
    """The lines that the last answer rests on."""
    turns = [exchange.turn for exchange in draft.exchanges if exchange.turn]
    return tuple(c for a in turns[-1].answers for c in a.citations) if turns else ()
