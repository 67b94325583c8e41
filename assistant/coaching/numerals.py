"""Numbers below a thousand in words, in three languages, over folded text: "ciento ochenta", "duzentos e trinta"."""

from __future__ import annotations

import re

_VALUES = {
    name: value
    for value, names in (
        (0.5, "half,medio,meio"),
        (1, "a,an,one,un,uno,um"),
        (2, "two,dos,dois,duas"),
        (3, "three,tres"),
        (4, "four,cuatro,quatro"),
        (5, "five,cinco"),
        (6, "six,seis"),
        (7, "seven,siete,sete"),
        (8, "eight,ocho,oito"),
        (9, "nine,nueve,nove"),
        (10, "ten,diez,dez"),
        (11, "eleven,once,onze"),
        (12, "twelve,doce,doze"),
        (13, "thirteen,trece,treze"),
        (14, "fourteen,catorce,quatorze,catorze"),
        (15, "fifteen,quince,quinze"),
        (16, "sixteen,dieciseis,dezesseis"),
        (17, "seventeen,diecisiete,dezessete"),
        (18, "eighteen,dieciocho,dezoito"),
        (19, "nineteen,diecinueve,dezenove"),
        (20, "twenty,veinte,vinte"),
        (21, "veintiun,veintiuno"),
        (22, "veintidos"),
        (23, "veintitres"),
        (24, "veinticuatro"),
        (25, "veinticinco"),
        (26, "veintiseis"),
        (27, "veintisiete"),
        (28, "veintiocho"),
        (29, "veintinueve"),
        (30, "thirty,treinta,trinta"),
        (40, "forty,cuarenta,quarenta"),
        (50, "fifty,cincuenta,cinquenta"),
        (60, "sixty,sesenta,sessenta"),
        (70, "seventy,setenta"),
        (80, "eighty,ochenta,oitenta"),
        (90, "ninety,noventa"),
        (100, "hundred,cien,ciento,cem,cento"),
        (200, "doscientos,doscientas,duzentos,duzentas"),
        (300, "trescientos,trescientas,trezentos,trezentas"),
        (400, "cuatrocientos,cuatrocientas,quatrocentos,quatrocentas"),
        (500, "quinientos,quinientas,quinhentos,quinhentas"),
        (600, "seiscientos,seiscientas,seiscentos,seiscentas"),
        (700, "setecientos,setecientas,setecentos,setecentas"),
        (800, "ochocientos,ochocientas,oitocentos,oitocentas"),
        (900, "novecientos,novecientas,novecentos,novecentas"),
    )
    for name in names.split(",")
}
_ARTICLES = ("a", "an", "half")
_WORD = "|".join(sorted((n for n in _VALUES if n not in _ARTICLES), key=len, reverse=True))
SPELT = rf"(?:half a|an? hundred|an?|(?:{_WORD})(?:(?:\s+|-)(?:(?:and|y|e)\s+)?(?:{_WORD}))*)"
"""A number in words; what counts it, thousand or million, follows."""


def spelt(words: str) -> float:
    """What a match of SPELT comes to."""
    total = 0.0
    for word in re.findall(r"[a-z]+", words.replace("half a", "half")):
        if word == "hundred":
            total = 100 * (total or 1)
        else:
            total += _VALUES.get(word, 0)
    return total
