"""A released candidate becomes a line of its suite; what was not released, is not whole or repeats a text does not."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.programme import Programme, load_programme
from assistant.store.candidates import Candidate, fingerprint
from evals.candidates import Said, case_id, take, texts
from evals.catalogue import FOLDER, load_suites
from evals.errors import SuiteError

ROOT = Path(__file__).resolve().parents[2]
TEXT = (
    "Moths eat the costumes of the city's puppet theatre. Each spring the wardrobe keeper decides which ten trunks "
    "go to the freezer first, from the traps that she counts by hand."
)
WHY = Said(rationale="The keeper chooses which trunks are treated first, each spring.")


@pytest.fixture(scope="module")
def programme() -> Programme:
    """The programme whose words labels may use."""
    return load_programme(ROOT / "corpus" / "programme")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Suites of one's own."""
    shutil.copytree(FOLDER, tmp_path / "suites")
    return tmp_path / "suites"


def released(**changes: Any) -> Candidate:
    """A candidate that two coaches call a fit and staff released, but for the changes."""
    at = datetime(2026, 6, 1, tzinfo=UTC)
    held: dict[str, Any] = {
        "id": "c" * 32,
        "draft_id": "d",
        "review_id": "r",
        "lang": "en",
        "text": TEXT,
        "reason": "she decides",
        "target": "fit",
        "was": "needs_work",
        "now": "fit",
        "fingerprint": fingerprint(TEXT),
        "state": "released",
        "version": 3,
        "made_by": "a",
        "made_at": at,
        "second_by": "b",
        "second_value": "fit",
        "suite": "fit",
    }
    return Candidate(**{**held, **changes})


def test_a_released_candidate_is_the_last_line_of_its_suite(folder: Path, programme: Programme) -> None:
    """The suite loads with one case more, labelled by two readers who are not named."""
    before = load_suites(programme, folder=folder)

    case = take(released(), WHY, programme, [], folder)

    after = load_suites(programme, folder=folder)
    last = json.loads((folder / "fit.jsonl").read_text("utf-8").splitlines()[-1])
    assert len(after) == len(before) + 1
    assert last["id"] == case.id == case_id(released())
    assert (last["expect"]["fit"], last["text"]) == ("fit", TEXT)
    assert [label["by"] for label in last["labels"]] == ["coach", "second coach"]


@pytest.mark.parametrize(
    ("target", "now", "suite", "said", "expect"),
    [
        ("flag:strategy_only", "raised", "fit", WHY._replace(fit="poor_fit"), {"reasons": ["strategy_only"]}),
        ("type", "who_to_focus_on", "typology", WHY._replace(fit="fit"), {"type": "who_to_focus_on"}),
        ("type", "none", "typology", WHY._replace(fit="poor_fit"), {"type": None}),
        ("element:risks", "missing", "elements", WHY, {"missing": ["risks"], "stated": {}}),
        (
            "element:decision_maker",
            "stated",
            "elements",
            WHY._replace(quote="the wardrobe keeper"),
            {"stated": {"decision_maker": "the wardrobe keeper"}},
        ),
    ],
)
def test_each_target_becomes_its_expectation(
    folder: Path,
    programme: Programme,
    target: str,
    now: str,
    suite: str,
    said: Said,
    expect: dict[str, object],
) -> None:
    """A flag, a type and an element each end in the suite that measures them, with what the coaches decided."""
    case = take(released(target=target, now=now, suite=suite), said, programme, [], folder)

    held = case.to_data()["expect"]
    assert {key: held[key] for key in expect} == expect
    assert load_suites(programme, [suite], folder)[-1] == case


@pytest.mark.parametrize(
    ("candidate", "said", "says"),
    [
        (released(state="accepted"), WHY, "is accepted"),
        (released(), Said(rationale=" "), "no rationale"),
        (released(target="type", now="policy_path", suite="typology"), WHY, "only its type"),
        (
            released(target="type", now="new_type", suite="typology"),
            WHY._replace(fit="fit"),
            "unknown type 'new_type'",
        ),
        (released(now="poor_fit"), WHY, "has reasons"),
        (released(), WHY._replace(reasons=("strategy_only",)), "has reasons"),
        (released(now="poor_fit"), WHY._replace(reasons=("boring",)), "unknown reason 'boring'"),
        (
            released(target="element:risks", now="stated", suite="elements"),
            WHY._replace(quote="elsewhere"),
            "not in the text",
        ),
        (released(target="flag:x", now="none"), WHY._replace(fit="maybe"), r"fit: Input should"),
    ],
)
def test_what_is_not_whole_changes_nothing(
    folder: Path, programme: Programme, candidate: Candidate, said: Said, says: str
) -> None:
    """Each refusal says what to add, and no suite is touched."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    with pytest.raises(SuiteError, match=says) as caught:
        take(candidate, said, programme, [], folder)

    assert caught.value.fix
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_text_that_is_known_is_refused(folder: Path, programme: Programme) -> None:
    """The words of a case or of a training example, hardly changed, are named with how alike they are."""
    known = [*texts(load_suites(programme, folder=folder), ROOT / "corpus" / "training")]
    case = next(text for id, text in known if id == "fit-002-en")
    trained = next(text for id, text in known if id.startswith("a1-en.jsonl"))

    for text in (case, trained.replace("the", "The") + " Thanks!"):
        with pytest.raises(SuiteError, match=r"this repeats (fit-002-en|a1-en\.jsonl)"):
            take(released(text=text, fingerprint=fingerprint(text)), WHY, programme, known, folder)
    assert take(released(), WHY, programme, known, folder).id


def test_taking_twice_is_refused(folder: Path, programme: Programme) -> None:
    """A candidate that is in its suite already is a repeated text."""
    take(released(), WHY, programme, [], folder)

    with pytest.raises(SuiteError, match="this repeats"):
        take(released(), WHY, programme, [*texts(load_suites(programme, folder=folder), folder)], folder)
