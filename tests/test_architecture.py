"""The shape of the code: imports point one way, heavy libraries stay where they belong, errors carry remedies."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import errors
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "assistant").rglob("*.py"))
LAYERS = [
    {"errors"},
    {"domain"},
    {"programme", "settings", "safety", "logs"},
    {"words", "cues", "encoder", "questions", "extraction", "privacy", "prompts", "tokens", "llm"},
    {
        "judging",
        "retrieval",
        "coaching",
        "documents",
        "record",
        "replies",
        "language",
        "briefs",
        "store",
        "answers",
        "definitions",
        "runs",
        "silence",
        "suites",
    },
    {"hearing"},
    {"conversation"},
    {"wiring", "batch"},
    {"terminal", "coachview", "doctor", "web", "mcp"},
    {"cli", "cli_index", "commands"},
    {"__main__"},
]
"""From the nouns to the doors: a module imports from its own layer or an earlier one."""
KNOWN_TO = {
    "chromadb": {"retrieval/vectors.py"},
    "gradio": {"web"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "onnxruntime": {"encoder.py"},
    "httpx2": {"llm"},
    "langchain_openai": {"llm/openai.py", "llm/embeddings.py"},
    "langchain_core": {"llm/openai.py", "retrieval/langchain.py"},
    "langchain_text_splitters": {"retrieval/splitting.py"},
    "openai": {"llm"},
    "tiktoken": {"tokens.py"},
    "pypdf": {"extraction"},
    "docx": {"extraction", "briefs/docx.py"},
    "typst": {"briefs/pdf.py"},
    "openpyxl": {"batch.py", "extraction/xlsx.py"},
    "pptx": {"extraction/pptx.py"},
    "bs4": {"extraction/html.py"},
    "typer": {"cli.py", "cli_index.py", "commands.py"},
    "icalendar": {"coaching/clock.py"},
    "argon2": {"store/passwords.py"},
    "authlib": {"web/oidc.py"},
    "mcp": {"mcp.py"},
    "prometheus_client": {"web/metrics.py"},
}


def imports(path: Path) -> set[str]:
    """Every module a file imports, at the top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            if node.module == "assistant":
                found.update(f"assistant.{alias.name}" for alias in node.names)
    return found


def layer(module: str) -> int:
    """The place of assistant.<name>… among the layers."""
    name = module.removeprefix("assistant.").split(".")[0]
    return next(i for i, names in enumerate(LAYERS) if name in names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    """No module imports from a later layer, and the product never imports the evals, tests or training."""
    inside = path.relative_to(ROOT / "assistant").with_suffix("")
    if inside.parts == ("__init__",):
        pytest.skip("the package itself")
    own = layer("assistant." + inside.parts[0])
    used = imports(path)

    later = [
        m for m in used if m.startswith("assistant.") and m != "assistant.__version__" and layer(m) > own
    ]
    assert not later
    assert not [m for m in used if m.split(".")[0] in ("evals", "tests", "training")]


def test_heavy_libraries_are_known_to_one_place() -> None:
    """Chroma, Gradio, SQLAlchemy and the parsers are each imported where they belong and nowhere else."""
    strays = []
    for path in SOURCES:
        inside = path.relative_to(ROOT / "assistant").as_posix()
        for module in imports(path):
            homes = KNOWN_TO.get(module.split(".")[0])
            if homes and not any(inside == h or inside.startswith(h + "/") for h in homes):
                strays.append((inside, module))
    assert not strays


@pytest.mark.parametrize("command", ["check", "interview"])
def test_short_commands_never_load_what_they_do_not_need(
    command: str, settings: Settings, tmp_path: Path
) -> None:
    """A check on the local engine starts without Gradio, Chroma, LangChain, SQLAlchemy or scikit-learn."""
    text = (
        "Families wait months for a repair. Each Monday the supervisor picks which twenty flats come first."
    )
    line = f'{{"text": "{text}"}}\n'
    probe = (
        "import sys, assistant.cli as c\n"
        f"sys.argv = ['scoping', '{command}', *{['--jsonl'] if command == 'interview' else ['-', '--json']}]\n"
        "try:\n    c.main()\nexcept SystemExit:\n    pass\n"
        "heavy = ('gradio', 'chromadb', 'langchain', 'langchain_core', 'sqlalchemy', 'sklearn', 'fastapi')\n"
        "print([m for m in heavy if m in sys.modules], file=sys.stderr)"
    )

    run = subprocess.run(
        [sys.executable, "-c", probe],
        input=line if command == "interview" else text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "", "HOME": str(tmp_path), "ASSISTANT_DATA_DIR": str(settings.data_dir)},
        check=True,
    )

    assert run.stderr.strip().splitlines()[-1] == "[]"
    assert '"schema"' in run.stdout


def test_every_error_raised_carries_a_remedy() -> None:
    """Each raise of one of our errors names its fix, and the tree at the top of errors.py lists every class."""
    kinds = {n for n, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.ScopingError)}
    bare = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            raised = isinstance(node, ast.Call) and getattr(node.func, "id", None) in kinds
            if raised and not any(k.arg in ("fix", None) for k in node.keywords):
                bare.append((path.name, node.lineno))
    listed = set(re.findall(r"\b\w+Error\b", errors.__doc__ or ""))

    assert not bare
    assert kinds <= listed


def test_no_fact_of_the_booklet_is_written_in_python() -> None:
    """The programme's names, numbers and reasons are data: the code knows ids of elements and nothing else."""
    facts = re.compile(
        r"city data alliance|govex|100[ ,.]?000|what works|bloomberg|baltimore|"
        r"strategy_only|dashboard_without|procurement_without|research_without|citywide_ai|"
        r"who_to_focus_on|where_to_invest|staff_decisions|service_pathways|policy_path",
        re.IGNORECASE,
    )

    found = [(p.name, m[0]) for p in SOURCES for m in facts.finditer(p.read_text(encoding="utf-8"))]

    assert not found
