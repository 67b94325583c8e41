"""Who may sign in, how often they may try, and how long a key opens anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import AccessError, InputError
from assistant.store.accounts import Account, Signed
from assistant.store.drafts import Drafts
from assistant.store.store import Store
from tests.store.conftest import Clock, Database

PASSWORD = "four words that rhyme"  # noqa: S105  # opens nothing beyond these tests


def coach(store: Store, email: str = "ana@city.example") -> Account:
    """A coach with a password."""
    return store.accounts.add(email, ["coach"], password=PASSWORD, name="Ana")


def test_a_password_opens_a_session_and_is_kept_nowhere(store: Store, database: Database) -> None:
    """The right password gives a token that names the account; no file holds either of the two."""
    account = coach(store)

    token = store.accounts.sign_in(" Ana@City.example ", PASSWORD, address="10.0.0.1")

    assert store.accounts.session(token) == account
    data = database.read()
    assert b"$argon2id$" in data
    assert token.encode() not in data
    assert PASSWORD.encode() not in data


@pytest.mark.parametrize(
    ("email", "password"), [("ana@city.example", "another password"), ("eva@city.example", PASSWORD)]
)
def test_whatever_is_wrong_is_told_in_the_same_words(store: Store, email: str, password: str) -> None:
    """Nobody learns from a refusal which addresses have an account."""
    coach(store)

    with pytest.raises(AccessError) as told:
        store.accounts.sign_in(email, password, address="10.0.0.1")

    assert told.value.key == "sign_in"
    assert email not in str(told.value) + told.value.fix


def test_attempts_at_one_account_are_limited_whatever_the_password(store: Store, clock: Clock) -> None:
    """After ten wrong passwords even the right one has to wait, from any address, until the stretch is over."""
    coach(store)
    for number in range(10):
        with pytest.raises(AccessError, match="wrong"):
            store.accounts.sign_in("ana@city.example", f"guess number {number}", address=f"10.0.0.{number}")

    with pytest.raises(AccessError) as told:
        store.accounts.sign_in("ana@city.example", PASSWORD, address="10.9.9.9")
    clock.pass_(minutes=16)
    token = store.accounts.sign_in("ana@city.example", PASSWORD, address="10.9.9.9")

    assert (told.value.key, told.value.details["minutes"]) == ("sign_in_wait", 15)
    assert store.accounts.session(token) is not None


def test_attempts_from_one_address_are_limited_over_all_accounts(store: Store) -> None:
    """Trying one password on many accounts ends after forty attempts from one network address."""
    for number in range(40):
        assert store.accounts.limits.take({"address 10.0.0.1": 40}, seconds=900) == 0, number

    with pytest.raises(AccessError) as told:
        store.accounts.sign_in("somebody@city.example", PASSWORD, address="10.0.0.1")

    assert told.value.key == "sign_in_wait"


TRY = """
import sys
from assistant.store.drafts import Drafts
from assistant.store.store import Store
store = Store(Drafts(sys.argv[1]))
print(sum(store.accounts.limits.take({"account x": 25}, seconds=900) == 0 for _ in range(20)))
"""


def test_processes_count_attempts_together(store: Store, database: Database) -> None:
    """Two processes that try at once are let through as often as one would be."""
    options = {"cwd": Path(__file__).parents[2], "stdout": subprocess.PIPE, "text": True}

    tries = [subprocess.Popen([sys.executable, "-c", TRY, database.url], **options) for _ in range(2)]

    assert sum(int(t.communicate(timeout=120)[0]) for t in tries) == 25


def test_a_session_ends_when_it_is_signed_out_everywhere(
    store: Store, database: Database, clock: Clock
) -> None:
    """A token that was signed out opens nothing, in this process or another."""
    coach(store)
    token = store.accounts.sign_in("ana@city.example", PASSWORD, address="a")
    other = Store(Drafts(database.url), now=clock)
    assert other.accounts.session(token) is not None

    store.accounts.sign_out(token)

    assert other.accounts.session(token) is None


def test_a_session_ends_after_idle_time_and_at_last_in_any_case(store: Store, clock: Clock) -> None:
    """Two hours without a request end a session; used all along, it ends after twelve."""
    coach(store)
    idle = store.accounts.sign_in("ana@city.example", PASSWORD, address="a")
    used = store.accounts.sign_in("ana@city.example", PASSWORD, address="a")
    lasted = 0
    while store.accounts.session(used) is not None:
        clock.pass_(minutes=30)
        lasted += 30
        if lasted == 120:
            assert store.accounts.session(idle) is None

    assert lasted == 12 * 60


@pytest.mark.parametrize("change", ["disable", "password", "erase"])
def test_a_closed_account_has_no_open_session_or_token(store: Store, change: str) -> None:
    """Disabling or erasing ends sessions and tokens at once; a new password ends the sessions."""
    account = coach(store)
    session = store.accounts.sign_in("ana@city.example", PASSWORD, address="a")
    secret, _ = store.accounts.add_token(account.id, ["check"])
    assert store.accounts.bearer(secret) is not None

    if change == "password":
        store.accounts.set_password(account.id, "some other four words")
    else:
        getattr(store.accounts, change)(account.id)

    assert store.accounts.session(session) is None
    assert (store.accounts.bearer(secret) is not None) == (change == "password")
    with pytest.raises(AccessError):
        store.accounts.sign_in("ana@city.example", PASSWORD, address="b")


def test_roles_do_not_contain_each_other(store: Store) -> None:
    """Staff may not do what coaches do, unless they are coaches too; a disabled account may do nothing."""
    staff = store.accounts.add("s@city.example", ["staff"], password=None)
    both = store.accounts.add("b@city.example", ["staff", "coach"], password=None)
    store.accounts.disable(both.id)

    assert [staff.may(role) for role in ("applicant", "coach", "staff")] == [False, False, True]
    assert [both.may(role) for role in ("applicant", "coach", "staff")] == [False, True, True]
    assert not store.accounts.get(both.id).may("coach")


@pytest.mark.parametrize(
    ("email", "roles", "password", "key"),
    [
        ("not an address", ["coach"], PASSWORD, "email"),
        ("ana@city.example", ["coach"], PASSWORD, "account_exists"),
        ("eva@city.example", ["mayor"], PASSWORD, "role"),
        ("eva@city.example", [], PASSWORD, "role"),
        ("eva@city.example", ["coach"], "short", "password"),
        ("eva@city.example", ["coach"], "aaaaaaaaaaaaaaaaaa", "password"),
        ("eva@city.example", ["coach"], "x1y2z3 " * 60, "password"),
    ],
)
def test_an_account_that_cannot_be_is_refused(store: Store, email, roles, password, key) -> None:
    """A wrong address, a taken one, an unknown role and a weak password each get their own remedy."""
    coach(store)

    with pytest.raises(InputError) as told:
        store.accounts.add(email, roles, password=password)

    assert told.value.key == key


def test_a_token_opens_its_scopes_until_it_ends(store: Store, clock: Clock, database: Database) -> None:
    """A key names its account and scopes, ends on its day or when revoked, and its secret is kept nowhere."""
    account = coach(store)
    secret, token = store.accounts.add_token(account.id, ["check", "ask"], label="notebook", days=30)
    lasting, other = store.accounts.add_token(account.id, ["reviews"])

    assert store.accounts.bearer(secret) == (account, token)
    assert token.scopes == ("check", "ask")
    assert secret.encode() not in database.read()
    assert store.accounts.bearer(secret + "x") is None
    clock.pass_(days=30)
    assert store.accounts.bearer(secret) is None
    assert store.accounts.bearer(lasting) is not None
    store.accounts.revoke_token(other.id)
    assert store.accounts.bearer(lasting) is None


def signed(**changes: object) -> Signed:
    """What a provider says of somebody."""
    told = {"issuer": "https://sso.example", "subject": "7", "email": "ana@city.example", "name": "Ana"}
    return Signed(**{**told, "roles": None, **changes})  # type: ignore[arg-type]


def test_an_identity_keeps_its_account_when_its_address_changes(store: Store) -> None:
    """The first sign-in ties the identity to the account of the address; afterwards the identity alone counts."""
    account = coach(store)

    first = store.accounts.session(store.accounts.sign_in_signed(signed()))
    later = store.accounts.session(store.accounts.sign_in_signed(signed(email="new@city.example")))

    assert first == later == account


def test_an_address_that_belongs_to_another_identity_opens_nothing(store: Store) -> None:
    """Whoever gets a colleague's old address from the provider does not get the colleague's account."""
    coach(store)
    store.accounts.sign_in_signed(signed())

    with pytest.raises(AccessError) as told:
        store.accounts.sign_in_signed(signed(subject="8"))

    assert told.value.key == "no_account"


def test_roles_come_from_the_provider_when_it_names_them(store: Store) -> None:
    """A named role makes an account and changes it at the next sign-in; without roles there is no new account."""
    newcomer = signed(email="new@city.example", subject="9", roles=("coach",))
    account = store.accounts.session(store.accounts.sign_in_signed(newcomer))
    changed = newcomer.model_copy(update={"roles": ("applicant",)})
    after = store.accounts.session(store.accounts.sign_in_signed(changed))

    assert account is not None
    assert after is not None
    assert (account.id, account.roles, after.roles) == (after.id, ("coach",), ("applicant",))
    for nobody in (signed(), signed(roles=()), signed(roles=("coach",), email=None)):
        with pytest.raises(AccessError):
            store.accounts.sign_in_signed(nobody)
    store.accounts.disable(account.id)
    with pytest.raises(AccessError):
        store.accounts.sign_in_signed(newcomer)


# --- links -------------------------------------------------------------------------------------------------


def test_a_link_expires_after_the_last_change_and_can_be_renewed(database: Database, clock: Clock) -> None:
    """A link opens its draft for so many days after the last message, and a renewed one replaces it at once."""
    drafts = Drafts(database.url, now=clock, link_days=30)
    token, draft = drafts.create("en")
    clock.pass_(days=29)
    drafts.receive(draft.id, "still here")
    clock.pass_(days=29)
    assert drafts.find(token) is not None

    clock.pass_(days=1)

    assert drafts.find(token) is None
    renewed = drafts.renew_link(draft.id)
    assert drafts.find(renewed) is not None
    assert drafts.find(token) is None


def test_an_owner_gets_a_key_to_their_own_draft_and_to_no_other(store: Store, clock: Clock) -> None:
    """A signed-in applicant opens their drafts without the link; renewing the link closes such keys too."""
    mine = store.accounts.add("a@city.example", ["applicant"], password=None)
    other = store.accounts.add("b@city.example", ["applicant"], password=None)
    _, draft = store.drafts.create("en")
    store.drafts.own(draft.id, mine.id)

    key = store.drafts.key(draft.id, mine.id, days=7)

    assert store.drafts.owned(mine.id) == [draft.id]
    assert store.drafts.find(key) is not None
    for use in (
        lambda: store.drafts.key(draft.id, other.id, days=7),
        lambda: store.drafts.own(draft.id, other.id),
    ):
        with pytest.raises(InputError) as told:
            use()
        assert told.value.key == "draft_gone"
    clock.pass_(days=7)
    assert store.drafts.find(key) is None
    fresh = store.drafts.key(draft.id, mine.id, days=7)
    store.drafts.renew_link(draft.id)
    assert store.drafts.find(fresh) is None


def test_what_is_over_is_dropped(store: Store, clock: Clock, database: Database) -> None:
    """Yesterday's sessions, keys and counters are rows no longer."""
    coach(store)
    store.accounts.sign_in("ana@city.example", PASSWORD, address="a")
    mine = store.accounts.add("a@city.example", ["applicant"], password=None)
    _, draft = store.drafts.create("en")
    store.drafts.own(draft.id, mine.id)
    store.drafts.key(draft.id, mine.id, days=1)
    clock.pass_(days=2)

    store.accounts.purge()

    for table in ("sessions", "draft_keys", "counters"):
        assert database.run(f"SELECT count(*) FROM {table}") == [(0,)], table  # noqa: S608  # names of ours
