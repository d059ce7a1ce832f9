"""At the door: who asks, by API key or by a person's token, and what they may do.

A route says what it needs in its signature (``key: RegisterKey``); :class:`KeyFirstRoute` holds it to that before a
byte of the body is read, so that nobody without the right key can make the server store an upload.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol

from anyio import CapacityLimiter, to_thread
from fastapi import Depends
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from starlette.requests import Request
from starlette.responses import Response

from ledger.api.problems import MissingScope, Unauthenticated
from ledger.oidc import People
from ledger.schemas import scopes_of

SCOPES = ("register", "verify", "history", "audit", "review", "admin")
CACHE_SECONDS = 3.0  # how long a key that another process revoked may go on working
_CACHE_SIZE = 1024
_ISSUER_THREADS = 4  # a silent issuer may keep these waiting, never those who look up keys
_PREFIX = "ms_"


class Asker(Protocol):
    """Whoever a request comes from: a :class:`Key`, or a person who signed in."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...


class Key(Asker, Protocol):
    """An API key without its secret."""

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


@dataclass(frozen=True)
class SignedIn:
    """A person whose token holds, with the scopes of their roles."""

    id: str
    label: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    expires_at: datetime


class Doorman:
    """Recognises keys, and remembers them for :data:`CACHE_SECONDS`, by hash. Unknown secrets are not remembered.

    With ``people`` it recognises persons' tokens too, each time anew, so that an expired one ends at its second.
    """

    def __init__(self, keys: KeyRing, now: Callable[[], float] = time.monotonic, people: People | None = None) -> None:
        self._keys = keys
        self._now = now
        self._people = people
        self._asking_issuer = CapacityLimiter(_ISSUER_THREADS)
        self._known: dict[bytes, tuple[float, Key]] = {}

    async def recognise(self, authorization: str | None) -> Asker:
        """Whom an Authorization header speaks of: a key in force, or a person.

        Unauthenticated, SignInExpired or SignInRefused when it speaks of nobody; IssuerUnreachable when the issuer's
        keys cannot be had.
        """
        scheme, _, secret = (authorization or "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated("expected an API key or a sign-in token, found none")
        if not secret.startswith(_PREFIX):
            return await self._person(secret)
        name = hashlib.sha256(secret.encode()).digest()
        until, key = self._known.get(name, (0.0, None))
        if key is not None and self._now() < until:
            return key
        return await self._look_up(name, secret)

    async def _person(self, token: str) -> SignedIn:
        if self._people is None:
            raise Unauthenticated("expected an API key, found something else; no issuer of sign-in tokens is set here")
        found = await to_thread.run_sync(self._people.recognise, token, limiter=self._asking_issuer)
        return SignedIn(found.id, found.label, found.roles, scopes_of(found.roles), found.expires_at)

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
    """A dependency: an asker with any of ``scopes``, or with ``admin``; anybody known when no scope is named."""

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes
        needs = " or ".join(scopes) if scopes else "any scope"
        self.model = BearerModel(
            bearerFormat="ms_…",
            description="An API key, or the token of a person who signed in at the issuer, sent as a bearer token.",
        )
        self.scheme_name = "ApiKey"
        self.needs = f"Needs a key with {needs}." if not scopes else f"Needs a key with the scope {needs} (or admin)."

    async def __call__(self, request: Request) -> Asker:
        doorman: Doorman = request.app.state.doorman
        asker = await doorman.recognise(request.headers.get("authorization"))
        if self.scopes and not self.met_by(asker):
            raise MissingScope(self.scopes)
        return asker

    def met_by(self, asker: Asker) -> bool:
        """Whether the asker has any of the scopes, or ``admin``."""
        return bool({*self.scopes, "admin"} & set(asker.scopes))


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


AnyKey = Annotated[Asker, Depends(Requires())]
RegisterKey = Annotated[Asker, Depends(Requires("register"))]
VerifyKey = Annotated[Asker, Depends(Requires("verify"))]
HistoryKey = Annotated[Asker, Depends(Requires("history"))]
READING = Requires("history", "register")
"""What reading registrations and their receipts takes."""
ReadKey = Annotated[Asker, Depends(READING)]
WatchKey = Annotated[Asker, Depends(Requires("history", "audit"))]
AuditKey = Annotated[Asker, Depends(Requires("audit"))]
ReviewKey = Annotated[Asker, Depends(Requires("review"))]
CaseKey = Annotated[Asker, Depends(Requires("review", "audit"))]
AdminKey = Annotated[Asker, Depends(Requires("admin"))]
