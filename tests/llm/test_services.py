"""What services say in their own words, and what the adapter makes of it."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from assistant.errors import LLMError
from assistant.llm import line
from assistant.llm.base import Reply
from tests.faults.server import FaultServer
from tests.llm.endpoint import REQUEST, TEXT, model_at, name_of, outcome
from tests.llm.services import PAGE, SOUND, said, serving, step, streamed

pytestmark = pytest.mark.usefixtures("loaded", "no_thread_left")

TOOL = {"index": 0, "id": "c", "type": "function", "function": {"name": "Note", "arguments": TEXT}}
OTHER_TOOL = {**TOOL, "index": 1, "function": {"name": "Other", "arguments": '{"x": 1}'}}


@pytest.mark.parametrize(
    ("answer", "key", "calls"),
    [
        (said(401, {"error": {"message": "bad"}}), "llm_wrong_key", 1),
        (said(401, PAGE, "text/html"), "llm_proxy_page", 1),
        (said(403, {"error": {"message": "no access to the project"}}), "llm_wrong_key", 1),
        (said(403, PAGE, "text/html; charset=utf-8"), "llm_proxy_page", 1),
        (
            said(400, {"error": {"message": "API key not valid. Please pass a valid API key."}}),
            "llm_wrong_key",
            1,
        ),
        (said(402, {"error": {"message": "Insufficient balance"}}), "llm_no_credit", 1),
        (said(429, {"error": {"message": "quota", "code": "insufficient_quota"}}), "llm_no_credit", 1),
        (said(404, {"error": 'model "x" not found, try pulling it first'}), "llm_unknown_model", 1),
        (said(404, {"object": "error", "message": "The model `x` does not exist."}), "llm_unknown_model", 1),
        (said(404, {"error": {"message": "Invalid URL (POST /chat/completions)"}}), "llm_not_an_api", 1),
        (said(404, b"404 page not found", "text/plain"), "llm_not_an_api", 1),
        (said(405, {"detail": "Method Not Allowed"}), "llm_not_an_api", 1),
        (said(407, b"", "text/plain"), "llm_proxy_page", 1),
        (said(511, PAGE, "text/html"), "llm_proxy_page", 1),
        (said(413, b"", "text/plain"), "llm_too_much", 1),
        (
            said(400, {"error": {"message": "maximum context length is 4096 tokens, lower max_tokens"}}),
            "llm_too_much",
            1,
        ),
        (said(400, {"error": {"message": "tool_choice is not implemented"}}), "llm_no_structured_output", 1),
        (said(422, {"detail": "odd"}), "llm_bad_request", 1),
        (said(501, {"error": "streaming is not implemented"}), "llm_bad_request", 1),
        (said(502, PAGE, "text/html"), "llm_unavailable", 2),
        (said(503, {"error": "later"}, **{"Retry-After": "7200"}), "llm_unavailable", 1),
        (said(529, {"error": "overloaded"}), "llm_unavailable", 2),
        (said(200, {"choices": [{"message": {"content": TEXT}, "finish_reason": "stop"}]}), "llm_broken", 1),
        (streamed(step({"content": TEXT}), step({}, "error")), "llm_cut_off", 1),
        (streamed(step({"content": TEXT}), b"5"), "llm_broken", 1),
        (streamed(step({"content": TEXT}), {"choices": [{"index": 0}]}), "llm_cut_off", 1),
        (streamed({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}), "llm_rate_limited", 2),
        (streamed(step({"content": "  \n"}), step({}, "content_filter")), "llm_filtered", 1),
    ],
)
def test_what_a_service_says_becomes_the_right_remedy(answer: Any, key: str, calls: int) -> None:
    """Services word their refusals in many ways; the operator gets the remedy for what is meant."""
    with serving(answer) as script:
        result = outcome(model_at(script.url))

    assert (name_of(result), len(script.seen)) == (key, calls)


def test_without_a_key_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of one's own needs no key, nor gets one from elsewhere; a service that wants one gets its own error."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    with serving(said(401, {"error": {"message": "missing"}})) as script:
        result = outcome(model_at(script.url, api_key=None))

    assert name_of(result) == "llm_no_key"
    assert "authorization" not in script.seen[0][0]


def test_a_key_that_cannot_travel_is_wrong(server: FaultServer) -> None:
    """A key pasted with letters that no header can carry is told apart, without a call."""
    result = outcome(model_at(server.url(), api_key=SecretStr("sk-ñandú")))

    assert name_of(result) == "llm_wrong_key"
    assert server.hits("ok") == 0


def test_a_redirect_is_not_followed() -> None:
    """The material goes to the configured host and to no other, whatever that host says."""
    with serving(SOUND) as elsewhere:
        moved = said(307, b"", "text/plain", Location=f"{elsewhere.url}/chat/completions")
        with serving(moved) as script:
            result = outcome(model_at(script.url))

    assert name_of(result) == "llm_not_an_api"
    assert elsewhere.seen == []


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://127.0.0.1/v1", "http://[", "http://127.0.0.1:9/v1"])
def test_an_address_that_leads_nowhere_is_told(url: str) -> None:
    """A wrong address is an error with its remedy, not a traceback."""
    result = outcome(model_at(url))

    assert isinstance(result, LLMError)
    assert "ASSISTANT_LLM_BASE_URL" in result.fix


def test_a_certificate_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    """A certificate of the network's own is the operator's to trust, and the error says how."""
    if not (tool := shutil.which("openssl")):
        pytest.skip("needs the openssl command")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([tool, *made, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    with serving(SOUND, tls=context) as script:
        result = outcome(model_at(script.url))

    assert name_of(result) == "llm_certificate"
    assert script.seen == []


@pytest.mark.parametrize(
    ("wait", "key", "calls"),
    [
        (timedelta(seconds=0), "reply", 2),
        (timedelta(minutes=5), "llm_rate_limited", 1),
        (None, "reply", 2),
    ],
)
def test_the_wait_may_be_a_moment_in_time(wait: timedelta | None, key: str, calls: int) -> None:
    """A date in Retry-After is honoured like seconds; one that cannot be read counts as none."""
    value = format_datetime(datetime.now(UTC) + wait) if wait is not None else "soon"
    with serving(said(429, {}, **{"Retry-After": value}), SOUND) as script:
        result = outcome(model_at(script.url))

    assert (name_of(result), len(script.seen)) == (key, calls)


@pytest.mark.parametrize(
    ("refusal", "left_out"),
    [
        ({"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"]}]}, "stream_options"),
        (
            {"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."}},
            "max_tokens",
        ),
    ],
)
def test_a_service_that_refuses_a_detail_is_asked_without_it(refusal: Any, left_out: str) -> None:
    """Endpoints differ in what they take: one refusal is enough, and the next call has learnt from it."""
    with serving(said(422, refusal), SOUND) as script:
        model = model_at(script.url)
        results = [outcome(model), outcome(model)]

    assert [name_of(result) for result in results] == ["reply", "reply"]
    assert [left_out in body for _, body in script.seen] == [True, False, False]


def test_openai_itself_is_asked_with_the_newer_name() -> None:
    """The limit of a reply has two names, and OpenAI's present models refuse the older one."""
    assert model_at("https://api.openai.com/v1")._dialect.limit == "max_completion_tokens"


