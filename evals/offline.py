"""A guard around runs that need no network: whoever opens a socket to elsewhere is told, and the run fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from evals.errors import EvalError


class NetworkError(EvalError):
    """An offline run tried to reach the network."""


@contextmanager
def offline() -> Iterator[list[str]]:
    """Inside, no socket is opened but between threads of this process; what was tried is listed and refused."""
    tried: list[str] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def refuse(what: str) -> None:
        tried.append(what)
        raise NetworkError(
            f"an offline run tried to reach {what}", fix="find who did: run it with --debug; report it"
        )

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            refuse(str(address))
        connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        refuse(str(host))
        return look_up(host, *args, **kwargs)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = guarded_look_up
    try:
        yield tried
    finally:
        socket.socket.connect, socket.getaddrinfo = connect, look_up  # type: ignore[method-assign]
    if tried:
        raise NetworkError(f"an offline run tried to reach {tried[0]}", fix="find who did, and report it")
