"""One run from cases to `run.json`: what to run, on which engine, what it may cost, and where it is kept."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from assistant.errors import LLMError
from assistant.llm.base import LLM
from assistant.llm.replay import RecordingLLM, ReplayLLM, Tape
from assistant.settings import Settings
from assistant.tokens import count
from evals.cases import SUITES, Case, ConversationCase, ReadinessCase, RetrievalCase, SuiteName
from evals.catalogue import FOLDER, load_suites
from evals.errors import NotRecordedError, SuiteError
from evals.journal import NAME, Journal
from evals.lock import Fields, digest_of, lock
from evals.run import Result, Run, Split, read_run, split_of, write_run
from evals.runner import Item, one_thread_each, run_items
from evals.scorers import Score, score
from evals.subject import EngineName, Subject, Tested

RUN_FILE = "run.json"
BASELINES = Path(__file__).resolve().parent / "baselines"
REPLY_TOKENS = 700
"""Tokens of a typical reply, to say beforehand what a run will cost."""
TRIES = 2
"""Times a case is tried when its model fails."""


@dataclass(frozen=True)
class Plan:
    """What a run is of."""

    settings: Settings
    suites: tuple[SuiteName, ...] = SUITES
    tags: tuple[str, ...] = ()
    split: Split | Literal["all"] = "all"
    repeat: int = 1
    engine: EngineName = "local"
    pins: Mapping[str, int] = field(default_factory=dict)
    """Prompt name → version to try instead of the pinned one."""
    replay: bool = False
    record: bool = False
    recordings: Path = FOLDER.parent / "recordings"
    max_cost: float | None = None
    """US dollars; None for no limit."""
    workers: int = 1
    folder: Path = FOLDER

    @cached_property
    def product(self) -> Tested:
        """The product under test."""
        return Tested(self.settings, light=True, pins=self.pins)

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """The cases of the chosen suites and tags; raises SuiteError when there are none."""
        read = load_suites(self.product.programme, self.suites, self.folder)
        chosen = tuple(
            c
            for c in read
            if (not self.tags or set(self.tags) & set(c.tags)) and self.split in ("all", split_of(c.cluster))
        )
        if not chosen:
            part = f"no {self.split} case" if self.split != "all" else "no case"
            raise SuiteError(
                f"{part} is tagged {', '.join(self.tags)}", fix="see the tags: scoping eval show CASE"
            )
        return chosen

    @cached_property
    def lock(self) -> Fields:
        """Everything that decides these judgements, as it is now."""
        return lock(self.settings.home)

    @property
    def signature(self) -> str:
        """Two runs of one signature can share results."""
        pins = ",".join(f"{k}={v}" for k, v in sorted(self.pins.items()))
        model = self.settings.llm_model if self.engine == "llm" else ""
        part = "" if self.split == "all" else self.split
        of = [self.engine, model, pins, *self.suites, *self.tags, part]
        parts = [*of, f"x{self.repeat}", digest_of(self.lock)]
        return " ".join(str(p) for p in parts if p)

    @property
    def items(self) -> list[Item]:
        """Every case as often as it is repeated."""
        return [Item(case, n) for n in range(self.repeat) for case in self.cases]

    @property
    def tape(self) -> Path:
        """The file of the recordings."""
        return self.recordings / "suites.jsonl"

    @property
    def runs(self) -> Path:
        """Where runs are kept on this machine."""
        return self.settings.data_dir / "evals" / "runs"


@dataclass
class Models:
    """The language models of a run: one door a repeat, since each repeat has recordings of its own."""

    plan: Plan
    _made: dict[int, Subject] = field(default_factory=dict)
    _replays: list[ReplayLLM] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def subject(self, repeat: int) -> Subject:
        """The doors for one repeat."""
        with self._lock:
            at = 0 if self.plan.engine == "local" else repeat
            if at not in self._made:
                self._made[at] = self.plan.product.subject(self.door(at))
            return self._made[at]

    def door(self, repeat: int) -> LLM | None:
        """The model behind the judge; None for the local engine."""
        plan, settings = self.plan, self.plan.settings
        if plan.engine == "local":
            return None
        tape = plan.tape
        if plan.replay:
            try:
                replay = ReplayLLM(tape, model=settings.llm_model, repeat=repeat)
            except LLMError as error:
                raise NotRecordedError(str(error), fix=error.fix) from None
            self._replays.append(replay)
            return replay
        model = plan.product.llm
        if not plan.record:
            return model
        return RecordingLLM(model, tape, repeat=repeat, secrets=[s for s in [settings.llm_api_key] if s])

    @property
    def misses(self) -> list[str]:
        """Calls that a replay did not hold."""
        return [request.prompt for replay in self._replays for request in replay.misses]


def execute(plan: Plan, folder: Path, progress: Callable[[], None] = lambda: None) -> Run:
    """Run the plan, journalled in `folder`, and write its run.json; what the journal holds is not run again.

    Raises NotRecordedError when a replay missed a call.
    """
    models = Models(plan)
    models.subject(0)  # a model that is not configured is told before anything is opened
    began, clock, git = datetime.now(UTC), time.perf_counter(), revision()
    with one_thread_each(), Journal(folder / NAME, plan.signature) as journal:
        run_items(
            plan.items,
            lambda item: play(item, models),
            journal,
            workers=plan.workers,
            tries=TRIES if plan.engine == "llm" and not plan.replay else 1,
            stop=lambda: plan.max_cost is not None and cost(journal) >= plan.max_cost,
            progress=progress,
        )
        results = [
            journal.results[item.case.id, item.repeat] for item in plan.items if _key(item) in journal.results
        ]
    if models.misses:
        case = next((f" in {r.case}" for r in results if r.error), "")
        held = sorted({call.prompt for call in Tape(plan.tape).calls.values()})
        raise NotRecordedError(
            f"{len(models.misses)} calls were never recorded, the first{case} of {models.misses[0]}; "
            f"{plan.tape} holds {', '.join(held)}",
            fix="record them with a key: scoping eval run --engine llm --record",
        )
    run = _run(plan, models, results, began, git).model_copy(
        update={"seconds": round(time.perf_counter() - clock, 3)}
    )
    write_run(run, folder / RUN_FILE)
    return run


def play(item: Item, models: Models) -> Score:
    """One case through the product."""
    return score(item.case, models.subject(item.repeat))


def cost(journal: Journal) -> float:
    """US dollars spent so far."""
    return sum(r.cost_usd for r in list(journal.results.values()))


def estimate(plan: Plan) -> tuple[int, float]:
    """How many model calls a run makes, and what they cost in US dollars; 0 for the local engine and a replay."""
    if plan.engine == "local" or plan.replay:
        return 0, 0.0
    from assistant.judging.llm import instructions

    prompt = plan.product.prompts.active("turn")
    system = count(instructions(prompt, plan.product.programme), plan.settings.llm_model or "").tokens
    calls = plan.repeat * sum(turns(case) for case in plan.cases)
    words = plan.repeat * sum(
        turns(c) * count(said(c), plan.settings.llm_model or "").tokens for c in plan.cases
    )
    price = (
        plan.settings.llm_price_in * (calls * system + words)
        + plan.settings.llm_price_out * calls * REPLY_TOKENS
    )
    return calls, price / 1_000_000


def turns(case: Case) -> int:
    """How many model calls a case takes, about."""
    if isinstance(case, ConversationCase):
        return min(len(case.answers), case.expect.max_questions) + len(case.interjections) + 1
    if isinstance(case, ReadinessCase):
        return max(1, len(case.turns))
    return 0 if isinstance(case, RetrievalCase) else 1


def said(case: Case) -> str:
    """What a case sends in one call, about."""
    for name in ("text", "question", "opening"):
        if words := getattr(case, name, ""):
            return str(words)
    return case.turns[0].text if isinstance(case, ReadinessCase) and case.turns else ""


# --- where runs are ----------------------------------------------------------------------------------------


def fresh_folder(plan: Plan) -> Path:
    """A folder for a new run."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return plan.runs / f"{stamp}-{plan.engine}"


