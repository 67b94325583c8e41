"""`scoping users` and `scoping data`: accounts, and what is held about people."""

from __future__ import annotations

import getpass
import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import InputError, StoreError
from assistant.settings import read_settings

if TYPE_CHECKING:
    from assistant.store.accounts import ApiScope, Role
    from assistant.store.store import Store

users_app = typer.Typer(help="Accounts of coaches, staff and applicants.", no_args_is_help=True)
token_app = typer.Typer(help="Tokens for the HTTP API.", no_args_is_help=True)
users_app.add_typer(token_app, name="token")
data_app = typer.Typer(
    help="What is held about people: export, delete, verify, back up.", no_args_is_help=True
)


class RoleName(StrEnum):
    """What an account may do."""

    applicant = "applicant"
    coach = "coach"
    staff = "staff"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Email = Annotated[str, typer.Argument(help="The account's e-mail address.")]
Who = Annotated[str, typer.Argument(help="An e-mail address, a private link, or the id of a draft.")]


def _store() -> Store:
    from assistant.store.store import open_store

    return open_store(read_settings())


def _password() -> str:
    """The password from a prompt, twice, or from the first line of standard input; never from an argument."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        raise InputError("the two passwords differ", fix="type the same one twice")
    return first


# --- accounts ------------------------------------------------------------------------------------------------


@users_app.command("add")
def add(
    email: Email,
    role: Annotated[list[RoleName], typer.Option(help="applicant, coach or staff; may be given twice.")],
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Signs in at the city's provider only.")
    ] = False,
) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    roles: list[Role] = [r.value for r in role]
    account = _store().accounts.add(email, roles, password=None if no_password else _password(), name=name)
    print(f"{account.email}: {', '.join(account.roles)}")


@users_app.command("list")
def list_(as_json: Json = False) -> None:
    """Every account with its roles."""
    found = _store().accounts.all()
    if as_json:
        print(json.dumps([a.to_data() for a in found], ensure_ascii=False))
        return
    for account in found:
        print(f"{account.email}  {','.join(account.roles)}{'  disabled' if account.disabled_at else ''}")


@users_app.command("disable")
def disable(email: Email) -> None:
    """Close an account, its sessions and its tokens at once."""
    accounts = _store().accounts
    accounts.disable(accounts.by_email(email).id)
    print(f"{email}: disabled")


@users_app.command("enable")
def enable(email: Email) -> None:
    """Let a disabled account sign in again; its tokens stay revoked."""
    accounts = _store().accounts
    accounts.enable(accounts.by_email(email).id)
    print(f"{email}: enabled")


@users_app.command("password")
def password(email: Email) -> None:
    """Set a new password, which ends the account's sessions."""
    accounts = _store().accounts
    accounts.set_password(accounts.by_email(email).id, _password())
    print(f"{email}: the password is set")


@token_app.command("add")
def token_add(
    email: Email,
    scope: Annotated[str, typer.Option(help="check, ask, search, drafts, reviews; with commas.")],
    label: Annotated[str, typer.Option(help="What the token is for.")] = "",
    days: Annotated[int | None, typer.Option(min=1, help="When it ends; never by default.")] = None,
) -> None:
    """Make a token and print it, this once."""
    accounts = _store().accounts
    scopes: list[ApiScope] = [s.strip() for s in scope.split(",") if s.strip()]  # type: ignore[misc]
    secret, token = accounts.add_token(accounts.by_email(email).id, scopes, label=label, days=days)
    print(f"id {token.id}; it is shown this once:", file=sys.stderr)
    print(secret)


@token_app.command("list")
def token_list(as_json: Json = False) -> None:
    """Every token, without its secret."""
    accounts = _store().accounts
    found = accounts.tokens()
    if as_json:
        print(json.dumps([t.to_data() for t in found], ensure_ascii=False))
        return
    emails = {a.id: a.email for a in accounts.all()}
    for token in found:
        state = "revoked" if token.revoked_at else f"until {token.ends_at:%Y-%m-%d}" if token.ends_at else ""
        print(f"{token.id}  {emails.get(token.account_id)}  {','.join(token.scopes)}  {token.label}  {state}")


