"""What the tests of an endpoint share: a server that fails on purpose, and the watch over reading threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.llm import troubles
from assistant.llm.openai import OpenAIModel
from tests.faults.server import FaultServer
from tests.llm.endpoint import TEXT, readers


@pytest.fixture(scope="module")
def loaded() -> None:
    """LangChain is loaded before the first call, so that no test waits for it."""
    OpenAIModel("http://127.0.0.1:9/v1", "test-model", estimate=len).warm()


@pytest.fixture
def no_thread_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test ends without a reading thread; the pause before a second try is short here."""
    monkeypatch.setattr(troubles, "PAUSE", 0.05)
    yield
    assert not readers(within=1.0)


@pytest.fixture(scope="module")
def service() -> Iterator[FaultServer]:
    """The fault server, answering with TEXT."""
    with FaultServer(lambda body: TEXT, slow=4.0) as server:
        yield server


@pytest.fixture
def server(service: FaultServer) -> FaultServer:
    """The fault server, its calls forgotten."""
    service.forget()
    return service
