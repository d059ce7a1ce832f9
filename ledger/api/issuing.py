"""From the settings to those who recognise people."""

from __future__ import annotations

from ledger.oidc import Issuer, People
from ledger.settings import Settings


def people(settings: Settings) -> People | None:
    """Who reads the tokens of the settings' issuer; None when no issuer is set. The issuer is not asked yet."""
    audience = settings.oidc_audience or settings.oidc_client_id
    if settings.oidc_issuer is None or audience is None:
        return None
    return People(Issuer(settings.oidc_issuer), audience, settings.oidc_roles_claim, settings.oidc_roles)
