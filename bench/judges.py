"""The judges side by side on texts none of them saw: python -m bench.judges [--work build/train] [--out bench/out].

Needs what `make train` installs and the files that it leaves in build/train. Everything is scored on the same
held-out authors, styles and cities (training/split.py).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression

from assistant.judging.numbers import softmax
from assistant.programme import load_programme
from training.examples import Example, fingerprint, load_cases, load_examples
from training.finetune import published_vectors
from training.heads import by_slice, listen, reader_alone
from training.labels import NOWHERE, Labels, labels_of
from training.measure import Answers, reliability, table
from training.second import temperature, unseen
from training.split import held_out

ROOT = Path(__file__).resolve().parent.parent
SLICES = (
    "all",
    "same style",
    "other styles",
    "real projects",
    "twins",
    "b14-reports",
    "b17-decoys",
    "attacks",
    "en",
    "es",
    "pt",
)
COLUMNS = ("fit balanced accuracy", "poor fit balanced accuracy", "type macro-F1", "missing mean F1")


def frozen(kept: Sequence[Example], held: Sequence[Example], labels: Labels) -> Answers:
    """The published encoder as it is, with a logistic regression on its vectors."""
    x, y = published_vectors([e.text for e in kept]), published_vectors([e.text for e in held])
    parts = []
    for name in ("fit", "type", "reason"):
        gold = np.array([getattr(labels.gold(e), name) for e in kept])
        model = LogisticRegression(C=10, max_iter=2000, class_weight="balanced")
        parts.append(model.fit(x[gold != NOWHERE], gold[gold != NOWHERE]).predict_proba(y))
    known = [i for i, e in enumerate(kept) if e.annotated]
    stated = np.zeros((len(held), len(labels.elements)))
    for k, element in enumerate(labels.elements):
        there = [element in kept[i].quotes for i in known]
        model = LogisticRegression(C=10, max_iter=2000, class_weight="balanced").fit(x[known], there)
        stated[:, k] = model.predict_proba(y)[:, 1]
    return Answers(*parts, stated)


def weighed(held: Sequence[Example], folder: Path, labels: Labels) -> Mapping[str, Answers]:
    """The two readers of the local model, each alone, and both weighed by a layer that never saw the author."""
    heard = listen(held, folder, labels)
    logits, stated = unseen(held, heard, labels)
    gold = [np.array([getattr(labels.gold(e), n) for e in held]) for n in ("fit", "type", "reason")]
    calm = [softmax(a / temperature(a, g)) for a, g in zip(logits, gold, strict=True)]
    return {
        "n-grams": reader_alone(heard, labels, network=False),
        "fine-tuned network": reader_alone(heard, labels, network=True),
        "both (what ships)": Answers(*calm, stated),
    }


def diagram(judges: Mapping[str, Answers], gold: np.ndarray, path: Path) -> None:
    """Confidence beside the share that is right, for the fit of each judge."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle=":")
    for name, answers in judges.items():
        bins = reliability(answers.fit, gold)
        axes.plot([c for c, _, _ in bins], [r for _, r, _ in bins], marker="o", label=name)
    axes.set(
        xlabel="confidence", ylabel="share right", title="Fit, held-out texts", xlim=(0.3, 1), ylim=(0, 1)
    )
    axes.legend()
    figure.savefig(path)


def main() -> None:
    """Print the table and write it with the reliability diagram."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "train")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "out")
    options = parser.parse_args()
    programme = load_programme(ROOT / "corpus" / "programme")
    labels = labels_of(programme)
    data = ROOT / "corpus" / "training"
    examples = [*load_examples(data, programme), *load_cases(ROOT / "corpus" / "cases")]
    kept, held = [e for e in examples if not held_out(e)], [e for e in examples if held_out(e)]
    folder = options.work / f"measured-{fingerprint(data)[:12]}"
    if not (folder / "ngrams.npz").exists():
        raise SystemExit(f"{folder} is not there; run: make train")
    judges = {"frozen encoder + regression": frozen(kept, held, labels), **weighed(held, folder, labels)}
    found = {name: by_slice(held, answers, labels) for name, answers in judges.items()}
    parts = [f"{len(kept)} examples learnt from, {len(held)} held out.\n"]
    for column in (*COLUMNS, "pairs both right", "fit ECE"):
        rows = {
            name: {s: f[s][column] for s in SLICES if column in f.get(s, {})} for name, f in found.items()
        }
        parts.append(f"**{column}**\n\n{table(rows)}\n")
    options.out.mkdir(parents=True, exist_ok=True)
    text = "\n".join(parts)
    (options.out / "judges.md").write_text(text, encoding="utf-8")
    diagram(judges, np.array([labels.gold(e).fit for e in held]), options.out / "reliability.svg")
    print(text)


if __name__ == "__main__":
    main()