def unfinished(plan: Plan, tell: Callable[[str], None] = lambda line: None) -> Path:
    """The newest run of this plan that lacks results; raises SuiteError when there is none.

    `tell` hears of lines of its journal that cannot be read.
    """
    for folder in sorted(plan.runs.glob("*/"), reverse=True):
        try:
            with Journal(folder / NAME, plan.signature) as journal:
                if len(journal.results) < len(plan.items):
                    for line in journal.broken:
                        tell(f"{journal.path}:{line}: cannot be read; what it held runs again")
                    return folder
        except SuiteError:
            continue
    raise SuiteError("there is no run of this plan to resume", fix="leave out --resume, or check the options")


def baseline_path(engine: EngineName) -> Path:
    """The blessed run of an engine."""
    return BASELINES / f"{engine}.json"


def find_run(name: str, settings: Settings, engine: EngineName = "local") -> Run:
    """A run by its path or id, `baseline`, or `latest`; raises SuiteError when there is none."""
    runs = Plan(settings).runs
    if name == "baseline":
        return read_run(baseline_path(engine))
    if name == "latest":
        done = sorted(p for p in runs.glob(f"*/{RUN_FILE}"))
        if not done:
            raise SuiteError("no run has been made on this machine", fix="make one: scoping eval run")
        return read_run(done[-1])
    path = Path(name)
    if path.is_dir():
        path = path / RUN_FILE
    return read_run(path if path.exists() or path.suffix == ".json" else runs / name / RUN_FILE)


