"""Checks: what makes a number written like an identifier one, by its check digit or by what it cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from ipaddress import AddressValueError, IPv4Address, IPv6Address

THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:([. ])[0-9]{3})(?:\1[0-9]{3})*")
YEARS = re.compile(r"(?:.*[ (])?(?:1[89]|20)[0-9]{2} ?[–-] ?(?:(?:1[89]|20)[0-9]{2}|[0-9]{2})")
DATE = re.compile(
    r"[0-3]?[0-9]([./-])[0-3]?[0-9]\1(?:[0-9]{4}|[0-9]{2})|(?:19|20)[0-9]{2}([./-])[01]?[0-9]\2[0-3]?[0-9]"
)


def valid(module: str) -> Callable[[str], bool]:
    """The check of one of stdnum's modules, which is loaded when first needed."""
    return lambda text: bool(import_module(f"stdnum.{module}").is_valid(re.sub(r"[\s./-]", "", text)))


def always(_: str) -> bool:
    """No check: its form or its label is enough."""
    return True


def is_id(text: str) -> bool:
    """Whether it is neither a date nor a span of years."""
    return not DATE.fullmatch(text) and not YEARS.fullmatch(text) and count_digits(text) >= 6


def is_account(text: str) -> bool:
    """Whether it is neither a date, nor a span of years, nor an amount."""
    return not (DATE.fullmatch(text) or YEARS.fullmatch(text) or THOUSANDS.fullmatch(text))


def is_plate(text: str) -> bool:
    """Whether it has as many letters and digits as a plate, and is not a short word and a year."""
    signs = re.sub(r"[^0-9A-Za-z]", "", text)
    return (
        5 <= len(signs) <= 8 and count_digits(signs) >= 2 and not re.fullmatch(r"\D{1,2} (?:19|20)\d\d", text)
    )


def count_digits(text: str) -> int:
    """How many of its characters are digits."""
    return sum(c.isdigit() for c in text)


def is_health_card(text: str) -> bool:
    """Whether its weighted sum is that of a Brazilian health card."""
    digits = [int(d) for d in text if d.isdigit()]
    return sum(d * (15 - i) for i, d in enumerate(digits)) % 11 == 0


def is_clabe(text: str) -> bool:
    """Whether its last digit checks the others, as in a Mexican bank account."""
    return sum(int(d) * w % 10 for d, w in zip(text, _CLABE_WEIGHTS, strict=True)) % 10 == 0


_CLABE_WEIGHTS = (*(3, 7, 1) * 5, 3, 7, 1)


def is_address(text: str) -> bool:
    """Whether it is an address and not the number of a section, such as 4.2.1.3."""
    try:
        octets = IPv4Address(text).packed
    except AddressValueError:
        return False
    return octets[0] >= 10 or max(octets) >= 100


def is_address_6(text: str) -> bool:
    """Whether it is an address of version 6 with enough groups not to be a time of day."""
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return sum(bool(group) for group in text.split(":")) >= 3 and count_digits(text) > 0


def is_point(text: str) -> bool:
    """Whether two decimals can be a place: shares, both below one, cannot, nor figures beside each other."""
    if not re.search(r"[-A-Za-z;/°]|, |\.[0-9]+,", text):
        return False
    latitude, longitude = (float(n.replace(",", ".")) for n in re.findall(r"[0-9]{1,3}[.,][0-9]{4,}", text))
    return latitude <= 90 and longitude <= 180 and max(latitude, longitude) >= 1
