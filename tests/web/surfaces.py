"""Every way into the running application, read from the application itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product as combinations
from string import Formatter
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount

from assistant.web.guards import is_open

# Streams that never end, so that a test cannot read them to their end; they carry the word "ALIVE" and nothing else.
ENDLESS = ("/gradio_api/heartbeat/",)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Way:
    """One route with one method; `path` has the names of its parameters in braces."""

    method: str
    path: str

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters in the path."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.path) if name)

    def filled(self, known: Mapping[str, Iterable[str]], otherwise: Iterable[str]) -> Iterator[str]:
        """The path with each value of each parameter; a parameter nobody foresaw takes every value there is."""
        choices = [known.get(name, otherwise) for name in self.names]
        for values in combinations(*choices):
            yield self.path.format(**dict(zip(self.names, values, strict=True)))


def ways(app: FastAPI) -> list[Way]:
    """Every route of every mount that a request can reach, those that only read first."""
    found = {way for way in _ways(app.routes, "") if is_open(way.path.partition("{")[0])}
    reachable = [way for way in found if not way.path.startswith(ENDLESS)]
    return sorted(reachable, key=lambda way: (way.method != "GET", way.path))


def _ways(routes: Iterable[Any], before: str) -> Iterator[Way]:
    for route in routes:
        if hasattr(route, "effective_candidates"):  # a router of Gradio's that is part of its application
            yield from _ways(route.effective_candidates(), before)
        elif isinstance(route, Mount):
            yield from _ways(route.routes, before + route.path)
        else:
            yield from _own(route, before)


def _own(route: BaseRoute | Any, before: str) -> Iterator[Way]:
    path = before + str(route.path).replace(":path}", "}")
    for method in METHODS & set(route.methods or ()):
        yield Way(method, path)


def bodies(api: Mapping[str, Any], fields: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """For each path of an OpenAPI description that takes JSON, a body with these values for the fields it names."""
    schemas = api["components"]["schemas"]
    found: dict[str, dict[str, object]] = {}
    for path, methods in api["paths"].items():
        for described in methods.values():
            schema = (
                described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            )
            if schema and "$ref" in schema:
                names = schemas[schema["$ref"].rpartition("/")[2]]["properties"]
                found[path] = {name: fields[name] for name in names if name in fields}
    return found
