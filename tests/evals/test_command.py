"""`scoping eval` from the command line: exit codes, journals, offline, and what each refusal says."""

from __future__ import annotations

import ast
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.errors import ScopingError
from assistant.settings import Settings
from evals import execute as execution
from evals.cli import app
from evals.errors import NotRecordedError, SuiteError
from evals.execute import Plan, execute, unfinished
from evals.journal import NAME
from evals.offline import NetworkError, offline
from evals.run import Run, read_run, write_run

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["retrieval", "--tag", "water"]


@pytest.fixture
def home(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's data folder with a built index and no runs."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "index").symlink_to(data_dir / "index")
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(data))
    monkeypatch.setattr(execution, "BASELINES", tmp_path / "baselines")
    return data


def plan(home: Path, **changes: object) -> Plan:
    """A few searches."""
    settings = Settings(data_dir=home, _env_file=None)  # type: ignore[call-arg]
    return Plan(**{"settings": settings, "suites": ("retrieval",), "tags": ("water",), **changes})  # type: ignore[arg-type]


def timeless(run: Run) -> list[dict[str, object]]:
    """The results without how long they took."""
    return [r.model_dump(exclude={"seconds"}) for r in run.results]


def eval_(*args: str) -> tuple[int, str]:
    """The exit code and what was printed."""
    done = CliRunner().invoke(app, list(args))
    if isinstance(done.exception, ScopingError):
        return done.exception.exit_code, f"{done.exception} {done.exception.fix}"
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_run_compare_gate_report(home: Path, tmp_path: Path) -> None:
    """A run says its cost first, is compared with itself, ships, and is written for build servers."""
    folder = tmp_path / "one"

    code, said = eval_("run", *SMALL, "--out", str(folder))
    run = folder / "run.json"

    assert code == 0
    assert "no model calls, no cost" in said
    assert len(read_run(run).results) == read_run(run).cases > 5
    assert "0 flips" in eval_("compare", str(run), str(run))[1]
    assert eval_("gate", str(run), "--base", str(run))[0] == 0
    junit = tmp_path / "tests.xml"
    assert eval_("report", str(run), "--junit", str(junit), "--summary", "-")[0] == 0
    assert junit.read_text("utf-8").count("<testcase") == read_run(run).cases
    page = tmp_path / "report.html"
    assert eval_("report", str(run), "-o", str(page), "--base", str(run), "--lang", "pt")[0] == 0
    assert 'lang="pt"' in page.read_text("utf-8")
    assert read_run(run).git in page.read_text("utf-8")
    assert eval_("report", str(run))[0] == 2


def test_a_stale_run_is_exit_3_and_names_the_field(home: Path, tmp_path: Path) -> None:
    """A run made before a rule changed may not ship, whatever its results; the field is named."""
    run = execute(plan(home), tmp_path / "one")
    stale = {**run.lock, "rule/judging/rules.py UNSURE": "0" * 12}
    write_run(run.model_copy(update={"lock": stale}), tmp_path / "stale.json")

    code, said = eval_("gate", str(tmp_path / "stale.json"), "--base", str(tmp_path / "one"))

    assert code == 3
    assert "rule/judging/rules.py UNSURE (changed)" in said
    assert "scoping eval run" in said


def test_the_baseline_alone_must_be_fresh(home: Path, tmp_path: Path) -> None:
    """Without a run the gate asks whether the baseline still is of this tree: 0 if so, 3 with the field if not."""
    run = execute(plan(home), tmp_path / "one")
    write_run(run, tmp_path / "baselines/local.json")
    fresh = eval_("gate")
    lock = {k: v for k, v in run.lock.items() if k != "prompt/active.toml"}
    write_run(run.model_copy(update={"lock": lock}), tmp_path / "baselines/local.json")
    code, said = eval_("gate")

    assert fresh[0] == 0
    assert code == 3
    assert "prompt/active.toml (new)" in said


