"""``medseal whoami``: whom the key or token of the environment speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ledger.cli.edge import Data, Json, Server, Verbose, opened, settings_for
from ledger.core.moments import when

if TYPE_CHECKING:
    from ledger.schemas import Session
    from ledger.settings import Settings


def whoami(as_json: Json = False, data: Data = None, server: Server = None, verbose: Verbose = False) -> None:
    """Name, roles, scopes and expiry: what a server says of MEDSEAL_API_KEY, which may be a key or a token.

    Without a server: whoever may read the data folder may do all.
    """
    from ledger.cli import output

    found = _session(settings_for(data, server, verbose))
    if as_json:
        output.emit(found.model_dump(mode="json"))
        return
    until = when(found.expires_at) if found.expires_at else "no expiry"
    rows = (
        ("name", output.clean(found.name)),
        ("signed in by", found.signed_in_by),
        ("roles", " ".join(found.roles) or "none"),
        ("scopes", " ".join(found.scopes) or "none"),
        ("until", until),
    )
    for name, value in rows:
        typer.echo(f"{name:<13} {value}")


def _session(settings: Settings) -> Session:
    from ledger.cli.keys import SCOPES
    from ledger.schemas import Session

    if settings.server:
        with opened(settings) as ledger:
            from ledger.client import Client

            assert isinstance(ledger.gateway, Client)  # noqa: S101 - behind a server it is one
            return ledger.gateway.session()
    folder = str(settings.data.absolute())
    return Session(id="folder", name=folder, signed_in_by="folder", roles=["admin"], scopes=[*SCOPES])
