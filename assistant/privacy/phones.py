"""Telephone numbers: those that numbering plans know, and what a label says is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module

from assistant.privacy.checks import DATE, THOUSANDS, YEARS
from assistant.privacy.kinds import Candidate
from assistant.privacy.labels import COUNTED, LETTER, REACH, Label, Labels

_AMERICAS = re.compile(
    "US|MX|GT|SV|HN|NI|CR|PA|HT|CU|PE|AR|BR|CL|CO|VE|BO|EC|PY|UY|GY|SR|GF|GP|PM|MQ|BZ|AW|CW|FK"
)
"""One region for each country code of the Americas: US answers for the whole of +1."""
_CHUNK = re.compile(
    rf"(?<!{LETTER})(?<![0-9][.,-])(?<![0-9A-Za-z]/)(?:\(?\+ ?|\()?\(?[0-9](?:[ .()–-]{{0,3}}[0-9]){{5,18}}"
    rf"(?!{LETTER})(?![.,-][0-9])"
)
_EXTENSION_WORD = r"(?:ext|extensi[oó]n|extens[aã]o|ramal|anexo|interno|int|x|#)\.?:? ?[0-9]{1,6}(?![0-9])"
_EXTENSION = re.compile(rf"[ ,;]{{0,3}}{_EXTENSION_WORD}| ?\({_EXTENSION_WORD}\)", re.IGNORECASE)
_SAYS_SO = Label("phone", weak=False, end=0)
"""An extension says as much as a label."""
_RUN = re.compile(r"(?:\A\(?\+ )?[^ ]*[0-9][^ ]*")
_WRITTEN_AS_PHONE = re.compile(
    r"\(0?[0-9]{1,4}\) ?[ .-]?(?:(?:9|15)[ .-]?)?[0-9]{3,5} ?[ .–-]? ?[0-9]{3,4}"
    r"|(?:1[ .-])?[0-9]{3}([.-])[0-9]{3}\1[0-9]{4}"
    r"|0?[0-9]{2}[ -](?:9|15-|15 )?[0-9]{4} ?[–-] ?[0-9]{4}"
)
_STANDS_OUT = re.compile(rf"\(?\+|(?:{_WRITTEN_AS_PHONE.pattern})\Z")
_GROUPS = re.compile(
    "10|11|12|2 8|2 9|3 6|3 7|4 6|4 7|1 4 4|2 3 4|2 4 4|2 5 4|3 2 4|3 3 3|3 3 4|3 4 4|4 2 4|4 3 3|4 3 4|5 2 4"
    "|1 3 3 4|2 1 4 4|2 2 4 4|3 2 4 4|4 2 2 4|4 2 3 4|2 2 2 2 2|3 3 2 2|4 3 2 2|2 3 2 2"
)
"""Lengths of the groups in which numbers of the Americas are written without a sign that they are telephones."""
_COUNTRY_FIRST = re.compile("[1-3] |1[1-3]$")
_LOCAL_GROUPS = re.compile("4 4|5 4|3 4|2 2 4|1 7|[89]")
"""Groups of numbers without an area, which count when a label is in the sentence."""
_AMOUNTS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+ ?[–-] ?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_ROUND_RANGE = re.compile(r"[0-9]+00 ?[–-] ?[0-9]+00")
_DAY_IN_FIGURES = re.compile(r"(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]")
_PUBLIC_LINE = re.compile(r"0?800[0-9]{6,7}|01800[0-9]{7}|1?800[0-9]{7}|1(?:833|844|855|866|877|888)[0-9]{7}")


def find_phones(piece: str, labels: Labels) -> Iterator[Candidate]:
    """Telephone numbers, with their extension; surer with the sign + or near a label."""
    for chunk in _CHUNK.finditer(piece):
        label = labels.nearest("phone", chunk.start())
        denied = label is None and labels.deny(chunk.start())
        span = _phone_within(piece, chunk, label, denied)
        if span:
            extension = _EXTENSION.match(piece, span[1])
            end = extension.end() if extension else span[1]
            doubt = 0 if piece[span[0]] == "+" else 1 + (label.gap if label else REACH)
            yield Candidate(doubt, span[0], end, "phone")


def _phone_within(
    piece: str, chunk: re.Match[str], label: Label | None, denied: bool
) -> tuple[int, int] | None:
    """The first and longest run of groups, between spaces, that reads as a telephone number."""
    runs = [(chunk.start() + m.start(), chunk.start() + m.end()) for m in _RUN.finditer(chunk[0])]
    for first in range(min(4, len(runs))):
        for last in range(min(len(runs), first + 7) - 1, first - 1, -1):
            start, end = _tidied(piece, runs[first][0], runs[last][1])
            written = piece[start:end]
            digits = _only_digits(written)
            if not 6 <= len(digits) <= 15:
                continue
            if _PUBLIC_LINE.fullmatch(digits):
                return None
            says_so = _SAYS_SO if label is None and _EXTENSION.match(piece, end) else label
            if not says_so and last - first + 1 < len(runs) and not _STANDS_OUT.match(written):
                continue  # part of a row of figures
            if _is_phone(written, digits, says_so, denied or COUNTED.match(piece, end) is not None):
                return start, end
    return None


def _tidied(piece: str, start: int, end: int) -> tuple[int, int]:
    """The place without the dash that follows it and a bracket that surrounds it."""
    while piece[end - 1] in "-–.(":
        end -= 1
    while piece[start] == "(" and piece.count("(", start, end) > piece.count(")", start, end):
        start += 1
    return start, end


def _only_digits(text: str) -> str:
    return _NO_DIGIT.sub("", text)


_NO_DIGIT = re.compile(r"[^0-9]+")


def _is_phone(written: str, digits: str, label: Label | None, denied: bool) -> bool:
    """Whether a number with this label, or with words before or after it that deny it, is a telephone."""
    if "+" in written:
        grouped = THOUSANDS.fullmatch(written.lstrip("+ ")) is not None  # "+1 250 000", "+51 912 347 664"
        return _is_used_in_americas(digits) if grouped else _is_number_abroad(digits)
    if written.startswith("00") and _is_number_abroad(digits[2:]):
        return True
    if DATE.fullmatch(written) or _AMOUNTS.fullmatch(written) or (denied and not written.startswith("(")):
        return False
    if YEARS.fullmatch(written) and (label is None or label.weak or label.gap > 3):
        return False
    amount = THOUSANDS.fullmatch(written) is not None
    if label and label.close and (not amount or (not label.weak and len(digits) >= 8)):
        return len(digits) >= 7 or not label.weak or "-" in written
    if label and _LOCAL_GROUPS.fullmatch(_lengths(written)):
        return _DAY_IN_FIGURES.fullmatch(written) is None
    return (label is not None or not amount) and _is_used_in_a_country(written, digits)


def _lengths(written: str) -> str:
    return " ".join([str(len(group)) for group in _NO_DIGIT.split(written) if group])


def _is_used_in_a_country(written: str, digits: str) -> bool:
    """Whether no label is needed: written as telephones are, or in groups that a numbering plan knows."""
    if len(digits) < 8 or _ROUND_RANGE.fullmatch(written):
        return False
    if _WRITTEN_AS_PHONE.fullmatch(written):
        return True
    lengths = _lengths(written)
    if 11 <= len(digits) <= 13 and _COUNTRY_FIRST.match(lengths) and _is_used_in_americas(digits):
        return True
    if not _GROUPS.fullmatch(lengths) and not (lengths == "4 4" and "-" in written):
        return False
    return _national_numbers().fullmatch(digits) is not None


def _is_number_abroad(digits: str) -> bool:
    """Whether these digits, country code first, can be a number at all."""
    phonenumbers = import_module("phonenumbers")
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse("+" + digits)))
    except phonenumbers.NumberParseException:
        return False


def _is_used_in_americas(digits: str) -> bool:
    """Whether these digits, country code first but without its sign, are a number in use in the Americas."""
    if not digits.startswith(("1", "5", "297")):
        return False
    phonenumbers = import_module("phonenumbers")
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return False
    region = phonenumbers.region_code_for_country_code(number.country_code)
    return _AMERICAS.fullmatch(region) is not None and bool(phonenumbers.is_valid_number(number))


@lru_cache(maxsize=1)
def _national_numbers() -> re.Pattern[str]:
    """What subscribers' numbers of the Americas look like inside their country, prefix for other areas included."""
    metadata = import_module("phonenumbers").PhoneMetadata
    patterns = ["0?[1-9][0-9]{1,3}15[0-9]{6,8}(?<=[0-9]{12})"]  # Argentine mobiles as they are said at home
    for region in _AMERICAS.pattern.split("|"):
        plan = metadata.metadata_for_region(region)
        kinds = (plan.fixed_line, plan.mobile, plan.personal_number, plan.voip, plan.uan)
        own = "|".join(k.national_number_pattern for k in kinds if k and k.national_number_pattern)
        patterns.append(f"(?:{plan.national_prefix})?(?:{own})" if plan.national_prefix else f"(?:{own})")
    return re.compile("|".join(patterns))
