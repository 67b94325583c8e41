"""Fine-tunes the encoder on the labelled proposals.

Two stages. First every Spanish and Portuguese sentence is drawn to where the published encoder puts its
English, so that one vector space serves the three languages. Then one network learns, token by token, which
words speak for which element, type and reason, and for the whole proposal its fit, type and reason, while a
share of the first stage keeps the vectors fit for searching.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional

from assistant.encoder import MAX_TOKENS, ends_of, tokens_of
from assistant.judging.model import VERDICTS
from assistant.judging.tokens import Window, windows
from assistant.programme import Programme
from training.encoder import export, published_encoder, published_tokenizer
from training.examples import Example
from training.labels import NOWHERE, Gold, Labels, labels_of
from training.parallel import Pair, english_sentences, translated, written
from training.vocabulary import extend

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 384
ALIGN_EPOCHS, ALIGN_RATE = 2, 2e-4
REPLAY = 6
"""After so many lessons, one of the first stage."""
BATCH_TOKENS = 4096
"""Tokens in one step, padding included."""
BLANKED = 0.1
"""Share of the tokens hidden in each training text, so that no single word carries a label."""
MASK_ID = 103
SPOKEN = 3.0
"""How much a token that speaks weighs beside one that does not."""
KEEP = 0.3
"""Weight of the alignment while the labels are learnt."""

Array = np.ndarray[Any, np.dtype[np.float32]]


class Schedule(NamedTuple):
    """How long and how fast the labels are learnt."""

    epochs: int
    rate: float
    head_rate: float


FIRST = (Schedule(5, 1e-4, 1e-3), Schedule(6, 2e-4, 1e-3))
"""Twice up and down: the first pass learns what the tags are, the second what tells the labels apart."""
MORE = Schedule(2, 1.2e-4, 8e-4)
"""For what was held out at first, beside everything else."""


class Network(torch.nn.Module):
    """The encoder; a tag for every token; fit, type and reason from attention over all tokens of a text."""

    def __init__(self, labels: Labels, words: torch.Tensor) -> None:
        super().__init__()
        self.encoder = published_encoder()
        self.encoder.resize_token_embeddings(len(words), mean_resizing=False)
        self.encoder.embeddings.word_embeddings.weight.data.copy_(words)
        tags = len(labels.tags)
        self.tag = torch.nn.Linear(WIDTH, tags)
        torch.nn.init.constant_(self.tag.bias, -3.0)
        self.look = torch.nn.Linear(WIDTH, 3)
        sizes = (len(VERDICTS), len(labels.types), len(labels.reasons))
        self.verdicts = torch.nn.ModuleList([torch.nn.Linear(2 * WIDTH + tags, n) for n in sizes])
        self.drop = torch.nn.Dropout(0.1)

    def states(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Texts × tokens × WIDTH."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return found.float()

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, owners: Sequence[int]
    ) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
        """Token tags (windows × tokens × tags), the best of each text, and fit, type and reason, all as logits."""
        states = self.states(ids, mask)
        tags = self.tag(self.drop(states))
        best, verdicts = [], []
        for text in range(max(owners) + 1):
            rows = [i for i, o in enumerate(owners) if o == text]
            words = torch.cat([states[i, mask[i] > 0] for i in rows])
            top = torch.cat([tags[i, mask[i] > 0] for i in rows]).amax(0)
            looks = self.look(words).softmax(0).T @ words
            best.append(top)
            verdicts.append(torch.stack([torch.cat([words.mean(0), look, top]) for look in looks]))
        whole = torch.stack(verdicts)
        return tags, torch.stack(best), [h(self.drop(whole[:, i])) for i, h in enumerate(self.verdicts)]


@dataclass(frozen=True)
class Item:
    """One example as numbers."""

    example: Example
    windows: list[Window]
    spoken: list[Array]
    """Per window, tokens × tags."""
    stated: Array
    gold: Gold

    @property
    def tokens(self) -> int:
        """How many tokens all windows hold."""
        return sum(len(w.ids) for w in self.windows)


def item(example: Example, tokenizer: Tokenizer, labels: Labels) -> Item:
    """The example's windows with the tokens of each quote marked."""
    found = windows(example.text, tokens_of(example.text, tokenizer), ends_of(tokenizer))
    spoken = [np.zeros((len(w.ids), len(labels.tags)), dtype=np.float32) for w in found]
    for column, tag in enumerate(labels.tags):
        for quote in labels.quotes(example, tag):
            start = example.text.find(quote)
            for window, marks in zip(found, spoken, strict=True):
                inside = [b > a and a < start + len(quote) and b > start for a, b in window.offsets]
                marks[inside, column] = 1
    stated = np.array([float(e in example.quotes) for e in labels.elements], dtype=np.float32)
    return Item(example, found, spoken, stated, labels.gold(example))


