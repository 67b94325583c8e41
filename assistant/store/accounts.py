"""People who sign in: who they are, what they may do, and the keys that prove it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, select, update

from assistant.domain import Frozen
from assistant.errors import AccessError, InputError
from assistant.store.audit import note
from assistant.store.drafts import hashed
from assistant.store.limits import Limits
from assistant.store.passwords import Passwords
from assistant.store.schema import accounts, api_tokens, draft_keys, holdings, sessions
from assistant.store.tables import reading, writing

Role = Literal["applicant", "coach", "staff"]
ROLES: tuple[Role, ...] = get_args(Role)
ApiScope = Literal["check", "ask", "search", "drafts", "reviews"]
SCOPES: tuple[ApiScope, ...] = get_args(ApiScope)

EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,180}\.[^@\s,;<>\"]{2,}")
MINUTES = 15
"""The stretch in which attempts to sign in are counted."""
SEEN_EVERY = timedelta(seconds=60)


class Account(Frozen):
    """One person."""

    id: str
    email: str | None
    """None once the person was erased."""
    name: str
    roles: tuple[Role, ...]
    created_at: datetime
    disabled_at: datetime | None = None

    def may(self, role: Role) -> bool:
        """Whether the person has a role. No role contains another."""
        return self.disabled_at is None and role in self.roles


class ApiToken(Frozen):
    """A key for a machine, without the secret."""

    id: str
    account_id: str
    label: str
    scopes: tuple[ApiScope, ...]
    created_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None


class Signed(Frozen):
    """A claim of the city's own provider about who somebody is; already verified."""

    issuer: str
    subject: str
    email: str | None
    """None unless the provider says that it was verified."""
    name: str
    roles: tuple[Role, ...] | None
    """None when the provider says nothing about roles, so that the local account decides."""


