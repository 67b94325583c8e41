"""What the labelled proposals cover, which are nearly the same, and which single words give a label away.

python -m training.report
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from assistant.judging.features import ngrams
from assistant.programme import load_programme
from assistant.safety import fold
from training.examples import Example, load_examples

ROOT = Path(__file__).resolve().parent.parent
SHINGLE = 4
"""Words of a shingle."""
ALIKE = 0.4
"""Share of the shorter text's shingles that two texts may have in common."""
COMMON = 40
"""A shingle in more texts than this is a phrase of the language and says nothing about copying."""
SUPPORT = 12
"""Texts that a shortcut must occur in."""
MOST = 12


class Shortcut(NamedTuple):
    """A word or pair of words that gives a label away."""

    gram: str
    label: str
    texts: int
    share: float
    """Of the texts with it, the share that has the label."""


def coverage(examples: Sequence[Example]) -> str:
    """How many examples of each label and register there are in each language, as a Markdown table."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for e in examples:
        names = [f"fit: {e.fit}", f"group: {e.group}", *(f"reason: {r}" for r in e.reasons)]
        if e.fit == "fit":
            names.append(f"type: {e.primary_type}")
        for name in names:
            counts[name][e.lang] += 1
    lines = ["| | en | es | pt |", "|---|---|---|---|"]
    lines += [f"| {name} | {c['en']} | {c['es']} | {c['pt']} |" for name, c in sorted(counts.items())]
    styles = Counter(e.style for e in examples)
    lines.append(
        f"\n{len(examples)} examples, {len(styles)} registers, {len({e.author for e in examples})} batches"
    )
    return "\n".join(lines)


def near_duplicates(examples: Sequence[Example]) -> list[tuple[str, str, float]]:
    """Pairs of ids whose texts share many shingles, but for the sides of a contrast pair and translations."""
    held: dict[str, list[int]] = defaultdict(list)
    shingles = [set(_shingles(e.text)) for e in examples]
    for i, some in enumerate(shingles):
        for s in some:
            held[s].append(i)
    shared: Counter[tuple[int, int]] = Counter()
    for places in held.values():
        if 1 < len(places) <= COMMON:
            shared.update(combinations(places, 2))
    found = []
    for (i, j), n in shared.items():
        share = n / max(1, min(len(shingles[i]), len(shingles[j])))
        a, b = examples[i], examples[j]
        if share >= ALIKE and not (a.pair and a.pair == b.pair and a.author == b.author):
            found.append((a.id, b.id, share))
    return sorted(found, key=lambda f: -f[2])


def _shingles(text: str) -> Iterable[str]:
    words = fold(text).split()
    return (" ".join(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1))


def shortcuts(examples: Sequence[Example], lang: str) -> list[Shortcut]:
    """The words that most give a fit, type or reason away in one language, per label the worst first."""
    mine = [(e, {g[2:] for g in ngrams(e.text) if g.startswith("w:")}) for e in examples if e.lang == lang]
    found: list[Shortcut] = []
    for kind in (_fit, _type, _reason):
        labelled = [(label, grams) for e, grams in mine if (label := kind(e)) is not None]
        seen: Counter[str] = Counter()
        with_label: Counter[tuple[str, str]] = Counter()
        for label, grams in labelled:
            seen.update(grams)
            with_label.update((g, label) for g in grams)
        base = Counter(label for label, _ in labelled)
        for label in base:
            rows = [
                Shortcut(g, label, seen[g], n / seen[g])
                for (g, of), n in with_label.items()
                if of == label and seen[g] >= SUPPORT
            ]
            rows.sort(key=lambda s: -(s.share - base[label] / len(labelled)) * s.texts**0.5)
            found += rows[:MOST]
    return found


def _fit(e: Example) -> str | None:
    return e.fit


def _type(e: Example) -> str | None:
    return e.primary_type if e.fit == "fit" else None


def _reason(e: Example) -> str | None:
    return e.reasons[0] if e.reasons else None


def main() -> None:
    """Print all three."""
    examples = load_examples(ROOT / "corpus" / "training", load_programme(ROOT / "corpus" / "programme"))
    print(coverage(examples))
    alike = near_duplicates(examples)
    print(f"\n{len(alike)} pairs of nearly the same text")
    for a, b, share in alike[:MOST]:
        print(f"  {share:.2f} {a} {b}")
    for lang in ("en", "es", "pt"):
        print(f"\nShortcuts, {lang}: word, label, texts with it, share of them with the label")
        for s in shortcuts(examples, lang):
            print(f"  {s.label:28} {s.gram:28} {s.texts:4} {s.share:.2f}")


if __name__ == "__main__":
    main()
