"""How good the answers are, on questions with gold facts: python -m bench.answers [QUESTIONS.jsonl] [--show].

A question is one line of a suite of answers: `question`, `lang`, and `expect` with `found`, `facts` (each a list of
wordings, one of which has to stand in the answer), `conflict` and `dated`. Nothing is judged by a model: every figure
is a comparison of strings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from assistant.domain import LANGS, Answer, Lang
from assistant.retrieval.sources import PassageRecord, load_passages
from assistant.safety import fold
from assistant.settings import read_settings
from assistant.wiring import Product

SUITE = Path(__file__).resolve().parent.parent / "evals" / "suites" / "answers.jsonl"


class Asked(NamedTuple):
    """A question and what an answer to it has to hold."""

    id: str
    lang: Lang
    question: str
    found: bool
    facts: tuple[tuple[str, ...], ...]
    passages: tuple[str, ...]
    conflict: bool
    dated: bool


class Marks(NamedTuple):
    """What one answer got right; None where it was not asked for."""

    complete: bool | None
    answered: bool | None
    refused: bool | None
    conflict: bool | None
    dated: bool | None
    passage: bool | None


def load(path: Path) -> list[Asked]:
    """The questions of a file, in its order."""
    return [
        _asked(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()
    ]


def _asked(data: dict[str, Any]) -> Asked:
    expect = data["expect"]
    return Asked(
        id=str(data["id"]),
        lang=next(lang for lang in LANGS if lang == data["lang"]),
        question=str(data["question"]),
        found=bool(expect["found"]),
        facts=tuple(tuple(wordings) for wordings in expect.get("facts", ())),
        passages=tuple(expect.get("passages", ())),
        conflict=bool(expect.get("conflict")),
        dated=bool(expect.get("dated")),
    )


def marks(asked: Asked, answer: Answer, records: dict[str, PassageRecord]) -> Marks:
    """What an answer got right."""
    if not asked.found:
        return Marks(None, None, not answer.found, None, None, None)
    told = fold(answer.text)
    cited = [records[c.id] for c in answer.citations]
    notes = {note for r in records.values() if (note := r.conflict_note.at(asked.lang))}
    labels = {r.label.at(asked.lang) for r in records.values() if r.tier > 2}
    return Marks(
        complete=all(any(fold(w) in told for w in wordings) for wordings in asked.facts),
        answered=answer.found,
        refused=None,
        conflict=any(note in answer.text for note in notes) if asked.conflict else None,
        dated=any(label in answer.text for label in labels) if asked.dated else None,
        passage=any(r.id in asked.passages for r in cited) if asked.passages else None,
    )


def share(values: Iterable[bool | None]) -> str:
    """Right of asked, as a share and as numbers."""
    counted = [value for value in values if value is not None]
    if not counted:
        return "-"
    return f"{sum(counted) / len(counted):.3f} ({sum(counted)}/{len(counted)})"


def table(asked: Sequence[Asked], got: Sequence[Marks]) -> str:
    """Every figure by language."""
    lines = [f"{'':10}" + "".join(f"{lang:>18}" for lang in (*LANGS, "all"))]
    for name in Marks._fields:
        columns = [
            share(getattr(m, name) for a, m in zip(asked, got, strict=True) if lang in ("all", a.lang))
            for lang in (*LANGS, "all")
        ]
        lines.append(f"{name:10}" + "".join(f"{column:>18}" for column in columns))
    return "\n".join(lines)


def measure(product: Product, asked: Sequence[Asked]) -> list[tuple[Answer, Marks]]:
    """The answer to each question and what it got right."""
    records = {r.id: r for r in load_passages(product.settings.corpus / "passages")}
    answers = [product.ask(a.question, a.lang) for a in asked]
    return [(answer, marks(a, answer, records)) for a, answer in zip(asked, answers, strict=True)]


def main() -> None:
    """Prints the table, and with --show what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", nargs="?", type=Path, default=SUITE)
    parser.add_argument("--show", action="store_true", help="list what went wrong")
    arguments = parser.parse_args()
    asked = load(arguments.questions)
    measured = measure(Product(read_settings(), light=True), asked)
    print(table(asked, [m for _, m in measured]))
    if arguments.show:
        for a, (answer, m) in zip(asked, measured, strict=True):
            if wrong := [name for name, value in m._asdict().items() if value is False]:
                lacking = [f for f in a.facts if not any(fold(w) in fold(answer.text) for w in f)]
                cited = list(dict.fromkeys(c.id for c in answer.citations))
                print(f"\n{a.id} {', '.join(wrong)}: {a.question}\n  lacks {lacking}; cites {cited}")


if __name__ == "__main__":
    main()
