"""The adapter to OpenAI-compatible endpoints, against a real server that fails in every way we know of."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from assistant.domain import LANGS
from assistant.errors import LLMError
from assistant.llm import line, troubles
from assistant.llm.base import Delta, Reply, Request
from assistant.llm.openai import MODES, OpenAIModel, StructuredOutput, strict_schema
from assistant.llm.probe import probe
from assistant.llm.troubles import TROUBLES
from assistant.words import Words, load_words
from tests.faults.server import FAULTS, POSITIONS, FaultServer, Position

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "sk-canary-key-0451"
CANARY = "canary-material-0451"
TEXT = json.dumps({"problem": "Inundación en la calle 8 ☔😀", "parts": [{"kind": "a", "note": None}]})
SECONDS = 2.0
SLOW = {"hang", "slow_first", "drip", "keepalive"}
"""Faults that bring no text at all; a limit of their own keeps the tests short."""

RESULTS: dict[str, tuple[str, int]] = {
    "rate_limited": ("llm_rate_limited", 2),
    "rate_limited_long": ("llm_rate_limited", 1),
    "rate_limited_short": ("llm_rate_limited", 2),
    "server_error": ("llm_unavailable", 2),
    "unavailable": ("llm_unavailable", 2),
    "wrong_key": ("llm_wrong_key", 1),
    "unknown_model": ("llm_unknown_model", 1),
    "not_an_api": ("llm_not_an_api", 1),
    "hang": ("llm_too_slow", 1),
    "reset": ("llm_unreachable", 2),
    "slow_first": ("llm_too_slow", 1),
    "drip": ("llm_too_slow", 1),
    "keepalive": ("llm_too_slow", 1),
    "cut": ("llm_cut_off", 1),
    "html": ("llm_proxy_page", 1),
    "empty": ("llm_empty", 1),
    "no_structured": ("llm_no_structured_output", 1),
    "filtered_400": ("llm_filtered", 1),
    "bad_encoding": ("llm_broken", 1),
    "no_finish": ("llm_cut_off", 1),
    "error_mid": ("llm_unavailable", 1),
    "endless": ("llm_too_slow", 1),
    "malformed_sse": ("llm_broken", 1),
    "truncated_json": ("reply", 1),
    "no_choices": ("llm_empty", 1),
    "null_content": ("llm_empty", 1),
    "refusal": ("llm_refused", 1),
    "filtered": ("llm_filtered", 1),
    "length": ("llm_cut_off", 1),
    "wrong_schema": ("reply", 1),
    "prose": ("reply", 1),
    "too_long": ("llm_too_long", 1),
    "invented_quotes": ("reply", 1),
    "wrong_language": ("reply", 1),
}
"""Each fault, how it ends when it always strikes, and how many calls that takes."""


class Part(BaseModel):
    """Something inside the reply."""

    kind: Literal["a", "b"]
    note: str | None


class Note(BaseModel):
    """A reply with everything that a reply type uses."""

    problem: str = Field(description="What residents go through.")
    parts: list[Part]


REQUEST = Request(prompt="test@1", system="Reply as JSON.", material=f'{{"text": "{CANARY}"}}', reply=Note)


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """LangChain is loaded before the first call, so that no test waits for it."""
    OpenAIModel("http://127.0.0.1:9/v1", "test-model", estimate=len).warm()


@pytest.fixture(autouse=True)
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


def readers(within: float = 0.0) -> list[threading.Thread]:
    """The reading threads that are still there after so many seconds, or none as soon as there is none."""
    until = time.monotonic() + within
    while True:
        alive = [thread for thread in threading.enumerate() if thread.name == "llm-call"]
        if not alive or time.monotonic() >= until:
            return alive
        time.sleep(0.01)


def model_at(url: str, mode: StructuredOutput = "json_schema", **options: Any) -> OpenAIModel:
    """A model behind the address, with a key."""
    return OpenAIModel(
        url,
        "test-model",
        estimate=len,
        structured_output=mode,
        **{"api_key": SecretStr(KEY), **options},
    )


def outcome(model: OpenAIModel, seconds: float = SECONDS) -> Reply | LLMError:
    """How one call ends; a reply's text is the sum of its pieces, and the time is kept."""
    start = time.monotonic()
    try:
        *pieces, last = model.stream(REQUEST, seconds=seconds)
    except LLMError as error:
        assert time.monotonic() - start < seconds + 0.5
        return error
    assert isinstance(last, Reply)
    assert last.text == "".join(piece.text for piece in pieces if isinstance(piece, Delta))
    return last


