"""Builds the local model: python -m training.heads [--out corpus/model] [--work build/train].

First without the held-out authors, styles and cities, to learn how far each reader can be trusted and to measure
the whole on texts it never saw; then the same network is taught what was held out as well, which is what ships.
Each step leaves its files in the work folder under the hash of what it learnt from, so a run that was stopped
goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant import __version__
from assistant.encoder import OnnxEncoder
from assistant.hearing import SURE
from assistant.judging.features import Span, sentences
from assistant.judging.model import ATTACK, VERDICTS, second_features
from assistant.judging.network import Network
from assistant.judging.ngrams import NgramHeads
from assistant.judging.numbers import sigmoid, softmax
from assistant.programme import load_programme
from training.examples import Example, fingerprint, load_cases, load_examples
from training.intents import across_authors, load_answers, train_intents
from training.labels import Labels, labels_of
from training.measure import Answers, missing_f1, pairs_right, reason_recall, scores, table, thresholds
from training.ngrams import Array, spoken, train_ngrams
from training.parallel import copies
from training.second import Heard, Second, second_layer, temperature, unseen
from training.split import held_out, slices

ROOT = Path(__file__).resolve().parent.parent
HONEST_CUT = 0.004
"""Share of the honest texts that may lose a sentence to the search for attacks."""
HEADS = ("network.npz", "ngrams.npz")


def first_layer(
    examples: Sequence[Example], folder: Path, say: Callable[[str], None], start: Path | None = None
) -> None:
    """Train both readers on the examples into a folder, unless they are there already.

    With `start`, the network goes on from the one in that folder.
    """
    programme = load_programme(ROOT / "corpus" / "programme")
    if not (folder / "network.npz").exists():
        from training.finetune import fine_tune, teach_on

        if start is None:
            fine_tune(examples, programme, folder, say)
        else:
            teach_on(examples, programme, start, folder, say)
    if not (folder / "ngrams.npz").exists():
        say("n-grams")
        learnt = train_ngrams(examples, labels_of(programme), copies(examples))
        np.savez_compressed(folder / "ngrams.npz", **learnt)


def arrays(folder: Path) -> dict[str, Array]:
    """The weights of both readers."""
    found: dict[str, Array] = {}
    for name in HEADS:
        with np.load(folder / name, allow_pickle=False) as some:
            found.update({key: some[key] for key in some.files})
    return found


def listen(examples: Sequence[Example], folder: Path, labels: Labels) -> Heard:
    """Both readers' answers, by the code that the product runs."""
    weights = arrays(folder)
    words, network = NgramHeads(weights), Network(weights, OnnxEncoder(folder))
    cuts = (len(VERDICTS), len(VERDICTS) + len(labels.types))
    heard = Heard(np.zeros((len(examples), 0)), [], [], [])
    rows = []
    for e in examples:
        spans = sentences(e.text) or [Span(0, len(e.text), e.text)]
        read = network.read(e.text)
        tags = words.sentences([s.text for s in spans])
        found = np.stack([read.best(s) for s in spans])
        rows.append(second_features(e.text, tags, found, words.proposal(e.text), read, cuts))
        heard.words.append(tags)
        heard.network.append(found)
        heard.spoken.append(np.array([spoken(e, s, labels) for s in spans]))
    return Heard(np.stack(rows), heard.words, heard.network, heard.spoken)


def attack_threshold(
    examples: Sequence[Example], heard: Heard, second: Second, labels: Labels
) -> tuple[float, float]:
    """The lowest probability at which hardly an honest text loses a sentence, and the attacks heard at it."""
    column = labels.tags.index(ATTACK)
    ngram, net, bias = second.mix[:, column]
    best = np.array(
        [
            sigmoid(w[:, column] * ngram + n[:, column] * net + bias).max()
            for w, n in zip(heard.words, heard.network, strict=True)
        ]
    )
    attacked = np.array([bool(e.attacks) for e in examples])
    mark = float(np.quantile(best[~attacked], 1 - HONEST_CUT))
    return mark, float((best[attacked] > mark).mean())


def reader_alone(heard: Heard, labels: Labels, *, network: bool) -> Answers:
    """What one reader says by itself."""
    width = len(labels.tags) + len(VERDICTS) + len(labels.types) + len(labels.reasons)
    tags = len(labels.tags)
    mine = heard.features[:, width : 2 * width] if network else heard.features[:, :width]
    fit, kind, reason = np.split(mine[:, tags:], [len(VERDICTS), len(VERDICTS) + len(labels.types)], axis=1)
    stated = sigmoid(mine[:, : len(labels.elements)])
    return Answers(np.exp(fit), np.exp(kind), np.exp(reason), stated)


