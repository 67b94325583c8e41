"""The frame of the desks: pages made on the server, with forms that need no script.

A handler begins with `seat(request, product, "coach")`, which checks who is asking, and ends with
`answer(seat, page(seat, title, nav, body))`. Every piece of data is escaped as it goes in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from assistant.errors import ScopingError
from assistant.store.accounts import Account, Role
from assistant.web import auth
from assistant.web.reader import Reader, joined
from assistant.wiring import Product

STATIC = Path(__file__).resolve().parent / "static"
NAMES = {"en": "English", "es": "Español", "pt": "Português"}
NOTHING = Markup("")
DESKS = ("coach", "staff")
"""Desks that the header names; the first address of their navigation is theirs."""
Query = tuple[tuple[str, str], ...]
Nav = Sequence[tuple[str, str]]
"""Addresses of a desk's pages and what they are called, in order."""


@dataclass(frozen=True)
class Seat:
    """Somebody at a desk, and the page they asked for."""

    reader: Reader
    who: Account
    csrf: str
    """The hidden field of every form."""
    path: str
    """The page's own address, without its query."""
    query: Query = ()
    told: str = ""
    """What was done by the form that led here, in the reader's words."""
    chose_language: bool = False

    def say(self, key: str, **slots: object) -> str:
        """The words for a key of the locale files."""
        return self.reader.say(key, **slots)

    def address(self, **changed: str) -> str:
        """The page's own address with some of its query changed; an empty value takes a parameter away."""
        kept = [(name, value) for name, value in self.query if name not in changed]
        asked = [*kept, *((name, value) for name, value in changed.items() if value)]
        return f"{self.path}?{urlencode(asked)}" if asked else self.path


def seat(request: Request, product: Product, role: Role, *, page: str = "") -> Seat:
    """Who is asking, when they have the role; raises AccessError as `auth.person` does.

    `page` is the address that language links lead to when the request is a form's, which has no page of its own.
    """
    who = auth.person(request, role)
    reader = auth.reader(product, auth.language(request))
    given = () if page else tuple(request.query_params.multi_items())
    told = request.query_params.get("told", "")
    known = reader.words.has(f"told.{told}")
    return Seat(
        reader=reader,
        who=who,
        csrf=auth.csrf(request),
        path=page or request.scope["path"],
        query=tuple((name, value) for name, value in given if name not in ("lang", "told")),
        told=reader.say(f"told.{told}") if known else "",
        chose_language="lang" in request.query_params,
    )


def page(seat: Seat, title: str, nav: Nav, body: Markup, *, heading: str = "") -> str:
    """A whole page of a desk: skip link, navigation, languages, who is signed in, what was done, then the body."""
    say = seat.say
    return str(
        Markup(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            # Forms send their origin under this policy; the address still goes to no other site.
            '<meta name="referrer" content="same-origin"><meta name="robots" content="noindex">'
            '<title>{} · {}</title><link rel="stylesheet" href="/page/desk.css?v={}">'
            '<script defer src="/page/desk.js?v={}"></script></head><body>'
            '<a class="skip" href="#main">{}</a>{}<main id="main" tabindex="-1"><h1>{}</h1>{}{}</main></body></html>'
        ).format(
            seat.reader.lang,
            title,
            say("page.title"),
            version("desk.css"),
            version("desk.js"),
            say("desk.skip"),
            _head(seat, nav),
            heading or title,
            Markup('<p class="told" role="status">{}</p>').format(seat.told) if seat.told else "",
            body,
        )
    )


def answer(seat: Seat, html: str, status: int = 200) -> Response:
    """The response that carries a page; it is kept by no cache, and a language that was chosen is remembered."""
    response = HTMLResponse(html, status, {"Cache-Control": "no-store"})
    if seat.chose_language:
        auth.remember_language(response, seat.reader.lang)
    return response


def done(path: str, told: str, at: str = "") -> Response:
    """Back to a page after a form did its work; `told` is a key of `[told]` in corpus/locale, `at` a place on it."""
    joint = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{joint}told={told}{'#' + at if at else ''}", 303)


