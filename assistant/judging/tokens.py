"""A text as the network reads it: windows of tokens that end where sentences end."""

from __future__ import annotations

from typing import NamedTuple

from assistant.encoder import MAX_TOKENS, Tokens
from assistant.judging.features import sentences

WINDOW = MAX_TOKENS - 2


class Window(NamedTuple):
    """A stretch of a text as tokens between two end marks, which have the empty place (0, 0)."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    """Per token, its place in the whole text."""


def windows(text: str, tokens: Tokens, ends: tuple[int, int]) -> list[Window]:
    """The text's tokens in as few windows as hold whole sentences; a longer sentence is cut."""
    first, last = ends
    cuts = _cuts(tokens.offsets, {s.start for s in sentences(text)}) or [(0, 0)]
    return [Window([first, *tokens.ids[a:b], last], [(0, 0), *tokens.offsets[a:b], (0, 0)]) for a, b in cuts]


def _cuts(offsets: list[tuple[int, int]], begins: set[int]) -> list[tuple[int, int]]:
    """Token ranges of at most WINDOW, cut before the last sentence that begins in reach."""
    breaks = [i for i, (a, _) in enumerate(offsets) if a in begins]
    cuts, at = [], 0
    while at < len(offsets):
        end = min(at + WINDOW, len(offsets))
        if end < len(offsets):
            end = max((b for b in breaks if at < b <= end), default=end)
        cuts.append((at, end))
        at = end
    return cuts