class Accounts:
    """Everybody who may sign in, in one database."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        *,
        idle: timedelta = timedelta(hours=2),
        longest: timedelta = timedelta(hours=12),
        tries: int = 10,
    ) -> None:
        self._engine = engine
        self._now = now
        self._idle, self._longest, self._tries = idle, longest, tries
        self._passwords = Passwords()
        self.limits = Limits(engine, now)

    # --- people ----------------------------------------------------------------------------------------------

    def add(
        self,
        email: str,
        roles: Iterable[Role],
        *,
        password: str | None,
        name: str = "",
        actor: str = "operator",
    ) -> Account:
        """A new account; without a password it signs in at the city's own provider.

        Raises InputError for an address that is none or is taken, for no role, and for a password that is too weak.
        """
        address, named = _address(email), _roles(roles)
        secret = None if password is None else self._passwords.hash(password)
        row = {
            "id": secrets.token_hex(16),
            "email": address,
            "name": name.strip()[:120],
            "roles": ",".join(named),
        }
        with writing(self._engine) as connection:
            if connection.execute(select(accounts.c.id).where(accounts.c.email == address)).first():
                raise InputError(
                    "this address has an account", fix="see: scoping users list", key="account_exists"
                )
            connection.execute(insert(accounts).values(**row, password_hash=secret, created_at=self._now()))
            note(connection, self._now(), actor, "account.added", row["id"], roles=row["roles"])
        return self.get(row["id"])

    def get(self, account_id: str) -> Account:
        """The account of an id; raises InputError when there is none."""
        return self._one(accounts.c.id == account_id)

    def by_email(self, email: str) -> Account:
        """The account of an address; raises InputError when there is none."""
        return self._one(accounts.c.email == email.strip().lower())

    def all(self) -> list[Account]:
        """Every account that was not erased, by address."""
        with reading(self._engine) as connection:
            query = select(accounts).where(accounts.c.email.is_not(None)).order_by(accounts.c.email)
            return [_account(row) for row in connection.execute(query)]

    def disable(self, account_id: str, *, actor: str = "operator") -> None:
        """Close an account, all its sessions and all its tokens at once; what its owner decided stays."""
        now = self._now()
        with writing(self._engine) as connection:
            _change(connection, account_id, disabled_at=now)
            _close(connection, account_id, now)
            note(connection, now, actor, "account.disabled", account_id)

    def enable(self, account_id: str, *, actor: str = "operator") -> None:
        """Let somebody sign in again."""
        with writing(self._engine) as connection:
            _change(connection, account_id, disabled_at=None)
            note(connection, self._now(), actor, "account.enabled", account_id)

    def end_sessions(self, account_id: str, *, actor: str = "operator") -> int:
        """Sign somebody out everywhere; how many sessions that ended. Raises InputError for an unknown id."""
        with writing(self._engine) as connection:
            if connection.execute(select(accounts.c.id).where(accounts.c.id == account_id)).first() is None:
                raise _nobody()
            ended = connection.execute(delete(sessions).where(sessions.c.account_id == account_id)).rowcount
            note(connection, self._now(), actor, "session.ended", account_id, sessions=ended)
        return ended

    def open_sessions(self) -> dict[str, int]:
        """How many sessions each account has open, by id."""
        now = self._now()
        open_now = (sessions.c.ends_at > now) & (sessions.c.seen_at > now - self._idle)
        query = select(sessions.c.account_id, func.count()).where(open_now).group_by(sessions.c.account_id)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def set_password(self, account_id: str, password: str, *, actor: str = "operator") -> None:
        """A new password; ends every session. Raises InputError when it is too weak."""
        secret = self._passwords.hash(password)
        with writing(self._engine) as connection:
            _change(connection, account_id, password_hash=secret)
            connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
            note(connection, self._now(), actor, "account.password", account_id)

    def set_roles(self, account_id: str, roles: Iterable[Role], *, actor: str = "operator") -> None:
        """Other roles, from the next request on."""
        named = ",".join(_roles(roles))
        with writing(self._engine) as connection:
            _change(connection, account_id, roles=named)
            note(connection, self._now(), actor, "account.roles", account_id, roles=named)

    def erase(self, account_id: str, *, actor: str = "operator") -> None:
        """Forget who somebody is: address, name, password, sessions, tokens. Decisions keep the bare id."""
        now = self._now()
        nobody = {"email": None, "name": None, "password_hash": None, "issuer": None, "subject": None}
        with writing(self._engine) as connection:
            _change(connection, account_id, **nobody, roles="", disabled_at=now)
            connection.execute(
                update(holdings).where(holdings.c.account_id == account_id).values(account_id=None)
            )
            _close(connection, account_id, now)
            connection.execute(delete(api_tokens).where(api_tokens.c.account_id == account_id))
            note(connection, now, actor, "account.erased", account_id)

    # --- signing in ------------------------------------------------------------------------------------------

    def sign_in(self, email: str, password: str, *, address: str) -> str:
        """The token of a new session.

        Raises AccessError `sign_in` for whatever is wrong, always the same and after the same time, and `sign_in_wait`
        with the seconds to wait after too many attempts at this account or from this network address.
        """
        who = email.strip().lower()
        mine = f"account {who}"
        limits = {mine: self._tries, f"address {address}": 4 * self._tries}
        if wait := self.limits.take(limits, seconds=MINUTES * 60):
            raise _too_many(wait)
        with reading(self._engine) as connection:
            row = connection.execute(select(accounts).where(accounts.c.email == who)).first()
        known = row.password_hash if row is not None and row.disabled_at is None else None
        if not self._passwords.matches(known, password) or row is None:
            raise AccessError(
                "address or password is wrong", fix="check both, or ask for a new password", key="sign_in"
            )
        if self._passwords.is_old(row.password_hash):
            with writing(self._engine) as connection:
                _change(connection, row.id, password_hash=self._passwords.hash(password, check=False))
        self.limits.forget(mine)
        return self._begin(row.id)

    def sign_in_signed(self, signed: Signed) -> str:
        """The token of a new session for somebody whom the city's own provider vouches for.

        The account is the one that signed in with this identity before, else the one of the verified address, else,
        when the provider names a role, a new one. Raises AccessError `no_account` when there is none of these.
        """
        with writing(self._engine) as connection:
            row = _known(connection, signed)
            if row is None and signed.roles and signed.email:
                row = self._new(connection, signed)
            if row is None or row.disabled_at is not None:
                raise AccessError(
                    "there is no account for this person", fix="scoping users add makes one", key="no_account"
                )
            values: dict[str, Any] = {"issuer": signed.issuer, "subject": signed.subject}
            if signed.roles is not None and ",".join(signed.roles) != row.roles:
                values["roles"] = ",".join(signed.roles)
                note(connection, self._now(), "provider", "account.roles", row.id, roles=values["roles"])
            _change(connection, row.id, **values)
        return self._begin(row.id)

    def session(self, token: str) -> Account | None:
        """Who a session's token belongs to, or None; not after it was idle too long, has ended or was signed out."""
        now, mine = self._now(), sessions.c.token_hash == hashed(token)
        joined = (
            select(accounts, sessions.c.seen_at, sessions.c.ends_at).join_from(sessions, accounts).where(mine)
        )
        with reading(self._engine) as connection:
            row = connection.execute(joined).first()
        if row is None or row.disabled_at or row.ends_at <= now or row.seen_at + self._idle <= now:
            return None
        if row.seen_at + SEEN_EVERY <= now:
            with writing(self._engine) as connection:
                connection.execute(update(sessions).where(mine).values(seen_at=now))
        return _account(row)

    def sign_out(self, token: str) -> None:
        """End one session, in every process."""
        with writing(self._engine) as connection:
            mine = sessions.c.token_hash == hashed(token)
            owner = connection.execute(select(sessions.c.account_id).where(mine)).scalar()
            if owner is not None:
                connection.execute(delete(sessions).where(mine))
                note(connection, self._now(), owner, "session.ended", owner)

    def purge(self) -> None:
        """Drop sessions and keys whose time is over, and old counters."""
        now = self._now()
        with writing(self._engine) as connection:
            over = (sessions.c.ends_at <= now) | (sessions.c.seen_at <= now - self._idle)
            connection.execute(delete(sessions).where(over))
            connection.execute(delete(draft_keys).where(draft_keys.c.ends_at <= now))
        self.limits.purge()

    def _begin(self, account_id: str) -> str:
        token, now = secrets.token_urlsafe(32), self._now()
        row = {"token_hash": hashed(token), "account_id": account_id, "created_at": now, "seen_at": now}
        with writing(self._engine) as connection:
            connection.execute(insert(sessions).values(**row, ends_at=now + self._longest))
            note(connection, now, account_id, "session.began", account_id)
        return token

    def _new(self, connection: Connection, signed: Signed) -> Row[Any] | None:
        row = {"id": secrets.token_hex(16), "email": signed.email, "name": signed.name[:120]}
        roles = ",".join(signed.roles or ())
        connection.execute(insert(accounts).values(**row, roles=roles, created_at=self._now()))
        note(connection, self._now(), "provider", "account.added", str(row["id"]), roles=roles)
        return connection.execute(select(accounts).where(accounts.c.id == row["id"])).first()

    # --- keys for machines -----------------------------------------------------------------------------------

    def add_token(
        self,
        account_id: str,
        scopes: Iterable[ApiScope],
        *,
        label: str = "",
        days: int | None = None,
        actor: str = "operator",
    ) -> tuple[str, ApiToken]:
        """A new key for the HTTP API, and its secret, which is kept nowhere; raises InputError for unknown scopes."""
        account, now, named = self.get(account_id), self._now(), tuple(dict.fromkeys(scopes))
        if not named or set(named) - set(SCOPES):
            raise InputError("unknown scope", fix=f"use: {', '.join(SCOPES)}", key="scope")
        secret = f"scoping_{secrets.token_urlsafe(32)}"
        token = ApiToken(
            id=secrets.token_hex(8),
            account_id=account.id,
            label=label[:80],
            scopes=named,
            created_at=now,
            ends_at=None if days is None else now + timedelta(days=days),
            revoked_at=None,
        )
        row = {**token.model_dump(), "scopes": ",".join(named), "token_hash": hashed(secret)}
        with writing(self._engine) as connection:
            connection.execute(insert(api_tokens).values(row))
            note(connection, now, actor, "token.added", token.id, account=account.id, scopes=row["scopes"])
        return secret, token

    def tokens(self, account_id: str | None = None) -> list[ApiToken]:
        """Every key, or those of one account, oldest first."""
        query = select(api_tokens).order_by(api_tokens.c.created_at, api_tokens.c.id)
        if account_id is not None:
            query = query.where(api_tokens.c.account_id == account_id)
        with reading(self._engine) as connection:
            return [_token(row) for row in connection.execute(query)]

    def revoke_token(self, token_id: str, *, actor: str = "operator") -> None:
        """End a key at once; raises InputError when there is none of this id."""
        with writing(self._engine) as connection:
            ended = update(api_tokens).where(api_tokens.c.id == token_id).values(revoked_at=self._now())
            if connection.execute(ended).rowcount == 0:
                raise InputError(
                    "there is no such token", fix="see: scoping users token list", key="no_token"
                )
            note(connection, self._now(), actor, "token.revoked", token_id)

    def bearer(self, secret: str) -> tuple[Account, ApiToken] | None:
        """Whose key this is and what it opens, or None when it opens nothing, or no longer does."""
        with reading(self._engine) as connection:
            key = connection.execute(
                select(api_tokens).where(api_tokens.c.token_hash == hashed(secret))
            ).first()
            if key is None or key.revoked_at or (key.ends_at and key.ends_at <= self._now()):
                return None
            row = connection.execute(select(accounts).where(accounts.c.id == key.account_id)).one()
        return None if row.disabled_at else (_account(row), _token(key))

    def _one(self, condition: ColumnElement[bool]) -> Account:
        with reading(self._engine) as connection:
            row = connection.execute(select(accounts).where(condition)).first()
        if row is None:
            raise _nobody()
        return _account(row)


