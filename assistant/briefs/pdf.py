"""The brief as a PDF that everybody can read: tagged, with title and language, and no character without a shape."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from assistant.briefs.blocks import ADDRESS, Block, Paper
from assistant.domain import Lang

STATIC = Path(__file__).parent / "static"
MARK = "▯"
"""Stands for a character that no typeface of the PDF has."""
_WITHOUT_SHAPE = re.compile(r"the text `\"(.+?)\"` could not be displayed")
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_SURE = re.compile("[^\t\n\x20-\x7e\xa0-\u017f‘’“”…–—·•▯]")
"""What is not sure to be in every typeface: used only when naming what lacks a shape did not help."""


def to_pdf(paper: Paper, lang: Lang, made_on: str, author: str, not_shown: str) -> bytes:
    """The whole document as PDF/UA-1; `not_shown` explains the mark, where it had to be used."""
    document = {**_data(paper), "author": author, "lang": lang, "not_shown": ""}
    return set_in_type("brief.typ", document, made_on, not_shown)


def set_in_type(template: str, document: dict[str, object], made_on: str, not_shown: str) -> bytes:
    """A template of ours filled with a document, as PDF/UA-1. The document is data: none of it is read as markup."""
    import typst

    source = STATIC.joinpath(template).read_bytes()
    text = json.dumps(document, ensure_ascii=False)
    if unseen := without_shape(frozenset(_SURE.findall(text))):
        text = _explained("".join(MARK if c in unseen else c for c in text), not_shown)
    try:
        return compiled(source, text, made_on)
    except typst.TypstError as error:
        if not (lacking := _lacking(error.diagnostic)):
            raise
    marked = "".join(MARK if character in lacking else character for character in text)
    try:
        return compiled(source, _explained(marked, not_shown), made_on)
    except typst.TypstError:
        return compiled(source, _explained(_SURE.sub(MARK, text), not_shown), made_on)


def compiled(source: bytes, document: str, made_on: str) -> bytes:
    """The bytes of a document given as JSON; raises TypstError, among others for a character without a shape."""
    import typst

    day = datetime.fromisoformat(made_on).replace(tzinfo=UTC)
    compiler = typst.Compiler(source, ignore_system_fonts=True, sys_inputs={"document": document})
    made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=day)
    if not isinstance(made, bytes):
        raise TypeError("one PDF is one file")
    return made


@lru_cache(maxsize=64)
def without_shape(characters: frozenset[str]) -> frozenset[str]:
    """Those of the characters that no typeface has, asked of one line of each alone and not of the whole document.

    A character may still lack a shape beside others; the document itself says so when it is compiled.
    """
    import typst

    if not characters:
        return frozenset()
    source = STATIC.joinpath("shapes.typ").read_bytes()
    try:
        compiled(source, json.dumps({"characters": sorted(characters)}, ensure_ascii=False), "2000-01-01")
    except typst.TypstError as error:
        return frozenset(_lacking(error.diagnostic)) & characters
    return frozenset()


def _lacking(diagnostic: str) -> set[str]:
    """The characters that the compiler could not show."""
    shown = "".join(_WITHOUT_SHAPE.findall(diagnostic))
    named = {chr(int(code, 16)) for code in _ESCAPED.findall(shown)}
    return (named | set(_ESCAPED.sub("", shown))) - set('\\"{}[]:, ')


def _explained(document: str, not_shown: str) -> str:
    return json.dumps({**json.loads(document), "not_shown": not_shown}, ensure_ascii=False)


def _data(paper: Paper) -> dict[str, object]:
    return {
        "title": paper.title,
        "head": paper.head,
        "foot": paper.foot,
        "page_of": paper.page_of,
        "blocks": [_block(block) for block in paper.blocks],
    }


def _block(block: Block) -> dict[str, object]:
    """A block as plain data under its name; only what is an address may become a link."""
    data: dict[str, object] = {"kind": type(block).__name__, **asdict(block)}
    return json.loads(json.dumps(data), object_hook=_checked)  # type: ignore[no-any-return]


def _checked(data: dict[str, object]) -> dict[str, object]:
    if data.get("style") == "address" and not ADDRESS.fullmatch(str(data["text"])):
        return {**data, "style": "plain"}
    return data
