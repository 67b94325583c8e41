"""Tools for a coach's own assistant, over the Model Context Protocol: check, ask and search."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from assistant import __version__
from assistant.domain import Lang
from assistant.errors import ConfigError, ScopingError
from assistant.terminal import search_results
from assistant.wiring import Product

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

INSTRUCTIONS = (
    "First-pass checks of use cases for a city programme. Judgements are suggestions with quotes from the proposal and"
    " from the sources; a coach decides. Answers come from the sources alone, or say that they do not say."
)


def create_server(product: Product) -> MCPServer[None]:
    """A server with the three tools; raises ConfigError where the package `mcp` is not installed."""
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
    except ModuleNotFoundError:
        raise ConfigError(
            "the package mcp is not installed", fix="install it with: pip install 'scoping[mcp]'"
        ) from None

    server: MCPServer[None] = MCPServer(
        "scoping", instructions=INSTRUCTIONS, version=__version__, log_level="ERROR"
    )

    def told(error: ScopingError) -> ToolError:
        return ToolError(f"{error} Fix: {error.fix}")

    @server.tool(structured_output=False)
    def check(text: str, lang: Lang | None = None) -> str:
        """A first-pass fit check of one proposal, as a judgement/1 JSON document: fit with both sides' quotes, type of
        use case, elements stated and missing, the next question and similar past cases. `lang` (en, es or pt)
        is the language of the reply where the text itself does not tell it."""
        try:
            return product.assistant.judge_text(text, lang).to_json()
        except ScopingError as error:
            raise told(error) from None

    @server.tool(structured_output=False)
    def ask(question: str, lang: Lang | None = None) -> str:
        """An answer about the programme from its sources, as JSON with citations; `found` is false when the sources do
        not say."""
        try:
            return product.ask(question, lang or product.language_of(question)).to_json()
        except ScopingError as error:
            raise told(error) from None

    @server.tool(structured_output=False)
    def search(query: str, k: int = 5, lang: Lang | None = None) -> str:
        """Passages of the sources and past cases near to a query, as a JSON list, nearest first; at most `k`, up to
        50."""
        try:
            spoken, most = lang or product.language_of(query), max(1, min(k, 50))
            hits = [
                *product.retriever.passages(query, spoken, most),
                *product.retriever.cases(query, spoken, most),
            ]
        except ScopingError as error:
            raise told(error) from None
        return json.dumps(search_results(sorted(hits, key=lambda h: -h.score)[:most]), ensure_ascii=False)

    return server


def serve(product: Product) -> None:
    """Serve the tools on standard input and output until they close."""
    create_server(product).run("stdio")
