"""The adapter against an OpenAI-compatible server that is not ours: llama.cpp's, with a tiny random model.

Not part of the usual run. Install the server, then: LIVE_PYTHON=<its python> python -m pytest -m live tests/live
(docs/language-model.md).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel

from assistant.domain import Conversation
from assistant.errors import LLMError
from assistant.llm.base import Delta, Reply, Request
from assistant.llm.openai import MODES, OpenAIModel, StructuredOutput
from assistant.llm.parsing import parse
from assistant.settings import Settings
from assistant.wiring import Product, build

pytestmark = [pytest.mark.live]
PYTHON = os.environ.get("LIVE_PYTHON", sys.executable)
SECONDS = 120.0
MADE = "import sys; from tests.live.model import write_random_model; write_random_model(sys.argv[1])"
ROOT = Path(__file__).resolve().parents[2]


class Note(BaseModel):
    """A reply that a model which knows nothing can still bring to an end."""

    urgent: bool
    kind: Literal["water", "housing", "waste"]


REQUEST = Request(prompt="live@1:0", system="Reply as JSON.", material='{"text": "agua"}', reply=Note)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's base address; skipped where it is not installed."""
    if subprocess.run([PYTHON, "-c", "import llama_cpp.server, gguf"], capture_output=True).returncode:
        pytest.skip("llama-cpp-python[server] and gguf are not installed in LIVE_PYTHON")
    folder = tmp_path_factory.mktemp("llama")
    model = folder / "random.gguf"
    subprocess.run([PYTHON, "-c", MADE, str(model)], check=True, cwd=ROOT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--model", str(model), "--n_ctx", "16384", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([PYTHON, "-m", "llama_cpp.server", *options], stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/v1/models", server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(20)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    by = time.monotonic() + 60
    while time.monotonic() < by and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).read()  # noqa: S310  # our own server
            return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"the server did not start: {server.poll()}")


def model_at(address: str, mode: StructuredOutput) -> OpenAIModel:
    """The adapter to the server in one mode, with short replies."""
    return OpenAIModel(
        address, "random", estimate=len, structured_output=mode, first_text=SECONDS, reply_tokens=400
    )


def test_a_tool_call_is_a_reply_in_the_form_asked_for(address: str) -> None:
    """The server binds a tool's arguments to our schema, and they are read as the reply's type."""
    *pieces, last = model_at(address, "tools").stream(REQUEST, seconds=SECONDS)

    assert isinstance(last, Reply)
    assert all(isinstance(p, Delta) for p in pieces)
    assert parse(last.text, Note).kind in ("water", "housing", "waste")
    assert last.spent.tokens_out > 0


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_ends_in_a_reply_or_a_remedy(address: str, mode: StructuredOutput) -> None:
    """Whatever this server lacks, the call ends within its time in text or in an error that says what to do."""
    ending = _ending(model_at(address, mode))

    assert isinstance(ending, Reply) or (ending.fix and ending.key.startswith("llm_"))


def _ending(model: OpenAIModel) -> Reply | LLMError:
    try:
        *_, last = model.stream(REQUEST, seconds=SECONDS)
    except LLMError as error:
        return error
    assert isinstance(last, Reply)
    return last


def test_the_doctor_says_which_mode_works(address: str) -> None:
    """The probe finds tools usable here."""
    from assistant.llm.probe import probe

    findings = probe(model_at(address, "tools"))

    assert findings
    assert all(f.ok or f.fix for f in findings)


@pytest.mark.parametrize("mode", MODES)
def test_a_conversation_goes_on_over_a_model_that_talks_nonsense(
    address: str, mode: StructuredOutput, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn over the server is whole, and every word in its record is the applicant's."""
    monkeypatch.setenv("ASSISTANT_LLM_BASE_URL", address)
    said = "Families in our public flats live with black mould for months before anyone comes."
    product = _product(settings, mode)

    turn = product.assistant.respond(Conversation(), said)

    assert turn.reply
    assert all(e.quote in said for e in turn.record.values() if e.quote)


def _product(settings: Settings, mode: StructuredOutput) -> Product:
    changed = {
        "engine": "llm",
        "llm_model": "random",
        "structured_output": mode,
        "llm_base_url": os.environ["ASSISTANT_LLM_BASE_URL"],
        "llm_reply_tokens": 300,
        "llm_seconds": SECONDS,
        "llm_first_text": SECONDS,
    }
    return build(settings.model_copy(update=changed))
