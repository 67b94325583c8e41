"""The use case on paper, made of what was said: one value that every form of export is written from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from pydantic import ValidationError

from assistant.briefs.blocks import shortened
from assistant.briefs.figures import untraced
from assistant.briefs.migrate import SCHEMA, migrated
from assistant.briefs.opened import mark
from assistant.briefs.said import contact_of, said
from assistant.domain import Brief, Conversation, Evidence, Judgement, Section
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.questions import open_questions
from assistant.words import Words

TITLE_LENGTH = 90


def write_brief(
    conversation: Conversation,
    judgement: Judgement,
    programme: Programme,
    words: Words,
    *,
    today: date | None = None,
    sections: Iterable[Section] = (),
) -> Brief:
    """The brief of everything said so far, in the language of the judgement, with what the coaching adds."""
    lang = judgement.lang
    ids = (*(e.id for e in programme.elements_of(conversation.record)), *programme.fact_ids)
    record = {id: conversation.record.get(id, Evidence()) for id in ids}
    opening = conversation.opening
    if opening is not None and opening.of != mark(conversation.record):
        opening = None
    brief = Brief(
        lang=lang,
        draft=conversation.id,
        made_on=(today or date.today()).isoformat(),
        title=(opening.title if opening else "") or _title(record) or words.say(lang, "brief.title"),
        opening=opening.text if opening else "",
        contact=contact_of(conversation.messages, words, lang),
        record=record,
        judgement=judgement,
        open_questions=open_questions(conversation, judgement.fit.flags, programme, lang),
        sections=tuple(sections),
    )
    return brief.model_copy(update={"untraced": untraced(brief, conversation.messages, programme)})


def _title(record: dict[str, Evidence]) -> str:
    """The resident problem as a title: its first sentence, as far as it fits."""
    problem = said(record["resident_problem"]) if "resident_problem" in record else ""
    sentence = shortened(_first_sentence(problem), TITLE_LENGTH).rstrip(".")
    return sentence[:1].upper() + sentence[1:]


def _first_sentence(text: str) -> str:
    for place, character in enumerate(text):
        if character in ".!?" and text[place + 1 : place + 2] in ("", " ") and place > 20:
            return text[: place + 1]
    return text


def load_brief(text: str) -> Brief:
    """The brief that was saved as JSON, by this version or an earlier one; raises InputError for anything else."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (json.JSONDecodeError, RecursionError):
        raise _broken("the file is not JSON") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(schema, str) or not schema.startswith("brief/"):
        raise _broken("the file is not a brief")
    data = migrated(data)
    if data["schema"] != SCHEMA:
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
