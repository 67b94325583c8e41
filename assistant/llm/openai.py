"""Any OpenAI-compatible endpoint, through LangChain's ChatOpenAI.

LangChain takes two seconds to import and is loaded by the first call. Its callbacks are never used: they are
where tracing would begin.
"""

from __future__ import annotations

import copy
import json
import logging
import re
import ssl
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from assistant.llm.base import LONGEST, Delta, Reply, Request, Spent
from assistant.llm.line import Answer, Call, Clock, Ended, Line, Switch
from assistant.llm.tally import Tally
from assistant.llm.troubles import Dialect, Failure, UnusableError, trouble

if TYPE_CHECKING:
    import httpx2
    from langchain_core.messages import BaseMessage, BaseMessageChunk
    from langchain_core.outputs import ChatGenerationChunk
    from langchain_openai import ChatOpenAI

StructuredOutput = Literal["json_schema", "tools", "json_mode"]
MODES: tuple[StructuredOutput, ...] = get_args(StructuredOutput)

FIRST_TEXT = 15.0
REPLY_TOKENS = 6_000
TRIES = 2
SOUND = {"stop", "tool_calls", "function_call", "eos_token"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
NO_KEY = "none"
LOGGERS = ("openai", "httpx2", "httpcore2", "langchain_openai")
SCHEMA_WORDS = {"type", "enum", "const", "description", "required", "additionalProperties"}


@dataclass
class Heard:
    """What has come of a reply so far."""

    tool: bool
    """Whether the text comes as the arguments of a tool; words beside it do not count."""
    length: int = 0
    finish: str = ""
    model: str = ""
    usage: tuple[int, int] | None = None
    refused: bool = False
    prose: bool = False
    _index: object = None
    _half: str = field(default="", repr=False)

    def take(self, piece: ChatGenerationChunk) -> str:
        """The text of one piece, and everything else it says noted."""
        message, info = piece.message, piece.generation_info or {}
        self.finish = info.get("finish_reason") or self.finish
        self.model = info.get("model_name") or self.model
        self.refused = self.refused or bool(message.additional_kwargs.get("refusal"))
        self.usage = counted(getattr(message, "usage_metadata", None)) or self.usage
        words = message.content if isinstance(message.content, str) else ""
        self.prose = self.prose or bool(words.strip())
        text = self._whole(self._arguments(message) if self.tool else words)
        self.length += len(text)
        if self.length > LONGEST:
            raise UnusableError("llm_too_long")
        return text

    def check(self, kind: str) -> None:
        """Raises UnusableError unless this was a whole reply; `kind` is the answer's content type."""
        if key := self._fault(kind):
            raise UnusableError(key)

    def _fault(self, kind: str) -> str | None:
        if not self.length and not self.finish and "html" in kind:
            return "llm_proxy_page"
        if self.refused:
            return "llm_refused"
        if self.finish == "content_filter":
            return "llm_filtered"
        if not self.length and self.finish in SOUND | {""}:
            return self._silence(kind)
        return None if self.finish in SOUND else "llm_cut_off"

    def _silence(self, kind: str) -> str:
        if self.tool and self.prose:
            return "llm_no_structured_output"
        return "llm_broken" if "json" in kind else "llm_empty"

    def _arguments(self, message: BaseMessage) -> str:
        text = ""
        for part in getattr(message, "tool_call_chunks", []):
            if self._index is None:
                self._index = part["index"]
            if part["index"] == self._index:
                text += part["args"] or ""
        return text

    def _whole(self, text: str) -> str:
        # Services that count in UTF-16 may cut a letter beyond its first 65,536 in two.
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def counted(usage: Mapping[str, Any] | None) -> tuple[int, int] | None:
    """The tokens in and out that an endpoint reports, if it reports any."""
    if not usage or usage["input_tokens"] <= 0 or usage["output_tokens"] <= 0:
        return None
    return usage["input_tokens"], usage["output_tokens"]


@cache
def strict_schema(kind: type[BaseModel]) -> dict[str, Any]:
    """The type's JSON schema as strict endpoints want it: closed objects, every field required, plain words.

    Made once for each type, and shared.
    """
    return _strict(kind.model_json_schema())


def _strict(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    found = {word: value for word, value in node.items() if word in SCHEMA_WORDS}
    for word in ("anyOf", "oneOf", "allOf"):
        if word in node:
            found["anyOf"] = [_strict(part) for part in node[word]]
    if "items" in node:
        found["items"] = _strict(node["items"])
    if node.get("type") == "object":
        fields = node.get("properties")
        if not fields:
            raise TypeError(f"a reply type cannot have free keys: {node.get('title', '')}")
        found["properties"] = {name: _strict(part) for name, part in fields.items()}
        found |= {"required": list(fields), "additionalProperties": False}
    if "$defs" in node:
        found["$defs"] = {name: _strict(part) for name, part in node["$defs"].items()}
    return found


@cache
def chat_type() -> type[ChatOpenAI]:
    """LangChain's client, changed to keep refusals; neither it nor what lies below may log what it sends."""
    from langchain_openai import ChatOpenAI

    class Chat(ChatOpenAI):
        def _convert_chunk_to_generation_chunk(
            self,
            chunk: dict[str, Any],
            default_chunk_class: type[BaseMessageChunk],
            base_generation_info: dict[str, Any] | None,
        ) -> ChatGenerationChunk | None:
            piece = super()._convert_chunk_to_generation_chunk(
                chunk, default_chunk_class, base_generation_info
            )
            for choice in (chunk.get("choices") or [])[:1]:
                if piece and (refusal := choice["delta"].get("refusal")):
                    piece.message.additional_kwargs["refusal"] = refusal
            return piece

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="langchain_openai")
    return Chat


class OpenAIModel:
    """A model behind an OpenAI-compatible endpoint; without a key, none is sent."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        estimate: Callable[[str], int],
        api_key: SecretStr | None = None,
        structured_output: StructuredOutput = "json_schema",
        first_text: float = FIRST_TEXT,
        reply_tokens: int = REPLY_TOKENS,
    ) -> None:
        """`estimate` counts tokens where the endpoint does not; `first_text` is seconds."""
        self.base_url = base_url.strip().rstrip("/")
        self.structured_output = structured_output
        self._model, self._estimate = model, estimate
        self._key = api_key.get_secret_value().strip() if api_key else ""
        self._first_text, self._reply_tokens = first_text, reply_tokens
        newer = "openai" in self._host
        self._dialect = Dialect("max_completion_tokens" if newer else "max_tokens")
        self.tally = Tally()

    @property
    def model(self) -> str:
        """The configured model's name."""
        return self._model

    def using(self, structured_output: StructuredOutput) -> OpenAIModel:
        """The same model, asked in another way for its form of reply."""
        other = copy.copy(self)
        other.structured_output = structured_output
        return other

    def warm(self) -> None:
        """Load LangChain and the certificates now, so that the first call need not wait for them."""
        chat_type()
        _ = self._context

    def stream(self, request: Request, *, seconds: float) -> Answer:
        """The reply in pieces, then whole; raises LLMError within the given seconds when there is none."""
        switch = Switch()
        return Answer(self._answer(request, seconds, switch), switch)

    def offered(self, *, seconds: float) -> list[str]:
        """The names of models that the endpoint lists; raises LLMError."""
        by = time.monotonic() + seconds
        call, names = Call(self._names, self._line(by)), []
        try:
            while isinstance(item := call.take(by), str):
                names.append(item)
        finally:
            call.end()
        if isinstance(item, Failure):
            raise item.error
        return names

    def _answer(self, request: Request, seconds: float, switch: Switch) -> Iterator[Delta | Reply]:
        start = time.monotonic()
        clock = Clock(start, start + seconds, start + min(seconds, self._first_text))
        form = self._form(request.reply)
        for tries in range(1, TRIES + 1):
            call = Call(partial(self._pieces, request, form), self._line(clock.by))
            switch.attach(call)
            try:
                failure = yield from self._deliver(call, request, clock)
            finally:
                call.end()
            self.tally.note(failure.error.key if failure else "ok")
            if failure is None:
                return
            self._dialect = failure.dialect or self._dialect
            if tries == TRIES or not (failure.again and clock.allows(failure.wait)):
                raise failure.error
            if switch.wait(failure.wait):
                return

    def _deliver(
        self, call: Call, request: Request, clock: Clock
    ) -> Generator[Delta | Reply, None, Failure | None]:
        """Yields the pieces and the reply of one try; returns its Failure, or None when nothing is left to do."""
        parts: list[str] = []
        first = 0.0
        while True:
            item = call.take(clock.by if parts else clock.first_by)
            if item is None:
                return None
            if isinstance(item, Failure):
                return item.after_text() if parts else item
            if isinstance(item, Ended):
                yield self._reply(request, "".join(parts), item, (time.monotonic() - clock.start, first))
                return None
            first = first or time.monotonic() - clock.start
            parts.append(item)
            yield Delta(text=item)

    def _reply(self, request: Request, text: str, ended: Ended, times: tuple[float, float]) -> Reply:
        counts = ended.usage or (
            sum(map(self._estimate, (request.system, request.material))),
            self._estimate(text),
        )
        spent = Spent(
            tokens_in=counts[0],
            tokens_out=counts[1],
            seconds=times[0],
            first_text=times[1],
            estimated=ended.usage is None,
        )
        return Reply(text=text, model=ended.model, spent=spent)

    def _pieces(self, request: Request, form: dict[str, Any], line: Line) -> Iterator[str | Ended]:
        """The texts of one try and its end; runs on the call's thread."""
        heard = Heard(tool=self.structured_output == "tools")
        body = {**form, line.dialect.limit: self._reply_tokens}
        with line.client(proxies=self._proxies) as client:
            chat = self._chat(client)
            pieces = chat._stream(self._messages(request), stream_usage=line.dialect.usage, extra_body=body)
            for piece in pieces:
                if text := heard.take(piece):
                    yield text
        heard.check(line.kind)
        yield Ended(shown(heard.model) or self._model, heard.usage)

    def _check_address(self) -> None:
        if not (self._key.isascii() and self._key.replace(" ", "").isprintable()):
            raise trouble("llm_wrong_key")
        if not self._host or not self.base_url.startswith(("http:", "https:")):
            raise trouble("llm_not_an_api")

    def _chat(self, client: httpx2.Client) -> ChatOpenAI:
        self._check_address()
        return chat_type()(
            model=self._model,
            base_url=self.base_url,
            api_key=SecretStr(self._key or NO_KEY),
            http_client=client,
            http_async_client=self._idle,
            http_socket_options=(),
            openai_proxy=None,
            max_retries=0,
            use_responses_api=False,
        )

    def _names(self, line: Line) -> Iterator[str | Ended]:
        with line.client(proxies=self._proxies) as client:
            for model in self._chat(client).root_client.models.list().data:
                yield shown(str(model.id))
        yield Ended("", None)

    def _messages(self, request: Request) -> list[BaseMessage]:
        from langchain_core.messages import HumanMessage, SystemMessage

        system = request.system
        if self.structured_output == "json_mode":
            schema = json.dumps(strict_schema(request.reply), ensure_ascii=False)
            system += f"\n\nReply with one JSON object that follows this JSON schema:\n{schema}"
        return [SystemMessage(system), HumanMessage(request.material)]

    def _form(self, reply: type[BaseModel]) -> dict[str, Any]:
        """The part of a call that binds the reply to its type. It travels as extra fields: given its own
        parameter, LangChain would have the reply parsed again with each piece."""
        name, schema = re.sub(r"\W", "_", reply.__name__)[:64], strict_schema(reply)
        if self.structured_output == "json_mode":
            return {"response_format": {"type": "json_object"}}
        if self.structured_output == "json_schema":
            wanted = {"name": name, "strict": True, "schema": schema}
            return {"response_format": {"type": "json_schema", "json_schema": wanted}}
        tool = {"name": name, "description": "Gives the reply.", "parameters": schema}
        return {
            "tools": [{"type": "function", "function": tool}],
            "tool_choice": {"type": "function", "function": {"name": name}},
        }

    def _line(self, by: float) -> Line:
        return Line(by, self._context, keyed=bool(self._key), dialect=self._dialect)

    @cached_property
    def _host(self) -> str:
        with suppress(ValueError):
            return urlsplit(self.base_url).hostname or ""
        return ""

    @property
    def _proxies(self) -> bool:
        """Whether the network's proxy is asked; never for a model on this machine."""
        return self._host not in LOOPBACK

    @cached_property
    def _idle(self) -> httpx2.AsyncClient:
        """Never used: LangChain would make its own, and stumble over settings of the network's proxy."""
        from openai import DefaultAsyncHttpxClient

        return DefaultAsyncHttpxClient(verify=self._context, trust_env=False)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """The certificates we trust, read once; an address without TLS needs none."""
        if not self.base_url.startswith("https:"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        import httpx2

        return httpx2.create_ssl_context()


def shown(name: str) -> str:
    """A name that an endpoint gave, fit to be shown."""
    return "".join(letter for letter in name if letter.isprintable())[:100]
