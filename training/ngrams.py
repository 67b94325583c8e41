"""Trains the n-gram heads: a tagger for sentences, and fit, type, reason and language of whole proposals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from assistant.domain import LANGS
from assistant.judging.features import Span, Vocabulary, ngrams
from assistant.judging.model import VERDICTS
from training.examples import Example
from training.labels import NOWHERE, Labels
from training.parallel import Copy, spans_of

GRAMS = 60_000
RAREST = 3
"""N-grams in fewer sentences than this are left out."""
HALF = 0.5
SMOOTH = 0.1
COPIED = 0.3
"""What a machine's translation counts beside a text that a person wrote."""

Array = np.ndarray[Any, np.dtype[Any]]


def spoken(example: Example, span: Span, labels: Labels) -> list[bool]:
    """Per tag, whether a sentence holds a quote, or at least half of whichever is the shorter."""
    return [any(_speaks(example, span, q) for q in labels.quotes(example, tag)) for tag in labels.tags]


def _speaks(example: Example, span: Span, quote: str) -> bool:
    start = example.text.find(quote)
    shared = min(start + len(quote), span.end) - max(start, span.start)
    return shared > 0 and shared >= HALF * min(len(quote), span.end - span.start)


def vocabulary(counts: Sequence[Counter[str]]) -> Vocabulary:
    """The commonest n-grams of the sentences, with their inverse document frequencies."""
    seen: Counter[str] = Counter()
    for found in counts:
        seen.update(found.keys())
    kept = sorted(seen.items(), key=lambda item: (-item[1], item[0]))
    grams = [g for g, n in kept if n >= RAREST][:GRAMS]
    idf = np.array([np.log((1 + len(counts)) / (1 + seen[g])) + 1 for g in grams], dtype=np.float32)
    return Vocabulary(grams, idf)


def matrix(texts: Sequence[str], words: Vocabulary) -> csr_matrix:
    """Texts × n-grams."""
    rows, columns, values = [], [], []
    for i, text in enumerate(texts):
        at, weights = words.row(text)
        rows.append(np.full(len(at), i))
        columns.append(at)
        values.append(weights)
    place = (np.concatenate(rows), np.concatenate(columns))
    return csr_matrix((np.concatenate(values), place), shape=(len(texts), len(words.index)))


def linear(x: Any, y: Array, *, c: float, classes: int) -> tuple[Array, Array]:
    """Weights (features × classes) and bias of a balanced multinomial regression."""
    model = LogisticRegression(C=c, max_iter=400, class_weight="balanced").fit(x, y)
    weights, bias = np.zeros((x.shape[1], classes)), np.full(classes, -20.0)
    weights[:, model.classes_] = model.coef_.T
    bias[model.classes_] = model.intercept_
    return weights, bias


def ratios(x: csr_matrix, y: Array) -> Array:
    """Per n-gram, how much likelier it is in the marked rows than in the others: the root of the log ratio, signed.

    Scaled by it, a regression begins with what each word says by itself (Wang and Manning, "Baselines and
    Bigrams", 2012, who take the whole ratio; its root did better here on authors not seen).
    """
    inside, outside = (np.asarray(x[rows].sum(axis=0)).ravel() + SMOOTH for rows in (y, ~y))
    found = np.log((inside / inside.sum()) / (outside / outside.sum()))
    return np.sign(found) * np.sqrt(np.abs(found))


def one_against_rest(
    x: csr_matrix, y: Array, counts: Array, *, c: float, weight: str | None = None
) -> tuple[Array, Array]:
    """Weights (features × columns of y) and biases of one yes-or-no regression a column."""
    weights, biases = [], []
    for column in y.T.astype(bool):
        scale = ratios(x, column)
        model = LogisticRegression(C=c, max_iter=200, solver="liblinear", class_weight=weight)
        model.fit(x.multiply(scale).tocsr(), column, sample_weight=counts)
        weights.append(model.coef_[0] * scale)
        biases.append(model.intercept_[0])
    return np.stack(weights, axis=1), np.array(biases)


def train_ngrams(
    examples: Sequence[Example], labels: Labels, translated: Sequence[Copy] = ()
) -> dict[str, Array]:
    """The arrays that `NgramHeads` reads; machine translations count COPIED beside what people wrote."""
    marks = [[spoken(e, span, labels) for span in spans_of(e)] for e in examples]
    written = [tuple(span.text for span in spans_of(e)) for e in examples]
    told = [(i, e.lang, w, 1.0) for i, (e, w) in enumerate(zip(examples, written, strict=True))]
    told += [(c.example, c.lang, c.sentences, COPIED) for c in translated]
    known = [t for t in told if examples[t[0]].annotated]
    lines = [s for _, _, some, _ in known for s in some]
    words = vocabulary([ngrams(s) for s in lines])
    counts = np.array([share for _, _, some, share in known for _ in some])
    spoken_marks = np.array([m for i, _, _, _ in known for m in marks[i]])
    whole = matrix([examples[i].text if share == 1 else "\n".join(some) for i, _, some, share in told], words)
    shares = np.array([share for *_, share in told])
    told_of = [examples[i] for i, *_ in told]
    langs = np.array([LANGS.index(lang) for _, lang, _, _ in told])  # type: ignore[arg-type]
    people = shares == 1
    heads = {
        "sentence": one_against_rest(matrix(lines, words), spoken_marks, counts, c=5),
        "proposal": _proposal(whole, told_of, labels, shares),
        "language": linear(whole[people], langs[people], c=10, classes=len(LANGS)),
    }
    return {
        "grams": np.frombuffer("\n".join(words.index).encode("utf-8"), dtype=np.uint8),
        "idf": words.idf,
        **{f"{name}_weights": w.astype(np.float16) for name, (w, _) in heads.items()},
        **{f"{name}_bias": b.astype(np.float32) for name, (_, b) in heads.items()},
    }


def _proposal(
    x: csr_matrix, examples: Sequence[Example], labels: Labels, counts: Array
) -> tuple[Array, Array]:
    parts = []
    for name, classes in (
        ("fit", len(VERDICTS)),
        ("type", len(labels.types)),
        ("reason", len(labels.reasons)),
    ):
        y = np.array([getattr(labels.gold(e), name) for e in examples])
        rows = y != NOWHERE
        marks = np.eye(classes)[y[rows]]
        parts.append(one_against_rest(x[rows], marks, counts[rows], c=10, weight="balanced"))
    return np.hstack([w for w, _ in parts]), np.concatenate([b for _, b in parts])