def name_of(result: Reply | LLMError) -> str:
    """`reply`, or the error's key."""
    return "reply" if isinstance(result, Reply) else result.key


# --- faults ----------------------------------------------------------------------------------------------


def test_every_fault_has_a_result() -> None:
    """The table below covers each fault of the server."""
    assert set(RESULTS) == set(FAULTS)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_a_reply_or_its_own_error(
    server: FaultServer, fault: str, position: Position
) -> None:
    """Whatever goes wrong, and whenever: a whole reply or the right error, in time, after two calls at most."""
    options: dict[str, Any] = {"first_text": 0.8} if fault in SLOW else {}
    seconds = 0.6 if fault == "endless" else SECONDS
    model = model_at(server.url(fault, position), **options)
    key, calls = RESULTS[fault]
    if position == "mid":
        assert name_of(outcome(model)) == "reply"

    result = outcome(model, seconds)

    prefix = fault if position == "always" else f"{fault}@{position}"
    if position == "first" and calls == 2:
        key = "reply"
    assert name_of(result) == key
    assert server.hits(prefix) == calls + (position == "mid")


@pytest.mark.parametrize("mode", ["tools", "json_mode"])
@pytest.mark.parametrize("fault", sorted(set(FAULTS) - SLOW - {"endless"}))
def test_faults_end_alike_in_every_mode(server: FaultServer, fault: str, mode: StructuredOutput) -> None:
    """The form of reply that is asked for changes nothing about failures."""
    key, calls = RESULTS[fault]
    if (fault, mode) == ("no_structured", "json_mode"):
        key = "reply"

    result = outcome(model_at(server.url(fault), mode))

    assert (name_of(result), server.hits(fault)) == (key, calls)


def test_a_late_first_word_in_time_is_a_reply() -> None:
    """Slowness within the limits is no fault."""
    with FaultServer(lambda body: TEXT, slow=0.3) as server:
        result = outcome(model_at(server.url("slow_first"), first_text=1.5))

    assert isinstance(result, Reply)
    assert 0.3 <= result.spent.first_text <= result.spent.seconds


def test_the_whole_call_is_bounded_too(server: FaultServer) -> None:
    """A reply that begins in time and does not end is over when its seconds are."""
    start = time.monotonic()

    result = outcome(model_at(server.url("endless")), seconds=0.5)

    assert name_of(result) == "llm_too_slow"
    assert 0.5 <= time.monotonic() - start < 1.0


def test_no_second_try_without_time_for_it(server: FaultServer) -> None:
    """A wait of a second is not worth it when the first word is due in one."""
    result = outcome(model_at(server.url("rate_limited_short"), first_text=1.0))

    assert name_of(result) == "llm_rate_limited"
    assert server.hits("rate_limited_short") == 1


def test_a_long_wait_is_not_waited_for() -> None:
    """A service that asks for more patience than we have is given up at once, however much time is left."""
    start = time.monotonic()
    with serving(said(429, {}, **{"Retry-After": "8"}), SOUND) as script:
        result = outcome(model_at(script.url, first_text=60), seconds=60)

    assert (name_of(result), len(script.seen)) == ("llm_rate_limited", 1)
    assert time.monotonic() - start < 2


def test_an_idle_reader_does_not_keep_the_thread(server: FaultServer) -> None:
    """A caller who takes one piece and never comes back: the thread still ends with the call's time."""
    pieces = model_at(server.url("endless")).stream(REQUEST, seconds=0.5)
    next(pieces)

    assert not readers(within=1.5)
    with pytest.raises(LLMError) as caught:
        list(pieces)
    assert caught.value.key == "llm_too_slow"


