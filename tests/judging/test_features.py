"""Rows of n-grams, made quickly, are the rows that counting one by one gives."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from assistant.judging.features import Vocabulary, ngrams

TEXTS = (
    "Which streets are swept first, which streets wait?",
    "La cuadrilla decide cada lunes qué calles barre: la cuadrilla, no la pantalla.",
    "São 1.204 pedidos; são 17 equipes",
)


def counted_one_by_one(text: str, words: Vocabulary) -> dict[int, float]:
    """The same row from the counts of single n-grams, words and letters each scaled to length 1."""
    row: dict[int, float] = {}
    for kind in "wc":
        weights = {
            words.index[g]: (1 + log(n)) * float(words.idf[words.index[g]])
            for g, n in ngrams(text).items()
            if g[0] == kind and g in words.index
        }
        length = sqrt(sum(w * w for w in weights.values())) or 1.0
        row.update({i: w / length for i, w in weights.items()})
    return row


@pytest.mark.parametrize("text", [*TEXTS, TEXTS[0] * 3, "", "¿?"])
def test_a_row_holds_each_known_ngram_once_with_its_weight(text):
    """Whatever is remembered of single words, a text's row is the one that counting its n-grams gives."""
    grams = sorted({g for t in TEXTS[:2] for g in ngrams(t)})
    words = Vocabulary(grams, np.linspace(1, 3, len(grams), dtype=np.float32))
    expected = counted_one_by_one(text, words)

    columns, values = words.row(text)

    assert dict(zip(columns.tolist(), values.tolist(), strict=True)) == pytest.approx(expected, rel=1e-5)
