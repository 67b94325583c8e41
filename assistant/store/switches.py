"""What staff switch while the product runs, such as the language model off; each change stays on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, func, insert, select

from assistant.domain import Frozen
from assistant.errors import AccessError, InputError
from assistant.privacy import mask
from assistant.safety import clean_text
from assistant.store.accounts import Account
from assistant.store.audit import PLAIN, digest, note
from assistant.store.schema import switches
from assistant.store.tables import reading, writing

LONGEST = 500
"""Characters of a reason."""


class Change(Frozen):
    """One change of a switch."""

    name: str
    place: int
    value: str
    set_by: str
    at: datetime
    why: str | None = None


class Switches:
    """The switches of one database, the same for every process that shares it."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def get(self, name: str) -> str | None:
        """The value of a switch, or None when nobody has set it."""
        query = select(switches.c.value).where(switches.c.name == name).order_by(switches.c.place.desc())
        with reading(self._engine) as connection:
            return connection.execute(query.limit(1)).scalar()

    def set(self, name: str, value: str, staff: Account, why: str = "") -> None:
        """Set a switch, from the next look of every process on; raises AccessError for whoever is not staff.

        `why` is kept with personal details masked; the audit keeps its hash. Raises InputError when it is too long.
        """
        if not staff.may("staff"):
            raise AccessError("only staff may do this", fix="sign in as staff", key="forbidden")
        if not PLAIN.fullmatch(value):
            raise InputError("a switch takes a short word", fix="use letters and digits", key="value")
        reason = mask(clean_text(why).strip()).text
        if len(reason) > LONGEST:
            raise InputError(
                "the reason is too long", fix="say it shorter", key="note_too_long", limit=LONGEST
            )
        last = select(func.max(switches.c.place)).where(switches.c.name == name)
        with writing(self._engine) as connection:
            place = (connection.execute(last).scalar() or 0) + 1
            row = {"name": name, "place": place, "value": value, "set_by": staff.id, "at": self._now()}
            connection.execute(insert(switches).values(**row, why=reason or None))
            told = {"why": digest(reason)} if reason else {}
            note(connection, self._now(), staff.id, "setting.changed", name, value=value, **told)

    def history(self, name: str) -> list[Change]:
        """Every change of a switch, newest first."""
        query = select(switches).where(switches.c.name == name).order_by(switches.c.place.desc())
        with reading(self._engine) as connection:
            return [Change.model_validate(dict(row._mapping)) for row in connection.execute(query)]
