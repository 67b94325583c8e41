"""A small OpenID Connect provider on Authlib's own server classes, on a port of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Error, OAuth2Request, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from joserfc.jwk import RSAKey

CLIENT, SECRET = "scoping", "a secret of the tests"


@dataclass
class Code:
    """What an authorization code stands for."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class Client(ClientMixin):
    """The one client that is registered."""

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/signin/callback")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Provider:
    """The provider: who signs in there is `claims`; `forge` changes an identity before it is signed."""

    claims: dict[str, Any] = field(default_factory=dict)
    forge: Callable[[dict[str, Any]], dict[str, Any]] = dict
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing_key: RSAKey | None = None
    """Signs instead of the published key."""
    codes: dict[str, Code] = field(default_factory=dict)
    issuer: str = ""
    bare: bool = False
    """Whether it leaves the identity out."""


class Request(OAuth2Request):
    """A request as Authlib sees it."""

    def __init__(self, method: str, uri: str, data: dict[str, str], headers: Any) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload = BasicOAuth2Payload(data)
        self._data = data

    @property
    def args(self) -> dict[str, str]:
        return self._data

    @property
    def form(self) -> dict[str, str]:
        return self._data


def server_of(provider: Provider) -> AuthorizationServer:
    """Authlib's server with the code grant, PKCE and identities."""

    class Server(AuthorizationServer):
        def query_client(self, client_id: str) -> Client | None:
            return Client() if client_id == CLIENT else None

        def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
            pass

        def create_oauth2_request(self, request: Request) -> Request:
            return request

        def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
            return status, body, headers

        def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
            pass

    class Grant(grants.AuthorizationCodeGrant):
        def save_authorization_code(self, code: str, request: Request) -> None:
            data = request.payload.data
            names = ("redirect_uri", "scope", "nonce", "code_challenge", "code_challenge_method")
            provider.codes[code] = Code(code, **{name: data.get(name) for name in names})

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> dict[str, Any]:
            return provider.claims

    class Identity(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Request) -> bool:
            return any(code.nonce == nonce for code in provider.codes.values())

        def resolve_client_private_key(self, client: Client) -> RSAKey:
            return provider.signing_key or provider.key

        def get_encode_header(self, client: Client) -> dict[str, str]:
            return {"alg": "RS256", "kid": "one"}

        def get_client_claims(self, client: Client) -> dict[str, Any]:
            return {"iss": provider.issuer, "aud": [CLIENT]}

        def generate_user_info(self, user: dict[str, Any], scope: str) -> UserInfo:
            return UserInfo(user)

        def get_authorization_code_claims(self, authorization_code: Code) -> dict[str, Any]:
            return super().get_authorization_code_claims(authorization_code)

        def get_compatible_claims(self, request: Request) -> dict[str, Any]:
            return provider.forge(super().get_compatible_claims(request))

        def process_token(self, grant: Any, response: Any) -> Any:
            return response[1] if provider.bare else super().process_token(grant, response)

    server = Server(scopes_supported=["openid", "email", "profile"])
    make = BearerTokenGenerator(lambda **_: generate_token(42))
    server.register_token_generator("default", make)
    server.register_grant(Grant, [Identity(require_nonce=True), CodeChallenge(required=True)])
    return server


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that listens."""
    provider = Provider()
    server = server_of(provider)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/.well-known/openid-configuration":
                self.tell(200, metadata(provider.issuer))
            elif parts.path == "/keys":
                self.tell(200, {"keys": [provider.key.as_dict(private=False)]})
            else:
                self.tell(*self.answer(dict(parse_qsl(parts.query)), authorize=True))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self.tell(*self.answer(dict(parse_qsl(body)), authorize=False))

        def answer(self, data: dict[str, str], *, authorize: bool) -> tuple[int, Any, Any]:
            asked = Request(self.command, provider.issuer + self.path, data, self.headers)
            if not authorize:
                return server.create_token_response(asked)
            try:
                grant = server.get_consent_grant(asked, end_user=provider.claims)
            except OAuth2Error as error:
                return 400, {"error": error.error}, []
            return server.create_authorization_response(asked, grant_user=provider.claims, grant=grant)

        def tell(self, status: int, body: Any, headers: Any = ()) -> None:
            data = (json.dumps(body) if isinstance(body, dict) else body or "").encode()
            self.send_response(status)
            given = dict(headers)
            given.setdefault("Content-Type", "application/json")
            for name, value in {**given, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        provider.issuer = f"http://127.0.0.1:{web.server_address[1]}"
        thread = threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield provider
        web.shutdown()
        thread.join()


def metadata(issuer: str) -> dict[str, Any]:
    """What the provider says about itself."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
    }
