"""API keys at the door: who may do what.

A route says what it needs in its signature (``key: RegisterKey``); :class:`KeyFirstRoute` holds it to that before a
byte of the body is read, so that nobody without the right key can make the server store an upload.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol

from anyio import to_thread
from fastapi import Depends
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.problems import MissingScope, Unauthenticated

SCOPES = ("register", "verify", "history", "audit", "admin")
CACHE_SECONDS = 3.0  # how long a key that another process revoked may go on working
_CACHE_SIZE = 1024
_PREFIX = "ms_"


class Key(Protocol):
    """An API key without its secret."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def revoked_at(self) -> datetime | None: ...


class KeyRing(Protocol):
    """The keys of a ledger (``ledger.store.keys.ApiKeys``)."""

    def create(self, label: str, scopes: Sequence[str]) -> tuple[str, str]: ...
    def authenticate(self, secret: str) -> Key | None: ...
    def list(self) -> Sequence[Key]: ...
    def revoke(self, key_id: str) -> None: ...


class Doorman:
    """Recognises keys, and remembers them for :data:`CACHE_SECONDS`, by hash. Unknown secrets are not remembered."""

    def __init__(self, keys: KeyRing, now: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._now = now
        self._known: dict[bytes, tuple[float, Key]] = {}

    async def recognise(self, authorization: str | None) -> Key:
        """The key in force of an Authorization header; Unauthenticated when there is none."""
        scheme, _, secret = (authorization or "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret.startswith(_PREFIX):
            raise Unauthenticated("expected an API key, found none")
        name = hashlib.sha256(secret.encode()).digest()
        until, key = self._known.get(name, (0.0, None))
        if key is not None and self._now() < until:
            return key
        return await self._look_up(name, secret)

    async def _look_up(self, name: bytes, secret: str) -> Key:
        asked = self._now()
        key = await to_thread.run_sync(self._keys.authenticate, secret)
        if key is None:
            self._known.pop(name, None)
            raise Unauthenticated("expected an API key that is in force, found an unknown or revoked one")
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
        self._known[name] = (asked + CACHE_SECONDS, key)
        return key

    def forget(self) -> None:
        """Ask the store again for every key: one was revoked."""
        self._known.clear()


class Requires(SecurityBase):
    """A dependency: a key with any of ``scopes``, or with ``admin``; any key in force when no scope is named."""

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes
        needs = " or ".join(scopes) if scopes else "any scope"
        self.model = BearerModel(bearerFormat="ms_…", description="An API key, sent as a bearer token.")
        self.scheme_name = "ApiKey"
        self.needs = f"Needs a key with {needs}." if not scopes else f"Needs a key with the scope {needs} (or admin)."

    async def __call__(self, request: Request) -> Key:
        doorman: Doorman = request.app.state.doorman
        key = await doorman.recognise(request.headers.get("authorization"))
        if self.scopes and not {*self.scopes, "admin"} & set(key.scopes):
            raise MissingScope(self.scopes)
        return key


class KeyFirstRoute(APIRoute):
    """Checks the key that the signature asks for before FastAPI reads the body, and says it in the description."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needs = [one.needs for one in self._requirements()]
        self.description = "\n\n".join([self.description, *needs])

    def _requirements(self) -> list[Requires]:
        return [one.call for one in self.dependant.dependencies if isinstance(one.call, Requires)]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        requirements = self._requirements()

        async def key_first(request: Request) -> Response:
            for requirement in requirements:
                await requirement(request)
            return await handler(request)

        return key_first


AnyKey = Annotated[Key, Depends(Requires())]
RegisterKey = Annotated[Key, Depends(Requires("register"))]
VerifyKey = Annotated[Key, Depends(Requires("verify"))]
HistoryKey = Annotated[Key, Depends(Requires("history"))]
ReadKey = Annotated[Key, Depends(Requires("history", "register"))]
WatchKey = Annotated[Key, Depends(Requires("history", "audit"))]
AuditKey = Annotated[Key, Depends(Requires("audit"))]
AdminKey = Annotated[Key, Depends(Requires("admin"))]
