"""Every way a call to a model can fail, what it means to the operator, and whether a second try may mend it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

from assistant.errors import LLMError

if TYPE_CHECKING:
    import openai

PATIENCE = 5.0
"""Seconds that a service may ask us to wait before the second try; if it wants more, there is none."""
PAUSE = 0.3
"""Seconds before the second try when the service names none."""

TROUBLES: dict[str, tuple[str, str]] = {
    "llm_no_key": (
        "the language model's service asks for a key, and none is set",
        "set ASSISTANT_LLM_API_KEY to the key that the service gave you",
    ),
    "llm_wrong_key": (
        "the language model's service does not accept the key",
        "copy the key into ASSISTANT_LLM_API_KEY again and check that it may use this model",
    ),
    "llm_no_credit": (
        "the account at the language model's service has no credit left",
        "add credit or raise the spending limit at the service",
    ),
    "llm_unknown_model": (
        "the language model's service does not know the model",
        "set ASSISTANT_LLM_MODEL to a model that the service offers; scoping doctor names some",
    ),
    "llm_not_an_api": (
        "the address of the language model does not belong to a language model's service",
        "set ASSISTANT_LLM_BASE_URL to the service's address; it usually ends in /v1",
    ),
    "llm_no_structured_output": (
        "the language model does not keep to the form of reply that was asked for",
        "set ASSISTANT_STRUCTURED_OUTPUT to tools or json_mode; scoping doctor tells which one works",
    ),
    "llm_proxy_page": (
        "a page of the network answered instead of the language model",
        "let this server reach the address in ASSISTANT_LLM_BASE_URL without signing in; ask the network's team",
    ),
    "llm_certificate": (
        "the certificate of the language model's service cannot be verified",
        "set SSL_CERT_FILE to your organisation's certificate file, or correct ASSISTANT_LLM_BASE_URL",
    ),
    "llm_rate_limited": (
        "the language model's service is getting too many requests",
        "wait some minutes; if it happens often, ask the service for a higher limit",
    ),
    "llm_unavailable": (
        "the language model's service is out of order",
        "wait some minutes; if it goes on, look at the service's status page",
    ),
    "llm_unreachable": (
        "the language model's service cannot be reached",
        "check ASSISTANT_LLM_BASE_URL, and that this server may connect to it",
    ),
    "llm_too_slow": (
        "the language model took too long",
        "try again; if it happens often, choose a faster model or one that reasons less",
    ),
    "llm_cut_off": (
        "the language model's reply broke off",
        "try again; if it happens often, raise ASSISTANT_LLM_REPLY_TOKENS or choose another model",
    ),
    "llm_too_long": (
        "the language model's reply was far too long",
        "try again; if it happens often, choose another model",
    ),
    "llm_too_much": (
        "the conversation is too long for the language model",
        "choose a model that reads longer texts, or lower ASSISTANT_LLM_REPLY_TOKENS",
    ),
    "llm_empty": (
        "the language model said nothing",
        "try again; if it happens often, choose another model",
    ),
    "llm_broken": (
        "the language model's reply could not be read",
        "check that the service speaks OpenAI's chat completions and streams them",
    ),
    "llm_filtered": (
        "the content filter of the language model's service stopped the reply",
        "word the message differently, or have the filter adjusted at the service",
    ),
    "llm_refused": (
        "the language model declined to reply",
        "word the message differently, or choose another model",
    ),
    "llm_bad_request": (
        "the language model's service refused the call",
        "run scoping doctor, or choose another model",
    ),
}
"""Every way to fail, with its remedy; corpus/locale says the same to applicants under the same key."""


def trouble(key: str) -> LLMError:
    """The error of that key."""
    message, fix = TROUBLES[key]
    return LLMError(message, fix=fix, key=key)


@dataclass(frozen=True)
class Dialect:
    """Where endpoints differ about a call that asks the same of each."""

    limit: Literal["max_tokens", "max_completion_tokens"]
    """OpenAI's newer models know the newer name alone; some other services know the older alone."""
    usage: bool = True
    """Whether to ask for the count of tokens; some services refuse the question."""

    def without(self, refusal: str) -> Dialect | None:
        """The dialect that avoids what the refusal names, or None when it names nothing of ours."""
        if self.usage and "stream_options" in refusal:
            return replace(self, usage=False)
        if self.limit in refusal:
            return replace(self, limit=OTHER_LIMIT[self.limit])
        return None


OTHER_LIMIT: dict[str, Literal["max_tokens", "max_completion_tokens"]] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}


