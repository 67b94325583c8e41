"""The parts of the coaching's values that the brief reads. Whatever has them can be laid out."""

from __future__ import annotations

from typing import Protocol


class DutyLike(Protocol):
    """A responsibility and who owns it."""

    @property
    def id(self) -> str: ...

    @property
    def owner(self) -> str: ...

    @property
    def contributors(self) -> tuple[str, ...]: ...

    @property
    def time(self) -> str: ...

    @property
    def basis(self) -> str: ...


class OverloadLike(Protocol):
    """One name on many responsibilities."""

    @property
    def owner(self) -> str: ...

    @property
    def duties(self) -> tuple[str, ...]: ...


class CapabilityMapLike(Protocol):
    """Who owns what."""

    @property
    def duties(self) -> tuple[DutyLike, ...]: ...

    @property
    def unowned(self) -> tuple[str, ...]: ...

    @property
    def overloaded(self) -> tuple[OverloadLike, ...]: ...


class SideLike(Protocol):
    """One side of a data source."""

    @property
    def name(self) -> str: ...

    @property
    def quote(self) -> str | None: ...


class SourceLike(Protocol):
    """A data source and what is known of it."""

    @property
    def name(self) -> str: ...

    @property
    def known(self) -> int: ...

    @property
    def sides(self) -> tuple[SideLike, ...]: ...


class ProbeLike(Protocol):
    """The data sources, side by side."""

    @property
    def sources(self) -> tuple[SourceLike, ...]: ...


class GuessLike(Protocol):
    """An assumption and how much it matters."""

    @property
    def text(self) -> str: ...

    @property
    def quote(self) -> str | None: ...

    @property
    def risk(self) -> int: ...


class IdeaLike(Protocol):
    """A way to find out."""

    @property
    def name(self) -> str: ...

    @property
    def idea(self) -> str: ...

    @property
    def how(self) -> str: ...

    @property
    def origin(self) -> str: ...

    @property
    def quote(self) -> str | None: ...

    @property
    def checks(self) -> tuple[str, ...]: ...

    @property
    def stop(self) -> str | None: ...


class IndicatorLike(Protocol):
    """A result to judge by."""

    @property
    def quote(self) -> str: ...

    @property
    def baseline(self) -> str | None: ...

    @property
    def target(self) -> str | None: ...


class LoopLike(Protocol):
    """What of the draft goes into a learning loop."""

    @property
    def name(self) -> str: ...

    @property
    def months(self) -> str: ...

    @property
    def goal(self) -> str: ...

    @property
    def holds(self) -> tuple[tuple[str, str | None], ...]: ...


class TestPlanLike(Protocol):
    """A plan to try the idea."""

    @property
    def assumptions(self) -> tuple[GuessLike, ...]: ...

    @property
    def ideas(self) -> tuple[IdeaLike, ...]: ...

    @property
    def residents(self) -> str | None: ...

    @property
    def frontline(self) -> str | None: ...

    @property
    def stop(self) -> str | None: ...

    @property
    def not_built(self) -> str | None: ...

    @property
    def indicators(self) -> tuple[IndicatorLike, ...]: ...

    @property
    def loops(self) -> tuple[LoopLike, ...]: ...

    @property
    def notes(self) -> tuple[str, ...]: ...


class LeadLike(Protocol):
    """How long something takes, as it was said."""

    @property
    def quote(self) -> str: ...


class StepLike(Protocol):
    """A step beside its phase."""

    @property
    def name(self) -> str: ...

    @property
    def phase_name(self) -> str: ...

    @property
    def months(self) -> str: ...

    @property
    def lead(self) -> LeadLike | None: ...

    @property
    def text(self) -> str: ...


class EventLike(Protocol):
    """An event as printed."""

    @property
    def name(self) -> str: ...

    @property
    def when(self) -> str: ...

    @property
    def place(self) -> str: ...

    @property
    def what(self) -> str: ...


class ClockLike(Protocol):
    """The programme's time and the draft's."""

    @property
    def steps(self) -> tuple[StepLike, ...]: ...

    @property
    def events(self) -> tuple[EventLike, ...]: ...

    @property
    def notice(self) -> str: ...


class PastCaseLike(Protocol):
    """What a past project met."""

    @property
    def city(self) -> str: ...

    @property
    def lesson(self) -> str: ...


class ObjectionLike(Protocol):
    """What a voice holds against the draft."""

    @property
    def text(self) -> str: ...

    @property
    def quote(self) -> str | None: ...

    @property
    def settles(self) -> str: ...

    @property
    def case(self) -> PastCaseLike | None: ...


class RaisedLike(Protocol):
    """An objection and what became of it."""

    @property
    def objection(self) -> ObjectionLike: ...

    @property
    def decision(self) -> str | None: ...

    @property
    def reason(self) -> str: ...


class RehearsalLike(Protocol):
    """The clinic's three lists."""

    @property
    def risks(self) -> tuple[RaisedLike, ...]: ...

    @property
    def assumptions(self) -> tuple[RaisedLike, ...]: ...

    @property
    def readiness(self) -> tuple[RaisedLike, ...]: ...
