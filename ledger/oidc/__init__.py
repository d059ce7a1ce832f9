"""People who sign in at an OpenID provider: their tokens checked, their roles read."""

from __future__ import annotations

from ledger.oidc.issuer import Issuer
from ledger.oidc.people import People, Person

__all__ = ["Issuer", "People", "Person"]
