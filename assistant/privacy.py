"""Personal identifiers taken out of text before a language model, a log or an evaluation copy sees it.

What proves itself (a check digit, the shape of an address) is masked wherever it stands; what could be any number is
masked beside a word that says what it is. Names and street addresses are not found: nobody should rely on that.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal, NamedTuple, get_args

from assistant.domain import Frozen

Kind = Literal[
    "email",
    "phone",
    "tax id",
    "national id",
    "health id",
    "social security",
    "voter id",
    "card number",
    "bank account",
    "vehicle plate",
    "passport",
    "birth date",
    "ip address",
    "gps point",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Found(Frozen):
    """One identifier and its place in the text as it was written."""

    kind: Kind
    start: int
    end: int


class Masked(Frozen):
    """A text in which every identifier that was found is a word in brackets."""

    text: str
    found: tuple[Found, ...] = ()


def mask(text: str) -> Masked:
    """The text with a word such as [email] for each identifier; everything else is as it was."""
    found: list[Found] = []
    for start, end in _between([m.span() for m in _TOKEN.finditer(text)], len(text)):
        found += _search(text[start:end], start, _ROUNDS)
    found.sort(key=lambda f: f.start)
    parts: list[str] = []
    at = 0
    for f in found:
        parts += (text[at : f.start], f"[{f.kind}]")
        at = f.end
    return Masked(text="".join([*parts, text[at:]]), found=tuple(found))


def unmask(quote: str, original: str) -> str | None:
    """The original words of a quote from the masked text, whole identifiers included; None if it is not there."""
    masked = mask(original)
    words = r"\s+".join(map(re.escape, quote.split()))
    place = re.search(words, masked.text) if words else None
    if place:
        return original[_origin(masked, place.start()) : _origin(masked, place.end(), end=True)]
    return quote if words and quote in original else None


def _origin(masked: Masked, at: int, *, end: bool = False) -> int:
    """The place in the original; for a place inside a word in brackets, where the identifier starts or ends."""
    shift = 0
    for f in masked.found:
        token_start = f.start - shift
        token_end = token_start + len(f.kind) + 2
        if at <= token_start:
            break
        if at < token_end:
            return f.end if end else f.start
        shift += (f.end - f.start) - (token_end - token_start)
    return at + shift


_TOKEN = re.compile(r"\[(?:" + "|".join(KINDS) + r")\]")
_ROUNDS = 6
"""How often what is left between identifiers is searched again; ends a chain that somebody built on purpose."""


def _between(taken: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """The stretches of a text that these do not take."""
    edges = [0, *(edge for place in taken for edge in place), length]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _search(piece: str, offset: int, rounds: int) -> list[Found]:
    """Everything found in a piece, and then in what lies between: masking what is masked finds nothing more."""
    if not _HINT.search(piece):
        return []
    taken = _without_overlap(_candidates(piece))
    found = [Found(kind=c.kind, start=offset + c.start, end=offset + c.end) for c in taken]
    if not taken or rounds == 0:
        return found
    for start, end in _between([(c.start, c.end) for c in taken], len(piece)):
        found += _search(piece[start:end], offset + start, rounds - 1)
    return found


_HINT = re.compile(r"[0-9@]|arroba|\bdot\b", re.IGNORECASE)


class _Candidate(NamedTuple):
    doubt: int
    """0 for what proves itself, otherwise how far its label is."""
    start: int
    end: int
    kind: Kind


def _without_overlap(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """The surest candidates of those that share characters, in the order of the text."""
    kept: list[_Candidate] = []
    for c in sorted(candidates, key=lambda c: (c.start, c.doubt, -c.end)):
        while kept and c.start < kept[-1].end and c.doubt < kept[-1].doubt:
            kept.pop()
        if not kept or c.start >= kept[-1].end:
            kept.append(c)
    return kept


def _candidates(piece: str) -> Iterator[_Candidate]:
    labels = _Labels(piece)
    yield from _emails(piece)
    yield from _phones(piece, labels)
    for form in _SURE:
        for m in form.pattern.finditer(piece):
            bare = _BARE.fullmatch(m[0]) is not None
            if form.proof(m[0]) and not (bare and (labels.deny(m.start()) or _COUNTED.match(piece, m.end()))):
                yield _Candidate(_REACH if bare else 0, m.start(), m.end(), form.kind)
    for form in _LABELLED:
        if form.kind in labels.kinds:
            yield from _labelled(form, piece, labels)


_BARE = re.compile(r"[0-9-]+[Kk]?|[0-9]{1,3}(?:\.[0-9]{3})+")
"""Without letters or marks of its own one number in eleven, or in a hundred, passes the check by chance."""


def _labelled(form: _Form, piece: str, labels: _Labels) -> Iterator[_Candidate]:
    for m in form.pattern.finditer(piece):
        near = labels.nearest(form.kind, m.start())
        if near and form.proof(m[0]) and _belongs(form, m, near) and not _COUNTED.match(piece, m.end()):
            yield _Candidate(near.gap + 1, m.start(), m.end(), form.kind)


def _belongs(form: _Form, value: re.Match[str], label: _Label) -> bool:
    """Whether a number that may be an amount stands near enough to its label."""
    if form.proof is _is_account and label.weak:  # not "the account holds 350000", but "conta 56789-0"
        said = _NUMBER_FOLLOWS.search(value.string, label.end, value.start())
        return said is not None or (label.gap <= 2 and value[0][-2] == "-")
    digits = _digits(value[0])
    return form.proof is not _is_id or label.close or digits >= 8 or (digits == 7 and value[0].isdigit())


# --- labels: the words that say what a number is -----------------------------------------------------------

_LETTER = "[0-9A-Za-zÀ-ÖØ-öø-ÿ]"
"""A letter or digit; not the raised o of nº, which Unicode counts among the letters."""
_REACH = 50
"""Characters between a label and its value."""
_STRONG: dict[str, str] = {
    "phone": r"tel[eé]fonos?|tel[eé]f|tels?|telefones?|telephones?|fones?|fono|celular(?:es)?|cel|m[oó]vil(?:es)?"
    r"|whats ?app|whats|wpp|wsp|wapp|zap|phones?|cell(?:phone)?|mobile|fax|sms|ll[aá]men?me|ll[aá]me?nos"
    r"|call me|text me|me (?:liga|ligue|llama|llame)|ligue[- ]me",
    "tax_id": r"cpfs?|cnpj|rfc|cuil|cuit|ruc|nit|itin|ein|rif",
    "health_id": r"cns|cart[aã]o (?:do )?sus|cart[aã]o nacional de sa[uú]de",
    "national_id": r"dni|curp|c[eé]dulas?(?: de (?:ciudadan[ií]a|identidade?|extranjer[ií]a))?|rg|rut"
    r"|carn[eé]t? de identidad|documento (?:nacional )?de identidade?|carteira de identidade|registro geral"
    r"|identity card|national id|id card|dui|dpi|nuip",
    "social_security": r"ssn|my social|social security|seguro social|seguridad social|nss|pis|pasep|nis",
    "voter_id": r"clave de elector|t[ií]tulo (?:de eleitor|eleitoral)|voter id",
    "card_number": r"(?:credit|debit) card|tarjeta de (?:cr[eé]dito|d[eé]bito)|cart[aã]o de (?:cr[eé]dito|d[eé]bito)",
    "bank_account": r"(?:cuenta|cta\.?) (?:bancaria|cte|corriente|de ahorros?|de cheques|vista|n[º°ú])"
    r"|(?:n[uú]mero|nro\.?) de cuenta|caja de ahorros?|conta (?:corrente|poupan[cç]a|banc[aá]ria|sal[aá]rio)|c/c"
    r"|n[uú]mero da conta|(?:bank|checking|savings) account|account (?:number|no)|iban|clabe|cbu|cci|pix",
    "vehicle_plate": r"placas?|patentes?|matr[ií]culas?|chapa|dom[ií]nio|plates?|tablilla",
    "passport": r"pasaportes?|passaportes?|passports?",
    "birth_date": r"naci[oó]|nac[ií]|nacid[oa]s?|nascid[oa]s?|nasceu|nasci|nasc|nac|nacimiento|nascimento"
    r"|born|birth|birth ?date|birthday|dob|dn",
}
_WEAK: dict[str, str] = {
    "phone": r"llam(?:e|ar|en|ando)|llamarl[oae]s?|ligue|ligar|ligando|liguem|call|ring|dial|contact[eo]?|contactar"
    r"|contato|contatar|marcar|marque|disque|discar|reach|comun[ií](?:carse|quese)|escr[ií]b\w{1,6}"
    r"|escrev\w{1,4}|text",
    "national_id": r"run|ci|cc|ine|credencial|identidade?|documento|doc(?!/)|identificaci[oó]n|identificação"
    r"|id number|id no",
    "card_number": r"tarjeta|cart[aã]o|card",
    "bank_account": r"cuenta|conta|account|acct|cta",
    "ip_address": r"ip|ips|ipv4|ip address|direcci[oó]n ip|endereço ip",
    "other": r"(?:r|us|u|mx|ar|co|c)?\$s?|€|usd|brl|mxn|cop|ars|clp|s/|bs|expediente|exp|processo|proceso|protocolo"
    r"|folio|of[ií]cio|contrato|contract|licitaci[oó]n|licitação|edital|pregão|pliego|caso|case|file|ticket|ref"
    r"|record|ley|lei|law|act|ordenanza|ordinance|decreto|decree|portaria|resoluci[oó]n|resolução|resolution"
    r"|art[ií]culo|artigo|article|art|section|informe|circular|sesi[oó]n|sessão|motion|radicado|catastro|catastral"
    r"|parcela|parcel|lote|lot|medidor|meter|serial|serie|série|c[oó]digo|code|chamado|solicitud|solicitação"
    r"|request|pedido|orden|ordem|order|factura|fatura|invoice|nota fiscal|empenho|isbn|issn|doi|cep|zip|registro|norma"
    r"|iso|nbr|cui|snip|siaf|meta|poblaci[oó]n|população|population|presupuesto|orçamento|budget|versi[oó]n|versão"
    r"|version",
}
_ACRONYM = re.compile(
    r"(?<![^|])(?:c[ic]|cpf|cnpj|rfc|cui[lt]|ruc|rut|run|nit|dni|rg|dui|dpi|ssn|nss|dob|dn)(?![^|])"
)


def _with_stops(words: str) -> str:
    """The same labels, where acronyms may be written with full stops: D.N.I., C. C."""
    return _ACRONYM.sub(lambda m: r"(?:\. ?)?".join(m[0]), words)


_LABEL = re.compile(
    rf"(?<!{_LETTER})(?:"
    + "|".join(
        f"(?P<{kind}{mark}>{_with_stops(words)})"
        for table, mark in ((_STRONG, ""), (_WEAK, "__weak"))
        for kind, words in table.items()
    )
    + r")(?![A-Za-zÀ-ÖØ-öø-ÿ])",
    re.IGNORECASE,
)
# A short word before the full stop is an abbreviation, and "N°" or "Nro" after it belongs to the number.
_SENTENCE_END = re.compile(r"(?:(?<=\w{4})\.|[!?])\s+(?!N[ºo°ru])[A-ZÀ-Þ¿¡]|\n\s*\n")
_CLAUSE_END = re.compile(r"[;|\n]")
_SMALL_WORDS = (
    r"n[ºo°]?|nro|num|[vjg]|n[uú]mero|number|nbr|es|is|é|era|was|del?|d[oa]s?|el|la|los|las|[aoye]|os|as|al?|ao"
    r"|the|of|my|mi|meu|minha|su|seu|sua|his|her|your|our|and|or|ou|with|con|com|at|en|em|in|on|to|para|por"
    r"|pel[oa]s?|me|us|nos|no"
)
_TIGHT = re.compile(rf"(?:[\s:#.,;=()/\"'°º*$–—-]|\b(?:{_SMALL_WORDS})\b)*", re.IGNORECASE)
_TIGHT_LIST = re.compile(rf"(?:[\s:#.,;=()/\"'°º*–—\d-]|\b(?:{_SMALL_WORDS})\b)*", re.IGNORECASE)
_NUMBER_FOLLOWS = re.compile(r"[:#º°]|\b(?:n|no|nro|num|n[uú]mero|number)\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"\s*(?:%|(?:mil|miles|mill[oó]n(?:es)?|milh(?:ão|ões)|thousand|million|personas?|pessoas|people|habitantes"
    r"|inhabitants|residents?|vecin[oa]s|moradores|viviendas|hogares|familias|famílias|domicílios|households|homes"
    r"|pesos|reais|soles|d[oó]lar(?:es)?|dollars|euros|usd|m2|m²|km|hect[aá]reas|litros|kwh|casos|cases|llamadas"
    r"|ligações|calls|chamadas|tickets|registros|records|filas|rows|linhas|solicitudes|solicitações|requests"
    r"|usuarios|usuários|users|titulares|electores|eleitores|alumnos|alunos|students|veh[ií]culos|vehicles)\b)",
    re.IGNORECASE,
)


class _Label(NamedTuple):
    kind: str
    weak: bool
    end: int
    gap: int = 0
    """Characters from the label to the value it was found for."""
    close: bool = True
    """Whether only small words and other numbers stand between them."""


class _Labels:
    """Where a piece of text says what its numbers are."""

    def __init__(self, piece: str) -> None:
        self._piece = piece
        self._all = [self._label(m) for m in _LABEL.finditer(piece)]
        self._ends = [label.end for label in self._all]
        self.kinds = {label.kind for label in self._all}

    def _label(self, match: re.Match[str]) -> _Label:
        kind, _, weak = (match.lastgroup or "").partition("__")
        return _Label(kind.replace("_", " "), bool(weak), match.end())

    def nearest(self, kind: Kind, start: int) -> _Label | None:
        """The label that makes a value of this kind of what begins here, unless a nearer one makes it another."""
        for label in self._before(start):
            gap = self._piece[label.end : start]
            if label.kind == "other" and _TIGHT.fullmatch(gap):
                return None
            if label.kind != kind:
                continue
            close = _TIGHT_LIST.fullmatch(gap) is not None
            if close or not (label.weak or _CLAUSE_END.search(gap)):
                return label._replace(gap=len(gap), close=close)
        return None

    def deny(self, start: int) -> bool:
        """Whether the words just before say that this is money, a law, a file or another public number."""
        for label in self._before(start):
            if _TIGHT.fullmatch(self._piece, label.end, start):
                return label.kind == "other"
        return False

    def _before(self, start: int) -> Iterator[_Label]:
        for i in range(bisect_right(self._ends, start) - 1, -1, -1):
            label = self._all[i]
            if start - label.end > _REACH or _SENTENCE_END.search(self._piece, label.end, start):
                return
            yield label


# --- e-mail --------------------------------------------------------------------------------------------------

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


def _emails(piece: str) -> Iterator[_Candidate]:
    """Addresses, also those with the sign spelled out; found from the sign outwards, so that time stays linear."""
    for m in _AT.finditer(piece):
        before = _LOCAL_END.search(piece, max(0, m.start() - 64), m.start())
        if before:
            start = before.start() + len(before[0]) - len(before[0].lstrip(".'"))
            yield _Candidate(0, min(start, m.start()), m.end(), "email")


# --- telephone -----------------------------------------------------------------------------------------------

_AMERICAS = re.compile(
    "US|MX|GT|SV|HN|NI|CR|PA|HT|CU|PE|AR|BR|CL|CO|VE|BO|EC|PY|UY|GY|SR|GF|GP|PM|MQ|BZ|AW|CW|FK"
)
"""One region for each country code of the Americas: US answers for the whole of +1."""
_CHUNK = re.compile(
    rf"(?<!{_LETTER})(?<![0-9][.,-])(?<![0-9A-Za-z]/)(?:\(?\+ ?|\()?\(?[0-9](?:[ .()–-]{{0,3}}[0-9]){{5,18}}"
    rf"(?!{_LETTER})(?![.,-][0-9])"
)
_EXTENSION_WORD = r"(?:ext|extensi[oó]n|extens[aã]o|ramal|anexo|interno|int|x|#)\.?:? ?[0-9]{1,6}(?![0-9])"
_EXTENSION = re.compile(rf"[ ,;]{{0,3}}{_EXTENSION_WORD}| ?\({_EXTENSION_WORD}\)", re.IGNORECASE)
_SAYS_SO = _Label("phone", weak=False, end=0)
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
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:([. ])[0-9]{3})(?:\1[0-9]{3})*")
_AMOUNTS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+ ?[–-] ?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_YEARS = re.compile(r"(?:.*[ (])?(?:1[89]|20)[0-9]{2} ?[–-] ?(?:(?:1[89]|20)[0-9]{2}|[0-9]{2})")
_ROUND_RANGE = re.compile(r"[0-9]+00 ?[–-] ?[0-9]+00")
_DATE = re.compile(
    r"[0-3]?[0-9]([./-])[0-3]?[0-9]\1(?:[0-9]{4}|[0-9]{2})|(?:19|20)[0-9]{2}([./-])[01]?[0-9]\2[0-3]?[0-9]"
)
_DAY_IN_FIGURES = re.compile(r"(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]")
_PUBLIC_LINE = re.compile(r"0?800[0-9]{6,7}|01800[0-9]{7}|1?800[0-9]{7}|1(?:833|844|855|866|877|888)[0-9]{7}")


def _phones(piece: str, labels: _Labels) -> Iterator[_Candidate]:
    for chunk in _CHUNK.finditer(piece):
        label = labels.nearest("phone", chunk.start())
        denied = label is None and labels.deny(chunk.start())
        span = _phone_within(piece, chunk, label, denied)
        if span:
            extension = _EXTENSION.match(piece, span[1])
            end = extension.end() if extension else span[1]
            doubt = 0 if piece[span[0]] == "+" else 1 + (label.gap if label else _REACH)
            yield _Candidate(doubt, span[0], end, "phone")


def _phone_within(
    piece: str, chunk: re.Match[str], label: _Label | None, denied: bool
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
            if _is_phone(written, digits, says_so, denied or _COUNTED.match(piece, end) is not None):
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


def _is_phone(written: str, digits: str, label: _Label | None, denied: bool) -> bool:
    """Whether a number with this label, or with words before or after it that deny it, is a telephone."""
    if "+" in written:
        grouped = _THOUSANDS.fullmatch(written.lstrip("+ ")) is not None  # "+1 250 000", "+51 912 347 664"
        return _is_used_in_americas(digits) if grouped else _is_number_abroad(digits)
    if written.startswith("00") and _is_number_abroad(digits[2:]):
        return True
    if _DATE.fullmatch(written) or _AMOUNTS.fullmatch(written) or (denied and not written.startswith("(")):
        return False
    if _YEARS.fullmatch(written) and (label is None or label.weak or label.gap > 3):
        return False
    amount = _THOUSANDS.fullmatch(written) is not None
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


# --- numbers that prove themselves, and numbers that need a label -------------------------------------------


@dataclass(frozen=True)
class _Form:
    """How an identifier is written, and what makes it one."""

    kind: Kind
    pattern: re.Pattern[str]
    proof: Callable[[str], bool]


def _valid(module: str) -> Callable[[str], bool]:
    """The check of one of stdnum's modules, which is loaded when first needed."""
    return lambda text: bool(import_module(f"stdnum.{module}").is_valid(re.sub(r"[\s./-]", "", text)))


