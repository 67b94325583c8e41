"""Forms: how identifiers are written, those that prove themselves and those that need a label."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from assistant.privacy.checks import (
    always,
    is_account,
    is_address,
    is_address_6,
    is_clabe,
    is_health_card,
    is_id,
    is_plate,
    is_point,
    valid,
)
from assistant.privacy.kinds import Kind
from assistant.privacy.labels import LETTER


@dataclass(frozen=True)
class Form:
    """How an identifier is written, and what makes it one."""

    kind: Kind
    pattern: re.Pattern[str]
    proof: Callable[[str], bool]


_LEFT = r"(?<![0-9])(?<![0-9][.,/-])"
_RIGHT = rf"(?!{LETTER})(?![.,/-][0-9])"


def _form(kind: Kind, pattern: str, proof: Callable[[str], bool] = always, *, word: bool = False) -> Form:
    """A form whose value stands alone; a `word` form begins with a letter that no other letter precedes."""
    left = rf"(?<!{LETTER})(?<![0-9][.,/-])" if word else _LEFT
    return Form(kind, re.compile(f"{left}(?:{pattern}){_RIGHT}"), proof)


_DECIMAL = r"[+-]?[0-9]{1,3}[.,][0-9]{4,15}°?"
_TO_LONGITUDE = r"[,;/ ] ?|[,;]? (?:[ye] |and )?(?:lon|lng|long|longitude?|Lon|Longitude?)\.?[ :=]{0,3}"
_DEGREES = r"[0-9]{1,3} ?° ?[0-9]{1,2} ?['’′] ?[0-9]{1,2}(?:[.,][0-9]{1,4})? ?(?:\"|”|″|'')"
SURE = (
    _form("tax id", r"[0-9]{3}[. ]?[0-9]{3}[. ]?[0-9]{3}[-./ ]?[0-9]{2}", valid("br.cpf")),
    _form(
        "tax id",
        r"[0-9A-Z]{2}[. ]?[0-9A-Z]{3}[. ]?[0-9A-Z]{3}[/ ]?[0-9A-Z]{4}[- ]?[0-9]{2}",
        valid("br.cnpj"),
        word=True,
    ),
    _form("tax id", r"[A-ZÑ&]{3,4}[- ]?[0-9]{6}[- ]?[A-Z0-9]{3}", valid("mx.rfc"), word=True),
    _form("tax id", r"[23][0-9][- ]?[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}[- ]?[0-9]", valid("ar.cuit")),
    _form("national id", r"(?i:[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9])", word=True),
    _form("national id", r"[0-9]{1,2}(?:\.[0-9]{3}\.[0-9]{3}|[0-9]{6})-[0-9Kk]", valid("cl.rut")),
    _form("health id", r"[12789][0-9]{2}[ .]?[0-9]{4}[ .]?[0-9]{4}[ .]?[0-9]{4}", is_health_card),
    _form("social security", r"[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}", valid("us.ssn")),
    _form("social security", r"9[0-9]{2}-[0-9]{2}-[0-9]{4}", valid("us.itin")),
    _form("voter id", r"(?i:[A-Z]{6}[0-9]{8}[HM][0-9]{3})", word=True),
    _form(
        "card number",
        r"(?:2[2-7]|[3-6][0-9])[0-9]{2}(?:(?:[ -][0-9]{4}){2}[ -][0-9]{1,7}|[ -][0-9]{6}[ -][0-9]{4,5}|[0-9]{9,15})",
        valid("luhn"),
    ),
    _form(
        "bank account",
        r"[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}"
        r"| [A-Z0-9]{4}(?: (?=[A-Z]{0,3}[0-9])[A-Z0-9]{4}){1,6}(?: (?=[A-Z]?[0-9])[A-Z0-9]{1,3})?)",
        valid("iban"),
        word=True,
    ),
    _form("bank account", r"[0-9]{18}", is_clabe),
    _form("bank account", r"[0-9]{22}", valid("ar.cbu")),
    _form("ip address", r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", is_address, word=True),
    _form("ip address", r"(?i:[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})", is_address_6, word=True),
    _form(
        "gps point",
        rf"{_DECIMAL} ?[NS]?(?:{_TO_LONGITUDE}){_DECIMAL}(?: ?[EWO]\b|,[0-9.]{{1,6}}[zm]\b)?",
        is_point,
    ),
    _form("gps point", rf"{_DEGREES} ?[NS],? {{0,2}}{_DEGREES} ?[EWO]"),
)
_MONTH = r"(?i:(?:jan|ene|feb|fev|mar|apr|abr|may|mai|jun|jul|aug|ago|sep|set|oct|out|nov|dec|dic|dez)[a-zç]{0,7})\.?"
LABELLED = (
    _form(
        "tax id",
        r"[0-9](?:[./-]?[0-9]){6,14}(?:-?[Kk])?|[0-9]{2,3}(?: [0-9]{3}){2} ?[-/]? ?[0-9]{2,6}",
        is_id,
    ),
    _form("tax id", r"(?i:[A-ZÑ&]{3,4}[- ]?[0-9]{6}(?:[- ]?[A-Z0-9]{3})?)", word=True),
    _form("national id", r"[0-9](?:[.-]?[0-9]){5,13}(?:-?[A-Za-z])?|[0-9]{1,4}(?: [0-9]{3,5}){1,3}", is_id),
    _form("national id", r"(?i:[A-Z]{4}[0-9]{6}[A-Z0-9]{8})", word=True),
    _form("health id", r"[0-9](?:[ .]?[0-9]){14}"),
    _form("social security", r"[0-9](?:[ .-]?[0-9]){8,10}", is_id),
    _form("voter id", r"[0-9]{4} ?[0-9]{4} ?[0-9]{4}|(?i:[A-Z]{6}[0-9]{8}[A-Z0-9]{4})"),
    _form("card number", r"[0-9](?:[ .-]?[0-9]){12,18}"),
    _form(
        "bank account",
        r"[0-9](?:[./-]?[0-9]){4,23}(?:-[Xx])?|[0-9]{2,4}(?: [0-9]{2,10}){1,6}"
        r"|(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
        is_account,
    ),
    _form(
        "vehicle plate",
        r"[A-Z]{1,4}[ ·-]?[0-9]{1,5}(?:[ -]?[A-Z0-9]{1,3}){0,2}|[0-9]{1,4}[ -]?[A-Z]{2,4}-?[0-9]{0,3}"
        r"|[a-z]{2,4}-?[0-9]{3,4}|[a-z]{3}[0-9][a-z][0-9]{2}|[a-z]{2}[0-9]{3}[a-z]{2}",
        is_plate,
        word=True,
    ),
    _form("passport", r"[A-Z]{1,3}[ -]?[0-9]{5,9}|[a-z]{1,2}[0-9]{6,8}|[0-9]{7,9}", word=True),
    _form(
        "birth date",
        r"[0-3]?[0-9]([./-])[0-3]?[0-9]\1(?:[12][0-9]{3}|[0-9]{2})|[12][0-9]{3}([./-])[01]?[0-9]\2[0-3]?[0-9]"
        rf"|[0-3]?[0-9](?:º|°|st|nd|rd|th)?[ /-](?:de |of )?{_MONTH},?[ /-](?:del? )?[12][0-9]{{3}}"
        rf"|{_MONTH} [0-3]?[0-9](?:st|nd|rd|th)?,? [12][0-9]{{3}}",
        word=True,
    ),
    _form("ip address", r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"),
)