def batches(sizes: Sequence[int], groups: Sequence[Sequence[int]], rng: random.Random) -> list[list[int]]:
    """Indices by like length within shuffled pools, at most BATCH_TOKENS a batch; the sides of a pair stay together."""
    units = [list(g) for g in groups]
    rng.shuffle(units)
    found: list[list[int]] = []
    pool = 256
    for start in range(0, len(units), pool):
        chunk = sorted(units[start : start + pool], key=lambda u: max(sizes[i] for i in u))
        batch: list[int] = []
        for unit in chunk:
            widest = max(sizes[i] for i in [*batch, *unit])
            if batch and widest * (len(batch) + len(unit)) > BATCH_TOKENS:
                found.append(batch)
                batch = []
            batch = [*batch, *unit]
        found.append(batch)
    rng.shuffle(found)
    return found


def padded(ids: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask, rows × longest."""
    width = max(map(len, ids))
    out, mask = torch.zeros(len(ids), width, dtype=torch.long), torch.zeros(len(ids), width, dtype=torch.long)
    for row, some in enumerate(ids):
        out[row, : len(some)] = torch.tensor(some)
        mask[row, : len(some)] = 1
    return out, mask


def mean_vector(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The unit mean of each row's tokens, as the run time makes it."""
    m = mask.unsqueeze(-1).float()
    return functional.normalize((states * m).sum(1) / m.sum(1).clamp(min=1), dim=1)


def published_vectors(texts: Sequence[str]) -> Array:
    """Unit vectors of the texts by the published encoder, one row a text; longer texts than MAX_TOKENS are cut."""
    teacher = published_encoder().eval()
    ids = [e.ids[:MAX_TOKENS] for e in published_tokenizer().encode_batch(list(texts))]
    out = torch.zeros(len(ids), WIDTH)
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            words, mask = padded([ids[i] for i in rows])
            states = teacher(input_ids=words, attention_mask=mask).last_hidden_state
            out[rows] = mean_vector(states.float(), mask)
    return out.numpy()


class Alignment:
    """Batches of texts with the vectors that the published encoder gives their English."""

    def __init__(self, pairs: Sequence[Pair], tokenizer: Tokenizer, rng: random.Random) -> None:
        self.rng = rng
        self.texts = [e.ids[:MAX_TOKENS] for e in tokenizer.encode_batch([p.text for p in pairs])]
        english = sorted({p.english for p in pairs})
        at = {text: i for i, text in enumerate(english)}
        self.targets = torch.tensor(published_vectors(english))
        self.to = torch.tensor([at[p.english] for p in pairs])

    def epoch(self) -> list[list[int]]:
        """All pairs once, in batches."""
        return batches([len(t) for t in self.texts], [[i] for i in range(len(self.texts))], self.rng)

    def loss(self, network: Network, rows: Sequence[int]) -> torch.Tensor:
        """How far the texts lie from their English, and how often another's English lies nearer."""
        words, mask = padded([self.texts[i] for i in rows])
        found = mean_vector(network.states(words, mask), mask)
        target = self.targets[self.to[torch.tensor(rows)]]
        nearest = functional.cross_entropy(found @ target.T * 20, torch.arange(len(rows)))
        return (1 - (found * target).sum(1)).mean() * 5 + nearest


def blanked(ids: Sequence[int], rng: random.Random) -> list[int]:
    """The ids with some hidden; the first and last mark the ends and stay."""
    inner = [MASK_ID if rng.random() < BLANKED else i for i in ids[1:-1]]
    return [ids[0], *inner, ids[-1]]


def lesson(network: Network, items: Sequence[Item], rng: random.Random) -> torch.Tensor:
    """The loss of one batch over all tasks."""
    flat = [
        (owner, w, s) for owner, it in enumerate(items) for w, s in zip(it.windows, it.spoken, strict=True)
    ]
    ids, mask = padded([blanked(w.ids, rng) for _, w, _ in flat])
    tags, best, (fit, kind, reason) = network(ids, mask, [owner for owner, _, _ in flat])
    marked = torch.tensor([[float(items[o].example.annotated)] for o, _, _ in flat])
    spoken = torch.zeros_like(tags)
    for row, (_, _, marks) in enumerate(flat):
        spoken[row, : len(marks)] = torch.tensor(marks)
    weight = (mask * marked).unsqueeze(-1)
    raw = functional.binary_cross_entropy_with_logits(
        tags, spoken, reduction="none", pos_weight=torch.full((tags.shape[-1],), SPOKEN)
    )
    loss = (raw * weight).sum() / weight.sum().clamp(min=1) / tags.shape[-1] * 10
    known = [i for i, it in enumerate(items) if it.example.annotated]
    if known:
        stated = torch.tensor(np.stack([items[i].stated for i in known]))
        loss = loss + functional.binary_cross_entropy_with_logits(best[known][:, : stated.shape[1]], stated)
    balance = torch.tensor([1.0, 1.8, 1.3])
    for logits, name, weights in ((fit, "fit", balance), (kind, "type", None), (reason, "reason", None)):
        gold = torch.tensor([getattr(it.gold, name) for it in items])
        if (gold >= 0).any():
            loss = loss + functional.cross_entropy(
                logits, gold, weight=weights, ignore_index=NOWHERE, label_smoothing=0.05
            )
    return loss


def pair_groups(items: Sequence[Item]) -> list[list[int]]:
    """Indices of contrast pairs together, all others alone."""
    groups: dict[str, list[int]] = {}
    for i, it in enumerate(items):
        e = it.example
        key = f"{e.author}/{e.pair}" if e.pair and e.group == "contrast" else e.id
        groups.setdefault(key, []).append(i)
    return list(groups.values())


def align(network: Network, alignment: Alignment, say: Callable[[str], None]) -> None:
    """The first stage, in place."""
    steps = [rows for _ in range(ALIGN_EPOCHS) for rows in alignment.epoch()]
    jobs = [(lambda r=r: alignment.loss(network, r)) for r in steps]
    _run(network, [(ALIGN_RATE, list(network.encoder.parameters()))], jobs, "align", say)


def learn(
    network: Network,
    items: Sequence[Item],
    alignment: Alignment,
    schedule: Schedule,
    say: Callable[[str], None],
) -> None:
    """The second stage, in place."""
    rng, groups, sizes = alignment.rng, pair_groups(items), [it.tokens for it in items]
    jobs, replay = [], iter(alignment.epoch())
    for _ in range(schedule.epochs):
        for n, rows in enumerate(batches(sizes, groups, rng), start=1):
            jobs.append(lambda rows=rows: lesson(network, [items[i] for i in rows], rng))
            if n % REPLAY == 0:
                some = next(replay, None)
                if some is None:
                    replay = iter(alignment.epoch())
                    some = next(replay)
                jobs.append(lambda some=some: KEEP * alignment.loss(network, some))
    outer = [p for n, p in network.named_parameters() if not n.startswith("encoder")]
    parts = [(schedule.rate, list(network.encoder.parameters())), (schedule.head_rate, outer)]
    _run(network, parts, jobs, "learn", say)


def _run(
    network: Network,
    parts: Sequence[tuple[float, list[Any]]],
    jobs: Sequence[Any],
    name: str,
    say: Callable[[str], None],
) -> None:
    network.train()
    optimiser = torch.optim.AdamW([{"params": p, "lr": lr} for lr, p in parts], weight_decay=0.01, fused=True)
    warm = max(1, len(jobs) // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min((s + 1) / warm, max(0.02, 1 - s / len(jobs)))
    )
    began, total = time.monotonic(), 0.0
    for n, job in enumerate(jobs, start=1):
        loss = job()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        total += loss.item()
        if n % 50 == 0 or n == len(jobs):
            left = (time.monotonic() - began) / n * (len(jobs) - n)
            say(f"{name} {n}/{len(jobs)} loss {total / n:.3f}, {left / 60:.1f} min left")


def fine_tune(
    examples: Sequence[Example], programme: Programme, out: Path, say: Callable[[str], None]
) -> None:
    """Write out/encoder.onnx, tokenizer.json, network.npz (the heads) and network.pt, from the published weights."""
    labels = labels_of(programme)
    embeddings = published_encoder().embeddings.word_embeddings.weight.detach()
    tokenizer, words = extend(published_tokenizer(), embeddings, examples)
    torch.manual_seed(0)
    network = Network(labels, words)
    alignment = _alignment(examples, tokenizer)
    say(f"{len(examples)} examples, {len(alignment.texts)} pairs")
    align(network, alignment, say)
    items = [item(e, tokenizer, labels) for e in examples]
    for schedule in FIRST:
        learn(network, items, alignment, schedule, say)
    save(network, tokenizer, out)


def teach_on(
    examples: Sequence[Example], programme: Programme, start: Path, out: Path, say: Callable[[str], None]
) -> None:
    """Write the same to `out` after more epochs, from the network that `start` holds."""
    labels = labels_of(programme)
    tokenizer = Tokenizer.from_file(str(start / "tokenizer.json"))
    torch.manual_seed(0)
    weights = torch.load(start / "network.pt", weights_only=True)
    network = Network(labels, weights["encoder.embeddings.word_embeddings.weight"])
    network.load_state_dict(weights)
    alignment = _alignment(examples, tokenizer)
    say(f"{len(examples)} examples, {len(alignment.texts)} pairs")
    learn(network, [item(e, tokenizer, labels) for e in examples], alignment, MORE, say)
    save(network, tokenizer, out)


def _alignment(examples: Sequence[Example], tokenizer: Tokenizer) -> Alignment:
    pairs = [*written(examples, ROOT / "corpus"), *translated(examples), *english_sentences(examples)]
    return Alignment(pairs, tokenizer, random.Random(0))  # noqa: S311  # shuffles, nothing secret


def save(network: Network, tokenizer: Tokenizer, out: Path) -> None:
    """The trained network as the run time reads it, and as training goes on from it."""
    out.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), out / "network.pt")
    export(network.encoder, tokenizer, out)
    heads = {"tag": network.tag, "look": network.look}
    heads.update(zip(("fit", "type", "reason"), network.verdicts, strict=True))
    arrays = {}
    for name, head in heads.items():
        arrays[f"{name}_weights"] = head.weight.detach().numpy().T.astype(np.float32)
        arrays[f"{name}_bias"] = head.bias.detach().numpy().astype(np.float32)
    np.savez_compressed(out / "network.npz", **arrays)
