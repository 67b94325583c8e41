"""A staff desk for the tests: the real product in a folder of its own, and somebody who is signed in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from assistant.settings import Settings
from assistant.store.accounts import Account, Role
from assistant.web.app import create_app
from assistant.web.auth import SESSION
from assistant.wiring import Product, build

PASSWORD = "four words that rhyme"  # noqa: S105  # opens nothing beyond these tests


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """The real product in an empty folder of its own."""
    made = build(Settings(data_dir=tmp_path, _env_file=None), light=True)  # type: ignore[call-arg]
    made.store.accounts._passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield made
    made.drafts.close()


@pytest.fixture
def indexed(product: Product, data_dir: Path) -> Product:
    """The same product with a copy of the index, which the test may change."""
    shutil.copytree(data_dir / "index", product.settings.index_dir)
    return product


def account(product: Product, role: Role, name: str = "") -> Account:
    """Somebody with one role."""
    who = name or role
    return product.store.accounts.add(f"{who}@city.example", [role], password=PASSWORD, name=who.title())


@pytest.fixture
def staff(product: Product) -> Account:
    """A member of staff."""
    return account(product, "staff")


def browser_of(product: Product, who: Account | None) -> TestClient:
    """A browser in which somebody is signed in; the application's own background work is not started."""
    with patch(
        "assistant.web.app.mount_page"
    ):  # the applicant's page takes a second to make, and is tested elsewhere
        app = create_app(product)
    client = TestClient(app, follow_redirects=True, raise_server_exceptions=False)
    client.headers["accept-language"] = "en"
    if who is not None:
        client.cookies[SESSION] = product.store.accounts.sign_in(who.email or "", PASSWORD, address="test")
    return client


@pytest.fixture
def client(product: Product, staff: Account) -> TestClient:
    """A browser at the staff desk."""
    return browser_of(product, staff)


def csrf(client: TestClient, path: str = "/staff/") -> str:
    """The hidden field of the forms of a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get(path).text)
    assert found
    return found[1]


def text_of(page: str) -> str:
    """A page's words without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
