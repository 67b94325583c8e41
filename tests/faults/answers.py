"""The shapes of the OpenAI API on the wire: what was asked, and a sound answer to it, whole or as a stream."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Json = dict[str, Any]
Reply = Callable[[Json], str]
Route = Literal["chat", "models", "embeddings", "unknown"]

CREATED = 1_767_225_600
DONE = b"data: [DONE]\n\n"


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
