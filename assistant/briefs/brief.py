"""The use case on paper, made of what was said: one value that every form of export is written from."""

from __future__ import annotations

import json
from datetime import date

from pydantic import ValidationError

from assistant.domain import Brief, Conversation, Evidence, Judgement
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.questions import open_questions
from assistant.words import Words

SCHEMA = "brief/1"
TITLE_LENGTH = 90
SAID_LENGTH = 260
"""Characters of one element in the summary, so that it stays on one page."""


def write_brief(
    conversation: Conversation,
    judgement: Judgement,
    programme: Programme,
    words: Words,
    *,
    today: date | None = None,
) -> Brief:
    """The brief of everything said so far, in the language of the judgement."""
    lang = judgement.lang
    ids = (*programme.element_ids, *programme.fact_ids)
    record = {id: conversation.record.get(id, Evidence()) for id in ids}
    return Brief(
        lang=lang,
        draft=conversation.id,
        made_on=(today or date.today()).isoformat(),
        title=_title(record) or words.say(lang, "brief.title"),
        summary=_summary(record, judgement, programme) or words.say(lang, "page.not_said_yet"),
        record=record,
        judgement=judgement,
        open_questions=open_questions(conversation, judgement.fit.flags, programme, lang),
    )


def said(evidence: Evidence) -> str:
    """The applicant's words for an element, on one line; empty when there are none."""
    if evidence.state not in ("stated", "vague"):
        return ""
    return " ".join((evidence.quote or evidence.value or "").split())


def _title(record: dict[str, Evidence]) -> str:
    """The resident problem as a title: its first sentence, as far as it fits."""
    problem = said(record["resident_problem"]) if "resident_problem" in record else ""
    sentence = _shortened(_first_sentence(problem), TITLE_LENGTH).rstrip(".")
    return sentence[:1].upper() + sentence[1:]


def _first_sentence(text: str) -> str:
    for place, character in enumerate(text):
        if character in ".!?" and text[place + 1 : place + 2] in ("", " ") and place > 20:
            return text[: place + 1]
    return text


def _summary(record: dict[str, Evidence], judgement: Judgement, programme: Programme) -> str:
    """One paragraph: each element that was stated, by its name and in the applicant's words."""
    decision = " ".join((judgement.type.decision_sentence or "").split())
    sentences = []
    told: set[str] = set()
    for element in programme.elements:
        evidence = record[element.id]
        words = said(evidence)
        if element.id == "decision" and decision:
            words = decision
        elif words.lower() in decision.lower():
            continue  # who decides, or under which limit
        if evidence.state != "stated" or words in told:
            continue
        told.add(words)
        sentences.append(f"{element.name.at(judgement.lang)}: {_ended(_shortened(words, SAID_LENGTH))}")
    return " ".join(sentences)


def _shortened(text: str, length: int) -> str:
    """The text up to the last word that fits, with a mark where it was cut."""
    if len(text) <= length:
        return text
    whole = text[: length - 1].rpartition(" ")[0]
    return (whole or text[: length - 1]).rstrip(" ,;:.") + "…"


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…", ".”")) else text + "."


def load_brief(text: str) -> Brief:
    """The brief that was saved as JSON; raises InputError for a newer kind or for anything else."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (json.JSONDecodeError, RecursionError):
        raise _broken("the file is not JSON") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(schema, str) or not schema.startswith("brief/"):
        raise _broken("the file is not a brief")
    if schema != SCHEMA:
        fix = "upgrade this program, or download the brief again"
        raise InputError(f"the brief is of another kind ({schema[:20]})", fix=fix, key="brief_newer")
    try:
        brief = Brief.model_validate(data)
        date.fromisoformat(brief.made_on)
    except ValidationError as error:
        place = ".".join(str(part)[:40] for part in error.errors()[0]["loc"])
        raise _broken(f"the brief is damaged at {place}") from None
    except ValueError:
        raise _broken("the brief is damaged at made_on") from None
    return brief


def _broken(message: str) -> InputError:
    return InputError(message, fix="choose a brief downloaded as JSON, unchanged", key="brief_broken")
