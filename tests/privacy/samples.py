"""Sentences of three languages with made-up identifiers in them."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from assistant.privacy import Kind, mask
from tests.privacy.identifiers import Make, rng

ROOT = Path(__file__).resolve().parents[2]
CONTEXTS = tomllib.loads((ROOT / "tests/data/privacy/contexts.toml").read_text(encoding="utf-8"))
SEED = 20261121


class Sample(NamedTuple):
    """A sentence with an identifier in it."""

    form: str
    kind: Kind
    before: str
    identifier: str
    after: str

    @property
    def text(self) -> str:
        """The whole sentence."""
        return self.before + self.identifier + self.after


def samples(makers: dict[str, tuple[Make, Kind]], count: int, seed: int) -> list[Sample]:
    """So many sentences, in equal shares of the forms and in the three languages."""
    r = rng(seed)
    made = []
    for i in range(count):
        form = list(makers)[i % len(makers)]
        make, kind = makers[form]
        lang = r.choice(list(CONTEXTS[form]))
        before, after = r.choice(CONTEXTS[form][lang]).split("{}")
        around = CONTEXTS["around"]
        before = r.choice(around["before"][lang]) + before
        after += r.choice(around["after"][lang])
        made.append(Sample(form, kind, before, make(r), after))
    return made


def hidden(sample: Sample) -> bool:
    """Whether no letter or digit of the identifier is left; the words inside a written point may be."""
    covered = {i for f in mask(sample.text).found for i in range(f.start, f.end)}
    words = {i for m in re.finditer("lat|lon", sample.identifier) for i in range(*m.span())}
    left = (i for i, c in enumerate(sample.identifier) if c.isalnum() and i not in words)
    return all(len(sample.before) + i in covered for i in left)


def misses(made: list[Sample], good: Callable[[Sample], bool]) -> list[Sample]:
    """The samples that are not as they should be, shown with the seed when a test fails."""
    found = [s for s in made if not good(s)]
    print(f"seed {SEED}: {len(found)} of {len(made)}", dict(Counter(s.form for s in found)))
    for s in found[:40]:
        print(f"  {s.form}: {s.text!r} -> {mask(s.text).text!r}")
    return found