@token_app.command("revoke")
def token_revoke(id: Annotated[str, typer.Argument(help="The token's id.")]) -> None:
    """End a token at once."""
    _store().accounts.revoke_token(id)
    print(f"{id}: revoked")


# --- data ----------------------------------------------------------------------------------------------------


@data_app.command("export")
def export(
    who: Who,
    out: Annotated[Path, typer.Option("-o", "--out", help="The .zip to write.")],
) -> None:
    """Write everything held about a person into a zip of JSON files."""
    store = _store()
    person = store.held.find(who)
    content = store.held.export(person, _waiting_files(person.account.id) if person.account else {})
    _write_new(out, content)
    subject = person.account.id if person.account else person.drafts[0]
    store.audit.add("operator", "data.exported", subject)
    print(f"{out}: {len(person.drafts)} drafts")


def _waiting_files(account_id: str) -> dict[str, bytes]:
    """The files that somebody sent and nobody has approved yet."""
    from assistant.retrieval import waiting

    settings = read_settings()
    found = [waiting.path_of(settings, told) for told in waiting.sent_by(settings, account_id)]
    return {f"sources/{path.parent.name}/{path.name}": path.read_bytes() for path in found}


def _forget_files(account_id: str) -> None:
    from assistant.retrieval import waiting

    settings = read_settings()
    for told in waiting.sent_by(settings, account_id):
        waiting.discard(settings, told.id)


@data_app.command("delete")
def delete(
    who: Who, yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False
) -> None:
    """Erase everything held about a person, to the last byte; it cannot be brought back."""
    store = _store()
    person = store.held.find(who)
    print(f"{len(person.drafts)} drafts{' and the account' if person.account else ''} will be erased")
    if not yes:
        if not sys.stdin.isatty():
            raise InputError("nobody is there to confirm", fix="run again with --yes")
        typer.confirm("Erase it all?", abort=True)
    if person.account:
        _forget_files(person.account.id)
    erased = store.held.erase(person)
    print(f"{erased.drafts} drafts{' and the account' if erased.account else ''} erased")
    for id in erased.released:
        print(f"released to the evaluations earlier, remove it there by hand: case {id}")


@data_app.command("verify")
def verify(
    since: Annotated[
        str | None,
        typer.Option(help="NUMBER:HASH, as an earlier look printed; proves nothing before changed."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow the audit's chain and find the first link that is broken."""
    checked = _store().audit.verify(_noted(since))
    if as_json:
        print(checked.to_json())
    elif checked.broken_at is None:
        print(f"whole: {checked.links}:{checked.head}")
    if checked.broken_at is not None:
        raise StoreError(
            f"the audit is broken at link {checked.broken_at}: {checked.why}",
            fix="keep the database as it is for whoever looks into it, and compare it with the last backup",
        )


@data_app.command("backup")
def backup_(out: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Copy the database to a file while it is in use."""
    from assistant.store.backup import backup

    backup(read_settings().database, out)
    print(f"{out}: {out.stat().st_size} bytes")


@data_app.command("restore")
def restore_(source: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")]) -> None:
    """Put a backup in the database's place; what was erased since stays erased, and all sessions end."""
    from assistant.store.backup import restore

    done = restore(source, read_settings().database)
    print(f"restored; {done.drafts_erased_again} drafts erased again, {done.closed_again} keys closed again")
    if not done.knew_the_present:
        print("the database before could not be read: erase again what was erased since the backup")


@data_app.command("purge")
def purge() -> None:
    """Erase what is older than ASSISTANT_RETENTION_DAYS, as the server does once a day."""
    store, days = _store(), read_settings().retention_days
    print(f"{store.drafts.purge(days)} drafts erased")
    store.accounts.purge()


def _noted(since: str | None) -> tuple[int, str] | None:
    if since is None:
        return None
    number, _, head = since.partition(":")
    if not number.isdigit() or not head:
        raise InputError("this is no link", fix="copy NUMBER:HASH from an earlier: scoping data verify")
    return int(number), head


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; raises InputError when there is one already."""
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError:
        raise InputError(f"{path} is there already", fix="name a new file", key="file_exists") from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}", fix="choose a folder you can write"
        ) from None
