"""Briefs that an earlier version saved, brought up to the present form step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

SCHEMA = "brief/2"

Data: TypeAlias = dict[str, object]
"""A brief as its JSON says it, before it is checked."""


def migrated(data: Data) -> Data:
    """The same brief in the present form, as far as there are steps; what is newer comes back unchanged."""
    while step := _STEPS.get(str(data.get("schema"))):
        data = step(data)
    return data


def _from_1_to_2(data: Data) -> Data:
    """brief/1 held its summary as one paragraph; since brief/2 the first page is written from the record.

    The role that a rule had copied from one element to the other was not marked then, so it stays as it was. City and
    channel were not kept; the quotes of the record are no messages to look for them in.
    """
    return {**{key: value for key, value in data.items() if key != "summary"}, "schema": "brief/2"}


_STEPS: dict[str, Callable[[Data], Data]] = {"brief/1": _from_1_to_2}
