"""`scoping users` and `scoping data` as an operator runs them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.store.drafts import Drafts
from assistant.store.store import Store

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "four words that rhyme"  # noqa: S105  # opens nothing beyond these tests
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def scoping(tmp_path: Path) -> Run:
    """The command on a data folder of its own."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        env = {"ASSISTANT_DATA_DIR": str(tmp_path / "data"), "HOME": str(tmp_path), "PATH": ""}
        command = [sys.executable, "-m", "assistant", *arguments]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, cwd=ROOT, env=env, timeout=120, check=False
        )

    return run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """The store that the command uses, seen by the test."""
    return Store(Drafts(f"sqlite:///{tmp_path / 'data' / 'drafts.sqlite'}"))


def test_the_first_coach_is_made_at_the_terminal(scoping: Run, store: Store) -> None:
    """The password comes from standard input, opens a session, and a token made for the coach works."""
    added = scoping("users", "add", "ana@city.example", "--role", "coach", stdin=f"{PASSWORD}\n")
    token = scoping("users", "token", "add", "ana@city.example", "--scope", "check,ask", "--days", "30")
    listed = scoping("users", "token", "list", "--json")

    assert added.returncode == 0, added.stderr
    assert store.accounts.session(store.accounts.sign_in("ana@city.example", PASSWORD, address="x"))
    account, key = store.accounts.bearer(token.stdout.strip())
    assert (account.email, key.scopes) == ("ana@city.example", ("check", "ask"))
    assert token.stdout.strip() not in listed.stdout
    assert [t["id"] for t in json.loads(listed.stdout)] == [key.id]


def test_accounts_are_listed_changed_and_closed(scoping: Run, store: Store) -> None:
    """A new password replaces the old one; a disabled account is shown as such and cannot sign in."""
    store.accounts.add("ana@city.example", ["coach", "staff"], password=PASSWORD)

    changed = scoping("users", "password", "ana@city.example", stdin="some other four words\n")
    new = store.accounts.sign_in("ana@city.example", "some other four words", address="x")
    scoping("users", "disable", "ana@city.example")
    listed = scoping("users", "list")

    assert changed.returncode == 0, changed.stderr
    assert store.accounts.session(new) is None
    assert listed.stdout == "ana@city.example  coach,staff  disabled\n"


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (["users", "add", "ana", "--role", "coach"], f"{PASSWORD}\n", "no e-mail address"),
        (["users", "add", "a@b.example", "--role", "mayor"], "", "mayor"),
        (["users", "add", "a@b.example", "--role", "coach"], "short\n", "password"),
        (["users", "disable", "nobody@b.example"], "", "no such account"),
        (["data", "export", "nobody@b.example", "-o", "x.zip"], "", "nothing is held"),
        (["data", "restore", "missing.db"], "", "is not there"),
        (["data", "verify", "--since", "x"], "", "no link"),
    ],
)
def test_mistakes_are_told_in_two_lines(scoping: Run, store: Store, arguments, stdin, says) -> None:
    """Each mistake of the caller ends with 2, what is wrong and how to mend it, and no password shown."""
    run = scoping(*arguments, stdin=stdin)

    lines = run.stderr.strip().splitlines()
    assert run.returncode == 2, run.stderr
    assert [line.partition(":")[0] for line in lines] == ["error", "fix"]
    assert says in lines[0]
    assert PASSWORD not in run.stdout + run.stderr


def test_a_persons_data_is_exported_backed_up_and_deleted(scoping: Run, store: Store, tmp_path: Path) -> None:
    """Export, backup, delete, restore and verify, one after the other, leave nothing of what was deleted."""
    token, draft = store.drafts.create("es")
    store.drafts.receive(draft.id, "Las familias de Zacatlán esperan")
    out, copy = tmp_path / "person.zip", tmp_path / "copy.sqlite"

    exported = scoping("data", "export", f"https://city.example/d/{token}", "-o", str(out))
    backed = scoping("data", "backup", str(copy))
    asked = scoping("data", "delete", draft.id)
    deleted = scoping("data", "delete", draft.id, "--yes")
    restored = scoping("data", "restore", str(copy))
    verified = scoping("data", "verify", "--json")

    assert [r.returncode for r in (exported, backed, deleted, restored)] == [0] * 4
    with zipfile.ZipFile(out) as archive:
        assert "Zacatlán" in archive.read(f"drafts/{draft.id}.json").decode()
    assert out.stat().st_mode & 0o077 == 0
    assert asked.returncode == 2
    assert "1 drafts erased again" in restored.stdout
    assert json.loads(verified.stdout)["broken_at"] is None
    store.drafts.close()
    left = b"".join(p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file())
    assert "Zacatlán".encode() not in left


def test_a_broken_audit_is_told(scoping: Run, store: Store) -> None:
    """The first broken link is named, with exit code 1."""
    store.accounts.add("ana@city.example", ["coach"], password=None)
    store.accounts.add("bia@city.example", ["coach"], password=None)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET actor = 'nobody' WHERE seq = 2")

    run = scoping("data", "verify")

    assert run.returncode == 1
    assert "link 2" in run.stderr