# --- a sound answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_sound_answer_arrives_in_pieces_and_whole(mode: StructuredOutput) -> None:
    """In each mode the pieces come as they are written and add up to the reply, with what it cost."""
    with FaultServer(lambda body: TEXT, chunk_delay=0.02) as server:
        start = time.monotonic()
        pieces = model_at(server.url(), mode).stream(REQUEST, seconds=5)
        first = next(pieces)
        early = time.monotonic() - start
        *_, reply = pieces

    assert isinstance(first, Delta)
    assert isinstance(reply, Reply)
    assert reply.text == TEXT
    assert Note.model_validate_json(reply.text).parts[0].kind == "a"
    assert reply.model == "test-model"
    assert reply.spent.first_text <= early < reply.spent.seconds
    assert not reply.spent.estimated
    assert reply.spent.tokens_in > 0
    assert reply.spent.tokens_out == len(TEXT) // 4


@pytest.mark.parametrize("mode", MODES)
def test_the_call_binds_the_reply_to_its_type(server: FaultServer, mode: StructuredOutput) -> None:
    """Instructions and material travel apart, with the schema where the mode has its place for it."""
    outcome(model_at(server.url(), mode, reply_tokens=321))

    body = server.calls[0].body
    system, material = body["messages"]
    assert (system["role"], material) == ("system", {"role": "user", "content": REQUEST.material})
    assert system["content"].startswith(REQUEST.system)
    assert (body["model"], body["max_tokens"], body["stream"]) == ("test-model", 321, True)
    schema = strict_schema(Note)
    if mode == "json_schema":
        wanted = {"name": "Note", "strict": True, "schema": schema}
        assert body["response_format"] == {"type": "json_schema", "json_schema": wanted}
    elif mode == "tools":
        assert body["tools"][0]["function"]["parameters"] == schema
        assert body["tool_choice"]["function"]["name"] == body["tools"][0]["function"]["name"]
    else:
        assert body["response_format"] == {"type": "json_object"}
        assert json.dumps(schema, ensure_ascii=False) in system["content"]


