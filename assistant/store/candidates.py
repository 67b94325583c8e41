"""From an overruled judgement to a case of the evaluations: masked, read twice, and only then used."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, insert, select, update

from assistant.domain import Frozen, Lang
from assistant.errors import AccessError, InputError, StoreError
from assistant.privacy import mask
from assistant.safety import clean_text, fold
from assistant.store.accounts import Account
from assistant.store.audit import digest, note
from assistant.store.reviews import judged_conversation
from assistant.store.schema import candidates, reviews
from assistant.store.tables import reading, writing

State = Literal["quarantine", "accepted", "rejected", "released"]
SUITES = {"fit": "fit", "type": "typology", "flag": "fit", "element": "elements"}
"""The suite of the evaluations that a case belongs to, by what was overruled."""
NEAR = 0.8
"""How alike two texts may be, from 0 to 1, before the second one adds nothing."""
SHINGLE = 3
"""Words that are compared together."""


class Candidate(Frozen):
    """A case that may become part of the evaluations."""

    id: str
    draft_id: str
    review_id: str
    lang: Lang
    text: str
    """The applicant's words, with personal details masked."""
    reason: str
    target: str
    was: str | None
    now: str
    """What the first coach said that it is."""
    fingerprint: str
    state: State
    version: int
    made_by: str
    made_at: datetime
    second_by: str | None = None
    second_value: str | None = None
    second_reason: str | None = None
    suite: str | None = None
    settled_at: datetime | None = None
    released_case: str | None = None
    """The line for its suite, as JSON, once it was released."""


class Alike(Frozen):
    """Another text that says nearly the same."""

    id: str
    share: float


class Preview(Frozen):
    """What a candidate would hold, to be looked through before it is made."""

    text: str
    reason: str
    masked: tuple[str, ...]
    """The kinds of personal details that were found, such as `email`."""
    alike: tuple[Alike, ...]
    """The nearest texts among candidates and known cases, nearest first."""
    suite: str


