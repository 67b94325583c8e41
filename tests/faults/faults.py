"""Every way in which the server fails: a fault is a function from what was asked to an answer.

Faults of the connection and of the service hit every route; faults of what a model says hit chat completions
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain, repeat

from tests.faults.answers import (
    DONE,
    Answer,
    Ask,
    chat,
    chunk,
    closing,
    complaint,
    completion,
    embed,
    event,
    events,
    labelled,
    list_models,
    message,
    page,
    problem,
    small,
    spoken,
    step,
    usage,
    whole,
    words,
)

LONG = 20_000
"""Characters that `too_long` adds: more than the longest answer anybody should read."""
LOGIN_PAGE = (
    b"<!doctype html><html><head><title>Sign in</title></head><body><p>Sign in to browse.</p></body></html>"
)
LOST_PAGE = b"<!doctype html><html><head><title>404</title></head><body><h1>Not found</h1></body></html>"


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