@dataclass(frozen=True)
class Failure:
    """What went wrong, and whether a second try may mend it."""

    error: LLMError
    again: bool = False
    wait: float = PAUSE
    dialect: Dialect | None = None
    """How to ask instead, when that is what the service refused."""

    def after_text(self) -> Failure:
        """The same once some text has been given: no second try can follow, and a lost connection cut it off."""
        lost = self.error.key == "llm_unreachable"
        return Failure(trouble("llm_cut_off") if lost else self.error)


class UnusableError(Exception):
    """The answer arrived and is none; its argument is the key of the trouble."""


@dataclass(frozen=True)
class Asked:
    """What is known of a call that failed."""

    kind: str
    """The content type of the answer."""
    keyed: bool
    """Whether a key was sent."""
    dialect: Dialect


def explain(error: Exception, asked: Asked) -> Failure:
    """What an exception means to the operator. Its own words stay inside: they may repeat key or material."""
    import openai

    if isinstance(error, UnusableError):
        return Failure(trouble(str(error)))
    if isinstance(error, LLMError):
        return Failure(error)
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, asked)
    if isinstance(error, openai.APIConnectionError):
        return _of_connection(error)
    if isinstance(error, openai.APIError):
        return _passing(
            "llm_rate_limited" if "rate_limit" in f"{error.code} {error.type}" else "llm_unavailable"
        )
    return Failure(trouble("llm_broken"))


def _of_connection(error: BaseException) -> Failure:
    import httpx2

    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(c, ssl.SSLCertVerificationError) for c in causes):
        return Failure(trouble("llm_certificate"))
    if any(isinstance(c, httpx2.ReadTimeout | httpx2.WriteTimeout) for c in causes):
        return Failure(trouble("llm_too_slow"))
    return _passing("llm_unreachable")


def _of_status(error: openai.APIStatusError, asked: Asked) -> Failure:
    status, said = error.status_code, f"{error.code} {error.param} {error.body}"[:4_000].lower()
    wait = retry_after(error.response.headers)
    if "html" in asked.kind and status in (400, 401, 403, 407):
        return Failure(trouble("llm_proxy_page"))
    if status == 429 and "insufficient_quota" not in said:
        return _passing("llm_rate_limited", wait)
    if status in (408, 409, 425) or (status >= 500 and status not in (501, 511)):
        return _passing("llm_unavailable", wait)
    key = _meaning(status, said, asked)
    if status in (400, 422) and key != "llm_too_much" and (dialect := asked.dialect.without(said)):
        return Failure(trouble(key), again=True, wait=0.0, dialect=dialect)
    return Failure(trouble(key))


def _meaning(status: int, said: str, asked: Asked) -> str:
    """The key of the trouble behind an answer that a second try would only repeat."""
    if status == 401:
        return "llm_wrong_key" if asked.keyed else "llm_no_key"
    if status in OF_STATUS:
        return OF_STATUS[status]
    if status < 400 or (status == 404 and "json" not in asked.kind):
        return "llm_not_an_api"
    for key, pattern in OF_WORDS:
        if pattern.search(said):
            return key
    return "llm_not_an_api" if status == 404 else "llm_bad_request"


OF_STATUS = {
    402: "llm_no_credit",
    403: "llm_wrong_key",
    405: "llm_not_an_api",
    407: "llm_proxy_page",
    413: "llm_too_much",
    429: "llm_no_credit",
    511: "llm_proxy_page",
}
OF_WORDS = [
    (key, re.compile(pattern))
    for key, pattern in (
        ("llm_unknown_model", r"model_not_found"),
        ("llm_filtered", r"content.?(filter|management|policy)|responsible.?ai"),
        ("llm_too_much", r"context.?(length|window)|maximum context|too many tokens|prompt is too long"),
        (
            "llm_no_structured_output",
            r"response_format|json_(schema|object)|\btools?\b|tool_choice|function|grammar",
        ),
        ("llm_wrong_key", r"api.?key"),
        (
            "llm_unknown_model",
            r"model\b.*(not (a )?(exist|found|valid)|unknown)|(unknown|invalid|no such) model",
        ),
    )
]
"""What services write about a call they refuse; it only chooses the remedy, and the first that fits counts."""


def _passing(key: str, wait: float | None = None) -> Failure:
    """A trouble that may be over in a moment, unless the service itself says that it takes longer."""
    if wait is None:
        return Failure(trouble(key), again=True, wait=PAUSE)
    return Failure(trouble(key), again=wait <= PATIENCE, wait=wait)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a service asks us to wait, whether it names seconds or a moment."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return float(value)
    with suppress(ValueError, TypeError):
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
    return None
