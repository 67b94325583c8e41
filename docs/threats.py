"""Writes docs/threat-model.md: what we promise, and the tests that prove it: python -m docs.threats.

A promise stands on the page only with a test that there is; `--check` writes nothing and fails when the page is not
what would be written.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "threat-model.md"


@dataclass(frozen=True)
class Promise:
    """One promise and what proves it."""

    id: str
    text: str
    tests: tuple[str, ...]
    """Files under tests/ with the name of a test, as pytest writes them."""
    size: str = ""
    """The environment variable that sets how much is tried, or whether anything is; `make nightly` sets it."""


PROMISES = (
    Promise(
        "R1",
        "What was acknowledged survives a process that is killed.",
        (
            "store/test_crash.py::test_nothing_acknowledged_is_lost_when_the_process_is_killed",
            "browser/test_applicant_page.py::test_what_was_acknowledged_survives_a_crash",
        ),
        "KILL_ROUNDS",
    ),
    Promise(
        "R2",
        "On a full disk nothing acknowledged is lost, the remedy is told, and writing goes on afterwards.",
        (
            "store/test_storage.py::test_a_full_disk_loses_nothing_acknowledged_and_writing_goes_on_afterwards",
        ),
    ),
    Promise(
        "R3",
        "Of many writers none loses anything, on SQLite and on PostgreSQL; a coach never overwrites another unseen.",
        (
            "store/test_reviews.py::test_many_coaches_at_once_lose_nothing",
            "web/test_coach.py::test_two_coaches_at_once_get_a_page_with_both_words",
            "web/test_coach.py::test_what_is_sent_twice_is_kept_once",
        ),
        "CONCURRENT_CHANGES",
    ),
    Promise(
        "R4",
        "Whatever is wrong with a language model, the turn ends in time and what was said is kept.",
        ("llm/test_threats.py::test_r4_a_conversation_outlives_every_fault",),
        "FAULTS_IN_EVERY_LANGUAGE",
    ),
    Promise(
        "R5",
        "With the model unplugged the form and the export still work.",
        ("llm/test_threats.py::test_r5_with_the_model_unplugged_form_and_export_still_work",),
    ),
    Promise(
        "R6",
        "A model that fails for one call in five slows few turns.",
        ("llm/test_failing_calls.py::test_one_failing_call_in_five_slows_few_turns",),
        "FAILING_TURNS",
    ),
    Promise(
        "R7",
        "Fifty applicants on a model of three seconds wait five seconds at most, but for one in twenty.",
        ("machines/test_load.py::test_fifty_applicants_wait_five_seconds_at_most",),
        "LOAD",
    ),
    Promise(
        "R8",
        "A process with many drafts starts at once, and a backup brings everything back.",
        (
            "machines/test_recovery.py::test_many_drafts_do_not_slow_the_start_and_a_backup_brings_them_back",
            "store/test_held.py::test_a_backup_brings_everything_back",
        ),
        "SESSIONS",
    ),
    Promise(
        "R9",
        "An index that is deleted or damaged is refused and built anew.",
        (
            "retrieval/test_index.py::test_harmed_index_is_refused_and_rebuilt",
            "retrieval/test_index.py::test_damaged_knowledge_is_refused_and_rebuilt",
        ),
    ),
    Promise(
        "S1",
        "Whatever a model replies, it decides nothing, quotes nobody falsely, and writes no markup.",
        ("llm/test_hostile.py::test_whatever_a_model_replies_only_the_applicants_words_count",),
        "HOSTILE_REPLIES",
    ),
    Promise(
        "S4",
        "Nobody finds or changes what is not theirs, by any route, handler or token.",
        (
            "web/test_matrix.py::test_nobody_finds_or_changes_what_is_not_theirs",
            "web/test_api.py::test_another_citys_draft_is_as_if_it_were_not_there",
            "web/test_app.py::test_another_browsers_session_cannot_be_listened_to",
        ),
    ),
    Promise(
        "S5",
        "What anybody wrote stays text on every page where it is read.",
        (
            "browser/test_markup.py::test_what_anybody_wrote_stays_text_on_every_page",
            "web/test_coach.py::test_untrusted_words_are_escaped_everywhere",
        ),
        "ALL_SCREENS",
    ),
    Promise(
        "S6",
        "A damaged or oversized file ends in text or in a refusal, within limits of time and memory.",
        (
            "documents/test_limits.py::test_damaged_files_end_in_text_or_in_a_refusal",
            "documents/test_limits.py::test_a_file_that_takes_too_long_is_given_up",
            "documents/test_limits.py::test_a_file_that_needs_too_much_memory_is_given_up",
            "documents/test_limits.py::test_the_child_can_neither_connect_nor_start_programs_nor_write",
        ),
        "MUTATIONS",
    ),
    Promise(
        "S7",
        "A body of 200 MB is refused before it is read.",
        (
            "machines/test_body.py::test_a_body_of_200_mb_is_refused_and_costs_20_mb_at_most",
            "web/test_api.py::test_too_large_a_body_is_refused_before_it_is_read",
        ),
    ),
    Promise(
        "S8",
        "Generated requests never break the HTTP API.",
        ("web/test_api.py::test_generated_requests_never_break_the_api",),
        "API_EXAMPLES",
    ),
    Promise(
        "S9",
        "Every draft can be exported in every form, and no cell is a formula.",
        (
            "briefs/test_text.py::test_every_draft_can_be_exported",
            "test_safety.py::test_a_cell_never_begins_with_a_formula_sign",
        ),
        "EXPORTED_DRAFTS",
    ),
    Promise(
        "P1",
        "Personal identifiers are masked before a model, the log or a case sees them.",
        (
            "privacy/test_masking.py::test_identifiers_are_masked",
            "privacy/test_masking.py::test_addresses_and_telephones_are_masked",
        ),
    ),
    Promise(
        "P2",
        "Proposals without identifiers are left as they are.",
        ("privacy/test_masking.py::test_clean_proposals_are_left_alone",),
    ),
    Promise(
        "P3",
        "No personal identifier reaches a prompt or a log.",
        ("llm/test_threats.py::test_p3_no_canary_reaches_a_prompt_or_a_log",),
    ),
    Promise(
        "P4",
        "Erasing a person reaches every table and every file, and the export holds all there was.",
        (
            "store/test_erasure.py::test_erasing_somebody_reaches_every_table_there_is",
            "store/test_erasure.py::test_the_command_erases_what_lies_beside_the_database_too",
            "store/test_erasure.py::test_the_export_holds_what_was_left_in_every_table",
            "store/test_held.py::test_a_restore_does_not_undo_what_was_erased_or_closed",
        ),
    ),
    Promise(
        "G1",
        "No page has a barrier that a machine can find, in light and dark, at 320 pixels.",
        (
            "browser/test_applicant_page.py::test_the_page_has_no_barrier_that_a_machine_can_find",
            "browser/test_coach.py::test_no_page_of_the_desk_has_a_barrier_or_runs_over_a_phone",
            "browser/test_staff.py::test_no_page_has_a_barrier_or_runs_over_on_a_phone",
        ),
        "ALL_SCREENS",
    ),
    Promise(
        "G2",
        "Nothing becomes final without a coach and a reason.",
        (
            "store/test_reviews.py::test_the_database_takes_no_decision_without_a_person_and_a_reason",
            "store/test_reviews.py::test_only_a_coach_decides",
            "web/test_api.py::test_only_a_coachs_token_decides",
            "web/test_matrix.py::test_nobody_finds_or_changes_what_is_not_theirs",
        ),
    ),
    Promise(
        "G3",
        "Any change of the audit is found at its place.",
        (
            "store/test_audit.py::test_random_edits_of_the_record_are_found",
            "store/test_audit.py::test_a_review_that_was_changed_or_removed_is_found",
        ),
        "AUDIT_EDITS",
    ),
)
OPEN = (
    (
        "S2",
        "An attack that turns a poor fit into a fit with a real language model: needs one to be measured.",
    ),
    ("S3", "Honest proposals full of tricky words: tried on examples, not yet on three hundred."),
    ("S8", "The pages' own forms and the chat's handlers: the generated requests reach the HTTP API alone."),
    (
        "S10",
        "The index after a thousand hostile sessions: searching changes no byte of it, sessions are not tried.",
    ),
    (
        "S11",
        "Hosts beyond the endpoint: every test forbids them, none watches the whole product from outside.",
    ),
    ("G4", "Requirements of OWASP AISVS: none is claimed."),
)
ACCEPTED = (
    "Text that is hidden by the order in which a page is painted is read.",
    "A plain lie is taken as said; a coach decides.",
    "Names in free text are masked as far as they are recognised.",
    "A patient attacker may sway one criterion with a language model.",
    "What a model's provider keeps is up to its contract.",
    "Somebody else's table or source file that speaks of an applicant goes with its owner or with time.",
)


def page() -> str:
    """The page as it should be."""
    rows = [
        f"| {p.id} | {p.text} | {'<br>'.join(f'`{t}`' for t in p.tests)} | {f'`{p.size}`' if p.size else ''} |"
        for p in PROMISES
    ]
    missing = [f"- {id}: {text}" for id, text in OPEN]
    return "\n".join(
        (
            "# What we promise of safety and reliability\n",
            "Written by `python -m docs.threats`; a test fails when a test named here is gone. `make test` runs all",
            "of them; `make nightly` tries more, as far as the variable in the last column says. Each can be run by",
            "itself: `python -m pytest tests/NAME`.\n",
            "The model is taken for a helper that can be fooled: it proposes, code checks, a coach decides.\n",
            "| id | promise | proved by, under `tests/` | how much |",
            "|---|---|---|---|",
            *rows,
            "\n## Not proved\n",
            *missing,
            "\n## Accepted\n",
            *(f"- {text}" for text in ACCEPTED),
            "",
        )
    )


def absent() -> Iterator[str]:
    """The tests and variables that promises name and that are not there."""
    nightly = (ROOT / "Makefile").read_text(encoding="utf-8")
    for promise in PROMISES:
        for name in promise.tests:
            file, _, test = name.partition("::")
            path = ROOT / "tests" / file
            tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
            if test not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
                yield f"{promise.id}: {name}"
        if promise.size and not re.search(rf"\b{promise.size}=", nightly):
            yield f"{promise.id}: {promise.size}"


def main() -> int:
    """Writes or checks the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the page is out of date"
    )
    if parser.parse_args().check:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        return 0 if fresh and not list(absent()) else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
