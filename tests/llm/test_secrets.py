"""Key and material go to the endpoint alone, and into no error and no log."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import LLMError
from assistant.llm.base import Reply
from tests.faults.server import FaultServer
from tests.llm.endpoint import CANARY, KEY, TEXT, model_at, outcome
from tests.llm.services import SOUND, said, serving

pytestmark = pytest.mark.usefixtures("loaded", "no_thread_left")

ROOT = Path(__file__).resolve().parent.parent.parent


def test_no_error_or_log_repeats_key_or_material(caplog: pytest.LogCaptureFixture) -> None:
    """Even when the service echoes both in its error and everything is logged, neither gets out."""
    caplog.set_level(logging.DEBUG)
    echo = f"no: {KEY} {CANARY}"
    answers = [said(400, {"error": {"message": echo, "code": echo, "param": echo}}, **{"X-Echo": KEY}), SOUND]
    with serving(*answers) as script:
        model = model_at(script.url)
        error, reply = outcome(model), outcome(model)

    assert isinstance(error, LLMError)
    assert isinstance(reply, Reply)
    told = f"{error} {error.fix} {error.details} {error.args} {error.__cause__} {error.__context__}"
    for secret in (KEY, CANARY):
        assert secret not in told + caplog.text + repr(vars(error))
    assert KEY not in repr(model)


OUTSIDE = """
import json, socket, sys
seen, connect = set(), socket.socket.connect
def noted(self, address):
    if self.family != socket.AF_UNIX:
        seen.add(address[1])
    return connect(self, address)
socket.socket.connect = noted
import assistant.llm.openai as adapter
late = not {"langchain_openai", "langchain_core", "openai", "httpx2"} & set(sys.modules)
from assistant.llm.base import Request
from pydantic import BaseModel, SecretStr
class Note(BaseModel):
    problem: str
model = adapter.OpenAIModel(sys.argv[1], "test-model", estimate=len, api_key=SecretStr("k"))
*_, reply = model.stream(Request(prompt="p", system="s", material="m", reply=Note), seconds=30)
import time
time.sleep(0.5)
print(json.dumps({"late": late, "ports": sorted(seen), "text": reply.text}))
"""


def test_nobody_but_the_endpoint_is_contacted(server: FaultServer) -> None:
    """With tracing, gateway and other addresses all set in the environment, only the endpoint is called."""
    with serving(said(200, {})) as sink:
        away = dict.fromkeys(("LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT", "LANGSMITH_GATEWAY"), sink.url)
        away |= dict.fromkeys(("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_PROXY"), sink.url)
        away |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), sink.url)
        on = dict.fromkeys(("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2"), "true")
        keys = {"LANGSMITH_API_KEY": "x", "LANGCHAIN_API_KEY": "x", "OPENAI_LOG": "debug"}

        run = subprocess.run(
            [sys.executable, "-c", OUTSIDE, server.url()],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={"PATH": "", **away, **on, **keys},
            check=True,
        )

    found = json.loads(run.stdout)
    assert found["late"]
    assert found["text"] == TEXT
    assert found["ports"] == [int(server.url().split(":")[2].split("/")[0])]
    assert sink.seen == []
    assert run.stderr == ""
