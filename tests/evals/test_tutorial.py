"""Every command of docs/evaluations.md does what the page says; with a few cases, or at night with all."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant import answers
from assistant.errors import ScopingError
from evals import cli, execute
from evals.cases import SUITES, Case
from evals.run import read_run

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "evaluations.md"
WHOLE = os.environ.get("EVAL_PLANTED") == "all"
LOST = ("answers-020-es", "answers-026-es", "answers-026-pt", "answers-034-pt")
FEW = 1


def commands() -> list[list[str]]:
    """The commands of the blocks of the page, in order, without `scoping eval`."""
    blocks = re.findall(r"^```\n(.*?)^```", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [shlex.split(line)[2:] for block in blocks for line in block.splitlines()]


def few(load: Callable[..., tuple[Case, ...]]) -> Callable[..., tuple[Case, ...]]:
    """The suites with a case each, and those that the page speaks of."""

    def loaded(*args: Any) -> tuple[Case, ...]:
        cases = load(*args)
        kept = {c.id for s in SUITES for c in [c for c in cases if c.suite == s and c.kind == "MFT"][:FEW]}
        return tuple(c for c in cases if c.id in kept or c.id in LOST or c.id == "answers-002-en")

    return loaded


@pytest.fixture
def desk(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A person at a machine with an index, an own baseline folder, and time for a few cases."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "index").symlink_to(data_dir / "index")
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(execute, "BASELINES", tmp_path / "baselines")
    if not WHOLE:
        monkeypatch.setattr(execute, "load_suites", few(execute.load_suites))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(command: list[str]) -> tuple[int, str]:
    """The exit code and what is printed."""
    done = CliRunner().invoke(cli.app, command)
    if isinstance(done.exception, ScopingError):
        return done.exception.exit_code, f"{done.exception}"
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_the_page_is_walked_through(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run, change, exit 3, the four flips, may ship, bless: as told, and the baseline is the last run."""
    listed, shown, first, stale, again, compare, report, gate, *blessing = commands()
    assert typed(listed)[0] == typed(shown)[0] == typed(first)[0] == 0
    assert typed(["bless", "latest", "--by", "Ana", "--why", "before the change"])[0] == 0

    lock = cli.lock
    with monkeypatch.context() as change:
        change.setattr(answers, "PASSAGES", 1)
        other = {"rule/answers.py PASSAGES": "1" * 12}
        change.setattr(cli, "lock", lambda home: lock(home) | other)
        change.setattr(execute, "lock", lambda home: lock(home) | other)
        code, said = typed(stale)
        assert (code, "rule/answers.py PASSAGES (changed)" in said) == (3, True)
        assert typed(again)[0] == 0
        code, said = typed(compare)
        assert code == 0
        assert sorted(re.findall(r"^− (\S+?)(?: anchor)?:", said, flags=re.MULTILINE)) == sorted(LOST)
        assert typed(report)[0] == 0
        assert all(id in (desk / "report.html").read_text("utf-8") for id in LOST)
        code, said = typed(gate)
        assert (code, "may ship" in said) == (0, True)

    assert [typed(command)[0] for command in blessing] == [0, 0, 0]
    blessed = read_run(desk / "baselines" / "local.json").blessed
    assert blessed is not None
    assert blessed.by == "Ana Prado"
    assert len((desk / "baselines" / "history.jsonl").read_text("utf-8").splitlines()) == 2


def test_the_page_s_other_commands_are_real() -> None:
    """Whatever else the page names exists with the options that it names."""
    from typer.main import get_command

    known = get_command(cli.app).commands  # type: ignore[attr-defined]
    named = re.findall(r"`scoping eval ([a-z]+)([^`]*)`", PAGE.read_text("utf-8"))

    assert {name for name, _ in named} <= set(known)
    for name, rest in named:
        options = {o for p in known[name].params for o in p.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options, name


def test_the_picture_is_small() -> None:
    """The screenshot of the page is there, and under 200 KB."""
    assert 10_000 < (ROOT / "docs" / "evaluation-report.png").stat().st_size < 200_000
