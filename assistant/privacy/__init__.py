"""Personal identifiers taken out of text before a language model, a log or an evaluation copy sees it.

What proves itself (a check digit, the shape of an address) is masked wherever it stands; what could be any number is
masked beside a word that says what it is. Names and street addresses are not found: nobody should rely on that.
"""

from __future__ import annotations

from assistant.privacy.kinds import KINDS, Kind
from assistant.privacy.masking import Found, Masked, mask, unmask

__all__ = ["KINDS", "Found", "Kind", "Masked", "mask", "unmask"]
