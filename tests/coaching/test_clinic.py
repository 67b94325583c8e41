"""The peer clinic in rehearsal: every objection quotes the draft, and three lists come out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.coaching.bank import load_bank
from assistant.coaching.clinic import PER_VOICE, decide
from assistant.coaching.coach import Coaching
from assistant.coaching.signs import said
from assistant.domain import LANGS, Conversation, Evidence, Lang, Message
from assistant.errors import InputError, ProgrammeError
from tests.coaching.conftest import CORPUS, SAID, draft, judged

VOICES = {"resident", "frontline", "data_steward", "privacy_legal", "mayors_office", "peer_city"}


@pytest.mark.parametrize("lang", LANGS)
def test_b15_six_voices_quote_the_draft_into_three_lists(coaching: Coaching, lang: Lang) -> None:
    """Beyond 8, B15: each voice speaks, twice at most, in words of the draft or of what is missing; the lists fill."""
    conversation = draft(lang)

    made = coaching.rehearse(conversation, judged(lang))

    text = "\n".join(said(conversation))
    voices = [r.objection.voice for r in made.raised]
    assert set(voices) == VOICES
    assert max(voices.count(v) for v in VOICES) <= PER_VOICE
    assert all(r.objection.quote in text for r in made.raised if r.objection.quote is not None)
    stated = {id for id, e in conversation.record.items() if e.state == "stated"}
    assert all(r.objection.element not in stated for r in made.raised if r.objection.quote is None)
    assert made.risks
    assert made.assumptions
    assert made.readiness
    assert {*made.risks, *made.assumptions, *made.readiness} == set(made.raised)


@pytest.mark.parametrize(
    ("lang", "said_", "raised"),
    [
        ("en", {"data_sources": "Cameras with facial recognition at both stations."}, "is_it_proportionate"),
        (
            "es",
            {"data_sources": "Cámaras con reconocimiento facial en las estaciones."},
            "is_it_proportionate",
        ),
        ("pt", {"data_sources": "Câmeras com reconhecimento facial nos terminais."}, "is_it_proportionate"),
        ("en", {"users": "An algorithm ranks the calls for the nurses."}, "whose_word_counts"),
        ("es", {"users": "Un algoritmo ordena las llamadas para las enfermeras."}, "whose_word_counts"),
        ("pt", {"users": "Um algoritmo ordena as rotas para os motoristas."}, "whose_word_counts"),
        ("en", {"constraints": "We have to buy it by tender from one vendor."}, "money_before_proof"),
        ("es", {"constraints": "Hay que comprarlo por licitación a un proveedor."}, "money_before_proof"),
        ("pt", {"constraints": "É preciso comprar por licitação de um fornecedor."}, "money_before_proof"),
        ("en", {"test_plan": "Six weeks with the caseworkers."}, "nobody_asks_us"),
    ],
)
def test_objections_fit_what_the_draft_says(
    coaching: Coaching, lang: Lang, said_: dict[str, str], raised: str
) -> None:
    """What a draft names draws the objection to it, with the sentence that names it."""
    made = coaching.rehearse(draft(lang, (), **said_), judged(lang))

    found = {r.objection.id: r.objection.quote for r in made.raised}
    assert raised in found
    assert (found[raised] or "nothing") in next(iter(said_.values()))


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_missing_is_said_to_be_missing(coaching: Coaching, lang: Lang) -> None:
    """A gap draws an objection without a quote; a vague answer is quoted in it."""
    open_ = draft(lang, without=("users", "test_plan"))
    vague = open_.model_copy(
        update={
            "record": {
                **open_.record,
                "test_plan": Evidence(state="vague", value="a pilot", quote="a pilot", turn=99),
            }
        }
    )

    gaps = {r.objection.id: r.objection for r in coaching.rehearse(open_, judged(lang)).raised}
    hints = {r.objection.id: r.objection for r in coaching.rehearse(vague, judged(lang)).raised}

    assert gaps["users_not_said"].quote is None
    assert gaps["no_test_yet"].quote is None
    assert hints["no_test_yet"].quote == "a pilot"


@pytest.mark.parametrize(
    ("reason", "objection"),
    [
        ("strategy_only", "strategy_then_what"),
        ("dashboard_without_decision", "screen_nobody_acts_on"),
        ("procurement_without_testing", "bought_untested"),
        ("research_without_owner", "paper_on_a_shelf"),
        ("citywide_ai_strategy", "ai_everywhere"),
    ],
)
def test_a_flag_draws_the_peer_citys_objection_with_its_words(
    coaching: Coaching, reason: str, objection: str
) -> None:
    """B70 to B74: each poor fit meets an objection of its own, on the words that were flagged."""
    words = "We want one for the whole city."
    conversation = draft(resident_problem=words)

    made = coaching.rehearse(conversation, judged(flag=(reason, words)))

    found = {r.objection.id: r.objection.quote for r in made.raised}
    assert found[objection] == words


@pytest.mark.parametrize("lang", LANGS)
def test_a_near_case_is_cited_with_its_source_and_only_a_near_one(coaching: Coaching, lang: Lang) -> None:
    """Only cases that the search found near speak, in the reader's language and with their address."""
    near = ("la-county-homelessness-prevention-unit", "rio-territorios-sociais", "no-such-case")

    alone = coaching.rehearse(draft(lang), judged(lang))
    beside = coaching.rehearse(draft(lang), judged(lang, cases=near))

    cited = [r.objection.case for r in beside.raised if r.objection.case]
    known = {c.id: c for c in coaching.near_cases(judged(lang, cases=near), lang)}
    assert set(known) == set(near[:2])
    assert not [r for r in alone.raised if r.objection.case]
    assert cited
    assert all(c.lesson == known[c.id].risks_or_lessons and c.source_url.startswith("http") for c in cited)


