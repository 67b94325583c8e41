"""The tools for a coach's own assistant, called by the protocol's own client over standard input and output."""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from assistant.domain import Judgement
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TEXT = "Las familias esperan meses por un arreglo. Cada lunes el jefe elige qué veinte viviendas van primero."


def test_the_three_tools_answer_over_stdio(settings: Settings, tmp_path: Path) -> None:
    """A client lists check, ask and search, gets a judgement, a cited answer and hits, and is told what is wrong."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "assistant", "mcp"],
        cwd=ROOT,
        env={"ASSISTANT_DATA_DIR": str(settings.data_dir), "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )

    async def talk() -> dict[str, object]:
        async with Client(server) as client:
            tools = await client.list_tools()
            judged = await client.call_tool("check", {"text": TEXT})
            asked = await client.call_tool("ask", {"question": "What is typically not a good fit?"})
            found = await client.call_tool("search", {"query": "leaking school roofs", "k": 2})
            empty = await client.call_tool("check", {"text": " "})
        return {"tools": tools, "judged": judged, "asked": asked, "found": found, "empty": empty}

    with ThreadPoolExecutor(1) as another:  # this thread may have the browser tests' event loop
        got = another.submit(asyncio.run, asyncio.wait_for(talk(), 300)).result()

    assert sorted(tool.name for tool in got["tools"].tools) == ["ask", "check", "search"]  # type: ignore[attr-defined]
    texts = {k: got[k].content[0].text for k in ("judged", "asked", "found", "empty")}  # type: ignore[attr-defined]
    judgement = Judgement.model_validate_json(texts["judged"])
    assert (judgement.lang, judgement.type.primary) == ("es", "who_to_focus_on")
    assert json.loads(texts["asked"])["citations"]
    assert len(json.loads(texts["found"])) == 2
    assert got["empty"].is_error  # type: ignore[attr-defined]
    assert "Fix: " in texts["empty"]
