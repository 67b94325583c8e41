"""Sheets and marks in the store: hashed and expiring links, answers folded in, everything deleted with its draft."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.domain import Decided, Objection, ProbeAnswer
from assistant.errors import InputError
from assistant.store.drafts import Drafts
from assistant.store.sheets import DAYS, MOST_ANSWERS, MOST_SHEETS, Settled
from assistant.store.tables import sqlite_url

OBJECTION = Objection(id="x", voice="resident", yields="risk", text="t", quote="q", settles="s")


def test_a_sheet_shows_its_questions_and_one_line_and_takes_answers(drafts: Drafts, answered) -> None:  # type: ignore[no-untyped-def]
    """What a colleague answers is in the draft the next time it is opened, with the role, and outlives a turn."""
    token, draft = drafts.create("en")
    link = drafts.sheets.make(draft.id, "legal", ("risks", "constraints"), "Tenants are evicted.", "en")

    sheet = drafts.sheets.find(link)
    told = drafts.sheets.answer(
        link, {"risks": "Sub-tenants.", "decision": "not asked", "constraints": " "}, "Lawyer"
    )
    seq = drafts.receive(draft.id, "More.")
    before = drafts.find(token)
    assert before is not None
    drafts.complete(draft.id, seq, answered(before.conversation, "More."))
    after = drafts.find(token)

    assert sheet is not None
    assert (sheet.elements, sheet.summary, sheet.role) == (
        ("risks", "constraints"),
        "Tenants are evicted.",
        "legal",
    )
    assert told == 1
    assert after is not None
    for seen in (before, after):
        assert set(seen.conversation.record) == {"risks"}
        assert seen.conversation.record["risks"].role == "Lawyer"
        assert [c.state for c in seen.conversation.contributions] == ["merged"]


def test_links_are_hashed_and_expire(tmp_path: Path) -> None:
    """The token is in no file; a day before the end the link works, a day after it opens nothing."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    clock = [now]
    store = Drafts(sqlite_url(tmp_path), now=lambda: clock[0])
    _, draft = store.create("en")
    link = store.sheets.make(draft.id, "legal", ("risks",), "One line.", "en")

    clock[0] = now + timedelta(days=DAYS - 1)
    early = store.sheets.find(link)
    clock[0] = now + timedelta(days=DAYS + 1)

    assert early is not None
    assert store.sheets.find(link) is None
    assert store.sheets.find("made-up") is None
    with pytest.raises(InputError) as caught:
        store.sheets.answer(link, {"risks": "Late."}, "Lawyer")
    assert caught.value.key == "sheet_gone"
    assert not any(link.encode() in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    store.close()


@pytest.mark.parametrize(
    ("answers", "role", "name", "key"),
    [
        ({"risks": "  "}, "Lawyer", "", "sheet_empty"),
        ({"decision": "not asked"}, "Lawyer", "", "sheet_empty"),
        ({"risks": "x"}, " \u200b ", "", "sheet_no_role"),
        ({"risks": "x" * 8_000}, "Lawyer", "", "sheet_long"),
        ({"risks": "x"}, "r" * 200, "", "sheet_long"),
        ({"risks": "x"}, "Lawyer", "n" * 200, "sheet_long"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_remedy(
    drafts: Drafts, answers: dict[str, str], role: str, name: str, key: str
) -> None:
    """No answer, no role, or too long a text changes nothing in the draft."""
    token, draft = drafts.create("en")
    link = drafts.sheets.make(draft.id, "legal", ("risks",), "One line.", "en")

    with pytest.raises(InputError) as caught:
        drafts.sheets.answer(link, answers, role, name)

    held = drafts.find(token)
    assert caught.value.key == key
    assert caught.value.fix
    assert held is not None
    assert held.conversation.contributions == ()


def test_a_link_passed_round_cannot_fill_the_store(drafts: Drafts) -> None:
    """A sheet takes so many answers and a draft so many sheets, and then says so."""
    _, draft = drafts.create("en")
    links = [drafts.sheets.make(draft.id, "legal", ("risks",), "One line.", "en") for _ in range(MOST_SHEETS)]
    for number in range(MOST_ANSWERS):
        drafts.sheets.answer(links[0], {"risks": f"Answer {number}."}, "Lawyer")

    with pytest.raises(InputError, match="no more answers"):
        drafts.sheets.answer(links[0], {"risks": "One more."}, "Lawyer")
    with pytest.raises(InputError, match="too many sheets"):
        drafts.sheets.make(draft.id, "legal", ("risks",), "One line.", "en")


def test_marks_are_folded_in_the_order_they_were_made(drafts: Drafts) -> None:
    """The last decision on an objection counts, a conflict stays settled, a probe's answer is replaced."""
    token, draft = drafts.create("en")
    link = drafts.sheets.make(draft.id, "legal", ("risks",), "One line.", "en")
    drafts.sheets.answer(link, {"risks": "Sub-tenants."}, "Lawyer")
    drafts.sheets.answer(link, {"risks": "Nobody."}, "Clerk")
    found = drafts.find(token)
    assert found is not None
    other = found.conversation.contributions[1].id

    drafts.sheets.mark(draft.id, Decided(objection=OBJECTION, decision="parked"))
    drafts.sheets.mark(draft.id, ProbeAnswer(source="File", field="holder", text="Nobody."))
    drafts.sheets.mark(draft.id, Settled(contribution=other, take=True))
    drafts.sheets.mark(draft.id, Decided(objection=OBJECTION, decision="rejected", reason="No."))
    drafts.sheets.mark(draft.id, ProbeAnswer(source="File", field="holder", text="The court."))
    after = drafts.find(token)

    assert after is not None
    assert [(d.decision, d.reason) for d in after.conversation.clinic] == [("rejected", "No.")]
    assert [a.text for a in after.conversation.probes] == ["The court."]
    assert after.conversation.record["risks"].value == "Nobody."
    assert [c.state for c in after.conversation.contributions] == ["merged", "taken"]
    assert "Sub-tenants." in str(drafts.export(draft.id))


def test_erasing_a_draft_erases_what_is_beside_it(drafts: Drafts, tmp_path: Path) -> None:
    """Sheets, answers and marks go with their draft, from every file; another draft keeps its own."""
    secret = b"purple elephant"
    _, draft = drafts.create("en")
    token, other = drafts.create("en")
    for id, text in ((draft.id, secret.decode()), (other.id, "Another.")):
        link = drafts.sheets.make(id, "legal", ("risks",), text, "en")
        drafts.sheets.answer(link, {"risks": text}, text)
        drafts.sheets.mark(id, ProbeAnswer(source=text, field="holder", text=text))

    assert drafts.erase(draft.id)

    kept = drafts.find(token)
    assert kept is not None
    assert kept.conversation.record["risks"].value == "Another."
    assert not any(secret in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    with pytest.raises(InputError):
        drafts.sheets.mark(draft.id, ProbeAnswer(source="File", field="holder"))
