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


def linear(x: Any, y: Array, *, c: float, classes: int, counts: Array | None = None) -> tuple[Array, Array]:
    """Weights (features × classes) and bias of a balanced multinomial regression; `counts` weighs the rows."""
    model = LogisticRegression(C=c, max_iter=400, class_weight="balanced").fit(x, y, sample_weight=counts)
    weights, bias = np.zeros((x.shape[1], classes)), np.full(classes, -20.0)
    weights[:, model.classes_] = model.coef_.T
    bias[model.classes_] = model.intercept_
    return weights, bias


def tagger(x: csr_matrix, y: Array, counts: Array) -> tuple[Array, Array]:
    """Weights and bias of one yes-or-no regression per tag."""
    fits = [
        LogisticRegression(C=5, max_iter=200, solver="liblinear").fit(x, column, sample_weight=counts)
        for column in y.T
    ]
    return np.stack([f.coef_[0] for f in fits], axis=1), np.array([f.intercept_[0] for f in fits])


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
        "sentence": tagger(matrix(lines, words), spoken_marks, counts),
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
        parts.append(linear(x[rows], y[rows], c=10, classes=classes, counts=counts[rows]))
    return np.hstack([w for w, _ in parts]), np.concatenate([b for _, b in parts])