class Candidates:
    """The candidates of one database. Nothing here writes training data, and nothing is used that one person read."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def preview(
        self, review_id: str, *, hide: Iterable[str] = (), known: Iterable[tuple[str, str]] = ()
    ) -> Preview:
        """What a candidate from this overrule would hold.

        `hide` names words to mask beside what is found by itself, such as names; `known` holds the id and text of
        cases and training examples that it must not repeat. Raises InputError for a review that overruled nothing.
        """
        with reading(self._engine) as connection:
            return self._preview(connection, _overrule(connection, review_id), hide, known)

    def make(
        self,
        review_id: str,
        coach: Account,
        *,
        hide: Iterable[str] = (),
        known: Iterable[tuple[str, str]] = (),
    ) -> Candidate:
        """Put a candidate into quarantine; raises InputError when it repeats a text that is there already."""
        _must_be(coach, "coach")
        with writing(self._engine) as connection:
            review = _overrule(connection, review_id)
            shown = self._preview(connection, review, hide, known)
            if shown.alike and shown.alike[0].share >= NEAR:
                raise InputError(
                    f"this repeats {shown.alike[0].id}", fix="keep the older case", key="candidate_exists"
                )
            made = Candidate(
                id=secrets.token_hex(16),
                draft_id=review.draft_id,
                review_id=review.id,
                lang=judged_conversation(connection, review.draft_id, review.turn_seq).lang or "en",
                text=shown.text,
                reason=shown.reason,
                target=review.target,
                was=review.was,
                now=review.now,
                fingerprint=fingerprint(shown.text),
                state="quarantine",
                version=1,
                made_by=coach.id,
                made_at=self._now(),
            )
            connection.execute(insert(candidates).values(made.model_dump()))
            note(
                connection,
                self._now(),
                coach.id,
                "candidate.made",
                made.id,
                review=review.id,
                digest=digest(made.text),
            )
        return made

    def read(self, candidate_id: str, coach: Account, value: str, reason: str, *, version: int) -> Candidate:
        """A second coach's own value: the same accepts the candidate, another one rejects it.

        Raises InputError for whoever made the case or the decision under it, and StoreError `review_conflict` when the
        candidate changed since `version`.
        """
        _must_be(coach, "coach")
        said = mask(clean_text(reason).strip()).text
        if not said:
            raise InputError("a reason is needed", fix="write in a sentence why", key="reason")
        with writing(self._engine) as connection:
            found = _held(connection, candidate_id, "quarantine", version)
            if coach.id in (found.made_by, _decider(connection, found.review_id)):
                fix = "leave it to another coach"
                raise InputError("you have decided this already", fix=fix, key="second_reader")
            state: State = "accepted" if value == found.now else "rejected"
            second = {"second_by": coach.id, "second_value": value[:80], "second_reason": said}
            return self._settle(connection, found, coach, state, **second)

    def release(
        self, candidate_id: str, staff: Account, *, version: int, case: str | None = None
    ) -> Candidate:
        """Let an accepted candidate go to its suite; `case` is its line there, kept so that it can be fetched."""
        _must_be(staff, "staff")
        with writing(self._engine) as connection:
            found = _held(connection, candidate_id, "accepted", version)
            suite = SUITES[found.target.partition(":")[0]]
            return self._settle(connection, found, staff, "released", suite=suite, released_case=case)

    def all(self, state: State | None = None) -> list[Candidate]:
        """Every candidate, or those in one state, oldest first."""
        query = select(candidates).order_by(candidates.c.made_at, candidates.c.id)
        if state is not None:
            query = query.where(candidates.c.state == state)
        with reading(self._engine) as connection:
            return [_candidate(row) for row in connection.execute(query)]

    def of(self, draft_id: str) -> list[Candidate]:
        """The candidates made from one draft."""
        return [c for c in self.all() if c.draft_id == draft_id]

    def _preview(
        self, connection: Connection, review: Row[Any], hide: Iterable[str], known: Iterable[tuple[str, str]]
    ) -> Preview:
        conversation = judged_conversation(connection, review.draft_id, review.turn_seq)
        text, kinds = _masked(conversation.text, hide)
        reason, more = _masked(review.text, hide)
        others = [(row.id, row.text) for row in connection.execute(select(candidates))]
        return Preview(
            text=text,
            reason=reason,
            masked=tuple(sorted({*kinds, *more})),
            alike=nearest(text, [*others, *known]),
            suite=SUITES[review.target.partition(":")[0]],
        )

    def _settle(
        self, connection: Connection, found: Candidate, by: Account, state: State, **values: str | None
    ) -> Candidate:
        changed = found.model_copy(
            update={**values, "state": state, "version": found.version + 1, "settled_at": self._now()}
        )
        same = (candidates.c.id == found.id) & (candidates.c.version == found.version)
        fields = {name: getattr(changed, name) for name in (*values, "state", "version", "settled_at")}
        if connection.execute(update(candidates).where(same).values(**fields)).rowcount == 0:
            raise _conflict()
        note(connection, self._now(), by.id, f"candidate.{state}", found.id, digest=digest(found.text))
        return changed


def fingerprint(text: str) -> str:
    """The same for texts that differ in case, accents, spaces and punctuation only."""
    return hashlib.sha256(" ".join(_words(text)).encode()).hexdigest()


def nearest(text: str, others: Iterable[tuple[str, str]], *, limit: int = 3) -> tuple[Alike, ...]:
    """The texts that share most runs of words with this one, and which share of all runs that is."""
    own = _shingles(text)
    found = [Alike(id=id, share=round(_share(own, _shingles(other)), 3)) for id, other in others]
    return tuple(sorted((a for a in found if a.share > 0), key=lambda a: (-a.share, a.id))[:limit])


def _share(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = _words(text)
    return (
        {tuple(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))} if words else set()
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def _masked(text: str, hide: Iterable[str]) -> tuple[str, list[str]]:
    masked = mask(text)
    hidden = masked.text
    for word in sorted({w.strip() for w in hide if len(w.strip()) > 1}, key=len, reverse=True):
        hidden = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "[name]", hidden, flags=re.IGNORECASE)
    kinds: list[str] = [found.kind for found in masked.found]
    return hidden, [*kinds, "name"] if hidden != masked.text else kinds


def _overrule(connection: Connection, review_id: str) -> Row[Any]:
    row = connection.execute(select(reviews).where(reviews.c.id == review_id)).first()
    if row is None or row.kind != "overrule":
        raise InputError(
            "this review overruled nothing", fix="choose an overruled judgement", key="no_review"
        )
    return row


def _decider(connection: Connection, review_id: str) -> str | None:
    return connection.execute(select(reviews.c.decided_by).where(reviews.c.id == review_id)).scalar()


def _held(connection: Connection, candidate_id: str, state: State, version: int) -> Candidate:
    row = connection.execute(
        select(candidates).where(candidates.c.id == candidate_id).with_for_update()
    ).first()
    if row is None:
        raise InputError("there is no such candidate", fix="load the list again", key="no_candidate")
    if (row.state, row.version) != (state, version):
        raise _conflict()
    return _candidate(row)


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate.model_validate(dict(row._mapping))


def _must_be(account: Account, role: Literal["coach", "staff"]) -> None:
    if not account.may(role):
        raise AccessError(f"only {role} may do this", fix=f"sign in as {role}", key="forbidden")


def _conflict() -> StoreError:
    fix = "read what is new, then decide again"
    return StoreError("somebody else settled this in the meantime", fix=fix, key="review_conflict")
