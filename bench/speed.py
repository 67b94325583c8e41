"""How fast the local engine is, beside what else would be started: python -m bench.speed.

Cold: one `scoping check` beside `python -c "import langchain_openai, chromadb, gradio"`, whole processes in turn.
Batch: proposals of corpus/training a second. Turn: one message of a conversation with everything loaded, in
milliseconds. Writes bench/out/speed.md. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assistant.domain import Conversation
from assistant.settings import read_settings
from assistant.wiring import build

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out" / "speed.md"
PAIRS = 5
ROWS = 600
TURNS = 200
TEXT = "Families wait months for a repair. Each Monday the supervisor picks which twenty flats come first."
IMPORTS = "import langchain_openai, chromadb, gradio"


def proposals(count: int) -> list[str]:
    """Labelled proposals of every author in turn, as many as asked for."""
    texts: list[str] = []
    files = sorted((ROOT / "corpus" / "training").glob("*.jsonl"))
    lines = [iter(path.read_text("utf-8").splitlines()) for path in files]
    while len(texts) < count:
        for some in lines:
            if line := next(some, ""):
                texts.append(str(json.loads(line)["text"]))
    return texts[:count]


def seconds(command: list[str], given: str = "") -> float:
    """Wall seconds of a whole process; raises CalledProcessError when it fails."""
    began = time.perf_counter()
    subprocess.run(command, input=given, text=True, cwd=ROOT, check=True, capture_output=True)  # noqa: S603  # our own
    return time.perf_counter() - began


def cold() -> list[str]:
    """The two processes in turn, so that both meet the same machine."""
    ours, theirs = [], []
    for _ in range(PAIRS):
        ours.append(seconds([sys.executable, "-m", "assistant", "check", "-", "--json"], TEXT))
        theirs.append(seconds([sys.executable, "-c", IMPORTS]))
    one, other = statistics.median(ours), statistics.median(theirs)
    return [
        f"| one `scoping check`, cold | {one:.2f} s |",
        f"| `{IMPORTS}` | {other:.2f} s |",
        f"| ratio, asked for at most 0.25 | {one / other:.2f} |",
    ]


def batch() -> list[str]:
    """Proposals a second of a whole batch, and once it is warm."""
    with tempfile.TemporaryDirectory() as folder:
        took = []
        for rows in (ROWS // 3, ROWS):
            source, out = Path(folder) / f"{rows}.jsonl", Path(folder) / f"{rows}.out.jsonl"
            lines = (json.dumps({"id": str(i), "text": t}) for i, t in enumerate(proposals(rows)))
            source.write_text("\n".join(lines), encoding="utf-8")
            check = [sys.executable, "-m", "assistant", "check"]
            took.append(seconds([*check, "--batch", str(source), "--out", str(out)]))
    warm = (ROWS - ROWS // 3) / (took[1] - took[0])
    return [
        f"| batch of {ROWS}, start included | {ROWS / took[1]:.0f} a second |",
        f"| batch once warm, asked for 100 | {warm:.0f} a second |",
    ]


def turns() -> list[str]:
    """Milliseconds of a local turn: the first message of many conversations."""
    product = build(read_settings(), light=True)
    product.warm()
    took = []
    for text in proposals(TURNS):
        began = time.perf_counter()
        product.assistant.respond(Conversation(), text[:1_000])
        took.append((time.perf_counter() - began) * 1_000)
    cuts = statistics.quantiles(took, n=20)
    return [
        f"| local turn, median and p95 (asked for 60) | {statistics.median(took):.0f} ms, {cuts[18]:.0f} ms |"
    ]


def main() -> None:
    """Measure, print, and write the table."""
    lines = ["# Speed of the local engine", "", "| | |", "|---|---|", *cold(), *batch(), *turns()]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