def _key(item: Item) -> tuple[str, int]:
    return item.case.id, item.repeat


def _run(plan: Plan, models: Models, results: Sequence[Result], began: datetime, git: str) -> Run:
    engine = plan.product.engine_of(models.door(0))
    return Run(
        id=f"{began:%Y%m%dT%H%M%S}-{plan.engine}-{git[:7]}",
        began=began.isoformat(timespec="seconds"),
        seconds=0.0,
        git=git,
        engine=plan.engine,
        engine_version=engine.version,
        model=engine.model,
        prompts=engine.prompts,
        corpus=digest_of(plan.lock, "corpus", "retrieval"),
        programme=digest_of(plan.lock, "programme"),
        suites=plan.suites,
        tags=plan.tags,
        split=plan.split,
        repeat=plan.repeat,
        cases=len(plan.cases),
        deterministic=plan.engine == "local" or plan.replay,
        lock=plan.lock,
        results=tuple(replaced(r) for r in results),
    )


def replaced(result: Result) -> Result:
    """A result with its numbers rounded as a run keeps them, so that a resumed run equals an unbroken one."""
    checks = {k: round(v, 4) for k, v in result.checks.items()}
    return result.model_copy(update={"score": round(result.score, 4), "checks": checks})


def revision() -> str:
    """The revision of the checkout, with `+` when files differ from it; "unknown" outside one."""
    here = Path(__file__).resolve().parent

    def git(*args: str) -> str:
        done = subprocess.run(  # noqa: S603  # fixed arguments
            ["git", *args],  # noqa: S607  # the git of the path
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return done.stdout.strip()

    try:
        return git("rev-parse", "HEAD")[:12] + (
            "+" if git("status", "--porcelain", "--untracked-files=no") else ""
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def only(plan: Plan, cases: Sequence[Case]) -> Plan:
    """The plan with just these cases."""
    fresh = replace(plan)
    fresh.__dict__["cases"] = tuple(cases)
    return fresh
