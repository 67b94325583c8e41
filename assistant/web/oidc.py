"""Signing in at a city's own provider by OpenID Connect: authorization code, PKCE, a signed identity checked whole."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import logging
from typing import Any

from authlib.common.security import is_secure_transport
from authlib.integrations.base_client.sync_app import OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.httpx_client import OAuth2Client

from assistant.errors import AccessError, ConfigError
from assistant.settings import Settings
from assistant.store.accounts import Role, Signed

log = logging.getLogger(__name__)

STATE = "scoping_oidc"
"""The cookie that ties the way back from the provider to the browser that set out."""
SECONDS = 10.0


class _Client(OAuth2Mixin, OpenIDMixin):  # type: ignore[misc]
    client_cls = OAuth2Client


class Provider:
    """One provider. Raises ConfigError when its settings are not whole."""

    def __init__(self, settings: Settings) -> None:
        issuer, client, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
        if not issuer or not client or secret is None:
            raise ConfigError(
                f"ASSISTANT_AUTH={settings.auth} needs a provider",
                fix="set ASSISTANT_OIDC_ISSUER, ASSISTANT_OIDC_CLIENT_ID and ASSISTANT_OIDC_CLIENT_SECRET",
            )
        self._issuer, self._client_id, self._secret = issuer.rstrip("/"), client, secret
        self._claim, self._roles = settings.oidc_role_claim, settings.oidc_roles
        if not is_secure_transport(issuer):
            raise ConfigError(
                "the provider's address is not https", fix="set ASSISTANT_OIDC_ISSUER to https://…"
            )

    def begin(self, callback: str, forward: str) -> tuple[str, str]:
        """Where to send the browser, and the cookie with which it comes back."""
        try:
            made = self._open().create_authorization_url(callback)
        except Exception as error:  # noqa: BLE001  # a provider may send anything, and its libraries raise anything
            raise _failed(error) from None
        kept = {**{name: made[name] for name in ("state", "nonce", "code_verifier")}, "next": forward}
        return made["url"], base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()

    def finish(self, query: dict[str, str], cookie: str, callback: str) -> tuple[Signed, str]:
        """Who signed in, verified, and where to go on to; raises AccessError `provider` for whatever is not right."""
        kept = _kept(cookie)
        if not hmac.compare_digest(query.get("state", "").encode(), kept.get("state", "").encode()):
            raise _failed(ValueError("the state is not this browser's"))
        if "code" not in query or not kept.get("state"):
            raise _failed(ValueError("the provider sent no code"))
        try:
            client = self._open()
            token = client.fetch_access_token(
                callback, code=query["code"], code_verifier=kept["code_verifier"]
            )
            claims = client.parse_id_token(token, nonce=kept["nonce"], claims_options=self._expected())
        except Exception as error:  # noqa: BLE001  # a provider may send anything, and its libraries raise anything
            raise _failed(error) from None
        if claims is None:
            raise _failed(ValueError("the provider sent no identity"))
        return self._signed(claims), kept["next"]

    def _open(self) -> _Client:
        # A fresh one each time: keys that the provider has changed are fetched again.
        client = _Client(
            None,
            name="city",
            client_id=self._client_id,
            client_secret=self._secret.get_secret_value(),
            server_metadata_url=f"{self._issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": SECONDS,
            },
        )
        if client.load_server_metadata().get("issuer", "").rstrip("/") != self._issuer:
            raise ValueError("the provider calls itself otherwise")
        return client

    def _expected(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "values": [self._issuer, f"{self._issuer}/"]},
            "aud": {"essential": True, "value": self._client_id},
        }

    def _signed(self, claims: dict[str, Any]) -> Signed:
        email = str(claims["email"]).strip().lower() if claims.get("email_verified") is True else None
        return Signed(
            issuer=self._issuer,
            subject=str(claims["sub"]),
            email=email,
            name=str(claims.get("name", "")),
            roles=self._roles_in(claims),
        )

    def _roles_in(self, claims: dict[str, Any]) -> tuple[Role, ...] | None:
        """Our roles among what the provider says; None when it is not asked about them."""
        if self._claim is None:
            return None
        said = claims.get(self._claim, [])
        values = said if isinstance(said, list) else [said]
        found = {self._roles[str(value)] for value in values if str(value) in self._roles}
        return tuple(role for role in ("applicant", "coach", "staff") if role in found)


def _kept(cookie: str) -> dict[str, str]:
    try:
        kept = json.loads(base64.urlsafe_b64decode(cookie.encode()))
    except (ValueError, binascii.Error):
        return {}
    names = ("state", "nonce", "code_verifier", "next")
    whole = isinstance(kept, dict) and all(isinstance(kept.get(name), str) for name in names)
    return {name: kept[name] for name in names} if whole else {}


def _failed(error: Exception) -> AccessError:
    # What a provider or a browser sent may hold tokens and names.
    log.warning("signing in at the provider failed: %s", type(error).__name__)
    return AccessError(f"signing in failed: {type(error).__name__}", fix="try again", key="provider")
