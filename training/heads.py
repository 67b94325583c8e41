"""Trains the judge's heads: python -m training.heads [--out corpus/model]."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, recall_score

from assistant import __version__
from assistant.judging.features import Span, Vocabulary, ngrams, sentences
from assistant.judging.model import VERDICTS, logit
from assistant.programme import Programme, load_programme
from training.examples import Example, fingerprint, load_cases, load_examples

ROOT = Path(__file__).resolve().parent.parent
LANGS = ("en", "es", "pt")
GRAMS = 50_000
RAREST = 3
"""N-grams in fewer sentences than this are left out."""
FOLDS = 7
HALF = 0.5
TEMPERATURES = np.geomspace(0.25, 8, 41)
THRESHOLDS = np.arange(0.10, 0.70, 0.025)

Array = np.ndarray[Any, np.dtype[Any]]


class Data:
    """Examples as counts, sentences and labels."""

    def __init__(self, examples: Sequence[Example], programme: Programme) -> None:
        self.examples = examples
        self.types = [t.id for t in programme.types]
        self.reasons = [r.id for r in programme.reasons]
        self.elements = list(programme.proposal_element_ids)
        self.tags = [*self.elements, *(f"T:{t}" for t in self.types), *(f"R:{r}" for r in self.reasons)]
        self.annotated = np.array([e.annotated for e in examples])
        names = sorted({e.author for e in examples})
        self.folds = np.array([names.index(e.author) % FOLDS for e in examples])
        """Whole authors are held out together, a few at a time."""
        self.counts = [ngrams(e.text) for e in examples]
        self.rows: list[list[int]] = []
        texts, labels, owners = [], [], []
        for i, example in enumerate(examples):
            spans = sentences(example.text) or [Span(0, len(example.text), example.text)]
            self.rows.append(list(range(len(texts), len(texts) + len(spans))))
            for span in spans:
                texts.append(span.text)
                owners.append(i)
                labels.append([self._speaks(example, span, tag) for tag in self.tags])
        self.sentence_counts = [ngrams(t) for t in texts]
        self.labels = np.array(labels)
        self.owners = np.array(owners)
        self.fit = np.array([VERDICTS.index(e.fit) for e in examples])  # type: ignore[arg-type]
        self.type = np.array([self.types.index(e.primary_type) if e.primary_type else -1 for e in examples])
        self.type[self.fit != 0] = -1
        self.reason = np.array([self.reasons.index(e.reasons[0]) if e.reasons else -1 for e in examples])
        self.lang = np.array([LANGS.index(e.lang) for e in examples])

    def _speaks(self, example: Example, span: Span, tag: str) -> bool:
        key = tag
        if tag.startswith("T:"):
            key = "type_evidence" if example.primary_type == tag[2:] else ""
        elif tag.startswith("R:"):
            key = "poor_fit_evidence" if tag[2:] in example.reasons else ""
        quote = example.quotes.get(key)
        if not quote:
            return False
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


def matrix(counts: Sequence[Counter[str]], words: Vocabulary) -> csr_matrix:
    """Texts × n-grams."""
    rows, columns, values = [], [], []
    for i, found in enumerate(counts):
        at, weights = words.row(found)
        rows.append(np.full(len(at), i))
        columns.append(at)
        values.append(weights)
    place = (np.concatenate(rows), np.concatenate(columns))
    return csr_matrix((np.concatenate(values), place), shape=(len(counts), len(words.index)))


def linear(x: Any, y: Array, *, c: float, classes: int) -> tuple[Array, Array]:
    """Weights (features × classes) and bias of a balanced multinomial regression."""
    model = LogisticRegression(C=c, max_iter=400, class_weight="balanced").fit(x, y)
    weights, bias = np.zeros((x.shape[1], classes)), np.full(classes, -20.0)
    weights[:, model.classes_] = model.coef_.T
    bias[model.classes_] = model.intercept_
    return weights, bias


def tagger(x: csr_matrix, labels: Array) -> tuple[Array, Array]:
    """Weights and bias of one yes-or-no regression per tag."""
    fits = [LogisticRegression(C=5, max_iter=200, solver="liblinear").fit(x, y) for y in labels.T]
    return np.stack([f.coef_[0] for f in fits], axis=1), np.array([f.intercept_[0] for f in fits])


def first_layer(data: Data, on: Array) -> dict[str, Any]:
    """Vocabulary, sentence tagger and proposal heads trained on the examples whose mask is true."""
    mine = on[data.owners] & data.annotated[data.owners]
    words = vocabulary([c for c, m in zip(data.sentence_counts, mine, strict=True) if m])
    x, xs = matrix(data.counts, words), matrix(data.sentence_counts, words)
    parts = [
        linear(x[rows], y[rows], c=10, classes=n)
        for y, n, rows in [
            (data.fit, 3, on),
            (data.type, len(data.types), on & (data.type >= 0)),
            (data.reason, len(data.reasons), on & (data.reason >= 0)),
        ]
    ]
    return {
        "words": words,
        "x": x,
        "xs": xs,
        "sentence": tagger(xs[mine], data.labels[mine]),
        "proposal": (np.hstack([w for w, _ in parts]), np.concatenate([b for _, b in parts])),
        "language": linear(x[on], data.lang[on], c=10, classes=3),
    }


def features(data: Data, layer: dict[str, Any], which: Array) -> tuple[Array, Array]:
    """What the second layer reads for the chosen examples, and their sentences' tag probabilities (max)."""
    weights, bias = layer["sentence"]
    tags = 1 / (1 + np.exp(-(layer["xs"] @ weights + bias)))
    best = np.stack([tags[data.rows[i]].max(axis=0) for i in np.flatnonzero(which)])
    weights, bias = layer["proposal"]
    whole = layer["x"][np.flatnonzero(which)] @ weights + bias
    cut = [3, 3 + len(data.types)]
    first = np.hstack([_softmax(p) for p in np.split(whole, cut, axis=1)])
    return np.hstack([logit(best), logit(first)]), best


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def held_out(data: Data, fold: int) -> tuple[Array, Array, Array]:
    """Features of some authors' examples from a first layer that never saw those authors."""
    out = data.folds == fold
    return (out, *features(data, first_layer(data, ~out), out))


