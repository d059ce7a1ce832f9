"""Who asks, and which roles stand for which scopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from ledger.schemas.base import Wire

ROLES: Mapping[str, tuple[str, ...]] = {
    "registrar": ("register", "history"),
    "reviewer": ("verify", "review", "history"),
    "auditor": ("history", "audit", "verify"),
    "admin": ("admin",),
}
"""A role's scopes. ``admin`` stands for every scope there is."""


class Session(Wire):
    """Who asks, what they may do, and until when."""

    id: str = Field(description="The API key's id, or a stable name for issuer and subject of a person")
    name: str = Field(description="The key's label, or the person's name as the issuer gives it")
    signed_in_by: Literal["api-key", "oidc", "folder"]
    roles: list[str]
    scopes: list[str]
    expires_at: datetime | None = Field(default=None, description="None for an API key: it is good until revoked")

    def may(self, *scopes: str) -> bool:
        """Whether any of ``scopes`` is given, or ``admin``; true when none is named."""
        return not scopes or bool({*scopes, "admin"} & {*self.scopes})


def scopes_of(roles: Iterable[str]) -> tuple[str, ...]:
    """All scopes of these roles, sorted, each once; an unknown role adds none."""
    return tuple(sorted({scope for role in roles for scope in ROLES.get(role, ())}))


def roles_of(scopes: Iterable[str]) -> tuple[str, ...]:
    """The roles that these scopes amount to in full, in the order of :data:`ROLES`; ``admin`` alone for an admin."""
    given = set(scopes)
    if "admin" in given:
        return ("admin",)
    return tuple(role for role, needed in ROLES.items() if given.issuperset(needed))
