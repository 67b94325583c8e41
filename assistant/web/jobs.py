"""Work that a page starts and does not wait for: on a thread, with its progress in the store."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from assistant.errors import ScopingError, StoreError
from assistant.retrieval.base import Progress
from assistant.store.accounts import Account
from assistant.store.jobs import Job, Jobs

log = logging.getLogger(__name__)

TELL_EVERY = 0.5
"""Seconds between two notes of the progress of one job."""
STEPS = {"waiting": "waiting", "reading": "reading", "encoding": "encoding", "writing": "writing"}
"""The first word of what a build tells, and how the store calls it; anything else is `working`."""


def start(
    jobs: Jobs, kind: str, by: Account, work: Callable[[Progress], object], *, subject: str = ""
) -> Job:
    """Begin a piece of work; raises InputError `job_running` while another one of its kind goes on."""
    job = jobs.begin(kind, by, subject)
    thread = threading.Thread(target=_run, args=(jobs, job.id, work), name=f"{kind} {job.id}", daemon=True)
    thread.start()
    return job


def _run(jobs: Jobs, id: str, work: Callable[[Progress], object]) -> None:
    error: Exception | None = None
    try:
        work(_teller(jobs, id))
    except Exception as caught:  # noqa: BLE001  # whoever looks at the job is told
        error = caught
        if not isinstance(caught, ScopingError):
            log.error("job %s failed: %s", id, type(caught).__name__)
    try:
        jobs.finish(id, error)
    except StoreError:
        log.exception("the end of job %s could not be noted", id)


def _teller(jobs: Jobs, id: str) -> Progress:
    last = 0.0

    def tell(done: int, total: int, label: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TELL_EVERY:
            last = now
            jobs.tell(id, done, total, STEPS.get(label.partition(" ")[0], "working"))

    return tell
