"""`scoping index`: what staff type to add, list and remove sources, and what they read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from assistant.cli_index import index_app
from assistant.errors import InputError
from assistant.settings import default_home
from tests.retrieval.conftest import write_corpus

Index = Callable[..., Result]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """The command, on a small corpus with the real encoder."""
    corpus = tmp_path / "home" / "corpus"
    write_corpus(corpus)
    (corpus / "model").symlink_to(default_home() / "corpus" / "model")
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(index_app, [str(a) for a in arguments])

    return run


def test_a_source_is_added_listed_told_and_removed(index: Index, tmp_path: Path) -> None:
    """The whole way of a source, in the words that staff read, and as JSON."""
    path = tmp_path / "Relatório_2026.md"
    path.write_text(
        "# Fila\n\nAs famílias esperam nove semanas por uma visita da equipe.\n", encoding="utf-8"
    )

    missing = index("status")
    added = index("add", path, "--tier", "2", "--date", "2026-05-01", "--title", "Relatório anual")
    listed = index("list")
    told = index("status")
    as_json = json.loads(index("status", "--json").stdout)
    again = json.loads(index("add", path, "--json").stdout)
    removed = index("remove", "relatorio-2026")

    assert "state: missing" in missing.stdout
    assert "fix: run: scoping index build" in missing.stdout
    assert added.exit_code == 0, added.output
    assert "added    relatorio-2026: 1 passages, pt" in added.stdout
    assert "relatorio-2026: Relatório anual, 2026-05-01; tier 2, pt, 1 passages" in listed.stdout
    assert "state: ready" in told.stdout
    assert "built: less than a minute ago" in told.stdout
    assert "added: 1 passages of 1 sources" in told.stdout
    assert "model: minilm-" in told.stdout
    assert (as_json["state"], as_json["manifest"]["sources"]) == ("ready", 1)
    assert again[0]["change"] == "unchanged"
    assert removed.stdout.startswith("removed  relatorio-2026")
    assert "no sources were added" in index("list").stdout


def test_a_refused_file_is_told_with_its_remedy(index: Index, tmp_path: Path) -> None:
    """The caller learns what to do, the command ends with 2, and a wrong option is the caller's mistake."""
    (tmp_path / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0")

    refused = index("add", tmp_path / "old.doc")
    wrong = index("add", tmp_path / "old.doc", "--tier", "1")

    assert refused.exit_code == 2
    assert (
        "refused  old.doc\n  error: files of the type “.doc” cannot be read\n  fix: save it as"
        in refused.stdout
    )
    assert isinstance(wrong.exception, InputError)
    assert "--booklet" in wrong.exception.fix
