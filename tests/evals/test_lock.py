"""The lock sees every byte that decides a judgement, and says which field it was."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.errors import LockError
from evals.lock import HEARD, changed, lock, require_fresh

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout of one's own, as far as the lock reads it, with small weights."""
    for folder in ("prompts", "corpus/programme", "corpus/passages", "corpus/cases", "assistant", "evals"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "web", "store")
        )
    (tmp_path / "corpus/locale").mkdir()
    for name in HEARD:
        shutil.copy(ROOT / "corpus/locale" / name, tmp_path / "corpus/locale")
    (tmp_path / "corpus/model").mkdir()
    for name in ("encoder.onnx", "heads.npz"):
        (tmp_path / "corpus/model" / name).write_bytes(b"weights of " + name.encode())
    return tmp_path


def locked(root: Path) -> dict[str, str]:
    """The lock of a checkout."""
    return lock(root, root / "assistant", root / "evals")


def replaced(path: Path, old: str, new: str) -> None:
    """Change one place of a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def weights(path: Path) -> None:
    """Flip a bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


MUTATIONS: list[tuple[str, Callable[[Path], None], str]] = [
    (
        "prompts/turn.v1.md",
        lambda p: p.write_text(p.read_text("utf-8") + " ", "utf-8"),
        "prompt/turn.v1.md (changed)",
    ),
    ("prompts/active.toml", lambda p: replaced(p, "turn", "turn "), "prompt/active.toml (changed)"),
    (
        "assistant/judging/replies.py",
        lambda p: replaced(p, "quote: str", "quote: str | None"),
        "schema/replies.py Said",
    ),
    ("corpus/model/heads.npz", weights, "model/heads.npz (changed)"),
    (
        "corpus/passages/booklet.jsonl",
        lambda p: replaced(p, " ", "  "),
        "corpus/passages/booklet.jsonl (changed)",
    ),
    ("corpus/cases/part-1.jsonl", Path.unlink, "corpus/cases/part-1.jsonl (gone)"),
    (
        "assistant/retrieval/hybrid.py",
        lambda p: replaced(p, "STRONG = 20.0", "STRONG = 21.0"),
        "retrieval/hybrid.py STRONG",
    ),
    (
        "assistant/judging/rules.py",
        lambda p: replaced(p, "FLAG_SHARE = 0.35", "FLAG_SHARE = 0.3"),
        "rule/judging/rules.py FLAG_SHARE",
    ),
    (
        "assistant/record.py",
        lambda p: replaced(p, "return Update(held)", "return Update({})"),
        "rule/record.py code",
    ),
    ("evals/suites/fit.jsonl", lambda p: replaced(p, "Dunedin", "Nelson"), "suite/fit.jsonl (changed)"),
    ("evals/scorers.py", lambda p: replaced(p, "ENOUGH = 0.8", "ENOUGH = 0.7"), "scoring/scorers.py ENOUGH"),
]


@pytest.mark.parametrize(("file", "mutate", "named"), MUTATIONS, ids=[m[0] for m in MUTATIONS])
def test_a_changed_byte_is_named(copy: Path, file: str, mutate: Callable[[Path], None], named: str) -> None:
    """A change to a prompt, schema, weight, passage, retrieval setting, rule, case or scorer names that field alone."""
    before = locked(copy)

    mutate(copy / file)

    fields = changed(before, locked(copy))
    assert len(fields) == 1
    assert fields[0].startswith(named)


def test_every_programme_field_is_in_the_lock(copy: Path) -> None:
    """Changing one string in each file of the programme changes the lock and names every file."""
    before = locked(copy)
    files = sorted((copy / "corpus/programme").glob("*.toml"))
    for path in files:
        text = path.read_text(encoding="utf-8")
        at = text.index(' = "') + 4
        path.write_text(text[:at] + "x" + text[at:], encoding="utf-8")

    fields = changed(before, locked(copy))

    assert {field.partition(" ")[0] for field in fields} == {f"programme/{path.name}" for path in files}


def test_a_stale_lock_is_exit_3_with_its_fields(copy: Path) -> None:
    """What changed without a fresh run is refused with exit code 3, the field and the remedy."""
    before = locked(copy)
    replaced(copy / "assistant/judging/rules.py", "TYPE_UNSURE = 0.45", "TYPE_UNSURE = 0.5")

    with pytest.raises(LockError, match="TYPE_UNSURE") as caught:
        require_fresh(before, locked(copy), "make a fresh run: scoping eval run")

    assert caught.value.exit_code == 3
    assert "scoping eval run" in caught.value.fix


def test_line_ends_and_other_files_do_not_matter(copy: Path) -> None:
    """A checkout with other line ends has the same lock, and so has one with a changed page or README."""
    before = locked(copy)
    path = copy / "prompts/turn.v1.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (copy / "README.md").write_text("anything")

    assert changed(before, locked(copy)) == []


def test_the_lock_of_the_whole_tree_is_quick() -> None:
    """Reading every field of this checkout takes far less processor time than a second."""
    began = time.process_time()

    fields = lock(ROOT)

    assert time.process_time() - began < 1.0
    assert {name.partition("/")[0] for name in fields} == {
        "prompt", "schema", "model", "corpus", "programme", "retrieval", "rule", "suite", "scoring"
    }  # fmt: skip