def version(name: str) -> str:
    """What changes in a file's address when the file changes."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def _head(seat: Seat, nav: Nav) -> Markup:
    say = seat.say
    role = nav[0][0].strip("/") if nav else ""
    current = max((path for path, _ in nav if _covers(path, seat.path)), key=len, default="")
    pages = joined(
        Markup('<li><a href="{}"{}>{}</a></li>').format(
            path, Markup(' aria-current="page"') if path == current else "", label
        )
        for path, label in nav
    )
    languages = joined(
        Markup('<li><a href="{}" lang="{}" hreflang="{}"{}>{}</a></li>').format(
            seat.address(lang=lang),
            lang,
            lang,
            Markup(' aria-current="true"') if lang == seat.reader.lang else "",
            name,
        )
        for lang, name in NAMES.items()
    )
    return Markup(
        '<header><nav aria-label="{}"><p class="desk">{}</p><ul>{}</ul></nav>'
        '<div class="self"><nav aria-label="{}"><ul>{}</ul></nav><a href="/account">{}</a>'
        '<form method="post" action="/signout"><input type="hidden" name="csrf" value="{}">'
        '<button type="submit">{}</button></form></div></header>'
    ).format(
        say("desk.pages"),
        say(f"sign.{role}_desk") if role in DESKS else "",
        pages,
        say("sign.language"),
        languages,
        seat.who.name or seat.who.email,
        seat.csrf,
        say("sign.out"),
    )


def _covers(path: str, asked: str) -> bool:
    return asked.rstrip("/") == path.rstrip("/") or asked.startswith(path.rstrip("/") + "/")


# --- tables ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    id: str
    label: str
    sortable: bool = False
    numeric: bool = False


@dataclass(frozen=True)
class Sort:
    """By which column the rows are in order, and which way."""

    column: str
    down: bool = False


def sort_of(seat: Seat, columns: Sequence[Column], otherwise: Sort) -> Sort:
    """The order that the address asks for, such as `?sort=-name`; `otherwise` when it asks for none there is."""
    asked = dict(seat.query).get("sort", "")
    known = {c.id for c in columns if c.sortable}
    name = asked.removeprefix("-")
    return Sort(name, asked.startswith("-")) if name in known else otherwise


def table(
    seat: Seat,
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    sort: Sort | None = None,
    hidden_caption: bool = False,
) -> Markup:
    """A table whose first column names the row; sortable headings are links, and the rows come in order already.

    A cell is text, or markup made here or in a module beside it. Wide tables scroll by themselves.
    """
    head = joined(_heading(seat, column, sort) for column in columns)
    lines = [
        joined(_cell(c, cell, c is columns[0]) for c, cell in zip(columns, row, strict=True)) for row in rows
    ]
    if not lines:
        empty = Markup('<td colspan="{}">{}</td>').format(len(columns), seat.say("desk.nothing"))
        lines = [empty]
    return Markup(
        '<div class="table" tabindex="0" role="region" aria-label="{}"><table><caption{}>{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(
        caption,
        Markup(' class="unseen"') if hidden_caption else "",
        caption,
        head,
        joined(Markup("<tr>{}</tr>").format(line) for line in lines),
    )


def _heading(seat: Seat, column: Column, sort: Sort | None) -> Markup:
    kind = Markup(' class="number"') if column.numeric else NOTHING
    if not column.sortable:
        return Markup('<th scope="col"{}>{}</th>').format(kind, column.label)
    here = sort is not None and sort.column == column.id
    down = here and sort is not None and sort.down
    state = Markup(' aria-sort="{}"').format("descending" if down else "ascending") if here else NOTHING
    link = seat.address(sort=column.id if down or not here else f"-{column.id}")
    mark = Markup(' <span aria-hidden="true">{}</span>').format("▼" if down else "▲") if here else NOTHING
    return Markup('<th scope="col"{}{}><a href="{}">{}{}</a></th>').format(
        kind, state, link, column.label, mark
    )


def _cell(column: Column, cell: str, first: bool) -> Markup:
    kind = Markup(' class="number"') if column.numeric else NOTHING
    if first:
        return Markup('<th scope="row"{}>{}</th>').format(kind, cell)
    return Markup("<td{}>{}</td>").format(kind, cell)


def page_number(seat: Seat) -> int:
    """Which page of a long list the address asks for, from 1."""
    asked = dict(seat.query).get("page", "")
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 6 and int(asked) else 1


def page_links(seat: Seat, number: int, total: int, size: int) -> Markup:
    """Links to the page before and the page after, when there are any."""
    there = [(number - 1, "before", number > 1), (number + 1, "after", number * size < total)]
    links = [
        Markup('<a class="button" href="{}">{}</a>').format(
            seat.address(page=str(n)), seat.say(f"desk.page_{key}")
        )
        for n, key, given in there
        if given
    ]
    return Markup('<p class="buttons">{}</p>').format(joined(links)) if links else NOTHING


# --- forms -------------------------------------------------------------------------------------------------


def form(seat: Seat, action: str, *parts: str, upload: bool = False, name: str = "") -> Markup:
    """A form that is sent to `action` with the hidden field that `auth.FORM_SENT` checks."""
    kind = Markup(' enctype="multipart/form-data"') if upload else NOTHING
    return Markup(
        '<form method="post" action="{}" class="{}"{}><input type="hidden" name="csrf" value="{}">{}</form>'
    ).format(action, name, kind, seat.csrf, joined(parts))


def asking(action: str, *parts: str) -> Markup:
    """A form that only asks for a page, such as filters; what it asks for stands in the address."""
    return Markup('<form method="get" action="{}" class="filters">{}</form>').format(action, joined(parts))


def hidden(name: str, value: str) -> Markup:
    """A value that a form carries along."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