def by_slice(examples: Sequence[Example], answers: Answers, labels: Labels) -> dict[str, dict[str, float]]:
    """The scores of each slice of the held-out examples."""
    marks = thresholds(examples, answers.stated, labels)
    found = {"all": scores(examples, answers, labels, marks)}
    for name, rows in slices(examples).items():
        some = [examples[i] for i in rows]
        found[name] = scores(some, answers.take(rows), labels, marks)
        if name == "twins":
            found[name]["pairs both right"] = pairs_right(some, answers.take(rows), labels)
    return found


def train(out: Path, work: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Write encoder.onnx, tokenizer.json, heads.npz and manifest.json to `out`; the manifest."""
    programme = load_programme(ROOT / "corpus" / "programme")
    labels = labels_of(programme)
    data = ROOT / "corpus" / "training"
    examples = [*load_examples(data, programme), *load_cases(ROOT / "corpus" / "cases")]
    kept, held = [e for e in examples if not held_out(e)], [e for e in examples if held_out(e)]
    say(f"{len(examples)} examples, {len(held)} of them held out first")
    mark = fingerprint(data)
    measured, whole = work / f"measured-{mark[:12]}", work / f"whole-{mark[:12]}"
    first_layer(kept, measured, say)
    heard = listen(held, measured, labels)
    logits, stated = unseen(held, heard, labels)
    gold = [np.array([getattr(labels.gold(e), n) for e in held]) for n in ("fit", "type", "reason")]
    cool = [temperature(a, g) for a, g in zip(logits, gold, strict=True)]
    answers = Answers(*(softmax(a / t) for a, t in zip(logits, cool, strict=True)), stated)
    judges = {
        "n-grams": reader_alone(heard, labels, network=False),
        "network": reader_alone(heard, labels, network=True),
        "both": answers,
    }
    compared = {name: by_slice(held, a, labels) for name, a in judges.items()}
    for name, found in compared.items():
        say(f"\n{name}\n{table(found)}")
    first_layer(examples, whole, say, measured)
    second = second_layer(held, heard, range(len(held)), labels)
    marks = thresholds(held, stated, labels)
    attack_mark, attacks_heard = attack_threshold(held, heard, second, labels)
    divide = np.repeat(cool[1:], [len(labels.types), len(labels.reasons)])
    for name in ("encoder.onnx", "tokenizer.json"):
        shutil.copy(whole / name, out / name)
    learnt = {
        **{f"fit_{name}": w.astype(np.float32) for name, w in second.fit.cooled(cool[0])._asdict().items()},
        "second_weights": (second.weights / divide).astype(np.float32),
        "second_bias": (second.bias / divide).astype(np.float32),
        "tag_mix": second.mix.astype(np.float32),
    }
    answers_given = load_answers(data / "answers")
    vocabulary, encoder = NgramHeads(arrays(whole)).vocabulary, OnnxEncoder(whole)
    ears = across_authors(answers_given, vocabulary, encoder, SURE)
    learnt |= train_intents(answers_given, vocabulary, encoder)
    np.savez_compressed(out / "heads.npz", **arrays(whole), **learnt)
    manifest = {
        "schema": "model/3",
        "version": f"{__version__}+{mark[:8]}",
        "training_data_sha256": mark,
        **{
            f"{n.split('.')[0]}_sha256": _hash(out / n)
            for n in ("encoder.onnx", "tokenizer.json", "heads.npz")
        },
        "tags": labels.tags,
        "types": labels.types,
        "reasons": labels.reasons,
        "thresholds": {**dict(zip(labels.elements, map(float, marks), strict=True)), ATTACK: attack_mark},
        "attacked_texts_heard": _rounded(attacks_heard),
        "scores_on_held_out": _rounded(compared),
        "intents_across_authors": _rounded(ears),
        "missing_f1": _rounded(
            {
                "both": missing_f1(
                    [e for e in held if e.annotated], stated[[e.annotated for e in held]], labels, marks
                )
            }
        ),
        "reason_recall": _rounded({"both": reason_recall(held, answers, labels)}),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _rounded(found: Any) -> Any:
    if isinstance(found, dict):
        return {k: _rounded(v) for k, v in found.items()}
    return round(float(found), 3)


def main() -> None:
    """Train and print the held-out scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "corpus" / "model")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "train")
    options = parser.parse_args()
    train(options.out, options.work, lambda text: print(text, flush=True))


if __name__ == "__main__":
    main()
