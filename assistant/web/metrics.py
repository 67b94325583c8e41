"""What a process counts about its own work, for Prometheus at /metrics: no ids, names, addresses or texts."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_address

from fastapi import FastAPI, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import StoreError
from assistant.logs import of_request
from assistant.retrieval.manifest import in_use
from assistant.settings import Settings
from assistant.web.guards import API, OPEN, OPEN_BELOW
from assistant.wiring import Product

log = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "DELETE"})
RESOURCES = frozenset({"ask", "batch", "check", "drafts", "openapi.json", "reviews", "search"})
"""What comes first in the API's paths."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""Headers by which a proxy says that it asks for somebody else."""
NUMBER = re.compile(r"[0-9a-f]{16,64}")

REQUESTS = Counter("scoping_requests", "Requests by route and status", ["route", "method", "status"])
TURNS = Histogram(
    "scoping_turn_seconds",
    "Seconds from a message that is kept to its answer",
    ["door", "ended"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 15, 30, 60),
)
RUNNING = Gauge("scoping_turns_running", "Turns in the making")
QUEUED = Gauge("scoping_queue_events", "Clicks on the page that wait for a free place")
DRAFTS = Gauge("scoping_drafts", "Drafts that are kept")
BUILT = Gauge("scoping_index_age_seconds", "Seconds since the index in use was built")
STORE = Gauge("scoping_database_up", "Whether the database answers")


@contextmanager
def turn(door: str) -> Iterator[None]:
    """Counts one turn and how long it takes; `door` is where it came in: page or api."""
    start, ended = time.perf_counter(), "failed"
    with RUNNING.track_inprogress():
        try:
            yield
            ended = "answered"
        finally:
            TURNS.labels(door, ended).observe(time.perf_counter() - start)


def route_of(path: str) -> str:
    """The route of a path: one of a few, without what follows that may be a secret link."""
    if path in OPEN:
        return path
    if path.startswith(API):
        first = path.removeprefix(API).split("/")[0]
        return API + (first if first in RESOURCES else "…")
    return next((f"{start}…" for start in OPEN_BELOW if path.startswith(start)), "other")


class Watched:
    """Counts and logs each request by its route, and gives it a number that its lines in the log carry."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on; the answer carries the number too."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500
        number = _number(Headers(scope=scope).get("x-request-id", ""))

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = number
            await send(message)

        with of_request(number):
            try:
                await self.app(scope, receive, counted)
            finally:
                _note(scope, status, time.perf_counter() - start)


def _number(sent: str) -> str:
    """The number that a proxy gave the request, when it is one; a fresh one otherwise."""
    return sent if NUMBER.fullmatch(sent) else secrets.token_hex(16)


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = route_of(scope["path"])
    method = scope["method"] if scope["method"] in METHODS else "other"
    REQUESTS.labels(route, method, str(status)).inc()
    extra = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000)}
    log.info("request", extra=extra)


# --- the page for Prometheus -------------------------------------------------------------------------------


def add_metrics(app: FastAPI, product: Product, queued: Callable[[], int]) -> None:
    """Adds /metrics, for programs on this machine and for whoever holds the token."""
    model = CollectorRegistry()
    model.register(_Model(product))

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        if not _may_read(request, product.settings):
            return PlainTextResponse("not found", 404)
        _look(product)
        QUEUED.set(queued())
        return Response(
            generate_latest() + generate_latest(model), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


def _may_read(request: Request, settings: Settings) -> bool:
    sent = request.headers.get("authorization", "")
    if settings.metrics_token is not None:
        secret = f"Bearer {settings.metrics_token.get_secret_value()}"
        if hmac.compare_digest(sent.encode(), secret.encode()):
            return True
    # A proxy on this machine asks from here too, and says so.
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


def _look(product: Product) -> None:
    """Sets the figures that are read when they are asked for."""
    try:
        DRAFTS.set(product.drafts.count())
        STORE.set(1)
    except StoreError:
        STORE.set(0)
    index = in_use(product.settings)
    if index is not None:
        BUILT.set((datetime.now(UTC) - datetime.fromisoformat(index.built_at)).total_seconds())


class _Model(Collector):
    """What the language model was asked and what that cost, since the process began."""

    def __init__(self, product: Product) -> None:
        self.product = product

    def collect(self) -> Iterator[Metric]:
        """The counters; none on the local engine."""
        if self.product.settings.engine != "llm":
            return
        calls = CounterMetricFamily(
            "scoping_model_calls", "Calls to the language model by how they ended", labels=["ended"]
        )
        for ended, count in self.product.llm.tally.counts.items():
            calls.add_metric([ended], count)
        spent = self.product.budget.spent
        tokens = CounterMetricFamily("scoping_model_tokens", "Tokens of the language model", labels=["way"])
        tokens.add_metric(["in"], spent.tokens_in)
        tokens.add_metric(["out"], spent.tokens_out)
        cost = CounterMetricFamily("scoping_model_cost_usd", "US dollars the language model cost")
        cost.add_metric([], spent.cost_usd)
        yield from (calls, tokens, cost)
