"""Every error a person can meet, each with its remedy.

ScopingError            exit 1, our failure
├── InputError          exit 2, the caller's text, file or option
│   ├── DocumentError   a file that cannot be read
│   └── AccessError     who asks is not known, or may not do this
├── ProgrammeError      corpus/programme or corpus/locale is wrong
├── CorpusError         passages or cases are wrong, or the index does not match them
├── ModelError          the local model's files are missing or damaged
├── StoreError          drafts cannot be read or written
├── LLMError            a language model gave no usable answer
└── ConfigError         exit 2, a setting is wrong
"""


class ScopingError(Exception):
    """Something went wrong; `fix` says what to do about it."""

    exit_code = 1

    def __init__(self, message: str, *, fix: str, key: str = "unknown", **details: object) -> None:
        super().__init__(message)
        self.fix = fix
        self.key = key
        """The entry of `[error]` in corpus/locale that says the same in the person's language."""
        self.details = details
        """Values for the slots of that entry."""


class InputError(ScopingError):
    """The caller's text or option cannot be used."""

    exit_code = 2


class DocumentError(InputError):
    """A file cannot be read as a proposal."""


class AccessError(InputError):
    """Who asks is not known, or may not do this."""


class ConfigError(ScopingError):
    """A setting is wrong."""

    exit_code = 2


class ProgrammeError(ScopingError):
    """The programme's data files are missing or contradict themselves."""


class CorpusError(ScopingError):
    """Passages, cases or the index built from them are missing, damaged or stale."""


class ModelError(ScopingError):
    """A file of the local model is missing or damaged."""


class StoreError(ScopingError):
    """Drafts cannot be read or written."""


class LLMError(ScopingError):
    """A language model gave no usable answer; the local engine goes on instead."""
