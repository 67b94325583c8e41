"""The forms a brief can take, by the ending of its file."""

from __future__ import annotations

from assistant.briefs.brief import load_brief
from assistant.briefs.docx import to_docx
from assistant.briefs.markdown import to_markdown
from assistant.domain import Brief
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.words import Words

FORMS = {
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""Ending → media type."""


def write_form(brief: Brief, form: str, programme: Programme, words: Words) -> bytes:
    """The brief as a file of that form; raises InputError for a form there is not."""
    if form == "md":
        return to_markdown(brief, programme, words).encode("utf-8")
    if form == "json":
        return brief.to_json().encode("utf-8")
    if form == "docx":
        return to_docx(brief, programme, words)
    raise InputError(f"there is no form {form!r}", fix=f"choose one of {', '.join(FORMS)}")


def render_brief(saved: str, form: str, programme: Programme, words: Words) -> bytes:
    """A saved brief in another form; raises InputError for a broken or newer file."""
    return write_form(load_brief(saved), form, programme, words)
