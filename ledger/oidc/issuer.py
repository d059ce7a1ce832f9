"""The keys of an OpenID provider, found by discovery and kept for a while.

OpenID Connect Discovery 1.0 section 4 (the document and where it lies), RFC 7517 (the key set). Nothing else of the
program speaks to the provider.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from ledger.errors import IssuerUnreachable

KEYS_SECONDS = 600.0
"""Keys of this age are asked for again."""
STALE_SECONDS = 3600.0
"""While the provider is silent, keys of up to this age go on being believed."""
PAUSE_SECONDS = 30.0
"""The least time between two questions: made-up key names must not make us knock without end."""
_TIMEOUT = 5.0
_MOST_BYTES = 1 << 20
_LOOPBACK = ("127.0.0.1", "::1", "localhost")

Jwk = Mapping[str, Any]


class Issuer:
    """The provider at ``url``, which is also the ``iss`` of its tokens. Safe to use from many threads."""

    def __init__(self, url: str, now: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._now = now
        self._lock = threading.Lock()
        self._keys: Sequence[Jwk] = ()
        self._got_at = self._asked_at = float("-inf")
        self._failure: str | None = None

    def key(self, name: str | None) -> Jwk | None:
        """The public key that a token names (``kid``), or the only one there is when it names none.

        None when the provider has no such key; a new one is found within :data:`PAUSE_SECONDS` of the last question.
        IssuerUnreachable when that cannot be said: the provider is silent and its last keys are too old or lack it.
        """
        with self._lock:
            if self._now() - self._got_at >= KEYS_SECONDS:
                self._refresh()
            found = self._find(name)
            if found is None:
                self._refresh()
                found = self._find(name)
            if found is None and self._failure is not None:
                raise IssuerUnreachable(self._failure)
            return found

    def _find(self, name: str | None) -> Jwk | None:
        if self._now() - self._got_at >= STALE_SECONDS:
            return None
        if name is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.get("kid") == name), None)

    def _refresh(self) -> None:
        """Ask for the keys, unless that was done a moment ago; what went wrong is kept for those who ask meanwhile."""
        if self._now() - self._asked_at < PAUSE_SECONDS:
            return
        self._asked_at = self._now()
        try:
            self._keys = _keys_of(self.url)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            self._failure = f"expected the keys of the issuer {self.url}, found {_why(error)}"
        else:
            self._got_at, self._failure = self._now(), None


def secure(url: str) -> bool:
    """Whether what comes from ``url`` can be believed: HTTPS, or this machine itself."""
    parts = urlsplit(url)
    return (parts.scheme == "https" and bool(parts.hostname)) or (
        parts.scheme == "http" and parts.hostname in _LOOPBACK
    )


def _keys_of(issuer: str) -> Sequence[Jwk]:
    # a hospital's way to its provider may lead through the proxy of the environment; to this machine it never does
    outside = urlsplit(issuer).hostname not in _LOOPBACK
    with httpx.Client(timeout=_TIMEOUT, trust_env=outside) as client:
        found = _json(client, issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ValueError("a discovery document that names another issuer")
        address = found.get("jwks_uri")
        if not isinstance(address, str) or not secure(address):
            raise ValueError("a discovery document without a jwks_uri that is HTTPS")
        keys = _json(client, address).get("keys")
    if not isinstance(keys, list):
        raise ValueError("an answer that is no key set")
    return [key for key in keys if isinstance(key, dict) and key.get("use", "sig") == "sig"]


def _json(client: httpx.Client, address: str) -> Mapping[str, Any]:
    with client.stream("GET", address) as response:
        response.raise_for_status()
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise ValueError("an answer of more than 1 MiB")
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("an answer that is no JSON object")
    return value


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "an answer that is not JSON"
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return str(error) if isinstance(error, ValueError) else "no answer"
