"""What comes of asking for the first paragraph of a brief, and which record it belongs to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from assistant.domain import Evidence, Opening, Usage


class Opened(NamedTuple):
    """An opening, or why there is none, and what asking for it has cost."""

    opening: Opening | None
    usage: Usage = Usage()
    why: str = ""
    """A key among the errors; empty when there is an opening."""


def mark(record: Mapping[str, Evidence]) -> str:
    """What a record says, as a short mark: an opening belongs to one record and to no later one."""
    told = {id: e.value or e.quote for id, e in sorted(record.items()) if e.state != "missing"}
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()[:16]
