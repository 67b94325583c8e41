"""The gate has been seen to block: every planted defect is refused, and the unchanged product is not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.settings import Settings
from evals.cases import Case
from evals.catalogue import load_suites
from evals.gate import load_policy
from evals.planted import DEFECTS, Defect, remembering
from evals.planting import blocked, chosen, run_of, with_defect
from evals.run import Run
from evals.subject import Subject, Tested

WHOLE = os.environ.get("EVAL_PLANTED") == "all"
PLANTED = DEFECTS if WHOLE else DEFECTS[::4]


@pytest.fixture(scope="module")
def tested(data_dir: Path) -> Tested:
    """The product, whose readings are kept."""
    return Tested(Settings(data_dir=data_dir, _env_file=None), light=True)  # type: ignore[call-arg]


@pytest.fixture(scope="module")
def subject(tested: Tested) -> Subject:
    """The doors that cases go through."""
    return remembering(tested)


@pytest.fixture(scope="module")
def cases(tested: Tested) -> tuple[Case, ...]:
    """All cases at night, otherwise those that a rule chooses, of the suites where a planted defect shows."""
    every = load_suites(tested.programme)
    shown = {suite for defect in PLANTED for suite in defect.suites}
    return every if WHOLE else tuple(c for c in chosen(every) if c.suite in shown)


@pytest.fixture(scope="module")
def base(subject: Subject, cases: Sequence[Case]) -> Run:
    """The product as it is."""
    return run_of(subject, cases, "base")


def test_the_bench_plants_more_than_twenty_defects() -> None:
    """There are at least 20 defects, each with a name of its own."""
    assert len({d.name for d in DEFECTS}) == len(DEFECTS) >= 20


def test_the_unchanged_product_passes(subject: Subject, cases: Sequence[Case], base: Run) -> None:
    """The same cases again flip nothing, and the gate has nothing to say but what it says of the base itself."""
    again = run_of(subject, cases, "again")

    verdict, refusing = blocked(base, again, cases, load_policy())

    assert not base.errors
    assert verdict.comparison.flips == ()
    assert refusing == []


@pytest.mark.parametrize("defect", PLANTED, ids=lambda d: d.name)
def test_a_planted_defect_is_blocked(
    defect: Defect, subject: Subject, cases: Sequence[Case], base: Run
) -> None:
    """Nobody ships this: the gate refuses it and names cases that the defect has changed."""
    candidate = with_defect(defect, subject, cases, base)

    verdict, refusing = blocked(base, candidate, cases, load_policy())

    named = {id for check in refusing for id in check.cases}
    fallen = {f.case for f in verdict.comparison.flips if f.direction == "worse"}
    assert refusing
    assert named & fallen
