"""Plants defects one by one and asks the gate: on all cases, or on those that a rule chooses for a quick look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from assistant.domain import LANGS
from assistant.errors import ScopingError
from evals.cases import BOOKLET, INJECTION, AnswersCase, Case, ConversationCase, FitCase, ReadinessCase
from evals.gate import Check, Policy, Verdict, gate
from evals.planted import Defect
from evals.run import Result, Run
from evals.runner import Item, error_of, one_thread_each, result_of
from evals.scorers import score
from evals.subject import Subject


def chosen(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Cases for a quick look: the anchors once each, all of elements and readiness, a few clusters of others."""
    return (
        *_booklet(cases),
        *(c for c in cases if isinstance(c, FitCase) and (c.anchor or c.expect.fit == "needs_work")),
        *_pairs([c for c in cases if c.suite == "safety"], 6),
        *(c for c in cases if c.suite == "elements"),
        *_plain(cases, "retrieval", 16),
        *_plain([c for c in cases if isinstance(c, AnswersCase) and c.expect.conflict], "answers", 12),
        *_plain([c for c in cases if isinstance(c, AnswersCase) and not c.expect.found], "answers", 8),
        *_plain(
            [c for c in cases if isinstance(c, AnswersCase) and c.expect.found and not c.expect.conflict],
            "answers",
            8,
        ),
        *(c for c in cases if isinstance(c, ConversationCase) and c.expect.corrected),
        *_plain(
            [c for c in cases if isinstance(c, ConversationCase) and not c.interjections], "conversation", 5
        ),
        *(c for c in cases if isinstance(c, ReadinessCase)),
    )


def _booklet(cases: Sequence[Case]) -> Iterator[Case]:
    """Every booklet example, in the three languages by turns."""
    clusters = sorted({c.cluster for c in cases if BOOKLET in c.tags})
    for n, cluster in enumerate(clusters):
        yield from (c for c in cases if c.cluster == cluster and c.lang == LANGS[n % len(LANGS)])


def _pairs(cases: Sequence[Case], count: int) -> Iterator[Case]:
    """Attacks with their clean twins, spread over the suite."""
    pairs = list(dict.fromkeys(c.pair for c in cases if c.pair and INJECTION in c.tags))
    taken = set(pairs[:: max(1, len(pairs) // count)][:count])
    return (c for c in cases if c.pair in taken)


def _plain(cases: Sequence[Case], suite: str, count: int) -> list[Case]:
    """Originals of a suite, one a cluster, spread over it."""
    originals = [c for c in cases if c.suite == suite and c.kind == "MFT"]
    return originals[:: max(1, len(originals) // count)][:count]


def run_of(subject: Subject, cases: Iterable[Case], name: str) -> Run:
    """A run of these cases, in memory."""
    began = time.perf_counter()
    with one_thread_each():
        results = tuple(_played(Item(case), subject) for case in cases)
    return Run(
        id=name,
        began="",
        seconds=time.perf_counter() - began,
        git="",
        engine=subject.engine,
        engine_version="",
        corpus="",
        programme="",
        suites=tuple(dict.fromkeys(r.suite for r in results)),
        cases=len(results),
        results=results,
    )


def _played(item: Item, subject: Subject) -> Result:
    try:
        return result_of(item, score(item.case, subject), 0.0)
    except ScopingError as error:
        return error_of(item, f"{type(error).__name__}: {error}")


def with_defect(defect: Defect, subject: Subject, cases: Sequence[Case], base: Run) -> Run:
    """The base run with the cases of the defect's suites run again under the defect."""
    shown = [c for c in cases if c.suite in defect.suites]
    fresh = {r.case: r for r in run_of(defect.plant(subject), shown, defect.name).results}
    results = tuple(fresh.get(r.case, r) for r in base.results)
    return base.model_copy(update={"id": defect.name, "results": results})


def blocked(base: Run, candidate: Run, cases: Sequence[Case], policy: Policy) -> tuple[Verdict, list[Check]]:
    """The gate's verdict, and the rules that refuse the candidate and not the base itself."""
    told = {c.id: c for c in cases}
    own = {c.name for c in gate(base, base, told, policy).blocked_by}
    verdict = gate(base, candidate, told, policy)
    return verdict, [c for c in verdict.blocked_by if c.name not in own]


def plant_all(
    defects: Sequence[Defect],
    subject: Subject,
    cases: Sequence[Case],
    policy: Policy,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, list[Check]]:
    """Defect → the rules that refuse it; an empty list is a defect that would ship."""
    base = run_of(subject, cases, "base")
    found = {}
    for defect in defects:
        _, refusing = blocked(base, with_defect(defect, subject, cases, base), cases, policy)
        found[defect.name] = refusing
        tell(f"{defect.name}: {', '.join(c.name for c in refusing) or 'NOT BLOCKED'}")
    return found
