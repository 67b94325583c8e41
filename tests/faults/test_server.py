"""The fault model server: each fault is what its name says, seen by a bare client and by the official one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import openai
import pytest

from tests.faults.server import FAULTS, LONG, FaultServer, Json, Position

TEXT = json.dumps({"found": "moho en el baño, tamaño pequeño", "next": "¿quién decide?"}, ensure_ascii=False)
MESSAGES = [{"role": "user", "content": "Answer in JSON, please."}]
TOOL = {"type": "function", "function": {"name": "record", "parameters": {"type": "object"}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "record", "schema": {"type": "object"}}}
NAMED = {"type": "function", "function": {"name": "record"}}
WAYS: dict[str, Json] = {
    "text": {},
    "object": {"response_format": {"type": "json_object"}},
    "schema": {"response_format": SCHEMA},
    "named": {"tools": [TOOL], "tool_choice": NAMED},
    "required": {"tools": [TOOL], "tool_choice": "required"},
}
SLOW = 1.0
PATIENCE = 0.4

# What the official client makes of each fault, when it asks for a plain answer and when it asks for a stream.
SEEN = {
    "rate_limited": ("RateLimitError 429", "RateLimitError 429"),
    "rate_limited_long": ("RateLimitError 429", "RateLimitError 429"),
    "rate_limited_short": ("RateLimitError 429", "RateLimitError 429"),
    "server_error": ("InternalServerError 500", "InternalServerError 500"),
    "unavailable": ("InternalServerError 503", "InternalServerError 503"),
    "wrong_key": ("AuthenticationError 401", "AuthenticationError 401"),
    "unknown_model": ("NotFoundError 404", "NotFoundError 404"),
    "not_an_api": ("NotFoundError 404", "NotFoundError 404"),
    "filtered_400": ("BadRequestError 400", "BadRequestError 400"),
    "no_structured": ("BadRequestError 400", "BadRequestError 400"),
    "hang": ("APITimeoutError", "APITimeoutError"),
    "slow_first": ("APITimeoutError", "APITimeoutError"),
    "reset": ("APIConnectionError", "APIConnectionError"),
    "cut": ("APIConnectionError", "APIConnectionError"),
    "error_mid": ("no choices", "APIError"),
    "html": ("str", "nothing, no reason"),
    "empty": ("JSONDecodeError", "nothing, no reason"),
    "no_choices": ("no choices", "nothing, no reason"),
    "no_finish": ("all, no reason", "all, no reason"),
    "null_content": ("nothing, stop", "nothing, stop"),
    "refusal": ("refused, stop", "refused, stop"),
    "truncated_json": ("half, stop", "half, stop"),
    "filtered": ("half, content_filter", "half, content_filter"),
    "length": ("half, length", "half, length"),
    "wrong_schema": ("other, stop", "other, stop"),
    "prose": ("other, stop", "other, stop"),
    "too_long": ("other, stop", "other, stop"),
    "invented_quotes": ("all, stop", "all, stop"),
    "wrong_language": ("all, stop", "all, stop"),
    "malformed_sse": ("JSONDecodeError", "JSONDecodeError"),
    "bad_encoding": ("UnicodeDecodeError", "UnicodeDecodeError"),
}
NEVER_ENDING = ("drip", "keepalive", "endless")


def say(body: Json) -> str:
    """A model that always says the same."""
    return TEXT


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """One server for the tests that ask it single questions."""
    with FaultServer(say, slow=SLOW, drip=0.01) as running:
        yield running


@cache
def shared() -> openai.OpenAI:
    """The official client, made once: reading the certificates takes longer than most answers."""
    return openai.OpenAI(api_key="test", base_url="http://127.0.0.1", max_retries=0, timeout=PATIENCE)


@cache
def bare() -> httpx.Client:
    """A client that knows nothing of the API, made once."""
    return httpx.Client(headers={"Authorization": "Bearer k"}, timeout=2)


def official(url: str) -> openai.OpenAI:
    """The official client at another address."""
    return shared().with_options(base_url=url)


def ask_official(url: str, **request: Any) -> Any:
    """The answer, or the stream, that the official client returns."""
    ask: Any = official(url).chat.completions.create
    return ask(model="test-model", messages=MESSAGES, **request)


def heard(answer: Any) -> tuple[str, str, str | None]:
    """Text, refusal and reason of a plain answer or of a stream."""
    if isinstance(answer, openai.Stream):
        choices = [choice for chunk in answer for choice in chunk.choices]
        said = [choice.delta for choice in choices]
    else:
        choices = answer.choices
        said = [choice.message for choice in choices]
    calls = [call.function.arguments for part in said for call in part.tool_calls or []]
    text = "".join([part.content or "" for part in said] + calls)
    reasons = [choice.finish_reason for choice in choices if choice.finish_reason]
    return text, "".join(part.refusal or "" for part in said), reasons[-1] if reasons else None


def outcome(url: str, **request: Any) -> str:
    """In a few words, what the official client made of the answer."""
    try:
        answer = ask_official(url, **request)
        if isinstance(answer, str):
            return "str"
        if not isinstance(answer, openai.Stream) and not answer.choices:
            return "no choices"
        text, refusal, reason = heard(answer)
    except openai.APIStatusError as error:
        return f"{type(error).__name__} {error.status_code}"
    except (openai.APIError, ValueError) as error:
        return type(error).__name__
    named = {"": "nothing", TEXT: "all", TEXT[: len(TEXT) // 2]: "half"}
    return f"{'refused' if refusal else named.get(text, 'other')}, {reason or 'no reason'}"


def post(url: str, **request: Any) -> httpx.Response:
    """The answer that a bare client gets."""
    body = {"model": "test-model", "messages": MESSAGES, **request}
    return bare().post(f"{url}/chat/completions", json=body)


def events(response: httpx.Response) -> list[Json]:
    """The JSON objects in a stream."""
    lines = [line for line in response.text.splitlines() if line.startswith("data: {")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


@pytest.mark.parametrize("way", WAYS)
def test_a_sound_answer_comes_in_the_way_that_was_asked_for(server: FaultServer, way: str) -> None:
    """Without a fault the whole text arrives, plain and streamed, as content or as arguments of the tool."""
    plain = ask_official(server.url(), **WAYS[way])
    streamed = ask_official(server.url(), stream=True, **WAYS[way])

    expected = (TEXT, "", "tool_calls" if way == "required" else "stop")
    assert heard(plain) == heard(streamed) == expected
    assert bool(plain.choices[0].message.tool_calls) == ("tools" in WAYS[way])
    assert plain.usage.total_tokens > plain.usage.completion_tokens == len(TEXT) // 4


def test_a_stream_comes_in_small_parts_and_tells_its_cost_when_asked(server: FaultServer) -> None:
    """Many deltas, a chunk with the usage at the end only where it is wanted, then the mark of the end."""
    asked = post(server.url(), stream=True, stream_options={"include_usage": True})
    unasked = post(server.url(), stream=True)

    *chunks, last = events(asked)
    assert len(chunks) > 10
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == len(TEXT) // 4
    assert all(chunk["usage"] is None for chunk in chunks)
    assert "usage" not in unasked.text
    assert asked.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("fault", SEEN)
def test_a_fault_is_what_its_name_says(server: FaultServer, fault: str) -> None:
    """The official client sees each fault as the table has it, plain and streamed."""
    way = WAYS["schema"] if fault == "no_structured" else {}

    seen = outcome(server.url(fault), **way), outcome(server.url(fault), stream=True, **way)

    assert seen == SEEN[fault]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("fault", NEVER_ENDING)
def test_what_never_ends_keeps_every_read_alive(server: FaultServer, fault: str, stream: bool) -> None:
    """Bytes keep coming well within the patience for one read, and nothing closes the answer."""
    body = {"model": "test-model", "messages": MESSAGES, "stream": stream}
    got = b""
    started = time.monotonic()

    with bare().stream("POST", f"{server.url(fault)}/chat/completions", json=body, timeout=1) as response:
        for piece in response.iter_raw():
            got += piece
            if time.monotonic() - started > PATIENCE:
                break
        else:
            pytest.fail("the answer ended")

    assert response.status_code == 200
    assert len(got) > 10
    assert b"[DONE]" not in got
    assert (got.strip() == b"") == (fault == "keepalive" and not stream)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize(("fault", "error"), [("reset", httpx.ReadError), ("cut", httpx.RemoteProtocolError)])
def test_a_reset_is_not_a_farewell(
    server: FaultServer, fault: str, error: type[httpx.TransportError], stream: bool
) -> None:
    """The system reports a reset as such; a cut answer is an ordinary close that comes too soon."""
    with pytest.raises(error):
        post(server.url(fault), stream=stream)


def test_the_pace_can_be_set() -> None:
    """The first byte waits for the delay, and the pieces come one after the other."""
    with FaultServer(say, delay=0.2, chunk_delay=0.01) as server:
        started = time.monotonic()
        plain = post(server.url())
        first, started = time.monotonic() - started, time.monotonic()
        streamed = post(server.url(), stream=True)
        second = time.monotonic() - started

    assert plain.status_code == 200
    assert first >= 0.2
    assert second >= 0.2 + 0.01 * len(events(streamed))


def test_every_fault_is_proven() -> None:
    """A fault that no test looks at cannot be added."""
    assert set(SEEN) | set(NEVER_ENDING) == set(FAULTS)


@pytest.mark.parametrize(
    ("fault", "code", "retry_after"),
    [
        ("rate_limited", "rate_limit_exceeded", None),
        ("rate_limited_long", "rate_limit_exceeded", "3600"),
        ("rate_limited_short", "rate_limit_exceeded", "1"),
        ("wrong_key", "invalid_api_key", None),
        ("unknown_model", "model_not_found", None),
        ("filtered_400", "content_filter", None),
    ],
)
def test_a_refusal_of_the_service_carries_its_code(
    server: FaultServer, fault: str, code: str, retry_after: str | None
) -> None:
    """What a client may go by, the error's code and when to come back, is there."""
    response = post(server.url(fault))

    assert response.json()["error"]["code"] == code
    assert response.headers.get("retry-after") == retry_after


