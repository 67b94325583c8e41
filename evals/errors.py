"""What an evaluation can end with, each with its exit code and remedy.

EvalError                   a ScopingError of the evaluations
├── SuiteError              exit 2, a suite, run, baseline or option is wrong
├── LockError               exit 3, something that decides judgements changed without a fresh run
├── IncompleteError         exit 4, errors or missing cases
├── NotRecordedError        exit 5, a replay met a call that was never recorded
└── UnderPoweredError       exit 6, too few cases to see what was asked for
"""

from __future__ import annotations

from assistant.errors import ScopingError


class EvalError(ScopingError):
    """An evaluation cannot go on, or may not ship."""


class SuiteError(EvalError):
    """A suite, a run, a baseline or an option is wrong."""

    exit_code = 2


class LockError(EvalError):
    """Something that decides judgements changed without a fresh run."""

    exit_code = 3


class IncompleteError(EvalError):
    """Cases are missing, or too many ended in an error."""

    exit_code = 4


class NotRecordedError(EvalError):
    """A replay met a call that was never recorded."""

    exit_code = 5


class UnderPoweredError(EvalError):
    """The cases are too few to see the change that was asked for."""

    exit_code = 6
