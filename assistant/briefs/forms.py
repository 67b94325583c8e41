"""The forms a brief can take, by the name people choose them by."""

from __future__ import annotations

from assistant.briefs.brief import load_brief
from assistant.briefs.docx import to_docx
from assistant.briefs.html import to_html
from assistant.briefs.markdown import to_markdown
from assistant.briefs.outline import paper
from assistant.briefs.pdf import to_pdf
from assistant.briefs.workshop import workshop_sheet
from assistant.domain import Brief
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.words import Words

FORMS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "workshop": "application/pdf",
}
"""Form → media type. All but the workshop sheet are the whole brief."""
BINARY = ("docx", "pdf", "workshop")


def ending(form: str) -> str:
    """How the name of a file of that form ends, without the dot."""
    return "workshop.pdf" if form == "workshop" else form


def write_form(brief: Brief, form: str, programme: Programme, words: Words) -> bytes:
    """The brief as a file of that form; raises InputError for a form there is not."""
    if form not in FORMS:
        raise InputError(f"there is no form {form!r}", fix=f"choose one of {', '.join(FORMS)}")
    if form == "json":
        return brief.to_json().encode("utf-8")
    if form == "workshop":
        return workshop_sheet(brief, programme, words)
    made = paper(brief, programme, words)
    if form == "md":
        return to_markdown(made).encode("utf-8")
    if form == "html":
        return to_html(made, brief.lang, words.say(brief.lang, "brief.contents")).encode("utf-8")
    author = programme.about.name.at(brief.lang)
    if form == "pdf":
        return to_pdf(made, brief.lang, brief.made_on, author, words.say(brief.lang, "brief.not_shown"))
    return to_docx(made, brief.lang, brief.made_on, author)


def render_brief(saved: str, form: str, programme: Programme, words: Words) -> bytes:
    """A saved brief in another form; raises InputError for a broken or newer file."""
    return write_form(load_brief(saved), form, programme, words)