def _always(_: str) -> bool:
    return True


def _is_id(text: str) -> bool:
    """Whether it is neither a date nor a span of years."""
    return not _DATE.fullmatch(text) and not _YEARS.fullmatch(text) and _digits(text) >= 6


def _is_account(text: str) -> bool:
    return not (_DATE.fullmatch(text) or _YEARS.fullmatch(text) or _THOUSANDS.fullmatch(text))


def _is_plate(text: str) -> bool:
    signs = re.sub(r"[^0-9A-Za-z]", "", text)
    return 5 <= len(signs) <= 8 and _digits(signs) >= 2 and not re.fullmatch(r"\D{1,2} (?:19|20)\d\d", text)


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text)


def _is_health_card(text: str) -> bool:
    digits = [int(d) for d in text if d.isdigit()]
    return sum(d * (15 - i) for i, d in enumerate(digits)) % 11 == 0


def _is_clabe(text: str) -> bool:
    return sum(int(d) * w % 10 for d, w in zip(text, _CLABE_WEIGHTS, strict=True)) % 10 == 0


_CLABE_WEIGHTS = (*(3, 7, 1) * 5, 3, 7, 1)


def _is_address(text: str) -> bool:
    """Whether it is an address and not the number of a section, such as 4.2.1.3."""
    try:
        octets = IPv4Address(text).packed
    except AddressValueError:
        return False
    return octets[0] >= 10 or max(octets) >= 100


