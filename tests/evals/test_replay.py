"""Recordings answer for the model: quickly, without a socket, and never for another version of a prompt."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.judging.replies import TurnReply
from assistant.llm.base import LLM, Reply, Request
from assistant.llm.replay import RecordingLLM, ReplayLLM
from assistant.llm.scripted import ScriptedLLM
from assistant.settings import Settings
from evals import execute as execution
from evals.errors import IncompleteError, NotRecordedError
from evals.execute import Plan, execute
from evals.journal import Journal
from evals.offline import offline
from evals.runner import Item, run_items
from tests.evals.made import a_score, items, some_cases

EMPTY = json.dumps(
    {
        "reply": "Thank you.",
        "elements": [],
        "corrections": [],
        "flags": [],
        "types": [],
        "questions": [],
        "answer": {"text": "", "passages": []},
    }
)
TAPE = "suites.jsonl"


def asked(item: Item) -> Request:
    """What a case would ask a model."""
    return Request(prompt="turn@1:0a1b2c3d", system="read", material=item.case.id, reply=TurnReply)


def whole(llm: LLM, request: Request) -> str:
    """The text of a reply."""
    return next(piece.text for piece in llm.stream(request, seconds=5) if isinstance(piece, Reply))


def test_five_hundred_recorded_replies_take_under_a_second(tmp_path: Path) -> None:
    """500 cases answered from a tape through the runner, journal on: a second of processor time, no socket."""
    cases = items(some_cases(500))
    recorder = RecordingLLM(ScriptedLLM(lambda _: EMPTY), tmp_path / TAPE)
    for item in cases:
        whole(recorder, asked(item))
    with Journal(tmp_path / "warm.jsonl", "made") as journal:
        run_items(cases[:1], lambda item: a_score(), journal)  # libraries load once

    began = time.process_time()
    replay = ReplayLLM(tmp_path / TAPE)
    with offline() as tried, Journal(tmp_path / "j.jsonl", "made") as journal:
        run_items(cases, lambda item: a_score(whole(replay, asked(item)) == EMPTY), journal, workers=16)
        right = sum(r.right for r in journal.results.values())
    took = time.process_time() - began

    assert (right, replay.misses, tried) == (500, [], [])
    assert took <= 1.0


@pytest.fixture
def home(data_dir: Path, tmp_path: Path) -> Path:
    """A data folder with a built index."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "index").symlink_to(data_dir / "index")
    return tmp_path / "data"


def plan(home: Path, tape: Path, **changes: Any) -> Plan:
    """A few proposals for a model by name."""
    settings = Settings(data_dir=home, llm_model="scripted", _env_file=None)  # type: ignore[call-arg]
    of = {"suites": ("safety",), "tags": ("water",), "engine": "llm", "recordings": tape.parent}
    return Plan(settings, **{**of, **changes})


@pytest.fixture
def tape(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recording of a run."""
    path = tmp_path / "recordings" / TAPE
    with monkeypatch.context() as recorded:
        door = RecordingLLM(ScriptedLLM(lambda _: EMPTY), path)
        recorded.setattr(execution.Models, "door", lambda self, repeat: door)
        execute(plan(home, path, replay=True), tmp_path / "recorded")
    return path


def test_a_replayed_run_equals_the_recorded_one(home: Path, tape: Path, tmp_path: Path) -> None:
    """The same results again, with no socket and no miss; what it says of itself is that it varies no more."""
    with offline() as tried:
        replayed = execute(plan(home, tape, replay=True), tmp_path / "replayed")

    recorded = execution.read_run(tmp_path / "recorded" / "run.json")
    timeless = [[r.model_dump(exclude={"seconds"}) for r in run.results] for run in (recorded, replayed)]
    assert timeless[0] == timeless[1]
    assert not replayed.errors
    assert replayed.deterministic
    assert tried == []


def test_a_recording_of_another_version_is_exit_5(home: Path, tape: Path, tmp_path: Path) -> None:
    """A tape of an older prompt answers nothing: file, case, what it holds instead, and the command that records."""
    lines = []
    for line in tape.read_text("utf-8").splitlines():
        data = json.loads(line)
        if "key" in data:
            data |= {"key": data["key"][::-1], "prompt": "turn@0:00000000"}
        lines.append(json.dumps(data))
    tape.write_text("\n".join(lines) + "\n", "utf-8")

    with pytest.raises(NotRecordedError) as caught:
        execute(plan(home, tape, replay=True), tmp_path / "replayed")

    assert caught.value.exit_code == 5
    assert "--record" in caught.value.fix
    for part in ("safety-", TAPE, "turn@0:00000000"):
        assert part in str(caught.value)


def test_a_run_that_fails_too_often_names_its_first_case(home: Path, tmp_path: Path) -> None:
    """More than one in a hundred in error is exit 4 with the case, the cause, and how only those run again."""
    from evals.cli import require_complete
    from tests.evals.made import a_run

    run = a_run(some_cases(300), errors=range(6))

    with pytest.raises(IncompleteError) as caught:
        require_complete(run, None)

    assert caught.value.exit_code == 4
    assert "6 of 300 results are errors, the first in made-000: TimeoutError" in str(caught.value)
    assert "--resume" in caught.value.fix
    require_complete(a_run(some_cases(300), errors=range(3)), None)
