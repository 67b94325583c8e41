"""What the coaching draws on: objections, methods, questions and roles, as data beside the programme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from assistant.coaching.signs import Signs, load_signs
from assistant.domain import Frozen, Text
from assistant.errors import ProgrammeError
from assistant.programme import Programme, read_toml

Yields = Literal["risk", "assumption", "readiness"]
Step = Literal["data_access", "prototype", "mvp", "pilot"]


class Voice(Frozen):
    """Somebody who sits at the peer clinic."""

    id: str
    name: Text
    cares: Text
    """What this person looks for."""
    yields: Yields
    """The list an objection of theirs goes to when nothing else says so."""
    settles: Text


class BankObjection(Frozen):
    """An objection and the conditions on which it is raised; corpus/programme/clinic.toml says how they read."""

    id: str
    voice: str
    yields: Yields
    element: str | None = None
    state: Literal["stated", "open"] = "stated"
    words: str | None = None
    without: str | None = None
    unless: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    lesson: str | None = None
    text: Text
    settles: Text


class BankAssumption(Frozen):
    """What has to be true for a use case to work, and how much hangs on it."""

    id: str
    element: str
    impact: int
    """1 to 3: what goes wrong when it does not hold."""
    text: Text


class Method(Frozen):
    """A way to try an idea in days or weeks, without building it."""

    id: str
    name: Text
    idea: Text
    """What is tried, as opposed to the others."""
    how: Text
    people: tuple[Literal["residents", "frontline"], ...]
    types: tuple[str, ...] = ()
    """The types of decision it suits; none means all."""
    checks: tuple[str, ...]
    """The assumptions it can overturn."""
    stop: Text
    """A result on which it should end; a proposal, never the applicant's words."""
    passages: tuple[str, ...] = ()
    """Passages of the sources that speak of this way of testing."""
    rival: bool = False
    """True for what does without any new technology."""


class ProbeField(Frozen):
    """One side of a data source that decides whether it can be used."""

    id: str
    name: Text
    question: Text
    """With a slot {source} for the applicant's name of the source."""
    sign: str | None = None


class Role(Frozen):
    """Somebody in the city who can close a gap."""

    id: str
    name: Text
    elements: tuple[str, ...]


class Bank(Frozen):
    """Everything the coaching draws on besides the programme."""

    voices: tuple[Voice, ...]
    objections: tuple[BankObjection, ...]
    assumptions: tuple[BankAssumption, ...]
    methods: tuple[Method, ...]
    probe: tuple[ProbeField, ...]
    roles: tuple[Role, ...]

    def voice(self, id: str) -> Voice:
        """The voice of that id; KeyError when there is none."""
        return {v.id: v for v in self.voices}[id]

    def role(self, id: str) -> Role | None:
        """The role of that id, if there is one."""
        return {r.id: r for r in self.roles}.get(id)


_TABLES = {
    "voices": ("clinic.toml", "voice"),
    "objections": ("clinic.toml", "objection"),
    "assumptions": ("testing.toml", "assumption"),
    "methods": ("testing.toml", "method"),
    "probe": ("dataprobe.toml", "field"),
    "roles": ("colleagues.toml", "role"),
}


def load_bank(corpus: Path, programme: Programme) -> tuple[Bank, Signs]:
    """The bank and the signs it uses; raises ProgrammeError for a field, id or sign that does not exist."""
    folder = corpus / "programme"
    data = {field: read_toml(folder / name).get(table, []) for field, (name, table) in _TABLES.items()}
    signs = load_signs(corpus / "locale")
    try:
        bank = Bank.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        name = _TABLES[str(first["loc"][0])][0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise ProgrammeError(f"{name}: {place}: {first['msg']}", fix=f"correct {folder / name}") from None
    for name, id, wrong in _strays(bank, programme, signs):
        raise ProgrammeError(
            f"{name}: {id} names {wrong}, which there is not", fix=f"correct {folder / name}"
        )
    return bank, signs


def _strays(bank: Bank, programme: Programme, signs: Signs) -> Iterator[tuple[str, str, str]]:
    """Every id in the bank that leads nowhere: file, entry and what it names."""
    known = {
        "voice": {v.id for v in bank.voices},
        "element": set(programme.element_ids),
        "type": {t.id for t in programme.types},
        "flag": {r.id for r in programme.reasons},
        "sign": signs.names,
        "assumption": {a.id for a in bank.assumptions},
        "gap": {*programme.element_ids, *programme.fact_ids},
    }
    named = [
        *(("clinic.toml", o.id, kind, value) for o in bank.objections for kind, value in _named(o)),
        *(("testing.toml", a.id, "element", a.element) for a in bank.assumptions),
        *(("testing.toml", m.id, "type", t) for m in bank.methods for t in m.types),
        *(("testing.toml", m.id, "assumption", c) for m in bank.methods for c in m.checks),
        *(("dataprobe.toml", f.id, "sign", f.sign) for f in bank.probe if f.sign),
        *(("colleagues.toml", r.id, "gap", e) for r in bank.roles for e in r.elements),
    ]
    yield from ((name, id, value) for name, id, kind, value in named if value not in known[kind])


def _named(objection: BankObjection) -> Iterator[tuple[str, str]]:
    yield "voice", objection.voice
    yield from (("type", t) for t in objection.types)
    yield from (("flag", f) for f in objection.flags)
    signs = (objection.words, objection.without, objection.lesson, *objection.unless)
    yield from (("sign", s) for s in signs if s is not None)
    if objection.element is not None:
        yield "element", objection.element
