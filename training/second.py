"""The second layer: weighs both readers, learnt on authors, styles and cities that neither has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from assistant.judging.model import VERDICTS
from assistant.judging.numbers import sigmoid, softmax
from training.examples import Example
from training.labels import NOWHERE, Labels
from training.ngrams import Array, linear

FOLDS = 6
STIFF = 0.002
"""Inverse strength of the regularisation of type and reason."""
TEMPERATURES = np.geomspace(0.25, 8, 81)
UNITS, NETWORKS = 64, 4
"""Hidden units of a network that says the fit, and networks, whose logits are averaged."""
EPOCHS, BATCH, RATE, DECAY, DROPPED = 60, 128, 3e-3, 0.3, 0.3


@dataclass(frozen=True)
class Heard:
    """What both readers say of the held-out examples."""

    features: Array
    """Examples × what the second layer reads."""
    words: list[Array]
    """Per example, sentences × tags: logits of the n-grams."""
    network: list[Array]
    """Per example, sentences × tags: logits of the network."""
    spoken: list[Array]


class Perceptron(NamedTuple):
    """One hidden layer of tanh units; features × units, units, units × classes, classes."""

    hidden_weights: Array
    hidden_bias: Array
    unit_weights: Array
    unit_bias: Array

    def logits(self, features: Array) -> Array:
        """Rows × classes."""
        hidden = np.tanh(features @ self.hidden_weights + self.hidden_bias)
        found: Array = hidden @ self.unit_weights + self.unit_bias
        return found

    def cooled(self, temperature: float) -> Perceptron:
        """The same with its logits divided."""
        return self._replace(
            unit_weights=self.unit_weights / temperature, unit_bias=self.unit_bias / temperature
        )


@dataclass(frozen=True)
class Second:
    """The second layer."""

    fit: Perceptron
    weights: Array
    """Features × types and reasons."""
    bias: Array
    mix: Array
    """3 × tags: weight of the n-grams' logit, of the network's, and a bias."""


def mixture(heard: Heard, rows: Sequence[int]) -> Array:
    """How much each reader's word counts for each tag, learnt on sentences that neither has seen."""
    words, network = (np.vstack([part[i] for i in rows]) for part in (heard.words, heard.network))
    marks = np.vstack([heard.spoken[i] for i in rows])
    columns = []
    for k in range(marks.shape[1]):
        if not marks[:, k].any():  # nothing to learn from: both count alike
            columns.append([0.5, 0.5, 0.0])
            continue
        x = np.stack([words[:, k], network[:, k]], axis=1)
        fit = LogisticRegression(C=1.0).fit(x, marks[:, k])
        columns.append([*fit.coef_[0], fit.intercept_[0]])
    return np.array(columns).T


def second_layer(examples: Sequence[Example], heard: Heard, rows: Sequence[int], labels: Labels) -> Second:
    """Fit, type and reason over both readers' answers."""
    at = np.array(rows)
    golds = [labels.gold(examples[i]) for i in rows]
    parts = []
    for name, classes in (("type", len(labels.types)), ("reason", len(labels.reasons))):
        gold = np.array([getattr(g, name) for g in golds])
        known = gold != NOWHERE
        parts.append(linear(heard.features[at[known]], gold[known], c=STIFF, classes=classes))
    annotated = [i for i in rows if examples[i].annotated]
    return Second(
        perceptron(heard.features[at], np.array([g.fit for g in golds]), len(VERDICTS)),
        np.hstack([w for w, _ in parts]),
        np.concatenate([b for _, b in parts]),
        mixture(heard, annotated),
    )


def perceptron(x: Array, y: Array, classes: int) -> Perceptron:
    """Networks of one hidden layer over scaled features, every class counting alike, joined into one.

    What one sign says of the fit hangs on the others: a decision beside a study that nobody owns is one thing in a
    proposal and another in the report of a project. A linear layer cannot say that.
    """
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    learnt = [_learnt((x - middle) / spread, y, classes, seed) for seed in range(NETWORKS)]
    hidden = np.hstack([w.T for w, *_ in learnt]) / spread[:, None]
    bias = np.concatenate([b for _, b, *_ in learnt]) - middle @ hidden
    units = np.vstack([w.T for *_, w, _ in learnt]) / NETWORKS
    return Perceptron(hidden, bias, units, np.mean([b for *_, b in learnt], axis=0))


def _learnt(x: Array, y: Array, classes: int, seed: int) -> list[Array]:
    """Weights and biases of the hidden layer and of the last, as PyTorch keeps them."""
    import torch  # only training has it, and not all that use this module train

    torch.manual_seed(seed)
    inner, outer = torch.nn.Linear(x.shape[1], UNITS), torch.nn.Linear(UNITS, classes)
    network = torch.nn.Sequential(
        torch.nn.Dropout(DROPPED), inner, torch.nn.Tanh(), torch.nn.Dropout(DROPPED), outer
    )
    rows, gold = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    counts = np.bincount(y, minlength=classes)
    balance = torch.tensor(len(y) / classes / np.maximum(counts, 1), dtype=torch.float32)
    steps = EPOCHS * (len(y) // BATCH + 1)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for _ in range(steps):
        some = torch.randint(0, len(y), (BATCH,))
        loss = torch.nn.functional.cross_entropy(network(rows[some]), gold[some], weight=balance)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return [p.detach().numpy() for p in (inner.weight, inner.bias, outer.weight, outer.bias)]


def answer(heard: Heard, second: Second, rows: Sequence[int], labels: Labels) -> tuple[list[Array], Array]:
    """Logits of fit, type and reason, and the probability that each element is stated."""
    features = heard.features[np.array(rows)]
    kinds, reasons = np.split(features @ second.weights + second.bias, [len(labels.types)], axis=1)
    ngram, net, bias = second.mix
    stated = [
        sigmoid(heard.words[i] * ngram + heard.network[i] * net + bias).max(axis=0)[: len(labels.elements)]
        for i in rows
    ]
    return [second.fit.logits(features), kinds, reasons], np.stack(stated)


def unseen(examples: Sequence[Example], heard: Heard, labels: Labels) -> tuple[list[Array], Array]:
    """The same for every example from a second layer that never saw its author, or its city."""
    groups = [e.city or e.author for e in examples]
    sizes = (len(VERDICTS), len(labels.types), len(labels.reasons))
    logits = [np.zeros((len(examples), n)) for n in sizes]
    stated = np.zeros((len(examples), len(labels.elements)))
    for kept, out in GroupKFold(FOLDS).split(examples, groups=groups):
        second = second_layer(examples, heard, list(kept), labels)
        some, stated[out] = answer(heard, second, list(out), labels)
        for whole, part in zip(logits, some, strict=True):
            whole[out] = part
    return logits, stated


def temperature(logits: Array, gold: Array) -> float:
    """What to divide the logits by so that their probabilities are as often right as they say."""
    rows = gold != NOWHERE

    def loss(t: float) -> float:
        p = softmax(logits[rows] / t)
        return float(-np.log(p[np.arange(rows.sum()), gold[rows]] + 1e-12).mean())

    return float(min(TEMPERATURES, key=loss))
