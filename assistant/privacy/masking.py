"""Masking: what is found in a text, and its words put in the place of what was found or back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assistant.domain import Frozen
from assistant.privacy.checks import count_digits, is_account, is_id
from assistant.privacy.emails import find_emails
from assistant.privacy.forms import LABELLED, SURE, Form
from assistant.privacy.kinds import KINDS, Candidate, Kind
from assistant.privacy.labels import COUNTED, NUMBER_FOLLOWS, REACH, Label, Labels
from assistant.privacy.phones import find_phones


class Found(Frozen):
    """One identifier and its place in the text as it was written."""

    kind: Kind
    start: int
    end: int


class Masked(Frozen):
    """A text in which every identifier that was found is a word in brackets."""

    text: str
    found: tuple[Found, ...] = ()


def mask(text: str) -> Masked:
    """The text with a word such as [email] for each identifier; everything else is as it was."""
    found: list[Found] = []
    for start, end in _between([m.span() for m in _TOKEN.finditer(text)], len(text)):
        found += _search(text[start:end], start, _ROUNDS)
    found.sort(key=lambda f: f.start)
    parts: list[str] = []
    at = 0
    for f in found:
        parts += (text[at : f.start], f"[{f.kind}]")
        at = f.end
    return Masked(text="".join([*parts, text[at:]]), found=tuple(found))


def unmask(quote: str, original: str) -> str | None:
    """The original words of a quote from the masked text, whole identifiers included; None if it is not there."""
    masked = mask(original)
    words = r"\s+".join(map(re.escape, quote.split()))
    place = re.search(words, masked.text) if words else None
    if place:
        return original[_origin(masked, place.start()) : _origin(masked, place.end(), end=True)]
    return quote if words and quote in original else None


def _origin(masked: Masked, at: int, *, end: bool = False) -> int:
    """The place in the original; for a place inside a word in brackets, where the identifier starts or ends."""
    shift = 0
    for f in masked.found:
        token_start = f.start - shift
        token_end = token_start + len(f.kind) + 2
        if at <= token_start:
            break
        if at < token_end:
            return f.end if end else f.start
        shift += (f.end - f.start) - (token_end - token_start)
    return at + shift


_TOKEN = re.compile(r"\[(?:" + "|".join(KINDS) + r")\]")
_ROUNDS = 6
"""How often what is left between identifiers is searched again; ends a chain that somebody built on purpose."""


def _between(taken: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """The stretches of a text that these do not take."""
    edges = [0, *(edge for place in taken for edge in place), length]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _search(piece: str, offset: int, rounds: int) -> list[Found]:
    """Everything found in a piece, and then in what lies between: masking what is masked finds nothing more."""
    if not _HINT.search(piece):
        return []
    taken = _without_overlap(_candidates(piece))
    found = [Found(kind=c.kind, start=offset + c.start, end=offset + c.end) for c in taken]
    if not taken or rounds == 0:
        return found
    for start, end in _between([(c.start, c.end) for c in taken], len(piece)):
        found += _search(piece[start:end], offset + start, rounds - 1)
    return found


_HINT = re.compile(r"[0-9@]|arroba|\bdot\b", re.IGNORECASE)


def _without_overlap(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The surest candidates of those that share characters, in the order of the text."""
    kept: list[Candidate] = []
    for c in sorted(candidates, key=lambda c: (c.start, c.doubt, -c.end)):
        while kept and c.start < kept[-1].end and c.doubt < kept[-1].doubt:
            kept.pop()
        if not kept or c.start >= kept[-1].end:
            kept.append(c)
    return kept


def _candidates(piece: str) -> Iterator[Candidate]:
    labels = Labels(piece)
    yield from find_emails(piece)
    yield from find_phones(piece, labels)
    for form in SURE:
        for m in form.pattern.finditer(piece):
            bare = _BARE.fullmatch(m[0]) is not None
            if form.proof(m[0]) and not (bare and (labels.deny(m.start()) or COUNTED.match(piece, m.end()))):
                yield Candidate(REACH if bare else 0, m.start(), m.end(), form.kind)
    for form in LABELLED:
        if form.kind in labels.kinds:
            yield from _labelled(form, piece, labels)


_BARE = re.compile(r"[0-9-]+[Kk]?|[0-9]{1,3}(?:\.[0-9]{3})+")
"""Without letters or marks of its own one number in eleven, or in a hundred, passes the check by chance."""


def _labelled(form: Form, piece: str, labels: Labels) -> Iterator[Candidate]:
    for m in form.pattern.finditer(piece):
        near = labels.nearest(form.kind, m.start())
        if near and form.proof(m[0]) and _belongs(form, m, near) and not COUNTED.match(piece, m.end()):
            yield Candidate(near.gap + 1, m.start(), m.end(), form.kind)


def _belongs(form: Form, value: re.Match[str], label: Label) -> bool:
    """Whether a number that may be an amount stands near enough to its label."""
    if form.proof is is_account and label.weak:  # not "the account holds 350000", but "conta 56789-0"
        said = NUMBER_FOLLOWS.search(value.string, label.end, value.start())
        return said is not None or (label.gap <= 2 and value[0][-2] == "-")
    digits = count_digits(value[0])
    return form.proof is not is_id or label.close or digits >= 8 or (digits == 7 and value[0].isdigit())
