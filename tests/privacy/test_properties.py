"""What holds for every text that is masked, and how a quote finds the applicant's words again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.privacy import mask, unmask
from tests.privacy.identifiers import CONTACTS, IDS, rng

MAKERS = [make for make, _ in (*IDS.values(), *CONTACTS.values())]
PIECES = st.one_of(
    st.builds(lambda make, seed: make(rng(seed)), st.sampled_from(MAKERS), st.integers(0, 10**9)),
    st.sampled_from(
        [
            "DNI",
            "tel.",
            "cuenta n.º",
            "placa",
            "passport",
            "R$",
            "ley",
            "[email]",
            "[phone]",
            "[",
            "]",
            "@",
            "+",
        ]
    ),
    st.text("0123456789.-/() ", max_size=14),
    st.text(max_size=6),
)
TEXTS = st.lists(
    st.tuples(PIECES, st.sampled_from(["", " ", "-", ".", "/", ", ", ": ", "\n"])), max_size=9
).map(lambda parts: "".join(piece + gap for piece, gap in parts))


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_everything_else_stays_as_it_is(text: str) -> None:
    """Between the finds, which never overlap, the masked text is the original, character for character."""
    masked = mask(text)

    at, rebuilt = 0, ""
    for f in masked.found:
        assert at <= f.start < f.end
        rebuilt += text[at : f.start] + f"[{f.kind}]"
        at = f.end
    assert masked.text == rebuilt + text[at:]


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_masking_twice_finds_nothing_more(text: str) -> None:
    """What has been masked is left alone, by itself and by its neighbours."""
    once = mask(text)

    twice = mask(once.text)

    assert twice.text == once.text
    assert twice.found == ()


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.data())
def test_a_quote_finds_its_words_again(text: str, data: st.DataObject) -> None:
    """Any stretch of the masked text that occurs once leads back to the words that stood there."""
    units, at = [], 0
    for f in mask(text).found:
        units += [(c, c) for c in text[at : f.start]] + [(f"[{f.kind}]", text[f.start : f.end])]
        at = f.end
    units += [(c, c) for c in text[at:]]
    start = data.draw(st.integers(0, len(units)))
    stretch = units[start : data.draw(st.integers(start, len(units)))]
    quote, words = ("".join(side) for side in zip(*stretch, strict=True)) if stretch else ("", "")

    found = unmask(quote, text)

    if not quote.strip():
        assert found is None
    elif mask(text).text.count(quote) == 1 and quote == " ".join(quote.split()):
        assert found == words


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("call [phone] before noon", "call 555-123-4567\nbefore  noon"),
        ("write to [email]", "write to ana@city.gov"),
        ("mail] or call", "ana@city.gov or call"),
        ("before noon", "before  noon"),
        ("call 555-123-4567", "call 555-123-4567"),
        ("call [email]", None),
        ("nobody said this", None),
        ("  ", None),
    ],
)
def test_quotes_are_the_applicants_words(quote: str, words: str | None) -> None:
    """A quote from a reply comes back as written, with whole identifiers and its own spaces, or not at all."""
    text = "Please write to ana@city.gov or call 555-123-4567\nbefore  noon."

    assert unmask(quote, text) == words
