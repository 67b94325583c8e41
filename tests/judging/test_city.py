"""The reader of city facts: tied to its data and model, and heard beyond the words that the patterns know."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from assistant.coaching.facts import Facts, numbers_of, tells_an_end
from assistant.domain import LANGS, Conversation, Lang, Message
from assistant.errors import ModelError
from assistant.judging.city import CARD, FACTS, FILE, CityReader
from assistant.settings import Settings
from assistant.wiring import Product
from training.city import load_lines
from training.examples import fingerprint

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
SIZES: dict[Lang, tuple[str, str]] = {
    "en": (
        "Of the 2.4 million people in the province, 164,000 are ours, and 900 of them wait for a ramp.",
        "164,000",
    ),
    "es": (
        "La provincia suma 2,4 millones; a nuestra ciudad le tocan 164.000 y de ellos 900 esperan una rampa.",
        "164.000",
    ),
    "pt": (
        "O estado tem 2,4 milhões; na nossa cidade somos 164 mil, e 900 deles esperam por uma rampa.",
        "164 mil",
    ),
}
TERMS: dict[Lang, str] = {
    "en": "The lease of the depot is up in 2027. As for the mayor, she hands over the keys in June 2029.",
    "es": "El contrato del depósito vence en 2027. En cuanto a la alcaldesa, entrega el mando en junio de 2029.",
    "pt": "O contrato do galpão vence em 2027. Quanto ao prefeito, ele entrega o cargo em junho de 2029.",
}


def test_the_weights_belong_to_their_data_and_model(settings: Settings) -> None:
    """The card names the lines, the file and the model that are there; else: make train."""
    folder = settings.corpus / "model"
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))

    assert card["data_sha256"] == fingerprint(CORPUS / "facts")
    assert card["sha256"] == hashlib.sha256((folder / FILE).read_bytes()).hexdigest()
    assert card["model"] == manifest["version"]


@pytest.mark.parametrize("damage", ["gone", "cut", "another model's"])
def test_weights_that_do_not_fit_are_refused_with_a_remedy(
    product: Product, settings: Settings, tmp_path: Path, damage: str
) -> None:
    """A missing, truncated or foreign file is one clear error."""
    folder = tmp_path / "model"
    shutil.copytree(settings.corpus / "model", folder)
    version = product.model.version
    if damage == "gone":
        (folder / FILE).unlink()
    elif damage == "cut":
        (folder / FILE).write_bytes((folder / FILE).read_bytes()[:1000])
    else:
        version = "9.9.9+00000000"

    with pytest.raises(ModelError) as caught:
        CityReader(folder, product.model.ngrams.vocabulary, product.encoder, version)

    assert "make train" in caught.value.fix


def test_every_line_is_usable_and_every_state_is_there() -> None:
    """Quotes stand in their texts, and each fact has lines for each state in each author's file."""
    lines = load_lines(CORPUS / "facts")
    told = {(line.author, id, state) for line in lines for id, state in (line.states or {}).items()}

    for author in {line.author for line in lines if line.states is not None}:
        for id in FACTS:
            assert {state for a, i, state in told if (a, i) == (author, id)} == {"met", "not_met", "discuss"}


@pytest.mark.parametrize("lang", LANGS)
def test_the_citys_own_number_is_found_among_others(product: Product, lang: Lang) -> None:
    """B40: in a sentence that no pattern knows, the city's size is neither the region's nor that of a waiting list."""
    text, size = SIZES[lang]

    assert not [f for f in Facts(CORPUS / "locale" / "facts.toml").heard(text) if f.id == "population"]
    found = product.city.population(text, numbers_of(text))

    assert found is not None
    assert text[found[1].start : found[1].end] == size
    assert found[0] > 0.5


@pytest.mark.parametrize("lang", LANGS)
def test_the_mayors_term_is_told_from_a_contract(product: Product, lang: Lang) -> None:
    """B41: of two ends in one message, the mayor's is taken."""
    found = product.city.term(TERMS[lang], tells_an_end)

    assert found is not None
    assert "2029" in found[1].text
    assert "2027" not in found[1].text


def test_what_is_heard_by_likeness_fills_gaps_and_replaces_only_in_a_correction(product: Product) -> None:
    """A size that was given stays, until a message puts it right."""
    text = SIZES["en"][0]
    hears = product.assistant
    first = hears.respond(Conversation(lang="en"), "Our town has a population of 98,000.").conversation
    again = hears.respond(first, text).conversation

    assert first.record["population"].value == "98,000"
    assert again.record["population"].value == "98,000"
    fresh = hears.respond(Conversation(lang="en"), text).conversation
    assert fresh.record["population"].value == "164,000"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("Let us come back to that when the director is in the room.", "unknown"),
        ("No, that post does not exist here and nobody does the job.", "not_met"),
        ("Yes, our data director has looked after all registers since 2019.", "met"),
    ],
)
def test_an_answer_that_dodges_is_not_taken_for_a_yes(product: Product, answer: str, state: str) -> None:
    """B42: asked who is in charge of the data, only an answer that says so counts."""
    conversation = Conversation(
        lang="en",
        messages=(Message(turn=1, text="Families wait months for repairs."),),
        turn=1,
        pending="chief_data_officer",
    )

    judgement = product.assistant.respond(conversation, answer).judgement

    assert {c.id: c.state for c in judgement.eligibility}["chief_data_officer"] == state


def test_the_end_of_a_term_is_no_lack_of_commitment(product: Product) -> None:
    """B44: a mayor who leaves one day, taken for a sponsor, is not read as one who does not back the work."""
    text = "Famílias esperam meses pela rampa da calçada. O prefeito entrega o cargo em dezembro de 2028."

    judgement = product.assistant.respond(Conversation(lang="pt"), text).judgement

    assert {c.id: c.state for c in judgement.eligibility}["leadership_commitment"] != "not_met"
