"""Managing API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path
from pydantic import Field, StringConstraints, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ledger.api import examples
from ledger.api.auth import AdminKey, Doorman, Key, KeyFirstRoute
from ledger.api.backend import Ledger, answer
from ledger.api.problems import errors
from ledger.schemas import Wire

router = APIRouter(prefix="/v1/keys", tags=["keys"], route_class=KeyFirstRoute)

Scope = Literal["register", "verify", "history", "audit", "review", "admin"]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


class KeyRequest(Wire):
    """What a new key is for, and what it may do."""

    label: Label
    scopes: set[Scope] = Field(min_length=1)


class NewKey(Wire):
    """A new key. The secret cannot be read again."""

    id: str
    secret: str


class KeyInfo(Wire):
    """A key without its secret."""

    id: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None


NEW_KEY = TypeAdapter(NewKey)
KEYS = TypeAdapter(list[KeyInfo])


@router.post(
    "",
    summary="Make a key",
    status_code=201,
    response_model=NewKey,
    responses={
        201: examples.shows(examples.NEW_KEY, "The key; its secret is shown this once"),
        **errors(400, 401, 403, 413, 422, 503, 507),
    },
)
def create_key(
    key: AdminKey,  # noqa: ARG001
    ledger: Ledger,
    wanted: Annotated[KeyRequest, Body(openapi_examples={"scanner": {"value": examples.KEY_REQUEST}})],
) -> Response:
    """Makes a key with the scopes given. The store keeps a hash only."""
    key_id, secret = ledger.keys.create(wanted.label, sorted(wanted.scopes))
    return answer(NEW_KEY, NewKey(id=key_id, secret=secret), 201)


@router.get(
    "",
    summary="List the keys",
    response_model=list[KeyInfo],
    responses={200: examples.shows([examples.KEY], "All keys, revoked ones too"), **errors(401, 403, 503)},
)
def list_keys(key: AdminKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """Labels, scopes and times; never a secret."""
    return answer(KEYS, [_info(one) for one in ledger.keys.list()])


@router.delete(
    "/{key_id}",
    summary="Revoke a key",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "The key opens nothing any more"}, **errors(401, 403, 404, 422, 503, 507)},
)
def revoke_key(request: Request, key: AdminKey, ledger: Ledger, key_id: KeyId) -> Response:  # noqa: ARG001
    """Takes effect here at once, and within five seconds in every other process on the same store."""
    ledger.keys.revoke(key_id)
    doorman: Doorman = request.app.state.doorman
    doorman.forget()
    return Response(status_code=204)


def _info(key: Key) -> KeyInfo:
    return KeyInfo(id=key.id, label=key.label, scopes=key.scopes, created_at=key.created_at, revoked_at=key.revoked_at)
