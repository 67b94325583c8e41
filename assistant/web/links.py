"""Wrong links are counted by network address, so that nobody can try links until one opens."""

from __future__ import annotations

from fastapi import Request

from assistant.errors import AccessError
from assistant.store.store import Store

WRONG = 30
"""Wrong links that one network address may try in a stretch; an office behind one address shares them."""
SECONDS = 600


def check(store: Store, request: Request) -> None:
    """Raises AccessError `link_wait` for an address that has tried too many wrong links; a right one waits too."""
    if wait := store.accounts.limits.over({_name(request): WRONG}, seconds=SECONDS):
        minutes = -(-wait // 60)
        raise AccessError(
            "too many links that open nothing",
            fix=f"wait {minutes} minutes",
            key="link_wait",
            minutes=minutes,
        )


def wrong(store: Store, request: Request) -> None:
    """Counts one link that opened nothing."""
    store.accounts.limits.take({_name(request): WRONG}, seconds=SECONDS)


def _name(request: Request) -> str:
    return f"link {request.client.host if request.client else ''}"
