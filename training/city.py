"""Teaches the reader of city facts: python -m training.city [--out corpus/model].

First without some authors, to test on their lines; then on all, which is what ships. Takes two minutes, once the local
model is there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from assistant.coaching.facts import SURE, TOLD, numbers_of, tells_an_end
from assistant.coaching.terms import ends_between
from assistant.encoder import OnnxEncoder
from assistant.judging.city import (
    CARD,
    FACTS,
    FILE,
    STATES,
    TERM,
    CityReader,
    Number,
    State,
    beside,
    kind,
    number_vector,
    sentence_vector,
    vectors,
)
from assistant.judging.features import Span, Vocabulary, sentences
from assistant.judging.model import Model
from training.examples import fingerprint
from training.ngrams import Array, matrix

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 6, 1)
"""The day that times from now are told from in corpus/facts."""
HELD_OUT = {"f4": "subtle lines", "f7": "plain texts", "n4": "sizes and terms"}
"""The files of the authors who test what the others taught."""
STRENGTH = 5.0
CLOSE = 0.06
"""How far a number may be from the one in the label: "almost 100,000"."""


@dataclass(frozen=True)
class Line:
    """One labelled text."""

    author: str
    text: str
    asked: str | None
    states: dict[str, State] | None
    """The facts it tells; None where only sizes and terms are labelled."""
    quotes: dict[str, str]
    population: tuple[float, float] | None = None
    term: tuple[date, date] | None = None


def load_lines(folder: Path) -> list[Line]:
    """Every labelled text, in a fixed order; raises ValueError for a quote that does not stand in its text."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            found.append(_line(path.stem.partition("-")[0], json.loads(line)))
    return found


def _line(author: str, data: dict[str, Any]) -> Line:
    if "states" in data:
        line = Line(author, data["text"], data["asked"], data["states"], data["quotes"])
    else:
        size, term = data["population"], data[TERM]
        line = Line(
            author,
            data["text"],
            None,
            None,
            {id: told["quote"] for id, told in (("population", size), (TERM, term)) if told},
            (size["least"], size["most"]) if size else None,
            (date.fromisoformat(term["earliest"]), date.fromisoformat(term["latest"])) if term else None,
        )
    for id, quote in line.quotes.items():
        if quote not in line.text:
            raise ValueError(f"{data['id']}: the quote of {id} does not stand in the text")
    return line


def spans_of(text: str) -> Sequence[Span]:
    """The sentences of a text."""
    return sentences(text) or [Span(0, len(text), text)]


def tells(line: Line, id: str, span: Span) -> bool:
    """Whether a sentence holds some of the words that tell a fact."""
    if id not in line.quotes:
        return False
    start = line.text.index(line.quotes[id])
    return start < span.end and start + len(line.quotes[id]) > span.start


def is_size(line: Line, number: Number) -> bool:
    """Whether a number is the labelled population."""
    if line.population is None:
        return False
    start = line.text.index(line.quotes["population"])
    inside = number.start < start + len(line.quotes["population"]) and number.end > start
    least, most = line.population
    return inside and least * (1 - CLOSE) <= number.amount <= most * (1 + CLOSE)


def train(lines: Sequence[Line], words: Vocabulary, encoder: OnnxEncoder) -> dict[str, Array]:
    """The arrays that `CityReader` reads."""
    told, terms, states, sizes = [], [], [], []
    for line in lines:
        seen = vectors(line.text, encoder)
        for span in spans_of(line.text):
            around = sentence_vector(seen, span, line.asked)
            if line.states is None:
                terms.append((span.text, around, tells(line, TERM, span)))
                continue
            told.append((span.text, around, [tells(line, id, span) for id in FACTS]))
            states += [
                (span.text, np.concatenate([around, kind(id)]), STATES.index(line.states[id]))
                for id in line.states
                if tells(line, id, span)
            ]
        if line.states is None:
            sizes += [
                (beside(line.text, n), number_vector(seen, n), is_size(line, n))
                for n in numbers_of(line.text)
            ]
    marks = np.array([m for *_, m in told])
    features = _features([[t for t, *_ in told]], [v for _, v, _ in told], words)
    columns = [_fit(features, marks[:, k]) for k in range(len(FACTS))]
    found = {
        "told": (np.hstack([w for w, _ in columns]), np.concatenate([b for _, b in columns])),
        "term": _fit(
            _features([[t for t, *_ in terms]], [v for _, v, _ in terms], words), [m for *_, m in terms]
        ),
        "state": _fit(
            _features([[t for t, *_ in states]], [v for _, v, _ in states], words), [m for *_, m in states]
        ),
        "population": _fit(
            _features(
                [[b for (b, _), *_ in sizes], [a for (_, a), *_ in sizes]], [v for _, v, _ in sizes], words
            ),
            [m for *_, m in sizes],
        ),
    }
    return {
        **{f"{name}_weights": w.astype(np.float16) for name, (w, _) in found.items()},
        **{f"{name}_bias": b.astype(np.float32) for name, (_, b) in found.items()},
    }


