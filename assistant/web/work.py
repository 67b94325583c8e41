"""Turns in the making, each on a thread of its own: one is finished even when its page was closed meanwhile."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from assistant.domain import Event, Turn
from assistant.llm.stopping import Stop, stoppable

MOMENT = 0.1
"""Seconds of events that are shown in one go."""


class Work:
    """One turn while it is being made."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._done = threading.Event()
        self._error: Exception | None = None
        self.stop = Stop()
        """Ends the model call of the turn; the local engine then finishes it."""

    def run(self, events: Iterator[Event], keep: Callable[[Turn], None]) -> None:
        """Makes the turn and keeps it."""
        try:
            with stoppable(self.stop):
                for event in events:
                    if isinstance(event, Turn):
                        keep(event)
                    else:
                        self._events.put(event)
        except Exception as error:  # noqa: BLE001  # whoever looks on gets it from `moments`
            self._error = error

    def end(self) -> None:
        """Tells everybody who looks on that nothing more will come."""
        self._done.set()
        self._events.put(None)

    def moments(self) -> Iterator[list[Event]]:
        """The events as they come, those of one moment together. Raises what the turn raised."""
        ended = False
        while not ended:
            events, ended = self._moment()
            if events and not ended:  # what comes with the end is seen in the finished turn
                yield events
        if self._error:
            raise self._error

    def wait(self, seconds: float) -> bool:
        """Whether the turn has ended, after waiting for it so long at most."""
        return self._done.wait(seconds)

    def _moment(self) -> tuple[list[Event], bool]:
        event = self._events.get()
        events, until = [], time.monotonic() + MOMENT
        while event is not None:
            events.append(event)
            try:
                event = self._events.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return events, False
        return events, True


class Workers:
    """The turns in the making, one a draft at most."""

    def __init__(self, limit: int) -> None:
        self._pool = ThreadPoolExecutor(limit, thread_name_prefix="turn")
        self._works: dict[str, Work] = {}
        self._lock = threading.Lock()

    def claim(self, draft_id: str) -> Work | None:
        """A turn of this draft to be made, or None while another one is in the making."""
        with self._lock:
            if draft_id in self._works:
                return None
            return self._works.setdefault(draft_id, Work())

    def start(self, draft_id: str, events: Iterator[Event], keep: Callable[[Turn], None]) -> None:
        """Makes the claimed turn, and gives the claim back when it is made."""
        self._pool.submit(self._run, draft_id, self._works[draft_id], events, keep)

    def give_back(self, draft_id: str) -> None:
        """Lets the next turn of this draft begin."""
        with self._lock:
            work = self._works.pop(draft_id)
        work.end()

    def of(self, draft_id: str) -> Work | None:
        """The turn of this draft that is in the making, if there is one."""
        with self._lock:
            return self._works.get(draft_id)

    def _run(self, draft_id: str, work: Work, events: Iterator[Event], keep: Callable[[Turn], None]) -> None:
        try:
            work.run(events, keep)
        finally:
            self.give_back(draft_id)