def test_tokens_are_estimated_where_nobody_counts() -> None:
    """Without a report the estimate stands in, and says so."""
    with serving(SOUND) as script:
        result = outcome(model_at(script.url))

    assert isinstance(result, Reply)
    assert result.spent.estimated
    assert result.spent.tokens_out == len(TEXT)
    assert result.spent.tokens_in >= len(REQUEST.material)


def test_a_model_name_from_outside_is_cleaned() -> None:
    """Control characters in the name that the endpoint gives do not reach a screen."""
    with serving(SOUND) as script:
        result = outcome(model_at(script.url))

    assert isinstance(result, Reply)
    assert result.model == "model"


def test_only_the_first_tool_call_counts() -> None:
    """A second call beside the one we forced does not spoil the reply, nor do words beside it."""
    answer = streamed(step({"content": "Sure!", "tool_calls": [TOOL, OTHER_TOOL]}), step({}, "tool_calls"))
    with serving(answer) as script:
        result = outcome(model_at(script.url, "tools"))

    assert isinstance(result, Reply)
    assert result.text == TEXT


def test_words_instead_of_a_tool_call_are_no_reply() -> None:
    """A model that talks instead of calling the tool gets another mode as its remedy."""
    with serving(SOUND) as script:
        result = outcome(model_at(script.url, "tools"))

    assert name_of(result) == "llm_no_structured_output"


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_without_words_is_bounded_in_bytes(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that never ends cannot fill the memory, in an answer or in an error."""
    monkeypatch.setattr(line, "MOST_BYTES", 100_000)
    with serving(said(status, b"data: " + b" " * 4_000_000, "text/event-stream")) as script:
        result = outcome(model_at(script.url))

    assert name_of(result) == "llm_too_long"
