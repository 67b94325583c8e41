"""The capability map: filled from what was said, with what is open and what is heaped on one name."""

from __future__ import annotations

import pytest

from assistant.coaching.capability import OVERLOAD, capability_map
from assistant.domain import LANGS, Assignment, Conversation, Evidence, Lang
from assistant.wiring import Product


def stated(quote: str) -> Evidence:
    """An element stated in these words."""
    return Evidence(state="stated", value=quote, quote=quote, turn=1)


@pytest.mark.parametrize(
    ("lang", "text", "duty", "owner", "helpers", "time"),
    [
        (
            "en",
            "The permits supervisor owns monitoring, two hours a week.",
            "use_evidence",
            "The permits supervisor",
            (),
            "two hours a week",
        ),
        (
            "en",
            "Our legal office is responsible for privacy with help from IT.",
            "obtain_permissions",
            "Our legal office",
            ("IT",),
            "",
        ),
        (
            "es",
            "La jefa de datos se encarga de los permisos con apoyo de Legal, 3 horas por semana.",
            "obtain_permissions",
            "La jefa de datos",
            ("Legal",),
            "3 horas por semana",
        ),
        (
            "pt",
            "O analista de TI cuida da qualidade dos dados, meio período.",
            "assess_quality",
            "O analista de TI",
            (),
            "meio período",
        ),
    ],
)
def test_a_sentence_puts_an_owner_on_the_map(
    product: Product, lang: Lang, text: str, duty: str, owner: str, helpers: tuple[str, ...], time: str
) -> None:
    """Beyond 5, B52, B57-B61: who owns what, with whom, for how long, is heard in a sentence; the question stands."""
    begun = Conversation(lang=lang, pending="success_indicators", asked=("success_indicators",), turn=1)

    turn = product.assistant.respond(begun, text)

    found = turn.judgement.capability
    assert found is not None
    row = next(d for d in found.duties if d.id == duty)
    assert (row.owner, row.contributors, row.time, row.basis) == (owner, helpers, time, "stated")
    assert turn.asked == "success_indicators"
    assert "success_indicators" not in turn.record


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Each Monday the supervisor picks which flats the crews visit first."),
        ("es", "Las familias esperan meses por una visita de la enfermera."),
        ("pt", "Quem cuida da privacidade?"),
    ],
)
def test_what_names_no_owner_enters_nothing(product: Product, lang: Lang, text: str) -> None:
    """A sentence about the service or a question puts nobody on the map."""
    assert product.team.heard(text, lang, 1) == ()


@pytest.mark.parametrize("lang", LANGS)
def test_an_entry_of_the_map_reads_back(product: Product, lang: Lang) -> None:
    """Each of the twenty rows, written as a message by the page, is read as the row it was."""
    for function in product.programme.functions:
        for item in function.responsibility:
            text = product.team.entry(item.id, "Ana · Paz", "Luz, Sol", "2 h", lang)

            (read,) = product.team.heard(text, lang, 4)

            assert (read.duty, read.owner, read.contributors, read.time) == (
                item.id,
                "Ana Paz",
                ("Luz", "Sol"),
                "2 h",
            )


def test_the_map_shows_what_is_open_and_what_is_heaped(product: Product) -> None:
    """B52: rows without an owner are listed; a name with five rows gets a note, whatever article it comes with."""
    ids = [r.id for f in product.programme.functions for r in f.responsibility]
    team = [
        Assignment(duty=d, owner="The clerk" if i else "clerk", turn=1) for i, d in enumerate(ids[:OVERLOAD])
    ]

    found = capability_map({}, team, product.programme, product.passages, product.words, "en")
    fewer = capability_map({}, team[:-1], product.programme, product.passages, product.words, "en")

    assert len(found.duties) == 20
    assert found.unowned == tuple(ids[OVERLOAD:])
    assert [o.duties for o in found.overloaded] == [tuple(ids[:OVERLOAD])]
    assert not fewer.overloaded


@pytest.mark.parametrize("lang", LANGS)
def test_a_missing_capability_shows_the_booklets_sign(product: Product, lang: Lang) -> None:
    """B53-B56: met with the applicant's words, not met on a denial, unknown otherwise with the sign of its absence."""
    record = {
        "executive_sponsor": stated("The manager asked for it"),
        "data_capability": Evidence(state="vague", value="Nobody", quote="Nobody", turn=2, denied=True),
    }

    found = capability_map(record, (), product.programme, product.passages, product.words, lang)

    by_id = {c.id: c for c in found.capabilities}
    assert [by_id[c.id].state for c in product.programme.capabilities] == [
        "met",
        "unknown",
        "unknown",
        "not_met",
    ]
    assert "The manager asked for it" in by_id["executive_sponsorship"].note
    for id in ("delivery_coordination", "data_capability"):
        capability = next(c for c in product.programme.capabilities if c.id == id)
        assert by_id[id].note == capability.failure_signal.at(lang)
        assert by_id[id].rule.quote in product.passages(by_id[id].rule.id, lang).text
    row = next(d for d in found.duties if d.id == "set_priorities")
    assert (row.owner, row.basis) == ("The manager asked for it", "inferred")


def test_an_old_draft_without_the_new_fields_loads() -> None:
    """A conversation saved before there was a map, a choice or a contest reads with none of them."""
    loaded = Conversation.model_validate_json('{"id": "x", "lang": "en", "turn": 3}')

    assert (loaded.team, loaded.contests, loaded.choice, loaded.extra) == ((), (), None, 0)
