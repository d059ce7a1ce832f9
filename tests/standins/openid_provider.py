"""A small OpenID provider that a test starts: real tokens, real keys, on a port of its own."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

CLIENT, SECRET = "medseal-dashboard", "the dashboard's own secret"
_MAKERS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


class SigningKey:
    """A private key of the provider; ``public`` is what its key set says of it."""

    def __init__(self, name: str, algorithm: str = "RS256", private: Any = None) -> None:
        self.name, self.algorithm = name, algorithm
        self.private = private or _MAKERS[algorithm]()
        made = jwt.algorithms.get_default_algorithms()[algorithm].to_jwk(self.private.public_key(), as_dict=True)
        self.public: dict[str, Any] = {**made, "kid": name, "use": "sig", "alg": algorithm}


class Provider(ThreadingHTTPServer):
    """Discovery, keys, and the code flow: its page offers ``people``, and the chosen one's claims go into the token."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.keys = [SigningKey("first")]
        self.people: dict[str, dict[str, Any]] = {}
        self.seconds = 600
        self.named = self.url
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, Any]] = {}

    def token(self, *, key: SigningKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token of a reviewer; a claim of None is left out."""
        key = key or self.keys[0]
        now = int(time.time())
        said = {"iss": self.url, "aud": CLIENT, "sub": "r-17", "name": "Rita Reviewer", "roles": ["reviewer"]}
        said |= {"iat": now, "exp": now + self.seconds} | claims  # type: ignore[operator]
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, key.private, key.algorithm, {"kid": key.name} | (header or {}))


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        at, asked = urlsplit(self.path), self.server
        asked.asked.append(at.path)
        if at.path == "/.well-known/openid-configuration":
            self._json({
                "issuer": asked.named, "jwks_uri": asked.url + "/keys", "token_endpoint": asked.url + "/token",
                "authorization_endpoint": asked.url + "/authorize", "end_session_endpoint": asked.url + "/end",
                "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
                "id_token_signing_alg_values_supported": ["RS256"], "subject_types_supported": ["public"],
            })  # fmt: skip
        elif at.path == "/keys":
            self._json({"keys": [key.public for key in asked.keys]})
        elif at.path == "/authorize":
            self._offer({name: values[0] for name, values in parse_qs(at.query).items()})
        elif at.path == "/end":
            self._to(parse_qs(at.query)["post_logout_redirect_uri"][0])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        known = self.headers.get("authorization") == f"Basic {basic}" or body.get("client_secret") == [SECRET]
        claims = self.server.codes.pop(body.get("code", [""])[0], None)
        if not known or claims is None:
            self._json({"error": "invalid_grant"}, 400)
            return
        token = self.server.token(**claims)
        self._json({"id_token": token, "access_token": secrets.token_urlsafe(), "token_type": "Bearer"})

    def _offer(self, asked: dict[str, str]) -> None:
        links = ""
        for name, claims in self.server.people.items():
            code = secrets.token_urlsafe()
            self.server.codes[code] = {**claims, "nonce": asked.get("nonce")}
            back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            links += f'<p><a href="{back.replace("&", "&amp;")}">{name}</a></p>'
        self._send(200, "text/html", f"<!doctype html><h1>Who are you?</h1>{links}".encode())

    def _to(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.end_headers()

    def _json(self, value: dict[str, Any], status: int = 200) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def signing_key() -> Callable[..., SigningKey]:
    """Makes a key that the provider may sign with."""
    return SigningKey


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that answers, on a port of its own."""
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """An OpenID provider with one RSA key."""
    with running() as server:
        yield server
