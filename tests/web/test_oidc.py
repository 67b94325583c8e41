"""Signing in at a city's own provider, a real one on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from assistant.errors import ConfigError
from assistant.web.app import create_app
from assistant.web.auth import SESSION
from assistant.web.oidc import STATE
from tests.web.provider import CLIENT, SECRET, Provider, running

ANA = {"sub": "7", "email": "Ana@city.example", "email_verified": True, "name": "Ana"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider at which Ana signs in."""
    with running() as made:
        made.claims = dict(ANA)
        yield made


def settings(product, provider: Provider, **other):
    """The product's settings with this provider."""
    given = {
        "auth": "oidc",
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SecretStr(SECRET),
        **other,
    }
    object.__setattr__(product, "settings", product.settings.model_copy(update=given))
    return product


@pytest.fixture
def client(product, provider) -> Iterator[TestClient]:
    """A browser at a site that uses the provider, where Ana has a coach's account."""
    product.store.accounts.add("ana@city.example", ["coach"], password="four words that rhyme")  # noqa: S106
    with TestClient(create_app(settings(product, provider)), follow_redirects=False) as browser:
        yield browser


def set_out(client: TestClient, **query: str) -> str:
    """Go to the provider, sign in there; the address that it sends the browser back to."""
    away = client.get("/signin/provider", params=query)
    assert away.status_code == 303
    there = httpx2.get(away.headers["location"])
    assert there.status_code == 302, there.text
    return there.headers["location"]


def who(client: TestClient, product):
    """Whose session the browser has."""
    token = client.cookies.get(SESSION)
    return product.store.accounts.session(token) if token else None


def test_a_coach_signs_in_at_the_city(client, product):
    """By code, PKCE and a signed identity the coach comes back signed in, where they wanted to go."""
    back = set_out(client, next="/coach/")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(back).query).items()}

    answer = client.get(back)

    assert set(asked) == {"code", "state"}
    assert (answer.status_code, answer.headers["location"]) == (303, "/coach/")
    assert who(client, product).email == "ana@city.example"
    assert who(client, product).roles == ("coach",)
    assert STATE not in client.cookies


def test_the_request_carries_pkce_state_and_nonce(client):
    """What goes to the provider through the browser has a challenge, a state and a nonce, and no secret."""
    where = client.get("/signin/provider").headers["location"]

    asked = {k: v[0] for k, v in parse_qs(urlsplit(where).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[k]) for k in ("state", "nonce", "code_challenge")) >= 20
    assert asked["redirect_uri"] == "http://testserver/signin/callback"
    assert SECRET not in where


def test_a_password_is_no_way_in_beside_the_provider(client, product):
    """Where the city's provider is the only way, the form is not shown and refuses a right password."""
    page = client.get("/signin")
    client.cookies["scoping_form"] = "x"

    from assistant.web.auth import form_token

    form = {"csrf": form_token("x"), "email": "ana@city.example", "password": "four words that rhyme"}
    answer = client.post("/signin", data=form)

    assert 'type="password"' not in page.text
    assert "/signin/provider" in page.text
    assert answer.status_code == 403
    assert who(client, product) is None


FORGERIES = {
    "another audience": lambda c: {**c, "aud": ["another client"], "azp": "another client"},
    "another issuer": lambda c: {**c, "iss": "https://evil.example"},
    "an old identity": lambda c: {**c, "exp": int(time.time()) - 600},
    "no audience": lambda c: {k: v for k, v in c.items() if k != "aud"},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_identity_that_is_not_whole_opens_nothing(client, product, provider, forgery):
    """An identity for another client, by another issuer, or out of date is refused with a page that says what to do."""
    provider.forge = FORGERIES[forgery]

    answer = client.get(set_out(client))

    assert answer.status_code == 403
    assert "did not work" in answer.text
    assert who(client, product) is None


def test_an_identity_signed_by_another_key_opens_nothing(client, product, provider):
    """Only the keys that the provider publishes count."""
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})

    assert client.get(set_out(client)).status_code == 403
    assert who(client, product) is None


def test_a_reply_without_an_identity_opens_nothing(client, product, provider):
    """A bare access token says nothing about who somebody is."""
    provider.bare = True

    assert client.get(set_out(client)).status_code == 403
    assert who(client, product) is None


def test_the_way_back_belongs_to_the_browser_that_set_out(client, product, provider):
    """T8: a link with somebody else's code, a second use of one's own, and a made-up state sign nobody in."""
    app = client.app
    back = set_out(client)
    with TestClient(app, follow_redirects=False) as victim:
        stolen = victim.get(back)
        set_out(victim)
        crossed = victim.get(back)
        assert SESSION not in victim.cookies
    kept = client.cookies[STATE]
    first = client.get(back)
    client.cookies[STATE] = kept
    del client.cookies[SESSION]
    again = client.get(back)
    client.cookies[STATE] = "not what we gave"
    forged = client.get("/signin/callback?code=x&state=")

    assert [a.status_code for a in (stolen, crossed, first, again, forged)] == [403, 403, 303, 403, 403]
    assert SESSION not in client.cookies


def test_an_unverified_address_is_nobodys(client, product, provider):
    """Whoever writes a coach's address into their profile does not become that coach."""
    provider.claims = {**ANA, "sub": "8", "email_verified": False}

    answer = client.get(set_out(client))

    assert answer.status_code == 403
    assert "no account for you" in answer.text
    assert who(client, product) is None


def test_roles_come_from_the_providers_groups(product, provider):
    """A mapped group makes a coach, other groups nothing, and what the browser adds to the address nothing either."""
    mapped = {"oidc_role_claim": "groups", "oidc_roles": {"city-coaches": "coach"}, "auth": "both"}
    app = create_app(settings(product, provider, **mapped))
    with TestClient(app, follow_redirects=False) as client:
        provider.claims = {**ANA, "sub": "9", "groups": ["city-coaches", "choir"]}
        came = client.get(set_out(client))
        coach = who(client, product)
        client.cookies.clear()
        provider.claims = {**ANA, "sub": "10", "email": "eva@city.example", "groups": ["choir"]}
        refused = client.get(set_out(client) + "&groups=city-coaches&role=coach")

    assert came.status_code == 303
    assert coach.roles == ("coach",)
    assert refused.status_code == 403


def test_a_provider_that_is_away_is_told(client, product, provider):
    """When the provider does not answer, the page says so and nobody is signed in."""
    broken = create_app(settings(product, provider, oidc_issuer="http://127.0.0.1:9"))
    with TestClient(broken, follow_redirects=False) as browser:
        answer = browser.get("/signin/provider", headers={"accept-language": "pt-BR"})

    assert answer.status_code == 502
    assert "conta da sua cidade" in answer.text


@pytest.mark.parametrize(
    "lacking",
    [{"oidc_issuer": None}, {"oidc_client_secret": None}, {"oidc_issuer": "http://sso.city.example"}],
)
def test_settings_that_are_not_whole_stop_the_start(product, provider, lacking):
    """A provider without address, secret or encryption is a mistake of the settings, named with its remedy."""
    with pytest.raises(ConfigError) as told:
        create_app(settings(product, provider, **lacking))

    assert "ASSISTANT_OIDC" in told.value.fix