def test_only_what_a_call_needs_leaves(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The headers name the key and the product, and nothing about the machine or the operator's account."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")

    outcome(model_at(server.url()))

    headers = server.calls[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["user-agent"] == "scoping"
    assert set(headers) <= line.SENT | {"user-agent"}


def test_letters_cut_in_two_are_put_together() -> None:
    """A service that splits a letter into UTF-16 halves still gives whole letters, and a lone half no error."""
    with FaultServer(lambda body: '{"problem": "' + "\ud83d\ude00" * 20 + '\ud83d"}') as server:
        result = outcome(model_at(server.url()))

    assert isinstance(result, Reply)
    assert result.text == '{"problem": "' + "😀" * 20 + '�"}'


def test_calls_side_by_side_do_not_disturb_each_other(server: FaultServer) -> None:
    """Eight calls at once, every other one abandoned half-way: the others end well."""
    model = model_at(server.url())
    streams = [model.stream(REQUEST, seconds=5) for _ in range(8)]
    for stream in streams:
        next(stream)

    for stream in streams[::2]:
        stream.close()
    last = [list(stream)[-1] for stream in streams[1::2]]

    assert all(isinstance(reply, Reply) and reply.text == TEXT for reply in last)


# --- the schema ------------------------------------------------------------------------------------------


def test_a_schema_is_closed_and_complete() -> None:
    """Objects take no other keys and want all of theirs; defaults, titles and ranges stay out."""

    class Leaf(BaseModel):
        title: str = "none"
        score: int = Field(ge=0, le=9)
        part: Part = Field(description="beside a reference")

    schema = strict_schema(Leaf)

    assert schema["required"] == ["title", "score", "part"]
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "title": {"type": "string"},
        "score": {"type": "integer"},
        "part": {"$ref": "#/$defs/Part"},
    }
    assert schema["$defs"]["Part"]["required"] == ["kind", "note"]
    assert schema["$defs"]["Part"]["properties"]["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_a_reply_type_with_free_keys_is_a_mistake() -> None:
    """Strict endpoints cannot promise a mapping, so such a type is refused while it is being written."""

    class Loose(BaseModel):
        scores: dict[str, int]

    with pytest.raises(TypeError, match="free keys"):
        strict_schema(Loose)


# --- giving up -------------------------------------------------------------------------------------------


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


# --- what services say -----------------------------------------------------------------------------------


class Scripted:
    """A server that gives the answers of a list in turn, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        self.answers = list(answers)
        self.seen: list[tuple[dict[str, str], Any]] = []
        self.url = ""

    def next(self, headers: dict[str, str], raw: bytes) -> tuple[int, dict[str, str], bytes]:
        """The answer to the next request."""
        self.seen.append((headers, json.loads(raw or b"{}")))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(
    *answers: tuple[int, dict[str, str], bytes], tls: ssl.SSLContext | None = None
) -> Iterator[Scripted]:
    """A server on this machine that gives these answers."""
    script = Scripted(*answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = script.next({k.lower(): v for k, v in self.headers.items()}, raw)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the client hangs up
    script.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def said(status: int, value: Any, kind: str = "application/json", **headers: str) -> Any:
    """An answer in one piece."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return status, {"Content-Type": kind, **headers}, body


def streamed(*values: Any) -> Any:
    """An answer as events."""
    lines = [b"data: " + (v if isinstance(v, bytes) else json.dumps(v).encode()) + b"\n\n" for v in values]
    return said(200, b"".join(lines), "text/event-stream")


def step(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """One event of a reply."""
    return {
        "id": "1",
        "model": "m\x1bodel",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


SOUND = streamed(step({"content": TEXT}), step({}, "stop"), b"[DONE]")
PAGE = b"<!doctype html><title>Sign in</title>"
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


# --- secrets ---------------------------------------------------------------------------------------------


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


# --- words -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def words() -> Words:
    """The texts of the three languages."""
    return load_words(ROOT / "corpus" / "locale")


@pytest.mark.parametrize("key", TROUBLES)
@pytest.mark.parametrize("lang", LANGS)
def test_every_error_speaks_the_readers_language(words: Words, lang: Any, key: str) -> None:
    """Each way to fail has its message and remedy in each language, whole without any value filled in."""
    message, fix = words.error(lang, troubles.trouble(key))

    assert message != TROUBLES[key][0]
    assert message.endswith(".")
    assert fix
    assert "{" not in message + fix


# --- the doctor ------------------------------------------------------------------------------------------


def yes_or(mode: str | None) -> Any:
    """A model that keeps to the form in one mode only, or in every one."""

    def reply(body: dict[str, Any]) -> str:
        kind = str((body.get("response_format") or {}).get("type"))
        asked = {"json_schema": "json_schema", "json_object": "json_mode"}.get(kind, "tools")
        return '{"answer": "yes"}' if mode in (None, asked) else "Yes, of course."

    return reply


def test_the_doctor_finds_everything_in_order() -> None:
    """A sound endpoint gets three good findings that name the model and each mode."""
    with FaultServer(yes_or(None)) as server:
        found = probe(model_at(server.url()), seconds=5)

    assert [check.ok for check in found] == [True, True, True]
    assert "test-model" in found[1].detail
    assert all(f"{mode}: works" in found[2].detail for mode in MODES)


@pytest.mark.parametrize("works", MODES)
@pytest.mark.parametrize("configured", MODES)
def test_the_doctor_names_the_mode_that_works(works: StructuredOutput, configured: StructuredOutput) -> None:
    """Where only one mode works, the remedy is to set that one."""
    with FaultServer(yes_or(works)) as server:
        found = probe(model_at(server.url(), configured), seconds=5)

    assert [check.ok for check in found] == [True, True, works == configured]
    assert found[2].fix == ("" if works == configured else f"set ASSISTANT_STRUCTURED_OUTPUT={works}")


@pytest.mark.parametrize(
    ("fault", "states", "remedy"),
    [
        ("html", [False], "ASSISTANT_LLM_BASE_URL"),
        ("wrong_key", [False], "ASSISTANT_LLM_API_KEY"),
        ("not_an_api", [False], "/v1"),
        ("hang", [False], "faster model"),
        ("unknown_model", [True, False], "set ASSISTANT_LLM_MODEL to one of: not-test-model"),
        ("no_structured", [True, True, False], "set ASSISTANT_STRUCTURED_OUTPUT=json_mode"),
        ("wrong_schema", [True, True, False], "choose a model"),
    ],
)
def test_the_doctor_tells_what_is_missing(fault: str, states: list[bool], remedy: str) -> None:
    """What stands in the way comes with its remedy, and nothing is asked in vain after it."""
    with FaultServer(yes_or(None)) as server:
        found = probe(model_at(server.url(fault), first_text=1.0), seconds=2)
        calls = server.hits(fault, "chat")

    assert [check.ok for check in found] == states
    assert remedy in found[-1].fix
    assert calls == (3 if len(states) == 3 else 1)
