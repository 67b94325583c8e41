"""How calls to a language model ended, counted since the process began."""

from __future__ import annotations

import threading
from collections import Counter


class Tally:
    """Counts that several threads may add to."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def note(self, ended: str) -> None:
        """One more call that ended so: `ok`, or the key of its error."""
        with self._lock:
            self._counts[ended] += 1

    @property
    def counts(self) -> dict[str, int]:
        """How many calls ended in each way."""
        with self._lock:
            return dict(self._counts)
