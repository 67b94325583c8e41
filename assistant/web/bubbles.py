"""The two sides of the conversation as HTML: what was said, letter by letter, and what was replied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from assistant.web.reader import Reader, block


def said(text: str) -> Markup:
    """What the applicant wrote, shown character for character."""
    return block(Markup("<p>{}</p>").format(text), name="said")


def uploaded(reader: Reader, name: str, text: str) -> Markup:
    """An uploaded draft: its name, and the exact text that was read from it."""
    summary = reader.say("page.read_text")
    return block(
        Markup('<p class="file">{}</p>').format(reader.say("page.uploaded", name=name)),
        Markup("<details><summary>{}</summary><p>{}</p></details>").format(summary, text),
        name="said",
    )


def rewrote(reader: Reader, element: str, text: str) -> Markup:
    """A field that the applicant rewrote."""
    title = reader.say("page.rewrote", field=reader.name(element))
    return block(Markup('<p class="file">{}</p><p>{}</p>').format(title, text), name="said")


def unanswered(reader: Reader) -> Markup:
    """The place of an answer that has not come."""
    return block(Markup("<p>{}</p>").format(reader.say("page.unanswered")), name="waiting")


def reply(markdown: str, hosts: frozenset[str]) -> Markup:
    """A reply's Markdown as HTML: no images, no raw HTML, links only to known hosts and our own paths."""
    html = _markdown(hosts).render(markdown)
    return block(Markup(html), name="reply")  # noqa: S704 (the renderer escapes; raw HTML is off)


def _markdown(hosts: frozenset[str]) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")
    parser.validateLink = lambda url: is_known(url, hosts)  # type: ignore[method-assign]
    parser.core.ruler.push("plain_headings", lambda state: _plain_headings(state.tokens))
    parser.add_render_rule("link_open", _link_open)
    return parser


def _plain_headings(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # The page has its own headings; one in a reply would break their order.
            token.tag = "p"
            token.attrJoin("class", "heading") if token.nesting == 1 else None


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, index, options, env)


def is_known(url: str, hosts: frozenset[str]) -> bool:
    """Whether a reply may link there: a page of ours, or an address on a host of the cases."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not parts.scheme and not parts.netloc:
        return re.match(r"/[\w.-]", url) is not None
    return parts.scheme in ("http", "https") and (parts.hostname or "") in hosts