def second_layer(data: Data, x: Array, on: Array) -> tuple[Array, Array]:
    """Weights and bias of fit, type and reason over the first layer's answers."""
    parts = [
        linear(x[rows], y[rows], c=0.03, classes=n)
        for y, n, rows in [
            (data.fit, 3, on),
            (data.type, len(data.types), on & (data.type >= 0)),
            (data.reason, len(data.reasons), on & (data.reason >= 0)),
        ]
    ]
    return np.hstack([w for w, _ in parts]), np.concatenate([b for _, b in parts])


def best_thresholds(data: Data, best: Array) -> dict[str, float]:
    """Per element, the probability from which its best sentence counts as stating it (best F1 of "missing")."""
    found = {}
    for k, element in enumerate(data.elements):
        missing = np.array([element in e.missing for e in data.examples])[data.annotated]
        scores = [f1_score(missing, best[data.annotated, k] < t) for t in THRESHOLDS]
        found[element] = float(THRESHOLDS[int(np.argmax(scores))])
    return found


def unseen_answers(data: Data, x: Array) -> list[Array]:
    """Logits of fit, type and reason for every example from a second layer that never saw its author."""
    answers = np.zeros((len(x), 3 + len(data.types) + len(data.reasons)))
    for fold in range(FOLDS):
        out = data.folds == fold
        weights, bias = second_layer(data, x, ~out)
        answers[out] = x[out] @ weights + bias
    return np.split(answers, [3, 3 + len(data.types)], axis=1)


def temperature(logits: Array, labels: Array) -> float:
    """What to divide the logits by so that their probabilities are as often right as they say."""
    rows = labels >= 0

    def loss(t: float) -> float:
        p = _softmax(logits[rows] / t)
        return float(-np.log(p[np.arange(rows.sum()), labels[rows]] + 1e-12).mean())

    return float(min(TEMPERATURES, key=loss))


def report(data: Data, answers: list[Array], best: Array, thresholds: dict[str, float]) -> dict[str, Any]:
    """Scores on authors that neither layer saw, whole and by language."""
    fit, kind, reason = (a.argmax(axis=1) for a in answers)
    every = np.full(len(fit), True)
    scores = {"all": _scores(data, fit, kind, reason, best, thresholds, every)}
    for i, lang in enumerate(LANGS):
        scores[lang] = _scores(data, fit, kind, reason, best, thresholds, data.lang == i)
    for name in ("past_case", "short_paragraph"):
        of_style = np.array([e.style == name for e in data.examples])
        scores[name] = _scores(data, fit, kind, reason, best, thresholds, of_style)
    return scores


