"""One try to reach a model: a thread reads, an iterator keeps the time, and any thread can cut the connection."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from assistant.llm.base import Delta, Reply
from assistant.llm.troubles import Asked, Dialect, Failure, UnusableError, explain, trouble

if TYPE_CHECKING:
    import httpx2

CONNECT = 5.0
FAREWELL = 0.2
"""Seconds we wait for a thread whose socket is shut; only a name look-up or a connect can outlast it."""
MOST_BYTES = 16_000_000
"""Of one answer on the wire: hundreds of times what the longest reply needs, whatever surrounds its words."""
SENT = {"authorization", "accept", "accept-encoding", "connection", "content-length", "content-type", "host"}
"""The headers that leave; the client's own would tell the service about this machine and the operator."""


@dataclass(frozen=True)
class Ended:
    """A sound end of the reply."""

    model: str
    usage: tuple[int, int] | None


@dataclass(frozen=True)
class Clock:
    """When one call must be over, and when its first word must be there."""

    start: float
    by: float
    first_by: float

    def allows(self, wait: float) -> bool:
        """Whether a try begun after the wait still has a fair part of the time for its first word."""
        return time.monotonic() + wait < self.first_by - (self.first_by - self.start) / 4


class Line:
    """The connection of one try: it limits what arrives, and any thread can cut it."""

    def __init__(self, by: float, context: ssl.SSLContext, *, keyed: bool, dialect: Dialect) -> None:
        self.by, self.context, self.keyed, self.dialect = by, context, keyed, dialect
        self.kind = ""
        """The content type of the answer."""
        self._cut = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    @property
    def asked(self) -> Asked:
        """What is known of this try, for explaining its failure."""
        return Asked(self.kind, self.keyed, self.dialect)

    def client(self, *, proxies: bool) -> httpx2.Client:
        """An HTTP client for this try alone. It follows no redirect: that would send the material elsewhere."""
        from openai import DefaultHttpxClient, Timeout

        left = max(0.01, self.by - time.monotonic())
        return DefaultHttpxClient(
            timeout=Timeout(left, connect=min(CONNECT, left)),
            verify=self.context,
            trust_env=proxies,
            follow_redirects=False,
            event_hooks={"request": [self._outgoing], "response": [self._incoming]},
        )

    def cut(self) -> None:
        """Shut the connection, now or as soon as there is one; the reading thread then meets its end."""
        with self._lock:
            self._cut = True
            self._shut()

    def release(self) -> None:
        """Let go of the connection, after the client has closed."""
        with self._lock:
            if self._socket:
                self._socket.close()
                self._socket = None

    def watch(self, received: int) -> None:
        """Raises UnusableError when too much has arrived, or too late; also for bytes that carry no text."""
        if received > MOST_BYTES:
            raise UnusableError("llm_too_long")
        if time.monotonic() > self.by:
            raise UnusableError("llm_too_slow")

    def _outgoing(self, request: httpx2.Request) -> None:
        for name in {*request.headers} - (SENT if self.keyed else SENT - {"authorization"}):
            del request.headers[name]
        request.headers |= {"Accept-Encoding": "identity", "User-Agent": "scoping"}
        request.extensions = {**request.extensions, "trace": self._note}

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        # Closing a socket does not wake a thread that reads from it, shutting it down does; and the copy
        # stays ours while TLS wraps the original.
        if event.endswith("connect_tcp.complete"):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket").dup()
                if self._cut:
                    self._shut()

    def _shut(self) -> None:
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _incoming(self, response: httpx2.Response) -> None:
        self.kind = response.headers.get("content-type", "").lower()
        response.stream = watched(cast("httpx2.SyncByteStream", response.stream), self.watch)


def watched(stream: httpx2.SyncByteStream, watch: Callable[[int], None]) -> httpx2.SyncByteStream:
    """The same bytes; `watch` hears how many there were before each piece goes on, and may raise."""
    import httpx2

    class Watched(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            received = 0
            for piece in stream:
                received += len(piece)
                watch(received)
                yield piece

        def close(self) -> None:
            stream.close()

    return Watched()


class Call:
    """One try on a thread of its own: `take` waits for what it brings, `end` stops it."""

    def __init__(self, source: Callable[[Line], Iterator[str | Ended]], line: Line) -> None:
        self._source, self._line = source, line
        self._inbox: SimpleQueue[str | Ended | Failure | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="llm-call", daemon=True)
        self._thread.start()

    def take(self, by: float) -> str | Ended | Failure | None:
        """The next thing it brings; a Failure when the time is over, None when it was ended."""
        try:
            return self._inbox.get(timeout=max(0.0, by - time.monotonic()))
        except Empty:
            return Failure(trouble("llm_too_slow"))

    def end(self) -> None:
        """Stop reading, and wake whoever waits."""
        self._inbox.put(None)
        self._line.cut()
        if self._thread is not threading.current_thread():
            self._thread.join(FAREWELL)

    def _work(self) -> None:
        try:
            for item in self._source(self._line):
                self._inbox.put(item)
        except Exception as error:  # noqa: BLE001  # the libraries raise what they like about a bad answer
            self._inbox.put(explain(error, self._line.asked))
        finally:
            self._line.release()


class Switch:
    """Ends the call at hand and the wait between two, whichever thread asks."""

    def __init__(self) -> None:
        self._off = threading.Event()
        self._call: Call | None = None
        self._lock = threading.Lock()

    @property
    def off(self) -> bool:
        """Whether it was turned off."""
        return self._off.is_set()

    def attach(self, call: Call) -> None:
        """Make this the call to end."""
        with self._lock:
            self._call = call
        if self.off:
            call.end()

    def wait(self, seconds: float) -> bool:
        """Wait so long; true when it was turned off meanwhile."""
        return self._off.wait(seconds)

    def turn_off(self) -> None:
        """End the call; there will be no other."""
        self._off.set()
        with self._lock:
            call = self._call
        if call:
            call.end()


class Answer(Iterator[Delta | Reply]):
    """The reply as it comes. Closing it ends the call at once, also while another thread waits for a piece."""

    def __init__(self, steps: Iterator[Delta | Reply], switch: Switch) -> None:
        self._steps, self._switch = steps, switch

    def __next__(self) -> Delta | Reply:
        if self._switch.off:
            raise StopIteration
        return next(self._steps)

    def close(self) -> None:
        """Abandon the call; whoever waits for a piece finds the end."""
        self._switch.turn_off()

    def __del__(self) -> None:
        self._switch.turn_off()
