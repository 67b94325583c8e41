"""What the store keeps and gives back."""

from __future__ import annotations

from assistant.domain import Conversation
from assistant.store.drafts import Drafts
from tests.store.conftest import Database


def test_a_draft_is_resumed_where_its_last_answer_left_it(
    drafts: Drafts, database: Database, answered
) -> None:
    """Another process that opens the token sees the same exchanges and the same conversation."""
    token, draft = drafts.create("es")
    seq = drafts.receive(draft.id, "Las familias esperan meses")
    turn = answered(draft.conversation, "Las familias esperan meses")
    drafts.complete(draft.id, seq, turn)
    drafts.close()

    found = Drafts(database.url).find(token)

    assert found is not None
    assert found.conversation == turn.conversation
    assert [(e.seq, e.text, e.turn) for e in found.exchanges] == [(1, "Las familias esperan meses", turn)]
    assert found.lang == "es"
    assert found.created_at.tzinfo is not None


def test_a_token_that_nobody_was_given_opens_nothing(drafts: Drafts) -> None:
    """Neither a made-up token nor a draft's id or stored hash is a way in."""
    token, draft = drafts.create("en")

    assert drafts.find("guess") is None
    assert drafts.find(draft.id) is None
    assert drafts.find(token + "x") is None
    assert drafts.find("\ud800") is None


def test_tokens_are_not_stored(drafts: Drafts, database: Database) -> None:
    """No file of the database contains a token; ids and tokens are long and never repeat."""
    made = [drafts.create("en") for _ in range(20)]

    data = database.read()

    assert all(draft.id.encode() in data for _, draft in made)
    assert all(token.encode() not in data and len(token) >= 43 for token, _ in made)
    assert len({draft.id for _, draft in made}) == 20
    assert all(len(draft.id) == 32 and int(draft.id, 16) >= 0 for _, draft in made)


def test_a_message_whose_answer_failed_stays_and_can_be_answered_later(drafts: Drafts, answered) -> None:
    """A received message waits for its answer, even behind a later one that got its own first."""
    token, draft = drafts.create("en")
    failed = drafts.receive(draft.id, "first", "draft.docx")
    later = drafts.receive(draft.id, "second")
    drafts.complete(draft.id, later, answered(draft.conversation, "second"))
    waiting = drafts.find(token)
    assert waiting is not None
    assert [(e.text, e.document) for e in waiting.unanswered] == [("first", "draft.docx")]

    last = answered(waiting.conversation, "first")
    drafts.complete(draft.id, failed, last)

    done = drafts.find(token)
    assert done is not None
    assert done.unanswered == ()
    assert done.latest == last
    assert [m.text for m in done.conversation.messages] == ["second", "first"]


def test_an_edit_remembers_the_field_it_rewrites(drafts: Drafts) -> None:
    """A rewritten field can be tried again as what it was."""
    token, draft = drafts.create("en")

    drafts.receive(draft.id, "crews of the water office", element="decision_maker")

    found = drafts.find(token)
    assert found is not None
    assert found.exchanges[0].element == "decision_maker"


def test_text_that_no_database_takes_is_kept_without_its_unseen_characters(drafts: Drafts) -> None:
    """Lone surrogates and null characters from a browser do not break the store."""
    token, draft = drafts.create("en")

    drafts.receive(draft.id, "mould\ud800 in\x00 flats", "dra\udfffft.txt")

    found = drafts.find(token)
    assert found is not None
    assert (found.exchanges[0].text, found.exchanges[0].document) == ("mould in flats", "draft.txt")


def test_a_chosen_language_outlives_answers_under_way(drafts: Drafts, answered) -> None:
    """The language chosen last counts until a later message is answered."""
    token, draft = drafts.create(None)
    seq = drafts.receive(draft.id, "hello")
    drafts.set_language(draft.id, "pt")
    drafts.complete(draft.id, seq, answered(Conversation(id=draft.id, lang="en"), "hello"))
    chosen = drafts.find(token)
    assert chosen is not None
    assert (chosen.lang, chosen.conversation.lang) == ("pt", "pt")

    seq = drafts.receive(draft.id, "hola")
    next_turn = answered(chosen.conversation.model_copy(update={"lang": "es"}), "hola")
    drafts.complete(draft.id, seq, next_turn)

    found = drafts.find(token)
    assert found is not None
    assert (found.lang, found.conversation.lang) == ("es", "es")
