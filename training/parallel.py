"""Sentences in Spanish and Portuguese beside their English, to pull the three languages together."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from assistant.judging.features import Span, sentences
from training.examples import TOLD, Example

WAYS: dict[tuple[str, str], tuple[str, ...]] = {
    ("en", "es"): ("eng-spa",),
    ("en", "pt"): ("eng-spa", "es-pt_BR"),
    ("es", "en"): ("spa-eng",),
    ("es", "pt"): ("es-pt_BR",),
    ("pt", "es"): ("pt-es",),
    ("pt", "en"): ("pt-es", "spa-eng"),
}
"""Apertium's pairs from each language to each other."""
SHORTEST, LONGEST = 20, 400
"""Letters of a sentence worth translating."""


class Copy(NamedTuple):
    """An example as a machine says it in another language, sentence by sentence."""

    example: int
    """Its place among the examples."""
    lang: str
    sentences: tuple[str, ...]


class Pair(NamedTuple):
    """A text and what it says in English."""

    text: str
    english: str


def written(examples: Iterable[Example], corpus: Path) -> list[Pair]:
    """Pairs that people wrote: the examples' parallel proposals and past cases, and the passages.

    Each English text is its own pair too.
    """
    some = list(examples)
    pairs = [*_proposals(some), *_cases(corpus / "cases", some), *_passages(corpus / "passages")]
    return sorted({*pairs, *(Pair(p.english, p.english) for p in pairs)})


def _proposals(examples: Iterable[Example]) -> Iterable[Pair]:
    twins: dict[str, dict[str, str]] = {}
    for e in examples:
        if e.pair and e.author.endswith("parallel"):
            twins.setdefault(e.pair, {})[e.lang] = e.text
    for texts in twins.values():
        yield from (Pair(text, texts["en"]) for lang, text in texts.items() if lang != "en" and "en" in texts)


def _cases(folder: Path, examples: Iterable[Example]) -> Iterable[Pair]:
    wanted = {e.id.rsplit("-", 1)[0] for e in examples if not e.annotated}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            for lang in ("es", "pt") if case["id"] in wanted else ():
                told = case[f"text_{lang}"]
                yield from (Pair(told[k], case[k]) for k in TOLD if case[k] and told.get(k))


def _passages(folder: Path) -> Iterable[Pair]:
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            passage = json.loads(line)
            for key in ("title", "text"):
                yield from (Pair(passage[key][lang], passage[key]["en"]) for lang in ("es", "pt"))


def translated(examples: Iterable[Example]) -> list[Pair]:
    """Each Spanish and Portuguese sentence beside a machine's English; raises SystemExit without Apertium.

    The machine's English is rough, and good enough as a target: only its place among meanings is learnt,
    no word of it is kept.
    """
    pairs = []
    for lang in ("es", "pt"):
        route = WAYS[lang, "en"]
        texts = sorted({s for e in examples if e.lang == lang for s in _sentences(e.text)})
        pairs += [Pair(t, english) for t, english in zip(texts, translate(texts, route), strict=True)]
    return pairs


def english_sentences(examples: Iterable[Example]) -> list[Pair]:
    """Each English sentence as its own pair, so that English stays where it was."""
    return [Pair(s, s) for s in sorted({s for e in examples if e.lang == "en" for s in _sentences(e.text)})]


def _sentences(text: str) -> Iterable[str]:
    flat = (" ".join(s.text.split()) for s in sentences(text))
    return (s for s in flat if SHORTEST <= len(s) <= LONGEST)


def copies(examples: Sequence[Example]) -> list[Copy]:
    """Every example in the two languages it was not written in; raises SystemExit without Apertium.

    Rough as they are, they show an n-gram of one language what a label looks like that only others' texts have.
    """
    found = []
    for (lang, other), route in WAYS.items():
        rows = [i for i, e in enumerate(examples) if e.lang == lang]
        split = [[" ".join(s.text.split()) for s in spans_of(examples[i])] for i in rows]
        lines = iter(translate([s for sentences in split for s in sentences], route))
        found += [
            Copy(i, other, tuple(next(lines) for _ in some)) for i, some in zip(rows, split, strict=True)
        ]
    return found


def spans_of(example: Example) -> list[Span]:
    """The sentences of an example, or the whole of a text that has none."""
    return sentences(example.text) or [Span(0, len(example.text), example.text)]


def translate(texts: Sequence[str], route: Iterable[str]) -> list[str]:
    """The lines in another language, one for one, by way of Apertium's named pairs.

    Needs the packages apertium, apertium-eng-spa and apertium-es-pt; raises SystemExit without them.
    """
    if shutil.which("apertium") is None:
        raise SystemExit(
            "apertium is missing; on Debian: apt-get install apertium apertium-eng-spa apertium-es-pt"
        )
    lines = list(texts)
    for pair in route:
        done = subprocess.run(  # noqa: S603  # a fixed command over our own texts
            ["apertium", "-u", pair],  # noqa: S607
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            check=True,
        )
        lines = done.stdout.split("\n")[: len(texts)]
    return lines
