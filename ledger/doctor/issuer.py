"""The OpenID provider, if people sign in at one."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.doctor.finding import Finding
from ledger.settings import Settings


def issuer(settings: Settings) -> Iterator[Finding]:
    """Whether its keys can be had; nothing when no provider is set."""
    if settings.oidc_issuer is None:
        return
    from ledger.oidc import Issuer

    provider = Issuer(settings.oidc_issuer)
    provider.key("")  # its answer does not matter: IssuerUnreachable when there is none
    yield Finding("sign-in", True, f"{settings.oidc_issuer} gives its keys")
