"""Trains the n-gram heads: a tagger for sentences, and fit, type, reason and language of whole proposals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from assistant.domain import LANGS
from assistant.judging.features import Span, Vocabulary, ngrams, sentences
from assistant.judging.model import VERDICTS
from training.examples import Example
from training.labels import NOWHERE, Labels

GRAMS = 50_000
RAREST = 3
"""N-grams in fewer sentences than this are left out."""
HALF = 0.5

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


def tagger(x: csr_matrix, y: Array) -> tuple[Array, Array]:
    """Weights and bias of one yes-or-no regression per tag."""
    fits = [LogisticRegression(C=5, max_iter=200, solver="liblinear").fit(x, column) for column in y.T]
    return np.stack([f.coef_[0] for f in fits], axis=1), np.array([f.intercept_[0] for f in fits])


def train_ngrams(examples: Sequence[Example], labels: Labels) -> dict[str, Array]:
    """The arrays that `NgramHeads` reads."""
    texts, marks, annotated = [], [], []
    for e in examples:
        for span in sentences(e.text) or [Span(0, len(e.text), e.text)]:
            texts.append(span.text)
            marks.append(spoken(e, span, labels))
            annotated.append(e.annotated)
    known = np.array(annotated)
    words = vocabulary([ngrams(t) for t, k in zip(texts, annotated, strict=True) if k])
    whole = matrix([e.text for e in examples], words)
    heads = {
        "sentence": tagger(matrix(texts, words)[known], np.array(marks)[known]),
        "proposal": _proposal(whole, examples, labels),
        "language": linear(
            whole, np.array([LANGS.index(e.lang) for e in examples]), c=10, classes=len(LANGS)
        ),  # type: ignore[arg-type]
    }
    return {
        "grams": np.frombuffer("\n".join(words.index).encode("utf-8"), dtype=np.uint8),
        "idf": words.idf,
        **{f"{name}_weights": w.astype(np.float16) for name, (w, _) in heads.items()},
        **{f"{name}_bias": b.astype(np.float32) for name, (_, b) in heads.items()},
    }


def _proposal(x: csr_matrix, examples: Sequence[Example], labels: Labels) -> tuple[Array, Array]:
    parts = []
    for name, classes in (
        ("fit", len(VERDICTS)),
        ("type", len(labels.types)),
        ("reason", len(labels.reasons)),
    ):
        y = np.array([getattr(labels.gold(e), name) for e in examples])
        rows = y != NOWHERE
        parts.append(linear(x[rows], y[rows], c=10, classes=classes))
    return np.hstack([w for w, _ in parts]), np.concatenate([b for _, b in parts])