def _features(texts: Sequence[Sequence[str]], dense: Sequence[Array], words: Vocabulary) -> csr_matrix:
    return hstack([*(matrix(some, words) for some in texts), csr_matrix(np.stack(dense))]).tocsr()


def _fit(x: csr_matrix, y: Sequence[Any] | Array) -> tuple[Array, Array]:
    classes = len(set(y))
    weight = "balanced" if classes > 2 else None
    model = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight=weight).fit(x, y)
    return model.coef_.T, model.intercept_


# --- how good it is ----------------------------------------------------------------------------------------


def measure(lines: Sequence[Line], reader: CityReader) -> dict[str, dict[str, float]]:
    """Counts over texts that the reader was not taught: of what is told, said, right, turned round and made up."""
    found = {name: _counts() for name in ("told when asked", "told in passing", "population", TERM)}
    for line in lines:
        if line.states is not None:
            _measure_facts(line, reader, found)
            continue
        size = reader.population(line.text, numbers_of(line.text))
        said = size is not None and size[0] >= SURE
        _count(found["population"], line.population is not None, said, said and is_size(line, size[1]))  # type: ignore[index]
        part = reader.term(line.text, tells_an_end)
        end = ends_between(part[1].text, TODAY) if part is not None and part[0] >= SURE else None
        right = (
            end is not None and line.term is not None and end[0] <= line.term[1] and end[1] >= line.term[0]
        )
        _count(found[TERM], line.term is not None, end is not None, right)
    return {name: counts for name, counts in found.items() if counts["told"]}


def _meet(one: tuple[date, date], other: tuple[date, date]) -> bool:
    """Whether two stretches of time share a month."""
    (a, b), (c, d) = (tuple(day.year * 12 + day.month for day in span) for span in (one, other))
    return a <= d and c <= b


def _measure_facts(line: Line, reader: CityReader, found: dict[str, dict[str, float]]) -> None:
    states = line.states or {}
    for id, heard in reader.facts(line.text, line.asked).items():
        into = found["told when asked" if line.asked == id else "told in passing"]
        said = max(heard.states, key=lambda s: heard.states[s]) if heard.told >= TOLD else None
        _count(into, id in states, said is not None, said is not None and said == states.get(id))
        into["turned round"] += {said, states.get(id)} == {"met", "not_met"}


def _counts() -> dict[str, float]:
    return dict.fromkeys(("told", "said", "right", "turned round", "made up"), 0)


def _count(into: dict[str, float], told: bool, said: bool, right: bool) -> None:
    into["told"] += told
    into["said"] += said
    into["right"] += right
    into["made up"] += said and not told


def write(out: Path, arrays: dict[str, Array], card: dict[str, Any]) -> None:
    """Write the weights and their card."""
    np.savez_compressed(out / FILE, **arrays)  # type: ignore[arg-type]
    card["sha256"] = hashlib.sha256((out / FILE).read_bytes()).hexdigest()
    (out / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def build(out: Path, say: Any = print) -> dict[str, Any]:
    """Teach, test and write the reader beside the local model in `out`; its card."""
    encoder = OnnxEncoder(out)
    model = Model(out, encoder)
    words = model.ngrams.vocabulary
    data = ROOT / "corpus" / "facts"
    lines = load_lines(data)
    card: dict[str, Any] = {"model": model.version, "data_sha256": fingerprint(data)}
    held = [line for line in lines if line.author in HELD_OUT]
    write(out, train(_without(lines, held), words, encoder), card)
    reader = CityReader(out, words, encoder, model.version)
    card["scores_on_other_authors"] = {
        name: measure([line for line in held if line.author == author], reader)
        for author, name in HELD_OUT.items()
    }
    write(out, train(lines, words, encoder), card)
    for name, found in card["scores_on_other_authors"].items():
        for what, counts in found.items():
            say(f"{name}, {what}: {counts}")
    return card


def _without(lines: Iterable[Line], some: Sequence[Line]) -> list[Line]:
    left_out = {id(line) for line in some}
    return [line for line in lines if id(line) not in left_out]


def main() -> None:
    """Teach the reader and print what it gets right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "corpus" / "model")
    build(parser.parse_args().out)


if __name__ == "__main__":
    main()
