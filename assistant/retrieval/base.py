"""The door to what the assistant knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.domain import Hit, Lang

Vectors = NDArray[np.float32]
Progress = Callable[[int, int, str], None]
"""Called with what is done, what there is to do, and the name of the step."""


class Encoder(Protocol):
    """Turns texts into vectors whose dot product says how near their meanings are."""

    @property
    def name(self) -> str:
        """Changes whenever the vectors would; part of the index's fingerprint."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one row a text, in the order given."""
        ...


class Retriever(Protocol):
    """Finds passages of the programme's sources and past cases."""

    def passages(
        self, query: str, lang: Lang, k: int = 5, *, tiers: Sequence[int] = (), superseded: bool = False
    ) -> list[Hit]:
        """The k passages that answer the query best, best first, in `lang`; `tiers` limits them.

        What was superseded gives its place to what replaced it, unless the past is asked about or `superseded`.
        """
        ...

    def cases(
        self, query: str, lang: Lang, k: int = 3, *, type_id: str | None = None, city: str | None = None
    ) -> list[Hit]:
        """The k past cases nearest to the query, nearest first, shown in `lang`, found across languages.

        `type_id` keeps cases of one type; `city` those of one city, whatever its accents and capitals.
        """
        ...
