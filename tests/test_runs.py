"""Runs read from their files agree with the evaluations that wrote them, which the product does not import."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.runs import clustered_mean, figures, find_run, find_runs, flips, trends, wilson
from assistant.settings import Settings
from evals import compare, statistics
from evals.cases import Case
from evals.run import Result, Run, write_run
from tests.evals.made import a_case, a_run, told


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder with no run and a home with no baseline."""
    (tmp_path / "home" / "evals" / "baselines").mkdir(parents=True)
    return Settings(data_dir=tmp_path, home=tmp_path / "home", _env_file=None)


def kept(settings: Settings, run: Run) -> None:
    """Write a run where the evaluations do."""
    write_run(run, settings.data_dir / "evals" / "runs" / run.id / "run.json")


@pytest.mark.parametrize("share", [(0, 5), (2, 3), (17, 20), (831, 831), (0, 0)])
def test_the_interval_of_a_share_is_wilsons(share: tuple[int, int]) -> None:
    """The closed form agrees with scipy's, which the evaluations use."""
    ours, theirs = wilson(*share), statistics.wilson(*share)

    assert ours == pytest.approx(theirs, abs=1e-6)


def test_a_mean_of_clusters_counts_translations_once() -> None:
    """Worked out by hand: two clusters of two at 0.6 and 0.4 give 0.5 ± 1.96 × sqrt(0.08 × 2 / 1) / 4 = ± 0.196;
    four cases of their own at the same scores give 0.5 ± 1.96 × sqrt(0.04 × 4 / 3) / 4 = ± 0.1132."""
    together = clustered_mean([("a", 0.6), ("a", 0.6), ("b", 0.4), ("b", 0.4)])
    apart = clustered_mean([("a", 0.6), ("b", 0.6), ("c", 0.4), ("d", 0.4)])

    assert together == pytest.approx((0.5, 0.304, 0.696), abs=1e-4)
    assert apart == pytest.approx((0.5, 0.3868, 0.6132), abs=1e-4)
    assert clustered_mean([("a", 0.25), ("a", 0.75)]) == (0.5, 0.5, 0.5)


def shuffled(cases: Sequence[Case], seed: int, id: str) -> Run:
    """A run, each case three times, with answers and scores drawn at random."""
    draw = random.Random(seed)  # noqa: S311  # a test's draws
    results = []
    for case in cases:
        for repeat in range(3):
            got = draw.choice(["fit", "needs_work", "poor_fit"])
            row = {"case": case.id, "suite": case.suite, "lang": "en", "kind": "MFT", "cluster": case.cluster}
            score = draw.choice([0.0, 0.5, 1.0])
            results.append(
                Result.model_validate(
                    {
                        **row,
                        "repeat": repeat,
                        "got": got,
                        "right": got == "fit",
                        "score": score,
                        "reason": got,
                    }
                )
            )
    return a_run(cases, id=id).model_copy(update={"results": tuple(results), "repeat": 3})


def test_flips_are_those_that_the_evaluations_find(settings: Settings) -> None:
    """On random runs, every flip has the same case, direction, labels and reasons as `scoping eval compare` says."""
    cases = [a_case(n) for n in range(60)]
    for seed in range(5):
        kept(settings, base := shuffled(cases, seed, "base"))
        kept(settings, other := shuffled(cases, 100 + seed, "other"))
        expected = {
            (f.case, f.direction, f.old, f.new, f.old_reason, f.new_reason)
            for f in compare.compare(base, other, told(cases)).flips
        }

        found = flips(find_run(settings, "base"), find_run(settings, "other"))

        shown = {(f.case, f.direction, f.old, f.new, f.old_reason, f.new_reason) for f in found}
        assert len(expected) > 10
        assert shown == expected


def test_figures_and_trends_follow_the_files(settings: Settings) -> None:
    """Ten cases with two wrong are 80 %; blessed history and runs that are here make one line, oldest first."""
    cases = [a_case(n) for n in range(10)]
    figured = {"typology": {"results": 4, "right": 3}}
    line = json.dumps({"run": "20260101-a", "on": "2026-01-01", "engine": "local", "figures": figured})
    (settings.home / "evals" / "baselines" / "history.jsonl").write_text(line + "\n")
    kept(settings, a_run(cases, wrong=[1, 2], id="20260301-c"))
    kept(settings, a_run(cases, wrong=range(10), id="20260201-b").model_copy(update={"tags": ("memo",)}))

    found, broken = find_runs(settings)
    (whole,) = [f.run for f in found if f.name == "20260301-c"]
    (row, everything) = figures(whole)
    points = trends(settings, found)["typology", "local"]

    assert broken == []
    assert (row.suite, row.cases, row.right.value, everything.suite) == ("typology", 10, 0.8, "all")
    assert [(p.run, p.right, p.blessed) for p in points] == [
        ("20260101-a", 0.75, True),
        ("20260301-c", 0.8, False),
    ]


def test_the_committed_baseline_can_be_read(settings: Settings) -> None:
    """The baseline that comes with the product is a run with figures for each of its suites."""
    found, broken = find_runs(Settings(data_dir=settings.data_dir, _env_file=None))

    assert broken == []
    (run,) = [f.run for f in found if f.name == "baseline-local"]
    assert [r.suite for r in figures(run)] == [*run.suites, "all"]


@pytest.mark.parametrize("name", ["none", "../../secret", "baseline-none", "a/b", ""])
def test_a_run_that_is_not_there_is_told(settings: Settings, name: str) -> None:
    """No name reaches a file outside the folders of runs."""
    with pytest.raises(InputError) as refused:
        find_run(settings, name)

    assert refused.value.key == "no_run"