def test_a_resumed_run_equals_an_unbroken_one(home: Path, tmp_path: Path) -> None:
    """A run whose journal was cut in mid-line goes on and ends with the same results."""
    whole = execute(plan(home), tmp_path / "whole")
    data = (tmp_path / "whole" / NAME).read_bytes()
    broken = plan(home).runs / "20260601T000000-local"
    broken.mkdir(parents=True)
    (broken / NAME).write_bytes(data[: len(data) // 2])

    code, said = eval_("run", *SMALL, "--resume")

    resumed = read_run(broken / "run.json")
    assert code == 0
    assert f"{NAME}:" in said
    assert "cannot be read; what it held runs again" in said
    assert timeless(resumed) == timeless(whole)
    with pytest.raises(SuiteError, match="no run of this plan"):
        unfinished(plan(home))


def test_a_replay_without_its_recording_is_exit_5(home: Path, tmp_path: Path) -> None:
    """A missing recording is an error of its own, with the command that makes it; nothing is invented."""
    (tmp_path / "recordings").mkdir()

    with pytest.raises(NotRecordedError, match="holds nothing") as caught:
        execute(
            plan(home, engine="llm", replay=True, recordings=tmp_path / "recordings"), tmp_path / "replay"
        )

    assert caught.value.exit_code == 5
    assert "--record" in caught.value.fix


def test_a_local_answer_in_a_model_s_run_is_an_error(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the model gives no reply and the local engine steps in, the case is an error and counts as wrong."""
    from assistant.errors import LLMError
    from assistant.llm.scripted import ScriptedLLM

    def down(request: object) -> LLMError:
        return LLMError("the endpoint answers 503", fix="wait", key="llm_unreachable")

    llm = ScriptedLLM(down)
    monkeypatch.setattr(execution.Models, "door", lambda self, repeat: llm)
    monkeypatch.setattr(execution, "TRIES", 1)

    run = execute(
        plan(home, engine="llm", suites=("safety",), tags=("water",), replay=True),
        tmp_path / "llm",
    )

    assert len(run.errors) == len(run.results) == run.cases > 0
    assert all("local engine answered instead" in r.error for r in run.errors)


def test_an_offline_run_opens_no_socket(home: Path, tmp_path: Path) -> None:
    """Under the guard a run ends with nothing tried; a connection or a look-up is refused and told."""
    with offline() as tried:
        execute(plan(home), tmp_path / "one")
    with pytest.raises(NetworkError), offline():
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(NetworkError), offline(), socket.socket() as door:
        door.connect(("127.0.0.1", 9))

    assert tried == []


def test_options_that_cannot_be_used_are_exit_2(home: Path) -> None:
    """A mistyped suite, tag, prompt or run says what there is."""
    assert eval_("run", "tipology")[0] == 2
    assert eval_("run", "fit", "--tag", "nowhere")[0] == 2
    assert eval_("run", "--prompt", "turn")[0] == 2
    assert eval_("compare", "nowhere", "latest")[0] == 2
    assert eval_("show", "fit-999")[0] == 2


def test_too_few_cases_are_told_before_anything_runs(home: Path) -> None:
    """Asked to see a drop that the cases cannot show, a run ends with exit 6 before it begins."""
    code, said = eval_("run", *SMALL, "--detect", "1")

    assert code == 6
    assert "cannot show a drop of 1.0 points" in said
    assert not plan(home).runs.exists()


def test_a_case_is_shown_whole(home: Path) -> None:
    """`show` prints the case as JSON with its labels."""
    code, said = eval_("show", "fit-002-en", "--json")

    assert code == 0
    assert json.loads(said)["case"]["expect"]["reasons"] == ["strategy_only"]


def test_a_sealed_case_is_shown_to_who_asks_for_it(home: Path) -> None:
    """`show` keeps the words of a sealed case from who writes prompts, and says how others see it."""
    refused, told = eval_("show", "fit-001-en")
    shown, _ = eval_("show", "fit-001-en", "--sealed")

    assert (refused, shown) == (2, 0)
    assert "--sealed" in told


def test_the_parts_of_a_suite_are_run_apart(home: Path, tmp_path: Path) -> None:
    """Public and sealed runs share no cluster and hold all; each is compared on its own cases, and is no baseline."""
    parts = {}
    for part in ("public", "sealed", "all"):
        assert eval_("run", "retrieval", "--split", part, "--out", str(tmp_path / part))[0] == 0
        parts[part] = read_run(tmp_path / part / "run.json")
    clusters = {part: {r.cluster for r in run.results} for part, run in parts.items()}
    _, said = eval_("gate", str(tmp_path / "sealed"), "--base", str(tmp_path / "all"), "--json")
    comparison = json.loads(said)["comparison"]

    assert clusters["public"] | clusters["sealed"] == clusters["all"]
    assert not clusters["public"] & clusters["sealed"]
    assert (comparison["cases"], comparison["missing"]) == (parts["sealed"].cases, [])
    assert "retrieval" in eval_("bless", str(tmp_path / "sealed"), "--by", "Ana", "--why", "x")[1]


def test_what_the_suites_lack_is_told(home: Path) -> None:
    """`agreement` says how many cases one person has read, as data too; without candidates the list is empty."""
    code, said = eval_("agreement", "--json")
    lines = {(a["suite"], a["what"], a["lang"]): a for a in json.loads(said)}

    assert code == 0
    assert lines["fit", "verdict", "all"]["units"] == 162
    assert eval_("candidates")[1].strip().endswith("0 candidates wait")
    assert eval_("candidates", "nobody")[0] == 2


def test_one_module_knows_the_library_and_none_the_service() -> None:
    """pydantic-evals is imported by the adapter alone; langsmith, which sends inputs out, by nothing."""
    known: dict[str, set[str]] = {"pydantic_evals": set(), "langsmith": set()}
    for path in (ROOT / "evals").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                known.setdefault(name.split(".")[0], set()).add(path.name)

    assert known["pydantic_evals"] == {"runner.py"}
    assert known["langsmith"] == set()
