"""A retriever that goes on to the new index when another process puts one into use."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from assistant.domain import Hit, Lang
from assistant.retrieval.base import Encoder
from assistant.retrieval.hybrid import HybridRetriever, open_retriever
from assistant.retrieval.manifest import version
from assistant.settings import Settings


class Following:
    """Search over the index in use, whichever that is at the moment of the question.

    Whoever is searching when the index changes ends on the old one, which stays open until the change after.
    """

    def __init__(self, settings: Settings, encoder: Encoder, *, light: bool) -> None:
        """Opens the index; raises CorpusError when it is missing, stale or damaged."""
        self._settings, self._encoder, self._light = settings, encoder, light
        self._lock = threading.Lock()
        self._before: HybridRetriever | None = None
        self._version = version(settings)
        self._now = open_retriever(settings, encoder, light=light)

    def passages(
        self, query: str, lang: Lang, k: int = 5, *, tiers: Sequence[int] = (), superseded: bool = False
    ) -> list[Hit]:
        """The k passages that answer the query best, best first, in `lang`."""
        return self._current().passages(query, lang, k, tiers=tiers, superseded=superseded)

    def cases(
        self, query: str, lang: Lang, k: int = 3, *, type_id: str | None = None, city: str | None = None
    ) -> list[Hit]:
        """The k past cases nearest to the query, nearest first, shown in `lang`."""
        return self._current().cases(query, lang, k, type_id=type_id, city=city)

    def close(self) -> None:
        """Lets go of every index that is open."""
        with self._lock:
            for retriever in (self._before, self._now):
                if retriever is not None:
                    retriever.close()

    def _current(self) -> HybridRetriever:
        if version(self._settings) == self._version:
            return self._now
        with self._lock:
            found = version(self._settings)
            if found != self._version and found is not None:
                fresh = open_retriever(self._settings, self._encoder, light=self._light)
                if self._before is not None:
                    self._before.close()
                self._before, self._now, self._version = self._now, fresh, found
        return self._now
