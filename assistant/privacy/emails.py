"""E-mail addresses, also those with the sign spelled out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.privacy.kinds import Candidate

_LOCAL = r"[0-9A-Za-zÀ-ÖØ-öø-ÿ._%+'&-]"
_LOCAL_END = re.compile(rf"{_LOCAL}+\Z")
_HOST_PART = r"[0-9A-Za-zÀ-ÖØ-öø-ÿ-]{1,63}"
_STOP = r"(?: ?[\[({]?(?:punto|ponto|dot)[\])}]? )"
_SPELLED_END = (
    r"(?:com|org|net|gov|gob|edu|br|mx|ar|cl|co|pe|uy|py|bo|ec|ve|cr|pa|gt|hn|ni|sv|do|us)(?![0-9A-Za-z])"
)
_AT = re.compile(
    rf"(?P<gap> ?)@(?P=gap)(?:{_HOST_PART}\.){{1,8}}[A-Za-z]{{2,24}}(?![0-9A-Za-z])"
    rf"| ?(?:[\[({{] ?(?:arroba|at|@) ?[\])}}]|(?<= )arroba(?= )) ?"
    rf"(?:{_HOST_PART}(?:\.|{_STOP})){{1,5}}{_SPELLED_END}"
    rf"| at (?:{_HOST_PART}{_STOP}){{1,5}}{_SPELLED_END}",
    re.IGNORECASE,
)


def find_emails(piece: str) -> Iterator[Candidate]:
    """Addresses, also those with the sign spelled out; found from the sign outwards, so that time stays linear."""
    for m in _AT.finditer(piece):
        before = _LOCAL_END.search(piece, max(0, m.start() - 64), m.start())
        if before:
            start = before.start() + len(before[0]) - len(before[0].lstrip(".'"))
            yield Candidate(0, min(start, m.start()), m.end(), "email")
