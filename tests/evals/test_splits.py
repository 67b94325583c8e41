"""Public and sealed cases: who is in which part never moves, and sealed words stay closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.programme import load_programme
from evals.catalogue import load_suites
from evals.compare import compare
from evals.errors import SuiteError
from evals.exports import write_junit
from evals.run import split_of
from evals.splits import WITHHELD, chosen, gaps, require_open, withheld
from tests.evals.made import a_case, a_run, some_cases, told

ROOT = Path(__file__).resolve().parents[2]
SEALED = next(n for n in range(100) if split_of(f"cluster-{n:03}") == "sealed")
PUBLIC = next(n for n in range(100) if split_of(f"cluster-{n:03}") == "public")


def test_the_part_follows_from_the_name() -> None:
    """The first byte of SHA-256 of the name, modulo four, decides: worked out elsewhere for these names."""
    assert split_of("fit-001") == "sealed"  # its digest begins 40, which four divides
    assert split_of("fit-002") == "public"  # 87


def test_about_a_quarter_of_every_suite_is_sealed() -> None:
    """Of the clusters of the repository a fifth to a third is sealed, and no suite lacks a part."""
    cases = load_suites(load_programme(ROOT / "corpus" / "programme"))
    clusters = {(c.suite, c.cluster) for c in cases}
    sealed = {(suite, cluster) for suite, cluster in clusters if split_of(cluster) == "sealed"}

    assert 0.2 <= len(sealed) / len(clusters) <= 1 / 3
    assert {suite for suite, _ in sealed} == {c.suite for c in cases} == {s for s, _ in clusters - sealed}


def test_translations_stay_together_and_parts_make_the_whole() -> None:
    """Members of one cluster are in one part; public and sealed together are all cases, once."""
    cases = [a_case(n, cluster=f"cluster-{n // 3:03}") for n in range(90)]
    public, sealed = chosen(cases, "public"), chosen(cases, "sealed")

    assert not {c.cluster for c in public} & {c.cluster for c in sealed}
    assert {c.id for c in public} | {c.id for c in sealed} == {c.id for c in chosen(cases, "all")}


def test_sealed_words_are_shown_to_who_asks_for_them() -> None:
    """A sealed case is refused with the remedy, unless asked for as such; a public one never is."""
    require_open(a_case(PUBLIC), sealed=False)
    require_open(a_case(SEALED), sealed=True)

    with pytest.raises(SuiteError, match="is sealed") as caught:
        require_open(a_case(SEALED), sealed=False)

    assert "--sealed" in caught.value.fix


def test_a_sealed_flip_is_named_without_its_words(tmp_path: Path) -> None:
    """Comparison, JUnit and baseline say that a sealed case flipped, and nothing that quotes it."""
    cases = some_cases(100)
    results = a_run(cases, [SEALED, PUBLIC]).results
    run = a_run(cases).model_copy(
        update={"results": tuple(r.model_copy(update={"reason": f"quotes {r.case}"}) for r in results)}
    )

    flips = {f.case: f for f in withheld(compare(a_run(cases), run, told(cases))).flips}
    write_junit(run, tmp_path / "tests.xml")
    kept = {r.case: r.reason for r in run.slim().results}

    sealed, public = cases[SEALED].id, cases[PUBLIC].id
    assert flips[sealed].rationale == flips[sealed].new_reason == WITHHELD
    assert flips[public].new_reason == f"quotes {public}"
    assert f"quotes {sealed}" not in (tmp_path / "tests.xml").read_text("utf-8")
    assert f"quotes {public}" in (tmp_path / "tests.xml").read_text("utf-8")
    assert (kept[sealed], kept[public]) == ("", f"quotes {public}")


def test_the_gap_is_the_difference_of_the_parts() -> None:
    """When every sealed case is wrong and every public one right, the gap is −1; without a part there is no line."""
    cases = some_cases(60)
    wrong = [n for n, c in enumerate(cases) if split_of(c.cluster) == "sealed"]

    found = {g.name: g for g in gaps(a_run(cases, wrong))}

    assert found["all"].gap.value == -1.0
    assert (found["typology"].sealed.cases, found["typology"].public.cases) == (len(wrong), 60 - len(wrong))
    assert gaps(a_run(chosen(cases, "public"))) == []
