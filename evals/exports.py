"""A run in forms that other tools read: JUnit for build servers, Markdown for a pull request."""

from __future__ import annotations

from pathlib import Path

from assistant.safety import cell
from evals.gate import Verdict
from evals.run import Run
from evals.summary import Told, families, rows

MOST_FLIPS = 200


def write_junit(run: Run, path: Path) -> None:
    """A JUnit file: a suite a suite, a test a result; wrong is a failure, an error is an error."""
    from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

    document = JUnitXml("scoping evaluation")
    for name in run.suites:
        suite = TestSuite(name)
        suite.add_property("run", run.id)
        suite.add_property("engine", f"{run.engine} {run.engine_version}")
        for result in run.results:
            if result.suite != name:
                continue
            label = result.case + (f" #{result.repeat}" if run.repeat > 1 else "")
            case = TestCase(label, f"evals.{name}.{result.lang}", result.seconds)
            if result.error:
                case.result = [Error(_printable(result.error), "error")]
            elif not result.right:
                told = f"expected {result.expected or '?'}, got {result.got}"
                failure = Failure(_printable(told), "wrong")
                failure.text = _printable(result.open_reason)
                case.result = [failure]
            suite.add_testcase(case)
        document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]
    path.parent.mkdir(parents=True, exist_ok=True)
    document.write(str(path), pretty=True)


def _printable(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return "".join(c for c in text if c.isprintable() or c in "\n\t")


def summary(run: Run, told: Told, verdict: Verdict | None = None) -> str:
    """A Markdown page: the verdict, the figures, the flips."""
    parts = [
        f"# Evaluation {run.id}",
        f"{run.engine} engine {run.engine_version} {run.model}, revision {run.git}",
    ]
    if verdict is not None:
        said = "**may ship**" if verdict.code == 0 else f"**may not ship** (exit {verdict.code})"
        parts += [said, _refusals(verdict)]
    lines = ["| suite | cases | right | 95 % | score | errors |", "|---|---|---|---|---|---|"]
    for row in rows(run):
        share = 100 * row.right / max(1, row.cases)
        bounds = f"{100 * row.low:.1f}–{100 * row.high:.1f}"
        lines.append(
            f"| {row.name} | {row.cases} | {share:.1f} % | {bounds} | {row.score:.3f} | {row.errors} |"
        )
    parts.append("\n".join(lines))
    lines = ["| pairs | suite | hold | of |", "|---|---|---|---|"]
    lines += [f"| {f.kind} | {f.suite} | {f.held} | {f.of} |" for f in families(run, told)]
    parts.append("\n".join(lines))
    if verdict is not None and verdict.comparison.flips:
        parts.append(_flips(verdict))
    return "\n\n".join(part for part in parts if part) + "\n"


def _refusals(verdict: Verdict) -> str:
    return "\n".join(
        f"- {c.name}: {c.told}" + (f" ({', '.join(c.cases)})" if c.cases else "") for c in verdict.blocked_by
    )


def _flips(verdict: Verdict) -> str:
    lines = ["| | case | before | now | what the case says |", "|---|---|---|---|---|"]
    for flip in verdict.comparison.flips[:MOST_FLIPS]:
        words = [flip.direction, flip.case, flip.old, flip.new, flip.rationale]
        lines.append("| " + " | ".join(_in_table(w) for w in words) + " |")
    return "\n".join(lines)


def _in_table(text: str) -> str:
    """Text that cannot end its cell, start markup or be a formula."""
    safe = cell(text).replace("\\", "\\\\")
    for mark in "|<>*_`[]":
        safe = safe.replace(mark, "\\" + mark)
    return " ".join(safe.split())
