"""Who owns which responsibility, as people say it in a sentence or enter it on the map."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from assistant.domain import LANGS, Assignment, Lang, Text
from assistant.judging.features import sentences
from assistant.programme import Programme, Responsibility
from assistant.safety import fold
from assistant.words import Words

NAME_LIMIT = 120
"""Characters of an owner, a contributor or a time."""
_OWNS = {
    "en": r"(?:owns?|leads?|runs?|handles?|holds?|takes? care of|(?:is|are|will be) (?:responsible for|in charge of)"
    r"|will (?:own|lead|run|handle|take care of|take on)"
    r"|looks? after|takes? on|deals? with|does|do)",
    "es": r"(?:lleva|llevan|lidera|lideran|dirige|dirigen|maneja|manejan|hace|hacen|asume|asumen|tiene a (?:su )?cargo"
    r"|(?:est[aá]|estar[aá]|queda|quedar[aá]) a cargo de"
    r"|se (?:ocupa|encarga|ocupan|encargan|encargar[aá]|ocupar[aá]) de"
    r"|(?:es|son|ser[aá]) responsables? de|responde por)",
    "pt": r"(?:cuida d[aeo]s?|cuidar[aá] d[aeo]s?|lidera|lideram|conduz|conduzem|toca|faz|fazem|assume|assumem"
    r"|responde por"
    r"|responde pel[ao]s?|(?:[eé]|s[aã]o|ser[aá]) respons[aá]ve(?:l|is) p(?:or|el[ao]s?)"
    r"|(?:fica|ficar[aá]|est[aá]) (?:com|encarregad[ao] d[aeo]s?|respons[aá]vel p(?:or|el[ao]s?))"
    r"|se encarrega d[aeo]s?)",
}
_WITH = {
    "en": r"(?:with (?:help|support) from|helped by|supported by|together with|with)",
    "es": r"(?:con (?:ayuda|apoyo) de|junto (?:a|con)|con)",
    "pt": r"(?:com (?:ajuda|apoio) d[aeo]s?|junto com|com)",
}
_TIME = re.compile(
    r"\b(?:about |around |unas |unos |cerca de |umas |uns )?"
    r"(?:(?:\d+(?:[.,]\d+)?|an?|one|two|three|four|five|six|seven|eight|ten|half an?|un[ao]?|dos|tres|cuatro|cinco|seis"
    r"|siete|ocho|diez|medi[ao]|um|uma|duas|dois|três|quatro|sete|oito|dez|mei[ao])"
    r"\s+(?:hours?|days?|mornings?|afternoons?|horas?|d[ií]as?|dias?|ma[nñ]anas?|manh[aã]s?|tardes?|jornadas?)"
    r"(?:\s+(?:a|per|each|every|por|al|a la|cada|na)\s*(?:week|month|day|semana|mes|m[eê]s|d[ií]a|dia))?"
    r"|half[- ]time|full[- ]time|part[- ]time|(?:a )?medi[oa] tiempo|(?:a )?tiempo completo|meio per[ií]odo"
    r"|tempo integral)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s*(?:,|;| and | y | e )\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Team:
    """Hears who owns what; nothing but what was said enters the map."""

    programme: Programme
    words: Words

    def heard(self, text: str, lang: Lang, turn: int) -> tuple[Assignment, ...]:
        """The assignments in a message, sentence by sentence; an entry of the map is read as it stands."""
        entered = self.entered(text, turn)
        if entered is not None:
            return (entered,)
        found = [a for s in sentences(text) for a in self._sentence(s.text, lang, turn)]
        return tuple(found)

    def nothing_else(self, text: str, lang: Lang) -> bool:
        """Whether every sentence of a message is about who owns a responsibility."""
        if self.entered(text, 0) is not None:
            return True
        spans = sentences(text)
        return bool(spans) and all(any(self._sentence(s.text, lang, 0)) for s in spans)

    # --- an entry of the map ------------------------------------------------------------------------------

    def entry(self, duty: str, owner: str, contributors: str, time: str, lang: Lang) -> str:
        """One row of the map as a message; `heard` reads it back."""
        cells = [
            _cell(self.text(duty).at(lang)),
            f"{self.words.say(lang, 'team.owner')}: {_cell(owner)}",
            f"{self.words.say(lang, 'team.contributors')}: {_cell(contributors)}",
            f"{self.words.say(lang, 'team.time')}: {_cell(time)}",
        ]
        return f"{self.words.say(lang, 'team.entry')}: " + " · ".join(cells)

    def entered(self, text: str, turn: int) -> Assignment | None:
        """The row that a message sets, when it is an entry of the map; an empty owner takes the owner out."""
        for lang, pattern in self._entries.items():
            match = pattern.match(text.strip())
            duty = match and self._named.get((lang, fold(match["duty"])))
            if match and duty:
                return Assignment(
                    duty=duty,
                    owner=_clean(match["owner"]),
                    contributors=_names(match["contributors"]),
                    time=_clean(match["time"]),
                    turn=turn,
                    quote=text.strip(),
                )
        return None

    def text(self, duty: str) -> Text:
        """What a responsibility is called; KeyError when there is none."""
        return self._duties[duty].text

    @cached_property
    def _duties(self) -> dict[str, Responsibility]:
        return {r.id: r for f in self.programme.functions for r in f.responsibility}

    @cached_property
    def _named(self) -> dict[tuple[Lang, str], str]:
        return {(lang, fold(r.text.at(lang))): r.id for r in self._duties.values() for lang in LANGS}

    @cached_property
    def _entries(self) -> dict[Lang, re.Pattern[str]]:
        def label(lang: Lang, key: str) -> str:
            return re.escape(self.words.say(lang, f"team.{key}"))

        return {
            lang: re.compile(
                rf"{label(lang, 'entry')}: (?P<duty>[^·]+?) · {label(lang, 'owner')}:(?P<owner>[^·]*) · "
                rf"{label(lang, 'contributors')}:(?P<contributors>[^·]*) · {label(lang, 'time')}:(?P<time>[^·]*)$"
            )
            for lang in LANGS
        }

    # --- a sentence ---------------------------------------------------------------------------------------

    def _sentence(self, sentence: str, lang: Lang, turn: int) -> Iterable[Assignment]:
        if "?" in sentence:
            return
        time = _TIME.search(sentence)
        said = _TIME.sub("", sentence) if time else sentence
        match = re.match(rf"(?P<who>.{{3,80}}?)\s+(?:{_OWNS[lang]})\s+(?P<what>.+)", said, re.IGNORECASE)
        if match is None or len(match["who"].split()) > 8:
            return
        what, _, rest = _parted(match["what"], lang)
        helpers = _names(rest)
        for duty in self._duties.values():
            if duty.heard is not None and re.search(duty.heard.at(lang), fold(what)):
                yield Assignment(
                    duty=duty.id,
                    owner=_clean(match["who"]),
                    contributors=helpers,
                    time=time[0].strip() if time else "",
                    turn=turn,
                    quote=sentence,
                )


def _parted(what: str, lang: Lang) -> tuple[str, str, str]:
    match = re.search(rf"\s+{_WITH[lang]}\s+", what, re.IGNORECASE)
    return (what[: match.start()], match[0], what[match.end() :]) if match else (what, "", "")


def _names(text: str) -> tuple[str, ...]:
    return tuple(n for n in (_clean(part) for part in _LISTED.split(text)) if n)


def _cell(text: str) -> str:
    return " ".join(text.replace("·", " ").split())[:NAME_LIMIT]


def _clean(text: str) -> str:
    return text.strip(" .,;:–—-")[:NAME_LIMIT]
