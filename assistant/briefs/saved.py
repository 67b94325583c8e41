"""What a saved file holds for the coaching: a brief, or a draft as it is exported."""

from __future__ import annotations

import json

from pydantic import ValidationError

from assistant.briefs.brief import load_brief
from assistant.domain import Conversation, Frozen, Judgement, Message, Turn
from assistant.errors import InputError


class Saved(Frozen):
    """A draft and the judgement that was made of it last."""

    conversation: Conversation
    judgement: Judgement


def load_saved(text: str) -> Saved:
    """The draft in a saved brief or exported draft; raises InputError for anything else."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        raise _broken("the file is not JSON") from None
    if isinstance(data, dict) and data.get("schema") == "draft/1":
        return _draft(data)
    brief = load_brief(text)
    said = {(e.turn or 0, e.value or e.quote or "") for e in brief.record.values()}
    messages = tuple(Message(turn=turn, text=words) for turn, words in sorted(said) if words)
    conversation = Conversation(
        id=brief.draft,
        lang=brief.lang,
        messages=messages,
        record=brief.record,
        turn=max((m.turn for m in messages), default=0),
        flagged={f.reason: f.applicant_quote for f in brief.judgement.fit.flags},
    )
    return Saved(conversation=conversation, judgement=brief.judgement)


def _draft(data: dict[str, object]) -> Saved:
    """The state of an exported draft after its last answer; raises InputError when it holds none."""
    exchanges = data.get("exchanges")
    answered = (
        [e for e in exchanges if isinstance(e, dict) and e.get("turn")] if isinstance(exchanges, list) else []
    )
    if not answered:
        raise _broken("the draft holds no answer yet")
    try:
        conversation = Conversation.model_validate(data.get("conversation"))
        turn = Turn.model_validate({**answered[-1]["turn"], "conversation": conversation})
    except (ValidationError, TypeError):
        raise _broken("the draft is damaged") from None
    return Saved(conversation=conversation, judgement=turn.judgement)


def _broken(message: str) -> InputError:
    fix = "choose a brief or a draft that was saved as JSON, unchanged"
    return InputError(message, fix=fix, key="draft_broken")
