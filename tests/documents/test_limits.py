"""Hostile and damaged files: bounded in time and memory, and read where nothing can be reached."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.documents import Limits, read_document
from assistant.extraction.base import Extract, RefusalError
from assistant.extraction.docx import read_docx
from assistant.extraction.pdf import read_pdf
from tests.documents.files import FORM, SENTENCE, UNSEEN, pdf, refusal, saved, show, stream, word


def endless() -> bytes:
    """A PDF that takes minutes: a form that draws a form that draws a form, forty times each."""
    forms = [stream(f"{FORM}/Resources<</XObject<</X {101 + n} 0 R>>>>", "/X Do " * 40) for n in range(6)]
    last = stream(f"{FORM}/Resources<</Font<</F1 3 0 R>>>>", show("x") * 2000)
    return pdf("/X Do", resources="/XObject<</X 100 0 R>>", more=(*forms, last))


@pytest.mark.parametrize("limits", [Limits(cpu_seconds=1), Limits(wall_seconds=1.5)], ids=["cpu", "wall"])
def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, limits: Limits) -> None:
    """A file made to keep the machine busy costs its limit and no more."""
    (tmp_path / "a.pdf").write_bytes(endless())
    started = time.monotonic()

    error = refusal(tmp_path / "a.pdf", limits=limits)

    assert error.key == "unreadable"
    assert "too" in str(error)
    assert time.monotonic() - started < 8


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
def test_a_file_that_needs_too_much_memory_is_given_up(tmp_path: Path) -> None:
    """The child may use so much memory and no more; this process does not grow."""
    (tmp_path / "a.pdf").write_bytes(pdf(show(SENTENCE)))

    assert refusal(tmp_path / "a.pdf", limits=Limits(memory_mb=20)).key == "unreadable"


@pytest.mark.parametrize(
    "deed",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open({path!r}, 'w').write('x' * 9999)",
    ],
)
def test_the_child_can_neither_connect_nor_start_programs_nor_write(tmp_path: Path, deed: str) -> None:
    """A parser that was taken over has nowhere to go."""
    path = tmp_path / "written"
    setup = "from assistant.extraction.__main__ import confine; confine(10, 700)"
    command = [sys.executable, "-c", f"{setup}\n{deed.format(path=str(path))}"]

    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "PermissionError" in done.stderr or "File too large" in done.stderr
    assert not path.exists() or path.stat().st_size == 0


def test_the_child_is_told_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment stay in this process."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("ASSISTANT_LLM_API_KEY", "sk-secret")
    (tmp_path / "a.pdf").write_bytes(pdf(show(SENTENCE)))
    told: list[dict[str, str]] = []
    run = subprocess.run

    def watched(*arguments: object, **options: dict[str, str]) -> object:
        told.append(options["env"])
        return run(*arguments, **options)

    monkeypatch.setattr(subprocess, "run", watched)
    read_document(tmp_path / "a.pdf")

    assert len(told) == 1
    assert "sk-secret" not in told[0].values()


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A file with some bytes changed, doubled or left out."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(out))
        out[at : at + chance.randint(0, 40)] = chance.randbytes(chance.randint(0, 40))
    return bytes(out)


def test_damaged_files_end_in_text_or_in_a_refusal() -> None:
    """Nothing but an extract or a refusal comes out of a reader, whatever goes in."""
    seed = int(os.environ.get("MUTATION_SEED", secrets.randbelow(10**6)))
    count = int(os.environ.get("MUTATIONS", "100"))
    print(f"MUTATION_SEED={seed}")
    chance = random.Random(seed)  # noqa: S311 - damage to be done again, not secrets
    content = show(SENTENCE) + show(UNSEEN, before="1 g")
    page, letter = pdf(content, content), saved(word(SENTENCE))

    for read, data in ((read_pdf, page), (read_docx, letter)):
        for _ in range(count):
            with contextlib.suppress(RefusalError):
                assert isinstance(read(mutated(data, chance)), Extract)
