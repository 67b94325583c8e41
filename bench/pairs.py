"""The judge on texts it was never taught, most of them pairs of nearly the same words: python -m bench.pairs.

`corpus/pairs` holds six hundred contrast pairs and 255 projects told from outside. Nothing was trained or tuned on
them. A pair is right when the fit of both sides is, and their type where they have one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.settings import read_settings
from assistant.wiring import build
from training.examples import Example, load_examples

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out" / "pairs.md"


def right(examples: Sequence[Example]) -> dict[str, tuple[bool, bool]]:
    """By id: whether the fit is right, and whether the fit and the type are."""
    product = build(read_settings(), light=True)
    found = {}
    for e in examples:
        said = product.batch_assistant.judge_text(e.text, e.lang)  # type: ignore[arg-type]  # checked when loaded
        fit = said.fit.verdict == e.fit
        found[e.id] = fit, fit and e.primary_type in (None, said.type.primary)
    return found


def share(answers: Sequence[bool]) -> str:
    """As many as are right, of how many."""
    return f"{sum(answers)} of {len(answers)} ({sum(answers) / len(answers):.0%})"


def main() -> None:
    """Measure, print, and write the table."""
    examples = load_examples(ROOT / "corpus" / "pairs", build(read_settings(), light=True).programme)
    found = right(examples)
    lines = ["| | texts, fit right | fit and type right | pairs, both sides right |", "|---|---|---|---|"]
    for author in dict.fromkeys(e.author for e in examples):
        mine = [e for e in examples if e.author == author]
        sides: dict[str, list[bool]] = {}
        for e in mine:
            sides.setdefault(e.pair or e.id, []).append(found[e.id][1])
        pairs = [all(two) for two in sides.values() if len(two) == 2]
        fits, both = ([found[e.id][n] for e in mine] for n in (0, 1))
        lines.append(f"| {author} | {share(fits)} | {share(both)} | {share(pairs) if pairs else ''} |")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
