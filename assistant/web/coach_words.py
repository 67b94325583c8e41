"""What a coach decides on, in the reader's words: targets, values, and who said what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import get_args

from markupsafe import Markup

from assistant.domain import ElementState, Verdict
from assistant.errors import InputError
from assistant.store.accounts import Accounts
from assistant.store.reviews import Review
from assistant.web.desk import Nav, badge
from assistant.web.reader import Reader

NONE = "none"
"""The value of no type, and of a flag that is not raised."""
PAGES = ("", "second", "cases", "batches", "portfolio")


def navigation(reader: Reader) -> Nav:
    """The pages of the coach desk."""
    return tuple((f"/coach/{name}", reader.say(f"coach.nav_{name or 'inbox'}")) for name in PAGES)


def target_name(reader: Reader, target: str) -> str:
    """What a target is called."""
    name, _, id = target.partition(":")
    if name == "flag":
        return reason_name(reader, id)
    if name == "element":
        return reader.name(id)
    return reader.say(f"coach.{name}")


def reason_name(reader: Reader, id: str) -> str:
    """What a poor-fit reason is called; its id when the programme has it no more."""
    names = {reason.id: reason.name for reason in reader.programme.reasons}
    return names[id].at(reader.lang) if id in names else id


def type_name(reader: Reader, id: str | None) -> str:
    """What a decision type is called."""
    names = {kind.id: kind.name for kind in reader.programme.types}
    if id is None or id == NONE:
        return reader.say("coach.no_type")
    return names[id].at(reader.lang) if id in names else id


def value_name(reader: Reader, target: str, value: str | None) -> str:
    """What a value of a target is called."""
    name = target.partition(":")[0]
    known = {v for v, _ in options(reader, target)}
    if value is None or value not in known:
        return value or "–"
    if name == "type":
        return type_name(reader, value)
    return dict(options(reader, target))[value]


def value_badge(reader: Reader, target: str, value: str | None) -> Markup:
    """A value as a short state."""
    kind = {"raised": "stop", NONE: ""}.get(value or "", value or "")
    return badge(value_name(reader, target, value), kind if target.partition(":")[0] != "type" else "")


def options(reader: Reader, target: str) -> tuple[tuple[str, str], ...]:
    """The values a target can have."""
    name = target.partition(":")[0]
    if name == "fit":
        return tuple((v, reader.say(f"verdict.{v}")) for v in get_args(Verdict))
    if name == "flag":
        return (("raised", reader.say("coach.raised")), (NONE, reader.say("coach.not_raised")))
    if name == "element":
        return tuple((s, reader.say(f"state.{s}")) for s in get_args(ElementState))
    kinds = reader.programme.types
    return (*((k.id, k.name.at(reader.lang)) for k in kinds), (NONE, reader.say("coach.no_type")))


def check_value(reader: Reader, target: str, value: str) -> None:
    """Raises InputError for a value or target that the programme does not have."""
    name, _, id = target.partition(":")
    known = {"flag": {r.id for r in reader.programme.reasons}}.get(name)
    if (known is not None and id not in known) or value not in {v for v, _ in options(reader, target)}:
        raise InputError("there is no such value", fix="choose one of the list", key="value")


def moment(at: datetime) -> Markup:
    """A time, to the minute, in UTC."""
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), at.strftime("%Y-%m-%d %H:%M UTC")
    )


def day(at: datetime) -> Markup:
    """A date."""
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), at.date().isoformat()
    )


def namer(reader: Reader, accounts: Accounts) -> Callable[[str | None], str]:
    """What coaches call whoever said something: a name or address, or the applicant."""
    names: dict[str, str] = {}

    def name(account_id: str | None) -> str:
        if account_id is None:
            return reader.say("coach.applicant")
        if not names:
            names.update({a.id: a.name or a.email or "" for a in accounts.all()})
        return names.get(account_id) or reader.say("coach.someone")

    return name


def told(reader: Reader, review: Review) -> str:
    """What kind of thing was said, as a phrase: agreed on the fit, wrote an open note."""
    about = target_name(reader, review.target) if review.target else ""
    value = value_name(reader, review.target, review.now) if review.target else ""
    return reader.say(f"coach.did_{review.kind}", target=about, value=value)
