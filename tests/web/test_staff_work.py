"""The desk's pages on prompts, evaluation runs and cases for the suites."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.store.accounts import Account
from assistant.store.candidates import Candidate
from assistant.wiring import Product
from tests.store.conftest import answer
from tests.web.staff_desk import account, client, csrf, product, staff, text_of

__all__ = ["client", "product", "staff"]

HEADER = (
    "---\nname: turn\nversion: {n}\nreply: TurnReply\npurpose: reads a message\nchanged: {changed}\n---\n"
)


@pytest.fixture
def home(product: Product, tmp_path: Path) -> Path:
    """A programme's own home with two versions of one prompt and no baseline."""
    folder = tmp_path / "home"
    (folder / "prompts").mkdir(parents=True)
    (folder / "corpus").symlink_to(product.settings.corpus)
    (folder / "evals" / "baselines").mkdir(parents=True)
    for n, text in (
        (1, "Read the message.\nBe brief."),
        (2, "Read the <b>message</b>.\nBe brief.\nQuote it."),
    ):
        header = HEADER.format(n=n, changed="first" if n == 1 else "asks for quotes")
        (folder / "prompts" / f"turn.v{n}.md").write_text(header + text + "\n")
    (folder / "prompts" / "active.toml").write_text("turn = 1\n")
    object.__setattr__(product, "settings", product.settings.model_copy(update={"home": folder}))
    return folder


def test_prompts_show_what_is_pinned_and_what_differs(client: TestClient, home: Path) -> None:
    """Every version is listed with its header; a difference marks lines that went and came, and markup stays text."""
    listed = text_of(client.get("/staff/prompts").text)
    page = client.get("/staff/prompts/turn?version=2&against=1").text

    assert "turn.v1.md 1 In use reads a message first" in listed
    assert "turn.v2.md 2 – reads a message asks for quotes" in listed
    assert "<del>− Read the message.</del>" in page
    assert "<ins>+ Read the &lt;b&gt;message&lt;/b&gt;.</ins>" in page
    assert "<ins>+ Quote it.</ins>" in page
    assert "  Be brief." in page
    assert client.get("/staff/prompts/none").status_code == 404


def test_a_broken_prompt_is_told_with_file_line_and_remedy(client: TestClient, home: Path) -> None:
    """A mistake in a prompt's file is shown to staff in its place, and the desk goes on."""
    (home / "prompts" / "turn.v2.md").write_text("no header")

    page = client.get("/staff/prompts")

    assert page.status_code == 500
    assert "turn.v2.md:1: there is no header" in page.text
    assert "begin the file with a line ---" in page.text


# --- runs ------------------------------------------------------------------------------------------------


def write_run(path: Path, id: str, rows: list[dict[str, object]], **more: object) -> None:
    """A run's file as the evaluations write it."""
    head = {
        "schema": "run/1",
        "id": id,
        "began": f"{id[:4]}-{id[4:6]}-{id[6:8]}T10:00:00+00:00",
        "seconds": 1.0,
        "git": "abc",
        "engine": "local",
        "engine_version": "1",
        "corpus": "c",
        "programme": "p",
        "suites": ["fit"],
        "cases": len(rows),
        "results": [{"suite": "fit", "lang": "en", "kind": "MFT", "cluster": r["case"], **r} for r in rows],
        **more,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(head))


