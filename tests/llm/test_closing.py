"""Giving up on a call: it hangs up at once, and no thread or connection stays behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from assistant.llm.base import Delta, Reply
from tests.faults.server import FaultServer
from tests.llm.endpoint import REQUEST, TEXT, model_at, readers

pytestmark = pytest.mark.usefixtures("loaded", "no_thread_left")


def test_closing_between_pieces_hangs_up() -> None:
    """After close nothing more comes, the thread is gone at once and the server sees the client leave."""
    with FaultServer(lambda body: TEXT, chunk_delay=0.05) as server:
        stream = model_at(server.url("endless")).stream(REQUEST, seconds=20)
        next(stream)
        start = time.monotonic()

        stream.close()

        assert not readers(within=0.3)
        assert time.monotonic() - start < 0.5
        assert list(stream) == []
        stream.close()


@pytest.mark.parametrize("fault", ["hang", "keepalive", "drip", "rate_limited_short"])
def test_closing_wakes_whoever_waits(server: FaultServer, fault: str) -> None:
    """Another thread may close while one waits for the first word, or between two tries."""
    stream = model_at(server.url(fault)).stream(REQUEST, seconds=20)
    closed = threading.Event()

    def close_once_asked() -> None:
        while not server.hits(fault):
            time.sleep(0.01)
        time.sleep(0.1)
        closed.set()
        stream.close()

    threading.Thread(target=close_once_asked, daemon=True).start()

    left = list(stream)

    assert left == []
    assert closed.is_set()
    assert not readers(within=1)
    assert server.hits(fault) == 1


def test_closing_before_the_first_piece_calls_nobody(server: FaultServer) -> None:
    """A stream that nobody reads makes no call."""
    stream = model_at(server.url()).stream(REQUEST, seconds=5)

    stream.close()

    assert list(stream) == []
    assert server.hits("ok") == 0


def test_a_stream_that_is_dropped_ends(server: FaultServer) -> None:
    """Forgetting to close is no leak, and closing a generator around the stream closes the stream."""
    model = model_at(server.url("endless"))

    def around() -> Iterator[Delta | Reply]:
        yield from model.stream(REQUEST, seconds=20)

    dropped, closed = model.stream(REQUEST, seconds=20), around()
    next(dropped)
    next(closed)
    assert len(readers()) == 2

    del dropped
    closed.close()  # type: ignore[attr-defined]

    assert not readers(within=0.3)


def test_closing_ends_a_greeting_that_never_ends() -> None:
    """A server that accepts and never finishes the TLS handshake does not hold the thread either."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stream = model_at(f"https://127.0.0.1:{silent.getsockname()[1]}/v1").stream(REQUEST, seconds=20)
        threading.Timer(0.3, stream.close).start()

        left = list(stream)

        assert left == []
        assert not readers(within=0.5)
