"""Scores of a judge on held-out examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import balanced_accuracy_score, f1_score, recall_score

from training.examples import Example
from training.labels import NOWHERE, Labels

Array = np.ndarray[Any, np.dtype[Any]]
BINS = 10
THRESHOLDS = np.arange(0.05, 0.95, 0.025)


@dataclass(frozen=True)
class Answers:
    """What a judge says of each example: probabilities."""

    fit: Array
    type: Array
    reason: Array
    stated: Array
    """Examples × elements: the probability that the text states it."""

    def take(self, rows: Sequence[int]) -> Answers:
        """The answers for some of the examples."""
        at = np.array(rows)
        return Answers(self.fit[at], self.type[at], self.reason[at], self.stated[at])


def thresholds(examples: Sequence[Example], stated: Array, labels: Labels) -> Array:
    """Per element, the probability from which it counts as stated: best F1 of "missing"."""
    rows = [i for i, e in enumerate(examples) if e.annotated]
    best = []
    for k, element in enumerate(labels.elements):
        missing = [element in examples[i].missing for i in rows]
        scores = [f1_score(missing, stated[rows, k] < t) for t in THRESHOLDS]
        best.append(float(THRESHOLDS[int(np.argmax(scores))]))
    return np.array(best)


def scores(examples: Sequence[Example], answers: Answers, labels: Labels, marks: Array) -> dict[str, float]:
    """Fit, type, reason and missing elements of one slice; `marks` are the thresholds of the elements."""
    gold = [labels.gold(e) for e in examples]
    fit = np.array([g.fit for g in gold])
    said = answers.fit.argmax(axis=1)
    typed = [i for i, g in enumerate(gold) if g.type != NOWHERE]
    flagged = [i for i, g in enumerate(gold) if g.reason != NOWHERE]
    found = {"examples": float(len(examples))}
    if len(set(fit)) > 1:
        found["fit balanced accuracy"] = balanced_accuracy_score(fit, said)
        found["poor fit balanced accuracy"] = balanced_accuracy_score(fit == 2, said == 2)
        found["poor fit recall"] = recall_score(fit == 2, said == 2)
    if typed:
        kind = answers.type[typed].argmax(axis=1)
        found["type macro-F1"] = f1_score(
            [gold[i].type for i in typed], kind, average="macro", labels=range(5), zero_division=0
        )
        found["type ECE"] = calibration_error(answers.type[typed], np.array([gold[i].type for i in typed]))
    if flagged:
        hit = answers.reason[flagged].argmax(axis=1) == [gold[i].reason for i in flagged]
        found["reason accuracy"] = float(np.mean(hit))
    found["fit ECE"] = calibration_error(answers.fit, fit)
    rows = [i for i, e in enumerate(examples) if e.annotated]
    if rows:
        f1 = missing_f1([examples[i] for i in rows], answers.stated[rows], labels, marks)
        found["missing mean F1"] = float(np.mean(list(f1.values())))
    return found


def missing_f1(examples: Sequence[Example], stated: Array, labels: Labels, marks: Array) -> dict[str, float]:
    """Element → F1 of "missing"."""
    return {
        element: f1_score([element in e.missing for e in examples], stated[:, k] < marks[k], zero_division=0)
        for k, element in enumerate(labels.elements)
    }


def reason_recall(examples: Sequence[Example], answers: Answers, labels: Labels) -> dict[str, float]:
    """Reason → share of its examples that are called a poor fit."""
    said = answers.fit.argmax(axis=1) == 2
    gold = np.array([labels.gold(e).reason for e in examples])
    return {r: float(said[gold == k].mean()) for k, r in enumerate(labels.reasons) if (gold == k).any()}


def pairs_right(examples: Sequence[Example], answers: Answers, labels: Labels) -> float:
    """Share of contrast pairs with both sides' fit, and type where there is one, right."""
    right: dict[str, bool] = {}
    fit, kind = answers.fit.argmax(axis=1), answers.type.argmax(axis=1)
    for i, e in enumerate(examples):
        gold = labels.gold(e)
        ok = fit[i] == gold.fit and (gold.type == NOWHERE or kind[i] == gold.type)
        key = f"{e.author}/{e.pair}"
        right[key] = right.get(key, True) and bool(ok)
    return float(np.mean(list(right.values())))


def reliability(chances: Array, gold: Array) -> list[tuple[float, float, int]]:
    """Per bin of confidence: mean confidence, share right, how many."""
    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == gold
    at = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        (float(confidence[at == b].mean()), float(right[at == b].mean()), int((at == b).sum()))
        for b in range(BINS)
        if (at == b).any()
    ]


def calibration_error(chances: Array, gold: Array) -> float:
    """Expected calibration error: how far confidence lies from the share that is right, on average."""
    bins = reliability(chances, gold)
    return float(sum(n * abs(c - r) for c, r, n in bins) / len(gold))


def table(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Rows of scores as a Markdown table."""
    columns = list(dict.fromkeys(c for r in rows.values() for c in r))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, r in rows.items():
        cells = [(f"{r[c]:.0f}" if c == "examples" else f"{r[c]:.3f}") if c in r else "" for c in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
