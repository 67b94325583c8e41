"""The coaching commands on a saved draft: what they print, what they write, and what they refuse."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from icalendar import Calendar
from typer.testing import CliRunner

from assistant.briefs.brief import write_brief
from assistant.briefs.saved import load_saved
from assistant.cli import app
from assistant.coaching.coach import Coaching
from assistant.domain import LANGS, Conversation, Lang, Turn
from assistant.errors import InputError
from assistant.programme import load_programme
from assistant.store.drafts import Drafts
from assistant.store.tables import sqlite_url
from assistant.words import load_words
from tests.coaching.conftest import CORPUS, SAID, draft, judged


@pytest.fixture(scope="module")
def coaching() -> Coaching:
    """The coaching on the corpus that this repository comes with."""
    return Coaching(CORPUS, load_programme(CORPUS / "programme"), load_words(CORPUS / "locale"))


@pytest.fixture
def saved(coaching: Coaching, tmp_path: Path):
    """A function that saves a brief in a language and gives its file."""

    def save(lang: Lang = "en") -> Path:
        brief = write_brief(
            draft(lang), judged(lang), coaching.programme, coaching.words, today=date(2026, 11, 21)
        )
        path = tmp_path / f"{lang}.json"
        path.write_text(brief.to_json(), encoding="utf-8")
        return path

    return save


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("command", ["clinic", "plan", "clock"])
def test_a_saved_brief_is_coached_in_its_language(
    coaching: Coaching, saved, command: str, lang: Lang
) -> None:
    """Each command prints its view with the draft's own words, and with --json one document that says the same."""
    path = saved(lang)

    shown = CliRunner().invoke(app, [command, str(path)], env={"COLUMNS": "2000"})
    data = CliRunner().invoke(app, [command, str(path), "--json"])

    assert shown.exit_code == data.exit_code == 0
    assert coaching.words.say(lang, f"{command}.title").upper() in shown.stdout
    assert SAID[lang]["test_plan"][:40] in shown.stdout
    assert json.loads(data.stdout)["lang"] == lang


def test_the_clock_writes_a_calendar(saved, tmp_path: Path) -> None:
    """--ics writes a file that opens; a folder that is not there is refused with its remedy."""
    out = tmp_path / "dates.ics"

    done = CliRunner().invoke(app, ["clock", str(saved()), "--ics", str(out)])
    refused = CliRunner().invoke(app, ["clock", str(saved()), "--ics", str(tmp_path / "no" / "dates.ics")])

    assert done.exit_code == 0
    assert len(Calendar.from_ical(out.read_bytes()).events) == 1
    assert isinstance(refused.exception, InputError)
    assert refused.exception.fix


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"schema": "turn/1"}',
        '{"schema": "brief/9"}',
        '{"schema": "draft/1", "exchanges": [{"turn": 3}]}',
        "[" * 9_000,
    ],
)
def test_what_is_no_draft_is_refused_with_a_remedy(text: str) -> None:
    """A file that is damaged, newer or something else is an error with its remedy, never a guess."""
    with pytest.raises(InputError) as caught:
        load_saved(text)

    assert caught.value.fix


def test_an_exported_draft_and_an_old_conversation_load(tmp_path: Path) -> None:
    """A draft as it is exported is coached too; a conversation from before the clinic loads without its fields."""
    store = Drafts(sqlite_url(tmp_path))
    _, made = store.create("en")
    seq = store.receive(made.id, "Words.")
    said = draft().model_copy(update={"id": made.id})
    store.complete(made.id, seq, Turn(outcome="brief", reply="", judgement=judged(), conversation=said))
    old = {k: v for k, v in said.to_data().items() if k not in ("clinic", "probes", "contributions")}

    loaded = load_saved(json.dumps(store.export(made.id)))

    assert loaded.conversation == said
    assert Conversation.model_validate(old) == said
    store.close()
