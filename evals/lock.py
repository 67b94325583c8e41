"""The lock: a digest of everything that decides a judgement, field by field, to say what changed since a run."""

from __future__ import annotations

import ast
import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.errors import LockError, SuiteError

DIGITS = 12
"""Hexadecimal digits of a digest: enough to see a change, few enough to read in a history."""
PRODUCT = Path(__file__).resolve().parent.parent / "assistant"
EVALS = Path(__file__).resolve().parent
RULES = (
    "answers.py",
    "conversation.py",
    "cues.py",
    "encoder.py",
    "hearing.py",
    "language.py",
    "questions.py",
    "record.py",
    "safety.py",
    "coaching/eligibility.py",
    "coaching/facts.py",
    "coaching/numerals.py",
    "coaching/obstacles.py",
    "coaching/plans.py",
    "coaching/readiness.py",
    "coaching/reframe.py",
    "coaching/terms.py",
)
"""Code that decides; with everything in judging/ and retrieval/."""
HEARD = ("cues.toml", "facts.toml", "signs.toml")
"""Words in corpus/locale that decide what is heard."""
SCORING = ("scorers.py", "applicants.py", "subject.py")
LANGUAGES = {"en", "es", "pt"}
Fields = dict[str, str]


def lock(home: Path, product: Path = PRODUCT, evals: Path = EVALS) -> Fields:
    """Every field with its digest: prompts, reply schemas, model, programme, corpus, retrieval, rules, suites."""
    return dict(sorted(_fields(home, product, evals)))


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The fields that differ, were added or are gone, in order."""
    said = {field: "changed" for field in old.keys() & new.keys() if old[field] != new[field]}
    said |= dict.fromkeys(new.keys() - old.keys(), "new")
    said |= dict.fromkeys(old.keys() - new.keys(), "gone")
    return [f"{field} ({said[field]})" for field in sorted(said)]


def require_fresh(old: Mapping[str, str], new: Mapping[str, str], fix: str) -> None:
    """Raises LockError naming the fields that changed."""
    fields = changed(old, new)
    if fields:
        shown = ", ".join(fields[:8]) + (f" and {len(fields) - 8} more" if len(fields) > 8 else "")
        raise LockError(f"changed without a fresh run: {shown}", fix=fix)


def digest_of(fields: Mapping[str, str], *groups: str) -> str:
    """One digest of all fields of the named groups: the part of their names before the first slash."""
    chosen = {k: v for k, v in fields.items() if not groups or k.partition("/")[0] in groups}
    return _digest(json.dumps(chosen, sort_keys=True))


# --- the fields ------------------------------------------------------------------------------------------


def _fields(home: Path, product: Path, evals: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((home / "prompts").glob("*")):
        if path.suffix in (".md", ".toml"):
            yield f"prompt/{path.name}", _digest(_text(path))
    for path in sorted((home / "corpus" / "model").glob("*")):
        if path.suffix in (".onnx", ".npz", ".json"):
            yield f"model/{path.name}", _of_bytes(path)
    for folder in ("passages", "cases"):
        for path in sorted((home / "corpus" / folder).glob("*.*")):
            yield f"corpus/{folder}/{path.name}", _digest(_text(path))
    heard = [home / "corpus" / "locale" / name for name in HEARD]
    for path in [*sorted((home / "corpus" / "programme").glob("*.toml")), *heard]:
        for name, value in _leaves(tomllib.loads(_text(path))):
            yield f"programme/{path.name} {name}", _digest(json.dumps(value, ensure_ascii=False))
    yield from _code(product, evals)
    for path in sorted((evals / "suites").glob("*.jsonl")):
        yield f"suite/{path.name}", _digest(_text(path))


def _code(product: Path, evals: Path) -> Iterator[tuple[str, str]]:
    replies = product / "judging" / "replies.py"
    yield from _parts(replies, f"schema/{replies.name}", (ast.ClassDef,))
    rules = [product / name for name in RULES]
    rules += [p for p in sorted((product / "judging").glob("*.py")) if p != replies]
    for path in rules:
        yield from _parts(path, f"rule/{path.relative_to(product).as_posix()}")
    for path in sorted((product / "retrieval").glob("*.py")):
        yield from _parts(path, f"retrieval/{path.name}")
    for name in SCORING:
        yield from _parts(evals / name, f"scoring/{name}")


def _parts(
    path: Path, name: str, kinds: tuple[type[ast.stmt], ...] = (ast.Assign, ast.AnnAssign)
) -> Iterator[tuple[str, str]]:
    """A file of code: each constant of the module, or each class, on its own, and the rest as one field."""
    text = _text(path)
    lines = text.split("\n")
    for node in ast.parse(text).body:
        called = _called(node, kinds)
        if called:
            last = node.end_lineno or node.lineno
            yield f"{name} {called}", _digest("\n".join(lines[node.lineno - 1 : last]))
            lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    yield f"{name} code", _digest("\n".join(line for line in lines if line.strip()))


def _called(node: ast.stmt, kinds: tuple[type[ast.stmt], ...]) -> str:
    """The name that a statement of a module gives a value or class; empty for any other."""
    if not isinstance(node, kinds):
        return ""
    if isinstance(node, ast.ClassDef):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else ""


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of a file: what has the three languages is one, and so is a list of plain values."""
    if isinstance(value, dict) and not (value and set(value) <= LANGUAGES):
        for key, inner in value.items():
            yield from _leaves(inner, f"{at}.{key}" if at else key)
    elif isinstance(value, list) and any(isinstance(v, dict) and not set(v) <= LANGUAGES for v in value):
        for place, inner in enumerate(value):
            called = inner.get("id", place) if isinstance(inner, dict) else place
            yield from _leaves(inner, f"{at}.{called}" if at else str(called))
    else:
        yield at, value


def _text(path: Path) -> str:
    """A file's text with plain line ends, so that the lock is the same on every system."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path} cannot be read: {error}", fix="restore the file") from None


def _of_bytes(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:DIGITS]
