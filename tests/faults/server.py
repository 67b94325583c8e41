"""A model server that fails on purpose: the shape of the OpenAI API, on this machine, one fault per path prefix.

`/ok/v1` answers properly, `/drip/v1` drips, `/drip@first/v1` drips on the first call only and `/drip@mid/v1`
from the second call on. A fault is a function from what was asked to an `Answer`: what goes on the wire, at
what pace and how it ends. Faults of the connection and of the service hit every route; faults of what a model
says hit chat completions alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import re
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat
from types import TracebackType
from typing import Any, Literal, get_args
from urllib.parse import unquote

Json = dict[str, Any]
Reply = Callable[[Json], str]
Route = Literal["chat", "models", "embeddings", "unknown"]
Position = Literal["first", "always", "mid"]

POSITIONS: tuple[Position, ...] = get_args(Position)
ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/v1/chat/completions"): "chat",
    ("GET", "/v1/models"): "models",
    ("POST", "/v1/embeddings"): "embeddings",
}
PREFIX = re.compile(r"/(?P<fault>\w+)(?:@(?P<position>\w+))?(?P<rest>/[^?]*)?")
CREATED = 1_767_225_600
LONG = 20_000
"""Characters that `too_long` adds: more than the longest answer anybody should read."""
DONE = b"data: [DONE]\n\n"
LOGIN_PAGE = (
    b"<!doctype html><html><head><title>Sign in</title></head><body><p>Sign in to browse.</p></body></html>"
)
LOST_PAGE = b"<!doctype html><html><head><title>404</title></head><body><h1>Not found</h1></body></html>"


@dataclass(frozen=True)
class Ask:
    """One request, as a fault sees it."""

    method: str
    path: str
    route: Route
    body: Json
    reply: Reply
    models: tuple[str, ...]
    slow: float
    drip: float

    @property
    def stream(self) -> bool:
        """Whether the answer should come in pieces."""
        return self.route == "chat" and self.body.get("stream") is True

    @cached_property
    def text(self) -> str:
        """What the model says when nothing goes wrong."""
        return self.reply(self.body)


@dataclass(frozen=True)
class Answer:
    """What goes on the wire, at what pace, and how it ends."""

    pieces: Iterable[bytes] = ()
    status: int | None = 200
    """No status: not even the head of an answer is sent."""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    before: float = 0.0
    """Seconds before the first byte, beyond the server's own delay."""
    gap: float = 0.0
    """Seconds between pieces, where the server's own pace is quicker."""
    ending: Literal["whole", "cut", "reset", "hang"] = "whole"


@dataclass(frozen=True)
class Call:
    """One request, as the server keeps it for the tests."""

    prefix: str
    fault: str
    """The fault that took effect; `ok` when its position spared this call."""
    method: str
    path: str
    route: Route
    headers: dict[str, str]
    raw: bytes
    body: Json


