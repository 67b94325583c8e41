"""What the evaluations add to an installation, read from what is installed and locked; nothing is downloaded."""

from __future__ import annotations

import ast
import re
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


def locked(name: str) -> dict[str, str]:
    """Package → version in a lock file."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    found = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", line) for line in lines)
    return {canonicalize_name(m[1]): m[2] for m in found if m}


def needed(requirement: Requirement) -> set[str]:
    """A package and all that it needs on this system, as installed."""
    todo, found = [(requirement.name, frozenset(requirement.extras))], set()
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        name, extras = todo.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found.add(canonicalize_name(name))
        try:
            further = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:  # needed on other systems only
            continue
        for one in further:
            wanted = [{"extra": extra} for extra in extras or {""}]
            if one.marker is None or any(one.marker.evaluate(environment) for environment in wanted):
                todo.append((one.name, frozenset(one.extras)))
    return found


def imported() -> set[str]:
    """The packages that the modules of the evaluations import."""
    homes = packages_distributions()
    found: set[str] = set()
    for path in (ROOT / "evals").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {home for name in names for home in homes.get(name.split(".")[0], [])}
    return {canonicalize_name(name) for name in found} - {"scoping"}


def test_the_evaluations_add_few_packages_and_force_no_version_down() -> None:
    """What they import, with all it needs, is at most 16 packages on top of the base lock; no version differs."""
    base, tests = locked("requirements.lock"), locked("requirements-test.lock")

    added = set().union(*(needed(Requirement(name)) for name in imported())) - base.keys()

    assert {"scipy", "matplotlib", "pydantic-evals"} <= added
    assert len(added) <= 16, sorted(added)
    assert added <= tests.keys()
    assert {name: tests[name] for name in base} == base
