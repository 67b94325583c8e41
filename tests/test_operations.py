"""What docs/operations.md and deploy/ tell an operator to do can be done."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from prometheus_client import REGISTRY

from assistant.cli import app
from assistant.settings import Settings
from assistant.web import metrics
from tests.machines.site import Machine, free_port, nginx_files, nginx_program

ROOT = Path(__file__).resolve().parents[1]
DOC = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DEPLOY = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "deploy").iterdir()}
COMMANDS = sorted(
    set(re.findall(r"^scoping .+$", DOC, re.MULTILINE)) | set(re.findall(r"`(scoping [a-z][^`]*)`", DOC))
)
MODEL = {"scoping_model_calls_total", "scoping_model_tokens_total", "scoping_model_cost_usd_total"}


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_and_option_exists(line: str) -> None:
    """Each line of `scoping` names a command that there is, with options that it takes."""
    command = typer.main.get_command(app)
    words = line.split()[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]

    known = {option for parameter in command.params for option in parameter.opts}
    assert not getattr(command, "commands", {}), f"{line} names no command"
    assert {word for word in words if word.startswith("-")} <= known


def test_every_setting_exists() -> None:
    """Each ASSISTANT_ name in the page and the shipped files is a setting."""
    named = set(re.findall(r"ASSISTANT_([A-Z_]+[A-Z])", DOC + "".join(DEPLOY.values())))

    assert len(named) > 10
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_path_exists() -> None:
    """Each file of the project that the page or the image's recipe names is there."""
    named = set(re.findall(r"(?<![\w/])((?:docs|deploy|assistant)/[\w@./-]+\w)", DOC + DEPLOY["scoping.env"]))
    copied = {
        path
        for line in re.findall(r"^COPY (.+) \S+$", DEPLOY["Containerfile"], re.MULTILINE)
        for path in line.split()
    }

    assert named
    assert copied
    assert not [path for path in named | copied | {"CHANGELOG.md"} if not (ROOT / path).exists()]


def test_the_page_explains_every_figure() -> None:
    """What /metrics has of ours is in the table, and nothing else is."""
    ours = {s.name for family in REGISTRY.collect() for s in family.samples if s.name.startswith("scoping_")}
    families = {family.name for family in REGISTRY.collect() if family.name.startswith("scoping_")}
    told = set(re.findall(r"`(scoping_\w+)`", DOC))

    assert metrics.REQUESTS
    assert told - MODEL <= ours | families | {f"{name}_total" for name in families}
    assert {name.removesuffix("_total") for name in families} <= {
        name.removesuffix("_total") for name in told
    }


def test_nginx_takes_the_shipped_site(tmp_path: Path) -> None:
    """`nginx -t` finds nothing wrong with it, apart from the certificate that only the city has."""
    program = nginx_program()
    if program is None:
        pytest.skip("nginx is not installed")
    main = nginx_files(tmp_path, free_port(), [Machine(tmp_path, {})])

    tried = subprocess.run(
        [program, "-t", "-c", str(main), "-e", str(tmp_path / "log")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert tried.returncode == 0, tried.stderr
    assert DEPLOY["nginx.conf"].count("ssl_certificate") == 2


def test_systemd_takes_the_shipped_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds no word it does not know; that the program is not installed here it may say."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    unit = tmp_path / "scoping@.service"
    unit.write_text(DEPLOY["scoping@.service"], encoding="utf-8")

    tried = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)

    complaints = [line for line in tried.stderr.splitlines() if unit.stem.rstrip("@") in line]
    assert [line for line in complaints if "/opt/scoping/bin/scoping is not executable" not in line] == []
