"""Labels: the words near a number that say what it is, or that it is nothing personal."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from assistant.privacy.kinds import Kind

LETTER = "[0-9A-Za-zÀ-ÖØ-öø-ÿ]"
"""A letter or digit; not the raised o of nº, which Unicode counts among the letters."""
REACH = 50
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
    rf"(?<!{LETTER})(?:"
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
NUMBER_FOLLOWS = re.compile(r"[:#º°]|\b(?:n|no|nro|num|n[uú]mero|number)\b", re.IGNORECASE)
COUNTED = re.compile(
    r"\s*(?:%|(?:mil|miles|mill[oó]n(?:es)?|milh(?:ão|ões)|thousand|million|personas?|pessoas|people|habitantes"
    r"|inhabitants|residents?|vecin[oa]s|moradores|viviendas|hogares|familias|famílias|domicílios|households|homes"
    r"|pesos|reais|soles|d[oó]lar(?:es)?|dollars|euros|usd|m2|m²|km|hect[aá]reas|litros|kwh|casos|cases|llamadas"
    r"|ligações|calls|chamadas|tickets|registros|records|filas|rows|linhas|solicitudes|solicitações|requests"
    r"|usuarios|usuários|users|titulares|electores|eleitores|alumnos|alunos|students|veh[ií]culos|vehicles)\b)",
    re.IGNORECASE,
)


class Label(NamedTuple):
    kind: str
    weak: bool
    end: int
    gap: int = 0
    """Characters from the label to the value it was found for."""
    close: bool = True
    """Whether only small words and other numbers stand between them."""


class Labels:
    """Where a piece of text says what its numbers are."""

    def __init__(self, piece: str) -> None:
        self._piece = piece
        self._all = [self._label(m) for m in _LABEL.finditer(piece)]
        self._ends = [label.end for label in self._all]
        self.kinds = {label.kind for label in self._all}

    def _label(self, match: re.Match[str]) -> Label:
        kind, _, weak = (match.lastgroup or "").partition("__")
        return Label(kind.replace("_", " "), bool(weak), match.end())

    def nearest(self, kind: Kind, start: int) -> Label | None:
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

    def _before(self, start: int) -> Iterator[Label]:
        for i in range(bisect_right(self._ends, start) - 1, -1, -1):
            label = self._all[i]
            if start - label.end > REACH or _SENTENCE_END.search(self._piece, label.end, start):
                return
            yield label