def _scores(
    data: Data, fit: Array, kind: Array, reason: Array, best: Array, thresholds: dict[str, float], on: Array
) -> dict[str, float]:
    typed, flagged = on & (data.type >= 0), on & (data.reason >= 0)
    rows = np.flatnonzero(on & data.annotated)
    missing = [
        f1_score([e in data.examples[i].missing for i in rows], best[rows, k] < thresholds[e])
        for k, e in enumerate(data.elements)
        if len(rows)
    ]
    return {
        "examples": int(on.sum()),
        "fit_balanced_accuracy": balanced_accuracy_score(data.fit[on], fit[on]),
        "poor_fit_balanced_accuracy": balanced_accuracy_score(data.fit[on] == 2, fit[on] == 2),
        "poor_fit_recall": recall_score(data.fit[on] == 2, fit[on] == 2),
        "type_macro_f1": f1_score(data.type[typed], kind[typed], average="macro"),
        "reason_accuracy": float((reason[flagged] == data.reason[flagged]).mean()),
        "missing_mean_f1": float(np.mean(missing)) if missing else float("nan"),
    }


def train(out: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Write heads.npz and manifest.json to `out`; the manifest."""
    programme = load_programme(ROOT / "corpus" / "programme")
    folder = ROOT / "corpus" / "training"
    examples = [*load_examples(folder, programme), *load_cases(ROOT / "corpus" / "cases")]
    data = Data(examples, programme)
    say(f"{len(data.examples)} examples, {len(data.labels)} sentences")
    x = np.zeros((len(data.examples), len(data.tags) + 3 + len(data.types) + len(data.reasons)))
    best = np.zeros((len(data.examples), len(data.tags)))
    answered = Parallel(n_jobs=2, return_as="generator")(delayed(held_out)(data, f) for f in range(FOLDS))
    for fold, (out_rows, unseen, spoken) in enumerate(answered, start=1):
        x[out_rows], best[out_rows] = unseen, spoken
        say(f"held out {fold} of {FOLDS}: {out_rows.sum()} examples")
    thresholds = best_thresholds(data, best)
    answers = unseen_answers(data, x)
    scores = report(data, answers, best, thresholds)
    labels = (data.fit, data.type, data.reason)
    cool = [temperature(a, y) for a, y in zip(answers, labels, strict=True)]
    every = np.full(len(data.examples), True)
    layer = first_layer(data, every)
    weights, bias = second_layer(data, x, every)
    divide = np.concatenate([np.full(a.shape[1], t) for a, t in zip(answers, cool, strict=True)])
    weights, bias = weights / divide, bias / divide
    grams = list(layer["words"].index)
    np.savez_compressed(
        out / "heads.npz",
        grams=np.frombuffer("\n".join(grams).encode("utf-8"), dtype=np.uint8),
        idf=layer["words"].idf,
        second_weights=weights.astype(np.float32),
        second_bias=bias.astype(np.float32),
        **{f"{n}_weights": layer[n][0].astype(np.float16) for n in ("sentence", "proposal", "language")},
        **{f"{n}_bias": layer[n][1].astype(np.float32) for n in ("sentence", "proposal", "language")},
    )
    manifest = {
        "schema": "model/1",
        "version": f"{__version__}+{fingerprint(folder)[:8]}",
        "training_data_sha256": fingerprint(folder),
        "encoder_sha256": hashlib.sha256((out / "encoder.onnx").read_bytes()).hexdigest(),
        "heads_sha256": hashlib.sha256((out / "heads.npz").read_bytes()).hexdigest(),
        "tags": data.tags,
        "types": data.types,
        "reasons": data.reasons,
        "thresholds": thresholds,
        "temperatures": dict(zip(("fit", "type", "reason"), cool, strict=True)),
        "scores_on_held_out_authors": _rounded(scores),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def _rounded(scores: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {
        name: {k: round(float(v), 3) for k, v in values.items() if not np.isnan(v)}
        for name, values in scores.items()
    }


def main() -> None:
    """Train and print the held-out scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "corpus" / "model")
    manifest = train(parser.parse_args().out, print)
    print(json.dumps(manifest["scores_on_held_out_authors"], indent=1))


if __name__ == "__main__":
    main()