def test_decisions_are_kept_and_nobody_is_asked_twice(coaching: Coaching) -> None:
    """Accepted and parked objections stay in their list, a rejected one leaves it with its reason."""
    conversation = draft()
    first, second, third = coaching.rehearse(conversation, judged()).undecided[:3]

    conversation = decide(conversation, first, "accepted")
    conversation = decide(conversation, second, "rejected", " We asked them in May. ")
    conversation = decide(conversation, third, "parked")
    conversation = decide(conversation, third, "accepted")
    made = coaching.rehearse(Conversation.model_validate_json(conversation.to_json()), judged())

    state = {r.objection.id: (r.decision, r.reason) for r in made.raised}
    listed = {r.objection.id for r in (*made.risks, *made.assumptions, *made.readiness)}
    assert state[first.id] == ("accepted", "")
    assert state[second.id] == ("rejected", "We asked them in May.")
    assert state[third.id] == ("accepted", "")
    assert {first.id, third.id} <= listed
    assert second.id not in listed
    assert not {first, second, third} & set(made.undecided)


@pytest.mark.parametrize(
    ("reason", "key"), [("", "no_reason"), ("   ", "no_reason"), ("x" * 8_000, "long_reason")]
)
def test_a_rejection_needs_a_reason_of_some_length(coaching: Coaching, reason: str, key: str) -> None:
    """Rejecting in silence, or with 8,000 characters, is refused with a remedy and changes nothing."""
    conversation = draft()
    objection = coaching.rehearse(conversation, judged()).undecided[0]

    with pytest.raises(InputError) as caught:
        decide(conversation, objection, "rejected", reason)

    assert caught.value.key == key
    assert caught.value.fix
    assert conversation.clinic == ()


def test_an_answer_that_was_taken_back_is_not_quoted(coaching: Coaching) -> None:
    """Contradicting answers: only the one that stands now is held against the draft."""
    old, new = "Cameras with facial recognition.", "Paper tickets from the gate."
    conversation = draft(data_sources=old)
    corrected = Evidence(state="stated", value=new, quote=new, turn=10, basis="corrected", earlier=(old,))
    conversation = conversation.model_copy(
        update={
            "messages": (*conversation.messages, Message(turn=10, text=new)),
            "record": {**conversation.record, "data_sources": corrected},
        }
    )

    made = coaching.rehearse(conversation, judged())

    assert old not in [r.objection.quote for r in made.raised]
    assert "is_it_proportionate" not in [r.objection.id for r in made.raised]


@pytest.mark.parametrize("lang", LANGS)
def test_a_draft_with_nothing_stated_has_no_clinic(coaching: Coaching, lang: Lang) -> None:
    """With no word about a proposal nothing is held against anybody."""
    assert coaching.rehearse(Conversation(lang=lang), judged(lang)).raised == ()


@pytest.mark.parametrize(
    "odd",
    [
        "👨‍👩‍👧‍👦 families 🚑 wait for the ambulance 🏥 data, see app 📱!",
        "התושבים ממתינים, السكان ينتظرون the families wait for a camera",
        "camera " * 1_140,
        "=SUM(A1:A9) camera {0} {quote} %s <b>camera</b>",
    ],
    ids=["emoji", "right to left", "8,000 characters", "formula and markup"],
)
def test_odd_text_is_quoted_as_it_stands_or_not_at_all(coaching: Coaching, odd: str) -> None:
    """Emoji, right-to-left text, a field of 8,000 characters, formulas: no quote is changed, none is endless."""
    conversation = draft(data_sources=odd, users=odd)

    made = coaching.rehearse(conversation, judged())

    quotes = [r.objection.quote for r in made.raised if r.objection.quote]
    assert quotes
    assert all(q in "\n".join(said(conversation)) and len(q) <= 220 for q in quotes)


def test_sixty_turns_are_rehearsed_in_bounds(coaching: Coaching) -> None:
    """A long conversation draws no more objections than a short one."""
    talk = tuple(Message(turn=n, text=f"{SAID['en']['decision']} Report {n} by phone.") for n in range(1, 61))
    conversation = draft().model_copy(update={"messages": talk, "turn": 60})

    made = coaching.rehearse(conversation, judged())

    assert len(made.raised) <= len(VOICES) * PER_VOICE


def test_the_bank_is_large_and_leads_nowhere_wrong(coaching: Coaching, tmp_path: Path) -> None:
    """At least 60 objections in three languages; one that names a sign there is not is refused with its remedy."""
    for folder in ("programme", "locale"):
        (tmp_path / folder).mkdir()
        for file in (CORPUS / folder).glob("*.toml"):
            text = file.read_text(encoding="utf-8").replace('words = "watching"', 'words = "wacthing"')
            (tmp_path / folder / file.name).write_text(text, encoding="utf-8")

    assert len(coaching.bank.objections) >= 60
    assert all(
        len(o.text.at(lang)) > 40 and len(o.settles.at(lang)) > 20
        for o in coaching.bank.objections
        for lang in LANGS
    )
    with pytest.raises(ProgrammeError, match="wacthing"):
        load_bank(tmp_path, coaching.programme)