def dump(value: Json) -> bytes:
    """The value as JSON; letters travel as UTF-8, and half a surrogate pair as its escape."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def event(value: Json) -> bytes:
    """The value as one server-sent event."""
    return b"data: " + dump(value) + b"\n\n"


def whole(value: Json, status: int = 200) -> Answer:
    """The value as one JSON answer."""
    return Answer((dump(value),), status)


def events(pieces: Iterable[bytes]) -> Answer:
    """The pieces as a stream of server-sent events."""
    return Answer(pieces, content_type="text/event-stream; charset=utf-8")


def page(content: bytes, status: int) -> Answer:
    """A web page where an API should be."""
    return Answer((content,), status, content_type="text/html; charset=utf-8")


def problem(message: str, kind: str, code: str | None = None, param: str | None = None) -> Json:
    """An error in the words of the API."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def tokens(*values: object) -> int:
    """About how many tokens the values are."""
    return max(1, sum(len(json.dumps(value, ensure_ascii=False)) for value in values) // 4)


def usage(ask: Ask, text: str) -> Json:
    """What the exchange cost."""
    prompt, answer = tokens(ask.body.get("messages"), ask.body.get("tools")), max(1, len(text) // 4)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def forced_tool(body: Json) -> str | None:
    """The name of the tool that the request obliges the model to call."""
    choice, tools = body.get("tool_choice"), body.get("tools") or []
    if isinstance(choice, dict):
        return str(choice["function"]["name"])
    return str(tools[0]["function"]["name"]) if choice == "required" else None


def natural_finish(body: Json) -> str:
    """How a sound answer ends: the API says `stop` for a tool forced by name, `tool_calls` for a required one."""
    return "tool_calls" if body.get("tool_choice") == "required" else "stop"


def tool_call(name: str, arguments: str) -> Json:
    """A call of the tool."""
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def message(ask: Ask, text: str) -> Json:
    """The text as the assistant's message, in the way the request asked for."""
    tool = forced_tool(ask.body)
    if tool is None:
        return {"role": "assistant", "content": text, "refusal": None}
    return {"role": "assistant", "content": None, "refusal": None, "tool_calls": [tool_call(tool, text)]}


def labelled(ask: Ask, kind: str, **fields: Any) -> Json:
    """The fields with what every chat answer carries."""
    model = str(ask.body.get("model", ask.models[0]))
    return {"id": "chatcmpl-1", "object": kind, "created": CREATED, "model": model, **fields}


def completion(ask: Ask, said: Json, finish: str | None, text: str = "") -> Answer:
    """The message as a plain chat completion."""
    choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": finish}
    return whole(labelled(ask, "chat.completion", choices=[choice], usage=usage(ask, text)))


def wants_usage(ask: Ask) -> bool:
    """Whether the stream should end with what it cost."""
    return bool((ask.body.get("stream_options") or {}).get("include_usage"))


def chunk(ask: Ask, choices: list[Json], cost: Json | None = None) -> bytes:
    """One chunk of a stream."""
    extra = {"usage": cost} if wants_usage(ask) else {}
    return event(labelled(ask, "chat.completion.chunk", choices=choices, **extra))


def step(ask: Ask, delta: Json, finish: str | None = None) -> bytes:
    """One chunk with one delta."""
    return chunk(ask, [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}])


def opening(ask: Ask) -> bytes:
    """The first chunk: who speaks, and which tool is called."""
    tool = forced_tool(ask.body)
    if tool is None:
        return step(ask, {"role": "assistant", "content": "", "refusal": None})
    calls = [{"index": 0, **tool_call(tool, "")}]
    return step(ask, {"role": "assistant", "content": None, "refusal": None, "tool_calls": calls})


def words(ask: Ask, text: str) -> bytes:
    """One chunk with some of the text."""
    if forced_tool(ask.body) is None:
        return step(ask, {"content": text})
    return step(ask, {"tool_calls": [{"index": 0, "function": {"arguments": text}}]})


def small(text: str) -> list[str]:
    """The text in small parts, never very many of them."""
    size = max(4, math.ceil(len(text) / 64))
    return [text[at : at + size] for at in range(0, len(text), size)]


def spoken(ask: Ask, text: str) -> list[bytes]:
    """The text as chunks, without an ending."""
    return [opening(ask), *(words(ask, part) for part in small(text))]


def closing(ask: Ask, text: str, finish: str) -> list[bytes]:
    """How a stream ends: the reason, the cost where wanted, and the mark of the end."""
    cost = [chunk(ask, [], usage(ask, text))] if wants_usage(ask) else []
    return [step(ask, {}, finish), *cost, DONE]


def chat(ask: Ask, text: str, finish: str | None = None) -> Answer:
    """The text as the request wants it: in one or in pieces, as content or as a tool call."""
    reason = finish or natural_finish(ask.body)
    if ask.stream:
        return events([*spoken(ask, text), *closing(ask, text, reason)])
    return completion(ask, message(ask, text), reason, text)


def complaint(body: Json) -> str | None:
    """What the API itself refuses about a chat request that a lenient server would let pass."""
    if not body.get("messages"):
        return "'messages' is required"
    if "stream_options" in body and not body.get("stream"):
        return "'stream_options' is only allowed when 'stream' is enabled"
    if "tool_choice" in body and not body.get("tools"):
        return "'tool_choice' is only allowed when 'tools' are specified"
    kind = (body.get("response_format") or {}).get("type")
    if kind == "json_object" and "json" not in json.dumps(body["messages"]).lower():
        return "'messages' must contain the word 'json' to use 'response_format' of type 'json_object'"
    return None


def list_models(names: Iterable[str]) -> Answer:
    """The models on offer."""
    models = [{"id": name, "object": "model", "created": CREATED, "owned_by": "tests"} for name in names]
    return whole({"object": "list", "data": models})


def vector(value: object, size: int) -> list[float]:
    """A unit vector that is the same for the same input."""
    digest = hashlib.shake_128(json.dumps(value).encode()).digest(size * 2)
    numbers = [number - 32_768 + 0.5 for (number,) in struct.iter_unpack("<H", digest)]
    length = math.hypot(*numbers)
    return [number / length for number in numbers]


def embed(ask: Ask) -> Answer:
    """One vector for each input, packed where the request wants that."""
    given = ask.body.get("input", "")
    inputs = given if isinstance(given, list) and given and not isinstance(given[0], int) else [given]
    vectors = [vector(value, ask.body.get("dimensions", 16)) for value in inputs]
    packed = [v if ask.body.get("encoding_format") != "base64" else pack(v) for v in vectors]
    data = [{"object": "embedding", "index": at, "embedding": v} for at, v in enumerate(packed)]
    cost = {"prompt_tokens": tokens(given), "total_tokens": tokens(given)}
    return whole({"object": "list", "data": data, "model": ask.body.get("model", "embedder"), "usage": cost})


def pack(numbers: list[float]) -> str:
    """The numbers as the API packs them: 32-bit floats in base64."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def ok(ask: Ask) -> Answer:
    """No fault: the answer that was asked for."""
    if ask.route == "unknown":
        return whole(problem(f"Invalid URL ({ask.method} {ask.path})", "invalid_request_error"), 404)
    if ask.route == "models":
        return list_models(ask.models)
    if ask.route == "embeddings":
        return embed(ask)
    refused = complaint(ask.body)
    return whole(problem(refused, "invalid_request_error"), 400) if refused else chat(ask, ask.text)


# The service says no.


def rate_limited(ask: Ask) -> Answer:
    """Too many requests, and no word on when to come back."""
    return whole(problem("Rate limit reached for requests", "requests", "rate_limit_exceeded"), 429)


def rate_limited_long(ask: Ask) -> Answer:
    """Too many requests: come back in an hour."""
    return replace(rate_limited(ask), headers={"Retry-After": "3600"})


def rate_limited_short(ask: Ask) -> Answer:
    """Too many requests: come back in a second."""
    return replace(rate_limited(ask), headers={"Retry-After": "1"})


def server_error(ask: Ask) -> Answer:
    """The service fails within."""
    return whole(problem("The server had an error while processing the request", "server_error"), 500)


def unavailable(ask: Ask) -> Answer:
    """The service is overloaded."""
    return whole(problem("The engine is overloaded, try again later", "service_unavailable"), 503)


def wrong_key(ask: Ask) -> Answer:
    """The key is not one that the service knows."""
    return whole(problem("Incorrect API key provided", "invalid_request_error", "invalid_api_key"), 401)


def unknown_model(ask: Ask) -> Answer:
    """The service has models, but not this one."""
    if ask.route == "models":
        return list_models(f"not-{name}" for name in ask.models)
    text = f"The model `{ask.body.get('model')}` does not exist or you do not have access to it"
    return whole(problem(text, "invalid_request_error", "model_not_found"), 404)


def not_an_api(ask: Ask) -> Answer:
    """The address belongs to an ordinary web site."""
    return page(LOST_PAGE, 404)


def no_structured(ask: Ask) -> Answer:
    """The service knows neither schemas nor tools."""
    kind = (ask.body.get("response_format") or {}).get("type")
    if ask.body.get("tools"):
        return whole(problem("tools is not supported", "invalid_request_error", param="tools"), 400)
    if kind == "json_schema":
        error = problem("response_format is not supported", "invalid_request_error", param="response_format")
        return whole(error, 400)
    return ok(ask)


def filtered_400(ask: Ask) -> Answer:
    """The content filter refuses the request."""
    text = "The prompt triggered the content management policy"
    return whole(problem(text, "invalid_request_error", "content_filter", "prompt"), 400)


# The connection fails.


def hang(ask: Ask) -> Answer:
    """The request is taken and never answered."""
    return Answer(status=None, ending="hang")


def reset(ask: Ask) -> Answer:
    """The connection is torn down instead of an answer."""
    return Answer(status=None, ending="reset")


def slow_first(ask: Ask) -> Answer:
    """A sound answer whose first byte is late."""
    return replace(ok(ask), before=ask.slow)


def half(pieces: Iterable[bytes]) -> list[bytes]:
    """The first half of the pieces, and half of the next one."""
    every = list(pieces)
    middle = every[len(every) // 2]
    return [*every[: len(every) // 2], middle[: len(middle) // 2]]


def drip(ask: Ask) -> Answer:
    """One byte at a time, each soon after the last, and never to the end."""
    answer = ok(ask)
    start = b"".join(half(answer.pieces))
    single = (start[at : at + 1] for at in range(len(start)))
    return replace(answer, pieces=chain(single, repeat(b" ")), gap=ask.drip)


def keepalive(ask: Ask) -> Answer:
    """Signs of life for ever, and no answer."""
    if ask.stream:
        return replace(events(repeat(b": ping\n\n")), gap=ask.drip)
    return Answer(repeat(b" "), gap=ask.drip)


def cut(ask: Ask) -> Answer:
    """The connection closes in the middle of the answer."""
    answer = ok(ask)
    return replace(answer, pieces=half(answer.pieces), ending="cut")


def html(ask: Ask) -> Answer:
    """A proxy answers with its own page, and calls that a success."""
    return page(LOGIN_PAGE, 200)


def empty(ask: Ask) -> Answer:
    """A success without content."""
    return events(()) if ask.stream else Answer()


def bad_encoding(ask: Ask) -> Answer:
    """Bytes that are not UTF-8, in the middle of the text."""
    mark = "\ue000"
    middle = len(ask.text) // 2
    answer = chat(ask, ask.text[:middle] + mark + ask.text[middle:])
    return replace(answer, pieces=[piece.replace(mark.encode(), b"\xff\xfe\xc3") for piece in answer.pieces])


# The stream goes wrong; a plain answer fails in the nearest way.


def no_finish(ask: Ask) -> Answer:
    """Everything but the reason for the end and the mark of it."""
    if ask.stream:
        return events(spoken(ask, ask.text))
    return completion(ask, message(ask, ask.text), None, ask.text)


def error_mid(ask: Ask) -> Answer:
    """An error in the midst of a success."""
    error = problem("The server had an error while processing the request", "server_error")
    if not ask.stream:
        return whole(error)
    start = spoken(ask, ask.text)
    return events([*start[: len(start) // 2 + 1], event(error)])


def endless(ask: Ask) -> Answer:
    """An answer that goes on and on."""
    begun = ask.text[:-1]
    if ask.stream:
        return replace(events(chain(spoken(ask, begun), repeat(words(ask, " and")))), gap=0.002)
    mark = "\ue000"
    head, _, _ = b"".join(chat(ask, begun + mark).pieces).partition(mark.encode())
    return Answer(chain((head,), repeat(b" and" * 16)), gap=0.002)


def malformed_sse(ask: Ask) -> Answer:
    """A line of data that is not JSON, among good ones."""
    if not ask.stream:
        answer = chat(ask, ask.text)
        return replace(answer, pieces=half(answer.pieces))
    start = spoken(ask, ask.text)
    broken = b'data: {"id": "chatcmpl-1, "choices": [{\n\n'
    middle = len(start) // 2 + 1
    return events([*start[:middle], broken, *start[middle:], *closing(ask, ask.text, "stop")])


# The model says the wrong thing.


def truncated_json(ask: Ask) -> Answer:
    """Half the text, with every sign of a sound answer."""
    return chat(ask, ask.text[: len(ask.text) // 2])


def no_choices(ask: Ask) -> Answer:
    """An answer with nothing to choose from."""
    if ask.stream:
        return events([chunk(ask, []), DONE])
    return whole(labelled(ask, "chat.completion", choices=[], usage=usage(ask, "")))


def null_content(ask: Ask) -> Answer:
    """A message that says nothing and calls no tool."""
    nothing = {"role": "assistant", "content": None, "refusal": None}
    if ask.stream:
        return events([step(ask, nothing), *closing(ask, "", "stop")])
    return completion(ask, nothing, "stop")


def refusal(ask: Ask) -> Answer:
    """The model declines."""
    text = "I am sorry, I cannot help with that."
    if not ask.stream:
        return completion(ask, {"role": "assistant", "content": None, "refusal": text}, "stop", text)
    start = step(ask, {"role": "assistant", "content": None, "refusal": ""})
    parts = [step(ask, {"refusal": part}) for part in small(text)]
    return events([start, *parts, *closing(ask, text, "stop")])


def filtered(ask: Ask) -> Answer:
    """The content filter stops the answer half-way."""
    return chat(ask, ask.text[: len(ask.text) // 2], "content_filter")


def length(ask: Ask) -> Answer:
    """The answer stops where its budget ends."""
    return chat(ask, ask.text[: len(ask.text) // 2], "length")


def wrong_schema(ask: Ask) -> Answer:
    """Good JSON of another shape."""
    return chat(ask, '{"weather": [{"day": 1, "sky": "clear"}], "degrees": "twenty"}')


def prose(ask: Ask) -> Answer:
    """The JSON, with talk and a fence around it."""
    return chat(ask, f"Of course! Here is what you asked for:\n\n```json\n{ask.text}\n```\n\nShall I go on?")


def too_long(ask: Ask) -> Answer:
    """Good JSON swollen by blank lines: only its length tells."""
    return chat(ask, ask.text[:-1] + "\n" * LONG + ask.text[-1:])


def invented_quotes(ask: Ask) -> Answer:
    """As the caller's `reply` has it: the request it gets says `_fault`."""
    return ok(ask)


def wrong_language(ask: Ask) -> Answer:
    """As the caller's `reply` has it: the request it gets says `_fault`."""
    return ok(ask)


EVERY_ROUTE: tuple[Callable[[Ask], Answer], ...] = (
    rate_limited,
    rate_limited_long,
    rate_limited_short,
    server_error,
    unavailable,
    wrong_key,
    unknown_model,
    not_an_api,
    hang,
    reset,
    slow_first,
    drip,
    keepalive,
    cut,
    html,
    empty,
)
CHAT_ONLY: tuple[Callable[[Ask], Answer], ...] = (
    no_structured,
    filtered_400,
    bad_encoding,
    no_finish,
    error_mid,
    endless,
    malformed_sse,
    truncated_json,
    no_choices,
    null_content,
    refusal,
    filtered,
    length,
    wrong_schema,
    prose,
    too_long,
    invented_quotes,
    wrong_language,
)
TABLE = {fault.__name__: fault for fault in (ok, *EVERY_ROUTE, *CHAT_ONLY)}
FAULTS = tuple(name for name in TABLE if name != "ok")


def strikes(position: str, earlier: int) -> bool:
    """Whether a fault at this position hits the call that has so many before it."""
    return position == "always" or (earlier == 0) == (position == "first")


def perform(name: str, ask: Ask) -> Answer:
    """What the named fault makes of the request."""
    fault = TABLE[name]
    return ok(ask) if fault in CHAT_ONLY and ask.route != "chat" else fault(ask)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Http

    def do_POST(self) -> None:
        """Answer a request, well or badly."""
        self.close_connection = not self.respond()

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the calls are kept, and a test that fails shows them."""

    def respond(self) -> bool:
        """Read, answer; returns whether the connection can be used again."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return self.deliver(self.server.owner.consider(self.command, self.path, dict(self.headers), raw))

    def deliver(self, answer: Answer) -> bool:
        """Put the answer on the wire; a client that leaves, or the end of the server, breaks it off."""
        owner = self.server.owner
        if owner.stopped(owner.delay + answer.before):
            return False
        with suppress(ConnectionError):
            self.head(answer)
            return self.pieces(answer, max(answer.gap, owner.chunk_delay)) and self.finish_off(answer)
        return False

    def head(self, answer: Answer) -> None:
        """Send the status and the headers."""
        if answer.status is None:
            return
        self.send_response(answer.status)
        sent = {"Content-Type": answer.content_type, "Transfer-Encoding": "chunked", **answer.headers}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()

    def pieces(self, answer: Answer, gap: float) -> bool:
        """Send the pieces at their pace; returns false when the server stops meanwhile."""
        for number, piece in enumerate(filter(None, answer.pieces)):
            if self.server.owner.stopped(gap if number else 0.0):
                return False
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        return True

    def finish_off(self, answer: Answer) -> bool:
        """End as the answer ends."""
        if answer.ending == "whole":
            self.wfile.write(b"0\r\n\r\n")
            return True
        if answer.ending == "hang":
            self.server.owner.stopped(None)
        if answer.ending == "reset":
            self.tear_down()
        return False

    def tear_down(self) -> None:
        """Close at once and without a farewell, so that the client's system reports a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


class Http(ThreadingHTTPServer):
    """The listening socket; it knows its open connections, so that it can end them."""

    daemon_threads = False  # closing then waits for every handler
    request_queue_size = 128

    def __init__(self, owner: FaultServer) -> None:
        self.owner = owner
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Handler)

    def server_bind(self) -> None:
        """Bind without looking up the machine's name, which could ask a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection before its handler starts."""
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection when its handler is done."""
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that leave; keep anything else, so that the test fails."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            self.owner.failures.append(error)

    def hang_up(self) -> None:
        """Wake the handlers that wait for a client to send or to read."""
        for connection in tuple(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class FaultServer:
    """A context manager: a model server that answers with `reply`, or with the fault that the path names."""

    def __init__(
        self,
        reply: Reply,
        *,
        delay: float = 0.0,
        chunk_delay: float = 0.0,
        slow: float = 5.0,
        drip: float = 0.05,
        models: tuple[str, ...] = ("test-model",),
    ) -> None:
        """Seconds: `delay` before each answer, `chunk_delay` between pieces, `slow` and `drip` for those faults."""
        self.reply, self.models = reply, models
        self.delay, self.chunk_delay, self.slow, self.drip = delay, chunk_delay, slow, drip
        self.calls: list[Call] = []
        self.failures: list[Exception] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._http = Http(self)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._thread.join()
        self._http.hang_up()
        self._http.server_close()
        if error is None and self.failures:
            raise self.failures[0]

    def url(self, fault: str = "ok", position: Position = "always") -> str:
        """The base address that a client with this fault uses."""
        if fault not in TABLE or position not in POSITIONS:
            raise ValueError(f"there is no fault {fault!r} at {position!r}")
        prefix = fault if position == "always" else f"{fault}@{position}"
        return f"http://127.0.0.1:{self._http.server_port}/{prefix}/v1"

    def hits(self, prefix: str, route: Route | None = None) -> int:
        """How many calls came in under a prefix, such as `drip` or `drip@first`."""
        return sum(call.prefix == prefix and route in (None, call.route) for call in tuple(self.calls))

    def forget(self) -> None:
        """Drop the calls, so that the next one is again the first."""
        with self._lock:
            self.calls.clear()

    def stopped(self, seconds: float | None) -> bool:
        """Wait so long, or for ever; returns true as soon as the server stops."""
        return self._stopping.wait(seconds)

    def consider(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Answer:
        """Keep the call and find its answer; a `reply` that fails fails the test when the server closes."""
        found = PREFIX.match(unquote(path))
        position = (found and found["position"]) or "always"
        if not found or found["fault"] not in TABLE or position not in POSITIONS:
            return whole(problem(f"no fault is called {path}", "invalid_request_error"), 404)
        call = self._keep(found, Call("", found["fault"], method, path, "unknown", headers, raw, {}))
        ask = Ask(method, path, call.route, call.body, self._reply(call), self.models, self.slow, self.drip)
        try:
            return perform(call.fault, ask)
        except Exception as error:  # noqa: BLE001  # kept, and raised when the server closes
            self.failures.append(error)
            return server_error(ask)

    def _keep(self, found: re.Match[str], call: Call) -> Call:
        """The call with what its path and body say, now among the calls."""
        prefix = "@".join(part for part in (found["fault"], found["position"]) if part)
        route = ROUTES.get((call.method, found["rest"] or ""), "unknown")
        headers = {name.lower(): value for name, value in call.headers.items()}
        with self._lock:
            struck = strikes(found["position"] or "always", self.hits(prefix, route))
            fault = call.fault if struck else "ok"
            kept = replace(
                call, prefix=prefix, fault=fault, route=route, headers=headers, body=parsed(call.raw)
            )
            self.calls.append(kept)
        return kept

    def _reply(self, call: Call) -> Reply:
        """The caller's reply, told which fault is at work."""
        return lambda body: self.reply({**body, "_fault": call.fault})


def parsed(raw: bytes) -> Json:
    """The body of a request; empty when it is not a JSON object."""
    with suppress(ValueError):
        body = json.loads(raw)
        return body if isinstance(body, dict) else {}
    return {}
