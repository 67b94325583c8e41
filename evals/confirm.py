"""The second stage: the cases that differ are run again, several times, under both engines."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.settings import Settings
from evals.errors import SuiteError
from evals.execute import Plan, execute, fresh_folder, only
from evals.gate import Confirm, Fresh
from evals.run import Run


def confirmation(base: Run, candidate: Run, settings: Settings, repeats: int) -> Confirm:
    """Runs cases again under the prompts and the model of both runs; raises SuiteError when one cannot be had."""
    plans = [plan_of(run, settings, repeats) for run in (base, candidate)]

    def again(cases: Sequence[str]) -> Fresh:
        done = []
        for name, plan in zip(("base", "candidate"), plans, strict=True):
            chosen = [c for c in plan.cases if c.id in set(cases)]
            folder = fresh_folder(plan)
            done.append(
                execute(only(plan, chosen), folder.with_name(f"{folder.name}-confirm-{name}")).results
            )
        return Fresh(*done)

    return again


def plan_of(run: Run, settings: Settings, repeats: int) -> Plan:
    """The plan that runs the same engine with the same prompts again."""
    if run.engine == "llm" and run.model != settings.llm_model:
        raise SuiteError(
            f"{run.id} is of model {run.model}, and {settings.llm_model} is configured",
            fix=f"set ASSISTANT_LLM_MODEL={run.model}, or leave out --confirm",
        )
    pins = {name: version_of(label) for name, label in run.prompts.items()}
    plan = Plan(
        settings,
        suites=run.suites,
        tags=run.tags,
        split=run.split,
        engine=run.engine,
        pins=pins,
        repeat=repeats,
        workers=8,
    )
    for name, label in run.prompts.items():
        if plan.product.prompts.active(name).label != label:
            raise SuiteError(
                f"{run.id} used {label}, and the file has changed since",
                fix="restore that version of the prompt",
            )
    return plan


def version_of(label: str) -> int:
    """The version in a prompt's label, as in turn@2:3fa9c1d2."""
    return int(label.partition("@")[2].partition(":")[0])
