"""Trains the ear for short answers: what a message of an interview is, over n-grams and the encoder's vector."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_score, recall_score

from assistant.encoder import OnnxEncoder
from assistant.judging.features import Vocabulary
from assistant.judging.model import INTENTS
from training.ngrams import Array, matrix

WEIGHT = 2.0
"""How much the vector counts beside the n-grams."""


@dataclass(frozen=True)
class Utterance:
    """One message of an interview."""

    author: str
    lang: str
    text: str
    intent: str


def load_answers(folder: Path) -> list[Utterance]:
    """Every labelled answer, in a fixed order."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            found.append(Utterance(path.stem, data["lang"], data["text"], data["intent"]))
    return found


def features(texts: Sequence[str], words: Vocabulary, encoder: OnnxEncoder) -> csr_matrix:
    """Texts × (n-grams, vector)."""
    return hstack([matrix(texts, words), WEIGHT * encoder.encode(texts)]).tocsr()


def _fit(x: csr_matrix, y: Sequence[int]) -> LogisticRegression:
    return LogisticRegression(C=4, max_iter=1000, class_weight="balanced").fit(x, y)


def train_intents(answers: Sequence[Utterance], words: Vocabulary, encoder: OnnxEncoder) -> dict[str, Array]:
    """The arrays that `Model.intent` reads."""
    model = _fit(
        features([a.text for a in answers], words, encoder), [INTENTS.index(a.intent) for a in answers]
    )
    weights = model.coef_.T.copy()
    weights[-encoder.size :] *= WEIGHT
    return {"intent_weights": weights.astype(np.float16), "intent_bias": model.intercept_.astype(np.float32)}


def across_authors(
    answers: Sequence[Utterance], words: Vocabulary, encoder: OnnxEncoder, sure: float
) -> dict[str, dict[str, float]]:
    """Per intent, precision, recall and F1 on the other author's messages, of those heard with enough confidence."""
    x = features([a.text for a in answers], words, encoder)
    gold = np.array([INTENTS.index(a.intent) for a in answers])
    said = np.zeros_like(gold)
    authors = np.array([a.author for a in answers])
    for author in sorted(set(authors)):
        out = authors == author
        chances = _fit(x[~out], gold[~out]).predict_proba(x[out])
        best = chances.argmax(axis=1)
        said[out] = np.where(chances.max(axis=1) >= sure, best, INTENTS.index("answer"))
    return {
        name: {
            "messages": int((gold == k).sum()),
            "precision": precision_score(gold == k, said == k, zero_division=0),
            "recall": recall_score(gold == k, said == k, zero_division=0),
            "F1": f1_score(gold == k, said == k, zero_division=0),
        }
        for k, name in enumerate(INTENTS)
    }
