"""Windows: every token of a text is read once, and a cut falls between sentences where it can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.encoder import MAX_TOKENS, Tokens
from assistant.judging.tokens import windows

ENDS = (1, 2)


def tokens(text: str) -> Tokens:
    """One token a word: its id is its place."""
    offsets, at = [], 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        offsets.append((start, at))
    return Tokens(list(range(10, 10 + len(offsets))), offsets)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=12))
def test_every_token_is_read_once(lengths: list[int]) -> None:
    """Sentences of any lengths: the windows hold all tokens in order, none twice, and none is too long."""
    text = " ".join(" ".join(["word"] * n) + "." for n in lengths)
    read = tokens(text)

    found = windows(text, read, ENDS)

    assert [i for w in found for i in w.ids[1:-1]] == read.ids
    assert [o for w in found for o in w.offsets[1:-1]] == read.offsets
    assert all(len(w.ids) <= MAX_TOKENS and (w.ids[0], w.ids[-1]) == ENDS for w in found)


def test_a_cut_falls_before_a_sentence() -> None:
    """A text too long for one window is cut where a sentence begins, not in its middle."""
    text = " ".join(f"This is sentence number {i} of a long report." for i in range(60))

    found = windows(text, tokens(text), ENDS)

    assert len(found) > 1
    assert all(text[w.offsets[1][0] :].startswith("This is") for w in found)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_one_empty_window(text: str) -> None:
    """Without a token there is still a window to read."""
    assert [w.ids for w in windows(text, tokens(text), ENDS)] == [[*ENDS]]
