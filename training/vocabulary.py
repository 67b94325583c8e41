"""Spanish and Portuguese words as whole tokens, each starting where its English word stands."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from tokenizers import Tokenizer

from training.examples import Example
from training.parallel import WAYS, translate

OFTEN = 4
"""A word is added when it occurs this often."""
LATIN = 0x24F
"""The last code point of the Latin letters."""


class Extended(NamedTuple):
    """A tokenizer with more words, and the embedding of every token."""

    tokenizer: Tokenizer
    embeddings: torch.Tensor


def extend(published: Tokenizer, embeddings: torch.Tensor, examples: Iterable[Example]) -> Extended:
    """The published tokenizer and embeddings, and the examples' frequent words, each with its English word's row."""
    model = json.loads(published.to_str())
    vocabulary: dict[str, int] = model["model"]["vocab"]
    added = [(w, lang) for w, lang in _frequent(published, examples) if w[0] not in vocabulary]
    starts = _starts(published, embeddings, added)
    free = [token for token in vocabulary if _never_used(token)]
    rows = [embeddings.clone()]
    for (forms, _), start in zip(added, starts, strict=True):
        if free:
            at = vocabulary.pop(free.pop(0))
            rows[0][at] = start
        else:
            at = len(vocabulary) + len(free)
            rows.append(start.unsqueeze(0))
        vocabulary[forms[0]] = at
    model["model"]["vocab"] = dict(sorted(vocabulary.items(), key=lambda kv: kv[1]))
    return Extended(Tokenizer.from_str(json.dumps(model)), torch.cat(rows))


def _never_used(token: str) -> bool:
    """Whether the token is of a script that the three languages do not use, or a spare one."""
    letters = token.removeprefix("##")
    return token.startswith("[unused") or any(c.isalpha() and ord(c) > LATIN for c in letters)


def _frequent(tokenizer: Tokenizer, examples: Iterable[Example]) -> list[tuple[tuple[str, str], str]]:
    """((token, commonest spelling), language) of the words that occur OFTEN, the commonest first."""
    counts: Counter[str] = Counter()
    spellings: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for e in examples:
        if e.lang == "en":
            continue
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(e.text.lower()):
            token = tokenizer.normalizer.normalize_str(word)
            if token.isalpha():
                counts[token] += 1
                spellings[token][word, e.lang] += 1
    kept = sorted((t for t, n in counts.items() if n >= OFTEN), key=lambda t: (-counts[t], t))
    best = ((t, spellings[t].most_common(1)[0][0]) for t in kept)
    return [((t, spelling), lang) for t, (spelling, lang) in best]


def _starts(
    tokenizer: Tokenizer, embeddings: torch.Tensor, words: Sequence[tuple[tuple[str, str], str]]
) -> list[torch.Tensor]:
    english: dict[str, str] = {}
    for lang in ("es", "pt"):
        route = WAYS[lang, "en"]
        mine = [spelling for (_, spelling), of in words if of == lang]
        english.update(zip(mine, translate(mine, route), strict=True))
    starts = []
    for (token, spelling), _ in words:
        told = english[spelling].strip() or token
        ids = tokenizer.encode(told, add_special_tokens=False).ids or tokenizer.encode(token).ids
        starts.append(embeddings[ids].mean(0))
    return starts