@pytest.mark.parametrize("way", WAYS)
def test_a_service_without_structure_still_answers_in_plain_json(server: FaultServer, way: str) -> None:
    """Schemas and tools are refused; text and plain JSON are not."""
    response = post(server.url("no_structured"), **WAYS[way])

    assert response.status_code == (200 if way in ("text", "object") else 400)


def test_an_answer_that_is_too_long_is_sound_otherwise(server: FaultServer) -> None:
    """Only its length gives it away."""
    text = post(server.url("too_long")).json()["choices"][0]["message"]["content"]

    assert len(text) > LONG
    assert json.loads(text) == json.loads(TEXT)


@pytest.mark.parametrize(
    "request_",
    [
        {"messages": []},
        {"stream_options": {"include_usage": True}},
        {"tool_choice": NAMED},
        {"messages": [{"role": "user", "content": "Hello"}], "response_format": {"type": "json_object"}},
    ],
    ids=["no messages", "options without stream", "choice without tools", "no word of json"],
)
def test_what_the_api_refuses_is_refused(server: FaultServer, request_: Json) -> None:
    """A request that the real service would not take does not pass here either."""
    assert post(server.url(), **request_).status_code == 400


@pytest.mark.parametrize(
    ("position", "statuses"),
    [("first", [503, 200, 200]), ("always", [503, 503, 503]), ("mid", [200, 503, 503])],
)
def test_a_fault_strikes_where_it_should(position: Position, statuses: list[int]) -> None:
    """The first call, every call, or all but the first; a look at the models counts for itself."""
    with FaultServer(say) as server:
        url = server.url("unavailable", position)
        bare().get(f"{url}/models")

        rounds = [[post(url).status_code for _ in statuses], server.hits(url.split("/")[3], "chat")]
        server.forget()

        assert rounds == [statuses, 3]
        assert post(url).status_code == statuses[0]


