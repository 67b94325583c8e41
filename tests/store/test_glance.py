"""What lists of drafts show of a judgement, kept beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

import assistant.store
from assistant.domain import Flag, Turn
from assistant.store.drafts import Drafts
from assistant.store.store import Store
from assistant.store.tables import writing
from tests.store.conftest import Answered, citation

MIGRATIONS = Path(assistant.store.__file__).parent / "migrations"


def judged(turn: Turn) -> Turn:
    """The turn, with a poor fit for two reasons and a type, in Portuguese."""
    rule = citation()
    flags = tuple(
        Flag(reason=id, confidence=0.8, applicant_quote="x", rule=rule, explanation="y")
        for id in ("no_data", "no_decision")
    )
    was = turn.judgement
    fit = was.fit.model_copy(update={"verdict": "poor_fit", "flags": flags})
    kind = was.type.model_copy(update={"primary": "who_to_focus_on"})
    readiness = was.readiness.model_copy(update={"pathway": "capacity_building"})
    changed = {"fit": fit, "type": kind, "readiness": readiness, "lang": "pt"}
    return turn.model_copy(update={"judgement": was.model_copy(update=changed)})


@pytest.fixture
def handed(store: Store, answered: Answered) -> str:
    """A judged draft that was handed over."""
    _, draft = store.drafts.create(None)
    seq = store.drafts.receive(draft.id, "Families wait")
    store.drafts.complete(draft.id, seq, judged(answered(draft.conversation, "Families wait")))
    store.reviews.hand_over(draft.id)
    return draft.id


def shown(store: Store) -> list[tuple[object, ...]]:
    """What the inbox shows of each judgement."""
    ana = store.accounts.add("ana@city.example", ["coach"], password=None)
    return [(w.lang, w.verdict, w.type, w.pathway, w.reasons) for w in store.reviews.inbox(ana)]


GLANCE = [("pt", "poor_fit", "who_to_focus_on", "capacity_building", ("no_data", "no_decision"))]


def test_the_inbox_needs_no_judgement_to_be_read(store: Store, handed: str, database) -> None:
    """With thousands of drafts the list comes at once: it shows what was kept, though the judgement is gone."""
    database.run("UPDATE turns SET turn = 'unreadable', conversation = 'unreadable'")

    assert shown(store) == GLANCE


def test_judgements_from_before_show_as_well(store: Store, handed: str, database) -> None:
    """An upgrade fills in what lists show; a judgement that cannot be read does not stop it."""
    _, draft = store.drafts.create("en")
    store.drafts.receive(draft.id, "Something else")
    database.run(
        "INSERT INTO turns (draft_id, seq, place, turn, conversation, answered_at)"
        " VALUES (:id, 1, 1, '{}', '{}', '2026-01-01')",
        id=draft.id,
    )
    back(store.engine)

    upgraded = Store(Drafts(database.url))

    assert shown(upgraded) == GLANCE
    assert database.run("SELECT verdict FROM turns WHERE draft_id = :id", id=draft.id) == [(None,)]
    upgraded.drafts.close()


def back(engine: Engine) -> None:
    """The database as the version before left it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0005_staff")
    engine.dispose()
