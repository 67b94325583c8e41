"""What is HTML of our own: the head of the page, pages that tell of a problem, names of downloads."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup

from assistant.web.reader import Reader


def page_head(reader: Reader, style: str, script: str) -> Markup:
    """What the page's head says beside Gradio's own: title, description, style, script."""
    return Markup(
        '<title>{}</title><meta name="description" content="{}">'
        '<link rel="stylesheet" href="/page/page.css?v={}"><script defer src="/page/page.js?v={}"></script>'
    ).format(reader.say("page.title"), reader.say("page.subtitle"), style, script)


def without_script(reader: Reader) -> Markup:
    """What a browser without JavaScript shows."""
    return Markup("<noscript><p>{}</p></noscript>").format(reader.say("page.needs_script"))


def problem_page(reader: Reader, error: Exception) -> str:
    """A whole page that says what went wrong and what to do."""
    message, fix = reader.explain(error)
    return str(
        Markup(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{}</title>'
            '<link rel="stylesheet" href="/page/page.css"></head><body class="alone"><main>'
            '<h1>{}</h1><p>{}</p><p><a class="button" href="/">{}</a></p></main></body></html>'
        ).format(reader.lang, message, message, fix, reader.say("page.back"))
    )


def file_name(id: str, title: str, form: str) -> str:
    """A download's name in plain ASCII: the draft's id and a slug of the title."""
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_title.lower()).strip("-")[:40].strip("-")
    safe = re.sub(r"[^A-Za-z0-9]+", "", id) or "draft"
    return f"{safe}-{slug}.{form}" if slug else f"{safe}.{form}"