def _is_address_6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return sum(bool(group) for group in text.split(":")) >= 3 and _digits(text) > 0


def _is_point(text: str) -> bool:
    """Whether two decimals can be a place: shares, both below one, cannot, nor figures beside each other."""
    if not re.search(r"[-A-Za-z;/°]|, |\.[0-9]+,", text):
        return False
    latitude, longitude = (float(n.replace(",", ".")) for n in re.findall(r"[0-9]{1,3}[.,][0-9]{4,}", text))
    return latitude <= 90 and longitude <= 180 and max(latitude, longitude) >= 1


_LEFT = r"(?<![0-9])(?<![0-9][.,/-])"
_RIGHT = rf"(?!{_LETTER})(?![.,/-][0-9])"


def _form(kind: Kind, pattern: str, proof: Callable[[str], bool] = _always, *, word: bool = False) -> _Form:
    """A form whose value stands alone; a `word` form begins with a letter that no other letter precedes."""
    left = rf"(?<!{_LETTER})(?<![0-9][.,/-])" if word else _LEFT
    return _Form(kind, re.compile(f"{left}(?:{pattern}){_RIGHT}"), proof)


_DECIMAL = r"[+-]?[0-9]{1,3}[.,][0-9]{4,15}°?"
_TO_LONGITUDE = r"[,;/ ] ?|[,;]? (?:[ye] |and )?(?:lon|lng|long|longitude?|Lon|Longitude?)\.?[ :=]{0,3}"
_DEGREES = r"[0-9]{1,3} ?° ?[0-9]{1,2} ?['’′] ?[0-9]{1,2}(?:[.,][0-9]{1,4})? ?(?:\"|”|″|'')"
_SURE = (
    _form("tax id", r"[0-9]{3}[. ]?[0-9]{3}[. ]?[0-9]{3}[-./ ]?[0-9]{2}", _valid("br.cpf")),
    _form(
        "tax id",
        r"[0-9A-Z]{2}[. ]?[0-9A-Z]{3}[. ]?[0-9A-Z]{3}[/ ]?[0-9A-Z]{4}[- ]?[0-9]{2}",
        _valid("br.cnpj"),
        word=True,
    ),
    _form("tax id", r"[A-ZÑ&]{3,4}[- ]?[0-9]{6}[- ]?[A-Z0-9]{3}", _valid("mx.rfc"), word=True),
    _form("tax id", r"[23][0-9][- ]?[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}[- ]?[0-9]", _valid("ar.cuit")),
    _form("national id", r"(?i:[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9])", word=True),
    _form("national id", r"[0-9]{1,2}(?:\.[0-9]{3}\.[0-9]{3}|[0-9]{6})-[0-9Kk]", _valid("cl.rut")),
    _form("health id", r"[12789][0-9]{2}[ .]?[0-9]{4}[ .]?[0-9]{4}[ .]?[0-9]{4}", _is_health_card),
    _form("social security", r"[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}", _valid("us.ssn")),
    _form("social security", r"9[0-9]{2}-[0-9]{2}-[0-9]{4}", _valid("us.itin")),
    _form("voter id", r"(?i:[A-Z]{6}[0-9]{8}[HM][0-9]{3})", word=True),
    _form(
        "card number",
        r"(?:2[2-7]|[3-6][0-9])[0-9]{2}(?:(?:[ -][0-9]{4}){2}[ -][0-9]{1,7}|[ -][0-9]{6}[ -][0-9]{4,5}|[0-9]{9,15})",
        _valid("luhn"),
    ),
    _form(
        "bank account",
        r"[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}"
        r"| [A-Z0-9]{4}(?: (?=[A-Z]{0,3}[0-9])[A-Z0-9]{4}){1,6}(?: (?=[A-Z]?[0-9])[A-Z0-9]{1,3})?)",
        _valid("iban"),
        word=True,
    ),
    _form("bank account", r"[0-9]{18}", _is_clabe),
    _form("bank account", r"[0-9]{22}", _valid("ar.cbu")),
    _form("ip address", r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", _is_address, word=True),
    _form("ip address", r"(?i:[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})", _is_address_6, word=True),
    _form(
        "gps point",
        rf"{_DECIMAL} ?[NS]?(?:{_TO_LONGITUDE}){_DECIMAL}(?: ?[EWO]\b|,[0-9.]{{1,6}}[zm]\b)?",
        _is_point,
    ),
    _form("gps point", rf"{_DEGREES} ?[NS],? {{0,2}}{_DEGREES} ?[EWO]"),
)
_MONTH = r"(?i:(?:jan|ene|feb|fev|mar|apr|abr|may|mai|jun|jul|aug|ago|sep|set|oct|out|nov|dec|dic|dez)[a-zç]{0,7})\.?"
_LABELLED = (
    _form(
        "tax id",
        r"[0-9](?:[./-]?[0-9]){6,14}(?:-?[Kk])?|[0-9]{2,3}(?: [0-9]{3}){2} ?[-/]? ?[0-9]{2,6}",
        _is_id,
    ),
    _form("tax id", r"(?i:[A-ZÑ&]{3,4}[- ]?[0-9]{6}(?:[- ]?[A-Z0-9]{3})?)", word=True),
    _form("national id", r"[0-9](?:[.-]?[0-9]){5,13}(?:-?[A-Za-z])?|[0-9]{1,4}(?: [0-9]{3,5}){1,3}", _is_id),
    _form("national id", r"(?i:[A-Z]{4}[0-9]{6}[A-Z0-9]{8})", word=True),
    _form("health id", r"[0-9](?:[ .]?[0-9]){14}"),
    _form("social security", r"[0-9](?:[ .-]?[0-9]){8,10}", _is_id),
    _form("voter id", r"[0-9]{4} ?[0-9]{4} ?[0-9]{4}|(?i:[A-Z]{6}[0-9]{8}[A-Z0-9]{4})"),
    _form("card number", r"[0-9](?:[ .-]?[0-9]){12,18}"),
    _form(
        "bank account",
        r"[0-9](?:[./-]?[0-9]){4,23}(?:-[Xx])?|[0-9]{2,4}(?: [0-9]{2,10}){1,6}"
        r"|(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
        _is_account,
    ),
    _form(
        "vehicle plate",
        r"[A-Z]{1,4}[ ·-]?[0-9]{1,5}(?:[ -]?[A-Z0-9]{1,3}){0,2}|[0-9]{1,4}[ -]?[A-Z]{2,4}-?[0-9]{0,3}"
        r"|[a-z]{2,4}-?[0-9]{3,4}|[a-z]{3}[0-9][a-z][0-9]{2}|[a-z]{2}[0-9]{3}[a-z]{2}",
        _is_plate,
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