def test_calls_are_kept_and_the_reply_knows_the_fault() -> None:
    """Body, raw bytes, headers and the fault at work are there for the tests; `reply` is told of the fault."""
    told: list[str] = []

    def reply(body: Json) -> str:
        told.append(body["_fault"])
        return TEXT

    with FaultServer(reply) as server:
        post(server.url("invented_quotes", "first"), user="canary")
        post(server.url("invented_quotes", "first"))
        first, second = server.calls

    assert told == [first.fault, second.fault] == ["invented_quotes", "ok"]
    assert first.body["user"] == "canary"
    assert b"canary" in first.raw
    assert first.headers["authorization"] == "Bearer k"
    assert (first.prefix, first.route) == ("invented_quotes@first", "chat")


def test_models_and_embeddings_are_served_and_fail_too(server: FaultServer) -> None:
    """The other routes answer the official client, and a fault of the service hits them as well."""
    client, lost = official(server.url()), official(server.url("not_an_api"))

    names = [model.id for model in client.models.list()]
    packed = client.embeddings.create(model="e", input=["one", "two", "one"]).data
    plain = client.embeddings.create(model="e", input="one", encoding_format="float").data

    assert names == ["test-model"]
    assert packed[0].embedding == packed[2].embedding != packed[1].embedding
    assert packed[0].embedding == pytest.approx(plain[0].embedding)
    with pytest.raises(openai.NotFoundError):
        lost.models.list()


def leave_waiting(server: FaultServer, fault: str) -> threading.Thread:
    """A client that waits for an answer until the server is gone."""

    def wait() -> None:
        with pytest.raises((httpx.HTTPError, openai.APIError)):
            bare().post(f"{server.url(fault)}/chat/completions", json={"messages": MESSAGES}, timeout=10)

    waiting = threading.Thread(target=wait)
    waiting.start()
    return waiting


def test_the_server_leaves_promptly_and_nothing_stays_behind() -> None:
    """Hung, dripping, endless, late and idle connections end with the server, and so do their threads."""
    before = set(threading.enumerate())
    faults = ("hang", "drip", "keepalive", "endless", "slow_first")
    with FaultServer(say, slow=30) as server:
        clients = [leave_waiting(server, fault) for fault in faults]
        while len(server.calls) < len(faults) and any(client.is_alive() for client in clients):
            time.sleep(0.01)
        bare().get(f"{server.url()}/models")  # this connection stays open, idle
        started = time.monotonic()

    left_after = time.monotonic() - started
    for client in clients:
        client.join(2)
    assert left_after < 1
    assert set(threading.enumerate()) <= before


def test_a_reply_that_fails_fails_the_test() -> None:
    """A mistake in the test's own reply does not pass for a fault of the model."""

    def broken(body: Json) -> str:
        raise KeyError("mistake")

    with pytest.raises(KeyError, match="mistake"), FaultServer(broken) as server:
        assert post(server.url()).status_code == 500


def test_a_fault_that_does_not_exist_is_refused(server: FaultServer) -> None:
    """A misspelt fault is a mistake of the test, not a model that works."""
    with pytest.raises(ValueError, match="dripp"):
        server.url("dripp")

    assert post(server.url().replace("/ok/", "/dripp/")).status_code == 404
