"""Who asks: what a page or a script needs to know of its own key or sign-in."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.responses import Response

from ledger.api import examples
from ledger.api.auth import SCOPES, AnyKey, Asker, KeyFirstRoute, SignedIn
from ledger.api.backend import answer
from ledger.api.problems import errors
from ledger.schemas import Session, roles_of

SESSION = TypeAdapter(Session)

router = APIRouter(prefix="/v1/session", tags=["keys"], route_class=KeyFirstRoute)


@router.get(
    "",
    summary="Who asks?",
    response_model=Session,
    responses={200: examples.shows(examples.SESSION, "Name, roles, scopes and expiry"), **errors(401, 503)},
)
async def session(key: AnyKey) -> Response:
    """Whom the key or token of this request speaks of, and what they may do. Nothing is kept."""
    return answer(SESSION, _session(key))


def _session(asker: Asker) -> Session:
    scopes = [*SCOPES] if "admin" in asker.scopes else [scope for scope in SCOPES if scope in asker.scopes]
    if isinstance(asker, SignedIn):
        return Session(
            id=asker.id,
            name=asker.label,
            signed_in_by="oidc",
            roles=[*asker.roles],
            scopes=scopes,
            expires_at=asker.expires_at,
        )
    return Session(
        id=asker.id, name=asker.label, signed_in_by="api-key", roles=[*roles_of(asker.scopes)], scopes=scopes
    )
