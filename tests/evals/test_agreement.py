"""How far readers agree is measured as others measure it, and what cannot be read is refused at its line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evals.agreement import agreement, alpha, kappa, read_labels
from evals.cases import Label
from evals.errors import SuiteError
from tests.evals.made import a_case, some_cases


def test_kappa_equals_scikit_learn() -> None:
    """Cohen's kappa is scikit-learn's on random labels, and lies in its interval."""
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(4)
    for size in (20, 80, 300):
        one = rng.choice(["a", "b", "c"], size).tolist()
        other = [x if rng.random() < 0.7 else "b" for x in one]
        found = kappa(one, other, [str(i) for i in range(size)])

        assert found is not None
        assert found.value == pytest.approx(cohen_kappa_score(one, other), abs=1e-9)
        assert found.low <= found.value <= found.high


def test_clusters_widen_the_interval() -> None:
    """Ten copies of the same ten cases say no more than the ten: the interval is about as wide, not a third of it."""
    one, other = list("aabbabbaab"), list("aababbbaab")
    ten = kappa(one, other, list("0123456789"))
    copies = kappa(one * 10, other * 10, list("0123456789") * 10)

    assert ten is not None
    assert copies is not None
    assert copies.high - copies.low == pytest.approx(ten.high - ten.low, abs=0.1)


def test_what_has_one_label_only_has_no_kappa() -> None:
    """Where both say the same one thing throughout, chance cannot be told from agreement."""
    assert kappa(["a", "a"], ["a", "a"], ["1", "2"]) is None
    assert alpha([("a", "a"), ("a", "a")]) is None
    assert alpha([("a", "a"), ("b", "b")]) == 1.0


def test_a_case_read_once_is_counted_as_such() -> None:
    """Of three cases two have a second reader, who agrees on one: half the same, one alone, by language too."""
    cases = [a_case(n, lang="es" if n else "en") for n in range(3)]
    labels = {
        cases[0].id: [Label(by="author", fit="fit", type="x"), Label(by="second", fit="fit", type="x")],
        cases[1].id: [Label(by="author", fit="fit", type="x"), Label(by="second", fit="poor_fit", type="x")],
        cases[2].id: [Label(by="author", fit="fit", type="x")],
    }

    found = {(a.what, a.lang): a for a in agreement(cases, labels)}

    assert (found["verdict", "all"].units, found["verdict", "all"].alone) == (2, 1)
    assert found["verdict", "all"].same == 0.5
    assert found["verdict", "en"].same == 1.0
    assert ("verdict", "pt") not in found


def a_line(case: str, reader: str = "second", **label: object) -> str:
    """A line of a file of labels."""
    return json.dumps({"case": case, "reader": reader, "label": label})


def test_labels_are_read_beside_those_of_the_cases(tmp_path: Path) -> None:
    """A label in a file joins those that stand in the case."""
    cases = [a_case(0).model_copy(update={"labels": (Label(by="author", fit="fit"),)})]
    (tmp_path / "typology.jsonl").write_text(
        a_line("made-000", fit="poor_fit", facts=["in own words"]) + "\n"
    )

    found = read_labels(cases, tmp_path)

    assert [(label.by, label.fit) for label in found["made-000"]] == [
        ("author", "fit"),
        ("second", "poor_fit"),
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"case": "made-000", "rea', "broken"),
        ('{"case": "made-000"}', "broken"),
        ('["made-000"]', "broken"),
        (a_line("made-999", fit="fit"), "no case 'made-999'"),
        (a_line("made-000", fit="maybe"), "label.fit"),
        (a_line("made-000", mood="good"), "label.mood"),
        (a_line("made-001", fit="fit"), "labelled it already"),
    ],
)
def test_a_label_that_cannot_be_used_is_refused_at_its_line(tmp_path: Path, line: str, says: str) -> None:
    """File, line and what to correct; nothing is guessed."""
    (tmp_path / "typology.jsonl").write_text(a_line("made-001", fit="fit") + "\n" + line + "\n")

    with pytest.raises(SuiteError, match=r"typology\.jsonl:2: ") as caught:
        read_labels(some_cases(2), tmp_path)

    assert says in str(caught.value)
    assert caught.value.fix
