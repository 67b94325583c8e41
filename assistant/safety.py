"""Text made safe on the way in and on the way out: nothing unseen, no broken accents, no formulas."""

from __future__ import annotations

import re
import unicodedata
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from functools import lru_cache

MESSAGE_LIMIT = 8_000
"""Characters of one chat message."""
DOCUMENT_LIMIT = 200_000
"""Characters of one uploaded draft."""

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Bullets of the fonts Symbol and Wingdings, which word processors write as private characters.
_FONT_BULLETS = re.compile("[\uf0a7\uf0b7\uf0d8\uf076\uf0fc]")
# Seen as nothing, though Unicode does not file them under control or format characters: variation selectors,
# fillers, the grapheme joiner, the blank braille cell, and everything in the plane of tags.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffe\uffff\U000e0000-\U000e0fff]"
)
_UNSEEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co"}
_BLANK_LINES = re.compile(r"\n{4,}")
_LINE_ENDS = re.compile(r"[ \t]+\n")


def clean_text(text: str) -> str:
    """The text as a reader sees it: no control, zero-width, direction, selector or tag characters."""
    text = _SPACES.sub(" ", _NEWLINES.sub("\n", text))
    text = _UNSEEN.sub("", _FONT_BULLETS.sub("•", text))
    if not text.isascii() or any(c < " " or c == "\x7f" for c in text):
        text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN_CATEGORIES)
    text = unicodedata.normalize("NFC", text)
    return _BLANK_LINES.sub("\n\n\n", _LINE_ENDS.sub("\n", text)).strip()


_HARMLESS = frozenset("\ufeff\u200b\u200c\u200d\u00ad\ufe0f\x0c\x1a\x1b")
"""Unseen characters that word processors, emoji and web pages leave behind."""
FEWEST_HIDDEN = 3


def hides(text: str) -> bool:
    """Whether a text carries unseen characters that no word processor leaves in it by itself."""
    return count_hidden(text) >= FEWEST_HIDDEN


def count_hidden(text: str) -> int:
    """How many unseen characters a text carries that no word processor leaves in it by itself."""
    unseen = [c for c in text if _UNSEEN.match(c) or unicodedata.category(c) in ("Cf", "Co")]
    return sum(c not in _HARMLESS for c in unseen)


FIRST_MARK = "\u0300"
"""No character below this one is an accent that stands by itself."""
REMEMBERED = 1_024
"""Sentences whose folded form is kept: every sign is looked for in the same ones."""
SENTENCE = 1_000
"""Characters from which a text is no sentence, and is not kept."""


def fold(text: str) -> str:
    """Lower case without accents, single spaces: the form in which words are compared."""
    return _kept(text) if len(text) < SENTENCE else _folded(text)


def _folded(text: str) -> str:
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in plain if c < FIRST_MARK or not unicodedata.combining(c))
    return " ".join(plain.split())


_kept = lru_cache(maxsize=REMEMBERED)(_folded)


def cell(text: str) -> str:
    """The text for a cell of a table, which no spreadsheet takes for a formula."""
    text = clean_text(text)
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


# The full-width forms count too: some spreadsheets fold them.
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

_MAGIC = (
    b"%PDF",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0",  # older Office files
    b"{\\rtf",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"RIFF",
    b"MZ",
    b"\x7fELF",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
    b"SQLite format",
)
_TEXT_CONTROLS = b"\t\n\r\x0b\x0c\x1a\x1b"
_NOT_TEXT = bytes(b for b in range(32) if b not in _TEXT_CONTROLS) + b"\x7f"


def looks_binary(data: bytes) -> bool:
    """Whether these bytes are something other than text, whatever the file is called."""
    if data.startswith(_MAGIC):
        return True
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return not _reads_as(data, "utf-16")
    if b"\x00" in data:
        return True
    return len(data) - len(data.translate(None, _NOT_TEXT)) > len(data) / 100


def decode(data: bytes) -> str:
    """The text of a file in whatever encoding offices use, with doubly encoded accents put right."""
    return repair(decode_raw(data))


def decode_raw(data: bytes) -> str:
    """The text of a file in whatever encoding offices use, as it was written."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    data = data.removeprefix(BOM_UTF8)
    for encoding in ("utf-8", "cp1252", "latin-1"):
        if _reads_as(data, encoding):
            return data.decode(encoding)
    raise AssertionError("Latin-1 reads any bytes")


def _reads_as(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


# --- UTF-8 that was once read as Windows-1252 -------------------------------------------------------------


def _wrongly_read(first: int, last: int) -> str:
    """The characters as which Windows-1252, or Latin-1 where that has none, shows a range of bytes."""
    shown = "".join(bytes([b]).decode("cp1252", "ignore") + chr(b) for b in range(first, last + 1))
    return re.escape("".join(dict.fromkeys(shown)))


_FOLLOWING = f"[{_wrongly_read(0x80, 0xBF)}]"
# Only lead characters that no word of our languages follows with such a sign: "CAFÉ»" stays as it is.
_BROKEN = re.compile(
    f"[ÂÃ]{_FOLLOWING}|â[{_wrongly_read(0x80, 0x84)}{_wrongly_read(0x86, 0x86)}]{_FOLLOWING}"
    f"|ð{_FOLLOWING}{{3}}|ï»¿"
)
_AFTER_A_WORD = set("\u00a0«»”’…–—")
"""What may follow a word in capitals that ends in Ã, as in «AMANHÃ»."""


def repair(text: str) -> str:
    """The text with doubly encoded characters restored where nothing else can have been meant."""
    return _BROKEN.sub(_restored, text)


def _restored(match: re.Match[str]) -> str:
    found = match.group()
    before = match.string[: match.start()][-1:]
    if found[0] == "Ã" and found[1] in _AFTER_A_WORD and before.isupper():
        return found
    try:
        return b"".join(_byte(c) for c in found).decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return found


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")
