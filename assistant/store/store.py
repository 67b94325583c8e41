"""Everything that is kept in one database, behind one door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Engine

from assistant.settings import Settings
from assistant.store.accounts import Accounts
from assistant.store.audit import Audit
from assistant.store.batches import Batches
from assistant.store.candidates import Candidates
from assistant.store.drafts import Drafts, utc_now
from assistant.store.held import Held
from assistant.store.jobs import Jobs
from assistant.store.reviews import Reviews
from assistant.store.switches import Switches
from assistant.store.usage import UsageLog


@dataclass(frozen=True)
class Store:
    """The stores that share one database."""

    drafts: Drafts
    now: Callable[[], datetime] = utc_now
    idle: timedelta = timedelta(hours=2)
    """How long a session lasts without a request."""
    longest: timedelta = timedelta(hours=12)
    """How long a session lasts at most."""
    tries: int = 10
    """How often somebody may try to sign in to an account within 15 minutes."""

    @property
    def engine(self) -> Engine:
        """The database."""
        return self.drafts.engine

    @cached_property
    def accounts(self) -> Accounts:
        """People who sign in."""
        return Accounts(self.engine, self.now, idle=self.idle, longest=self.longest, tries=self.tries)

    @cached_property
    def reviews(self) -> Reviews:
        """What coaches say."""
        return Reviews(self.engine, self.now)

    @cached_property
    def candidates(self) -> Candidates:
        """Overruled judgements on their way to the evaluations."""
        return Candidates(self.engine, self.now)

    @cached_property
    def batches(self) -> Batches:
        """Tables of proposals that coaches sent."""
        return Batches(self.engine, self.now)

    @cached_property
    def switches(self) -> Switches:
        """What staff switch while the product runs."""
        return Switches(self.engine, self.now)

    @cached_property
    def usage(self) -> UsageLog:
        """What the engines were used for."""
        return UsageLog(self.engine, self.now)

    @cached_property
    def jobs(self) -> Jobs:
        """Work in the background."""
        return Jobs(self.engine, self.now)

    @cached_property
    def audit(self) -> Audit:
        """What was done, by whom and when."""
        return Audit(self.engine, self.now)

    @cached_property
    def held(self) -> Held:
        """Everything held about one person."""
        return Held(self)


def open_store(settings: Settings) -> Store:
    """The store of these settings; raises StoreError when its database cannot be opened."""
    days = settings.link_days or settings.retention_days
    return store_of(Drafts(settings.database, link_days=days), settings)


def store_of(drafts: Drafts, settings: Settings) -> Store:
    """The store around drafts that are open already."""
    return Store(
        drafts,
        idle=timedelta(minutes=settings.session_idle_minutes),
        longest=timedelta(hours=settings.session_hours),
        tries=settings.sign_in_tries,
    )