def _known(connection: Connection, signed: Signed) -> Row[Any] | None:
    """The account of a verified identity; an address alone counts only while no other identity has it."""
    same = (accounts.c.issuer == signed.issuer) & (accounts.c.subject == signed.subject)
    row = connection.execute(select(accounts).where(same).with_for_update()).first()
    if row is None and signed.email:
        free = (accounts.c.email == signed.email) & accounts.c.subject.is_(None)
        row = connection.execute(select(accounts).where(free).with_for_update()).first()
    return row


def _change(connection: Connection, account_id: str, **values: Any) -> None:
    mine = (accounts.c.id == account_id) & accounts.c.email.is_not(None)
    if connection.execute(update(accounts).where(mine).values(**values)).rowcount == 0:
        raise _nobody()


def _close(connection: Connection, account_id: str, now: datetime) -> None:
    connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
    live = (api_tokens.c.account_id == account_id) & api_tokens.c.revoked_at.is_(None)
    connection.execute(update(api_tokens).where(live).values(revoked_at=now))


def _address(email: str) -> str:
    address = email.strip().lower()
    if not EMAIL.fullmatch(address):
        raise InputError("this is no e-mail address", fix="write it as name@city.example", key="email")
    return address


def _roles(roles: Iterable[Role]) -> tuple[Role, ...]:
    wanted = set(roles)
    if not wanted or wanted - set(ROLES):
        raise InputError("unknown role", fix=f"use: {', '.join(ROLES)}", key="role")
    return tuple(role for role in ROLES if role in wanted)


def _account(row: Row[Any]) -> Account:
    fields = {name: getattr(row, name) for name in ("id", "email", "created_at", "disabled_at")}
    return Account(**fields, name=row.name or "", roles=tuple(filter(None, row.roles.split(","))))


def _token(row: Row[Any]) -> ApiToken:
    fields = {name: getattr(row, name) for name in ApiToken.model_fields if name != "scopes"}
    return ApiToken(**fields, scopes=tuple(row.scopes.split(",")))


def _nobody() -> InputError:
    return InputError("there is no such account", fix="see: scoping users list", key="no_such_account")


def _too_many(seconds: int) -> AccessError:
    return AccessError(
        "too many attempts to sign in",
        fix=f"wait {-(-seconds // 60)} minutes",
        key="sign_in_wait",
        minutes=-(-seconds // 60),
        seconds=seconds,
    )