def test_a_runs_scores_and_flips_are_shown_beside_the_baseline(
    client: TestClient, product: Product, home: Path
) -> None:
    """Two of three right is 66.7 % with Wilson's interval; flips show both answers and both reasons, escaped."""
    blessed = {"by": "lee", "why": "first", "on": "2026-01-01"}
    old = [
        {"case": "a", "got": "fit", "right": True, "score": 1.0, "reason": "words <i>agree</i>"},
        {"case": "b", "got": "fit", "right": True, "score": 1.0},
        {"case": "c", "got": "fit", "right": False, "score": 0.0, "expected": "poor_fit"},
    ]
    new = [{**old[0], "got": "poor_fit", "right": False, "score": 0.0, "reason": "flag raised"}, old[1]]
    new.append({**old[2], "got": "poor_fit", "right": True, "score": 1.0})
    write_run(home / "evals" / "baselines" / "local.json", "20260101-old", old, blessed=blessed)
    write_run(product.settings.data_dir / "evals" / "runs" / "r2" / "run.json", "20260202-new", new)
    (product.settings.data_dir / "evals" / "runs" / "r3").mkdir()
    (product.settings.data_dir / "evals" / "runs" / "r3" / "run.json").write_text('{"schema": "run/9"}')

    listed = client.get("/staff/runs").text
    page = client.get("/staff/runs/r2").text
    words = text_of(page)

    assert text_of(listed).index("20260202-new") < text_of(listed).index("20260101-old")
    assert "Runs that cannot be read" in listed
    assert "66.7 % (20.8–93.9)" in words
    assert "Against 20260101-old: worse 1, better 1, other answer 0." in words
    assert "words &lt;i&gt;agree&lt;/i&gt;" in page
    assert "<del>fit</del> → <ins>poor_fit</ins>" in page
    assert "flag raised" in page
    assert listed.count("<svg") == 1
    assert client.get("/staff/runs/r3").status_code == 404
    assert client.get("/staff/runs/..%2f..%2fx").status_code == 404


# --- cases -----------------------------------------------------------------------------------------------


def accepted(product: Product, target: str, value: str) -> Candidate:
    """A candidate that two coaches read alike."""
    store, text = product.store, "Families wait nine weeks. The desk picks twenty flats each Monday."
    ana, bia = account(product, "coach", "ana"), account(product, "coach", "bia")
    _, draft = store.drafts.create("en")
    seq = store.drafts.receive(draft.id, text)
    store.drafts.complete(draft.id, seq, answer(draft.conversation.model_copy(update={"lang": "en"}), text))
    store.reviews.hand_over(draft.id)
    review = store.reviews.decide(draft.id, ana, target, value, "It says so.", seen=1, turn_seq=seq)
    made = store.candidates.make(review.id, ana)
    return store.candidates.read(made.id, bia, value, "I read it so too.", version=1)


def test_an_accepted_case_is_completed_released_and_fits_the_suites_format(
    client: TestClient, product: Product, staff: Account, tmp_path: Path
) -> None:
    """What is downloaded is read by the suites' own loader; an incomplete release is refused and changes nothing."""
    from evals.catalogue import load_suites

    case = accepted(product, "fit", "poor_fit")
    reason = product.programme.reasons[0].id
    page = client.get(f"/staff/cases/{case.id}").text
    form = {"csrf": csrf(client), "version": str(case.version)}
    incomplete = client.post(f"/staff/cases/{case.id}/release", data=form)
    still = product.store.candidates.all("accepted")
    released = client.post(f"/staff/cases/{case.id}/release", data={**form, "reasons": [reason]}).text
    again = client.post(f"/staff/cases/{case.id}/release", data={**form, "reasons": [reason]})
    lines = client.get("/staff/cases/suite/fit.jsonl")
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "fit.jsonl").write_text(lines.text)
    (loaded,) = load_suites(product.programme, ["fit"], tmp_path / "suites")

    assert "I read it so too." in page
    assert incomplete.status_code == 400
    assert "Verdict and reasons do not go together." in incomplete.text
    assert still == [case]
    assert "The case was released." in released
    assert again.status_code == 409
    assert 'filename="fit-released.jsonl"' in lines.headers["content-disposition"]
    assert (loaded.expect.fit, loaded.expect.reasons) == ("poor_fit", (reason,))
    assert loaded.text == case.text
    assert [label.by for label in loaded.labels] == ["first coach", "second coach", "staff"]
    last = product.store.audit.links(subject=case.id)[0]
    assert (last.action, last.actor) == ("candidate.released", staff.id)


def test_a_case_that_only_one_coach_read_cannot_be_released(client: TestClient, product: Product) -> None:
    """A case in quarantine offers no release, and a release that is sent all the same is refused."""
    case = accepted(product, "type", "who_to_focus_on")
    with product.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE candidates SET state = 'quarantine'")

    page = client.get(f"/staff/cases/{case.id}").text
    form = {"csrf": csrf(client), "version": str(case.version), "fit": "fit"}
    sent = client.post(f"/staff/cases/{case.id}/release", data=form)

    assert not re.search(r'action="/staff/cases/[0-9a-f]+/release"', page)
    assert sent.status_code == 409
    assert product.store.candidates.all("released") == []
    assert client.get("/staff/cases/suite/typology.jsonl").status_code == 404
