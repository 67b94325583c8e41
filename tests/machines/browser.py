"""What a browser does on the chat's page, request by request: a page, a call to the queue, a stream of answers."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from assistant.web.visit import COOKIE

PATIENCE_S = 90.0


class LostError(Exception):
    """The answer did not come: the connection broke, or the process knows nothing of the question."""


@dataclass
class Browser:
    """One person with one cookie; `base` may change between requests, as a proxy changes the process."""

    base: str
    token: str = ""
    session: str = field(default_factory=lambda: secrets.token_hex(6))
    """The page's own number, which it makes up when it is loaded."""

    def load(self) -> str:
        """Open the page, and take the cookie it gives; the page's HTML."""
        answer = self.client.get(f"{self.base}/", headers=self._headers)
        answer.raise_for_status()
        self.token = answer.cookies.get(COOKIE) or self.token
        self.session = secrets.token_hex(6)
        return answer.text

    def say(self, text: str) -> dict[str, Any]:
        """Send a message from the page; the event with which it is done. Raises LostError."""
        return self.call("send", [text])

    def call(self, handler: str, values: list[Any]) -> dict[str, Any]:
        """Call one of the page's handlers and follow the stream until it is done. Raises LostError."""
        try:
            event = self._join(handler, values)
            return self._follow(event)
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            raise LostError(type(error).__name__) from error

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Upload a file and send it, as the page does."""
        try:
            sent = self.client.post(
                f"{self.base}/gradio_api/upload", files={"files": (name, content)}, headers=self._headers
            )
            sent.raise_for_status()
        except httpx.HTTPError as error:
            raise LostError(type(error).__name__) from error
        file = {"path": sent.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}
        return self.call("upload", [file])

    def close(self) -> None:
        """Close its connections."""
        self.client.close()

    @cached_property
    def client(self) -> httpx.Client:
        """Its connections; cookies are sent by hand, since the port is another after each hop."""
        return httpx.Client(timeout=PATIENCE_S)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The page's handlers by name, from its own configuration."""
        config = self.client.get(f"{self.base}/config", headers=self._headers).json()
        return {d["api_name"]: d["id"] for d in config["dependencies"]}

    @property
    def _headers(self) -> dict[str, str]:
        return {"Accept-Language": "en", **({"Cookie": f"{COOKIE}={self.token}"} if self.token else {})}

    def _join(self, handler: str, values: list[Any]) -> str:
        call = {"data": values, "fn_index": self.numbers[handler], "session_hash": self.session}
        url = f"{self.base}/gradio_api/queue/join"
        answer = self.client.post(url, json=call, headers=self._headers)
        self.client.cookies.clear()
        answer.raise_for_status()
        return str(answer.json()["event_id"])

    def _follow(self, event: str) -> dict[str, Any]:
        url = f"{self.base}/gradio_api/queue/data"
        query = {"session_hash": self.session}
        with self.client.stream("GET", url, params=query, headers=self._headers) as stream:
            stream.raise_for_status()
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if message.get("msg") == "unexpected_error":
                    raise LostError(str(message.get("message")))
                if message.get("msg") == "process_completed" and message.get("event_id") == event:
                    return dict(message)
        raise LostError("the stream ended")