@dataclass(frozen=True)
class Field:
    """What a text field says beside its label."""

    value: str = ""
    kind: Literal["text", "search", "email", "number", "date", "password"] = "text"
    hint: str = ""
    problem: str = ""
    """What is wrong with the value; tied to the field for whoever hears the page."""
    required: bool = False
    lines: int = 1
    longest: int | None = None
    id: str = ""
    """When the page has several fields of one name."""
    extra: Query = field(default=())
    """Further attributes, such as autocomplete."""


def text_field(name: str, label: str, of: Field | None = None) -> Markup:
    """A field of one line, or of several, with its label, its hint and what is wrong with it."""
    of = of or Field()
    id = of.id or f"f-{name}"
    notes = [(f"{id}-hint", "hint", of.hint), (f"{id}-problem", "wrong", of.problem)]
    shown = [(note, kind, text) for note, kind, text in notes if text]
    pairs = [("id", id), ("name", name), *of.extra]
    if of.longest:
        pairs.append(("maxlength", str(of.longest)))
    if shown:
        pairs.append(("aria-describedby", " ".join(note for note, _, _ in shown)))
    if of.problem:
        pairs.append(("aria-invalid", "true"))
    if of.required:
        pairs.append(("required", "required"))
    if of.lines > 1:
        pairs.append(("rows", str(of.lines)))
        box = Markup("<textarea{}>\n{}</textarea>").format(_attributes(pairs), of.value)
    else:
        box = Markup("<input{}>").format(_attributes([("type", of.kind), ("value", of.value), *pairs]))
    told = joined(
        Markup('<span class="{}" id="{}">{}</span>').format(kind, note, text) for note, kind, text in shown
    )
    return Markup('<p class="field"><label for="{}">{}</label>{}{}</p>').format(id, label, told, box)


def select(
    name: str, label: str, options: Iterable[tuple[str, str]], chosen: str = "", *, id: str = ""
) -> Markup:
    """A choice among values and what they are called."""
    id = id or f"f-{name}"
    choices = joined(
        Markup('<option value="{}"{}>{}</option>').format(
            value, Markup(" selected") if value == chosen else "", told
        )
        for value, told in options
    )
    return Markup(
        '<p class="field"><label for="{}">{}</label><select id="{}" name="{}">{}</select></p>'
    ).format(id, label, id, name, choices)


def checkbox(name: str, label: str, *, checked: bool = False, value: str = "yes", id: str = "") -> Markup:
    """A box to tick."""
    id = id or f"f-{name}"
    mark = Markup(" checked") if checked else NOTHING
    return Markup(
        '<p class="tick"><input type="checkbox" id="{}" name="{}" value="{}"{}><label for="{}">{}</label></p>'
    ).format(id, name, value, mark, id, label)


def button(label: str, *, name: str = "", value: str = "", main: bool = True, danger: bool = False) -> Markup:
    """The button that sends a form; with several in one form, `name` and `value` say which was pressed."""
    kind = "danger" if danger else "main" if main else "plain"
    given = Markup(' name="{}" value="{}"').format(name, value) if name else NOTHING
    return Markup('<button type="submit" class="{}"{}>{}</button>').format(kind, given, label)


def _attributes(pairs: Iterable[tuple[str, str]]) -> Markup:
    return joined(Markup(' {}="{}"').format(name, value) for name, value in pairs)


# --- small pieces ------------------------------------------------------------------------------------------


def problem(seat: Seat, error: ScopingError) -> Markup:
    """What went wrong and what to do, read out when the page opens."""
    message, fix = seat.reader.explain(error)
    return Markup('<div class="problem" role="alert"><p><strong>{}</strong> {}</p></div>').format(
        message, fix
    )


def section(title: str, *parts: str, id: str = "", name: str = "") -> Markup:
    """A part of a page under its heading."""
    place = Markup(' id="{}"').format(id) if id else NOTHING
    return Markup('<section class="{}"{}><h2>{}</h2>{}</section>').format(name, place, title, joined(parts))


def folded(title: str, *parts: str, open: bool = False) -> Markup:
    """Something that opens when it is asked for."""
    return Markup("<details{}><summary>{}</summary>{}</details>").format(
        Markup(" open") if open else "", title, joined(parts)
    )


def badge(text: str, kind: str = "") -> Markup:
    """A short state in words; its colour says nothing that the words do not."""
    return Markup('<span class="badge {}">{}</span>').format(kind, text)


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Names and values, one line each."""
    lines = joined(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in pairs)
    return Markup('<dl class="facts">{}</dl>').format(lines)
