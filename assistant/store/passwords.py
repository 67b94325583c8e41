"""Passwords, kept as Argon2id hashes."""

from __future__ import annotations

import secrets
import threading
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.errors import InputError

SHORTEST, LONGEST = 12, 200
"""Characters. Length counts; rules about kinds of characters only make people write passwords down."""

AT_ONCE = 4
"""Passwords that are worked on together; each takes 64 MB of memory for its moment."""


class Passwords:
    """Hashes passwords and compares them; each takes some tens of milliseconds on purpose."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def hash(self, password: str, *, check: bool = True) -> str:
        """What is kept of a password; raises InputError when it is too short, too long or the same few characters."""
        weak = not SHORTEST <= len(password) <= LONGEST or len(set(password)) < 5
        if check and weak:
            raise InputError(
                "the password cannot be used",
                fix=f"take {SHORTEST} to {LONGEST} characters, such as four words that do not belong together",
                key="password",
                shortest=SHORTEST,
                longest=LONGEST,
            )
        with self._room:
            return self._hasher.hash(password)

    def matches(self, known: str | None, password: str) -> bool:
        """Whether a password is the one that was hashed; takes as long when there is none to compare with."""
        compared = known or self._nobodys
        try:
            with self._room:
                return self._hasher.verify(compared, password[: LONGEST + 1]) and known is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_old(self, known: str) -> bool:
        """Whether a hash was made with weaker settings than today's."""
        return self._hasher.check_needs_rehash(known)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe(16))
