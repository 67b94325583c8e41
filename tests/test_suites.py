"""A case that two coaches read alike, as a line of its suite."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.store.candidates import Candidate
from assistant.suites import Asked, Completion, asked, suite_line
from assistant.wiring import Product
from evals.catalogue import load_suites

TEXT = "Families wait nine weeks. The desk picks twenty flats each Monday."
FIT, POOR = Completion(fit="fit"), Completion(fit="poor_fit", reasons=("strategy_only",))


def candidate(target: str, now: str) -> Candidate:
    """An accepted candidate."""
    return Candidate(
        id="a" * 32,
        draft_id="d",
        review_id="r",
        lang="en",
        text=TEXT,
        reason="It says so.",
        target=target,
        was=None,
        now=now,
        fingerprint="f",
        state="accepted",
        version=2,
        made_by="ana",
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        second_by="bia",
        second_value=now,
        second_reason="I read it so too.",
    )


@pytest.mark.parametrize(
    ("target", "now", "completion", "suite", "expect"),
    [
        ("fit", "needs_work", Completion(), "fit", {"fit": "needs_work", "reasons": []}),
        ("fit", "poor_fit", POOR, "fit", {"fit": "poor_fit", "reasons": ["strategy_only"]}),
        (
            "type",
            "who_to_focus_on",
            FIT,
            "typology",
            {"fit": "fit", "type": "who_to_focus_on", "secondary": []},
        ),
        (
            "flag:strategy_only",
            "raised",
            Completion(),
            "fit",
            {"fit": "poor_fit", "reasons": ["strategy_only"]},
        ),
        ("flag:strategy_only", "none", FIT, "fit", {"fit": "fit", "reasons": []}),
        ("element:risks", "missing", Completion(), "elements", {"stated": {}, "missing": ["risks"]}),
        (
            "element:decision",
            "stated",
            Completion(quote="twenty flats each Monday"),
            "elements",
            {"stated": {"decision": "twenty flats each Monday"}, "missing": []},
        ),
    ],
)
def test_a_line_is_read_by_the_suites_own_loader(
    product: Product,
    tmp_path: Path,
    target: str,
    now: str,
    completion: Completion,
    suite: str,
    expect: dict[str, object],
) -> None:
    """Whatever was overruled, the line holds what both readers settled, and the loader of the suites takes it."""
    line = suite_line(candidate(target, now), completion, product.programme)

    (tmp_path / f"{suite}.jsonl").write_text(line + "\n")
    (case,) = load_suites(product.programme, [suite], tmp_path)
    assert json.loads(line)["expect"] == expect
    assert case.rationale == "It says so. / I read it so too."
    assert case.cluster == f"{suite}-caaaaaaaaaa"


@pytest.mark.parametrize(
    ("target", "now", "completion", "key"),
    [
        ("fit", "poor_fit", Completion(), "case_reason"),
        ("fit", "poor_fit", Completion(reasons=("no_such_reason",)), "case_reason"),
        ("type", "who_to_focus_on", Completion(), "case_verdict"),
        ("flag:strategy_only", "none", Completion(), "case_verdict"),
        ("flag:strategy_only", "none", POOR, "case_contradicts"),
        ("flag:strategy_only", "none", Completion(fit="poor_fit"), "case_reason"),
        ("element:decision", "stated", Completion(quote="thirty flats"), "case_quote"),
        ("element:decision", "stated", Completion(), "case_quote"),
        ("element:decision", "vague", Completion(), "case_state"),
    ],
)
def test_what_is_missing_or_contradicts_is_refused(
    product: Product, target: str, now: str, completion: Completion, key: str
) -> None:
    """No line is made of a case that its suite could not use."""
    with pytest.raises(InputError) as refused:
        suite_line(candidate(target, now), completion, product.programme)

    assert refused.value.key == key


def test_staff_are_asked_only_for_what_the_readers_did_not_say() -> None:
    """A verdict needs its reasons, a type its verdict, a stated element its words, a missing one nothing."""
    asked_for = {
        (target, now): asked(candidate(target, now))
        for target, now in [
            ("fit", "fit"),
            ("type", "x"),
            ("element:risks", "stated"),
            ("element:risks", "missing"),
        ]
    }

    assert asked_for == {
        ("fit", "fit"): Asked(),
        ("type", "x"): Asked(fit=True),
        ("element:risks", "stated"): Asked(quote=True),
        ("element:risks", "missing"): Asked(),
    }
