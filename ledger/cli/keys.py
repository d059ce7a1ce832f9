"""``medseal keys create | list | revoke``: the API keys of the data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.edge import Data, Json, LedgerCommand, Server, Verbose, local_only, opened, settings_for
from ledger.core.moments import when
from ledger.errors import InputError

if TYPE_CHECKING:
    from ledger.store.keys import ApiKey, ApiKeys

SCOPES = ("register", "verify", "history", "audit", "review", "admin")

group = typer.Typer(no_args_is_help=True, help="API keys. The store holds their hashes only.")
ROLES = ("registrar", "reviewer", "auditor", "admin")


@group.command("create", cls=LedgerCommand)
def create(
    label: Annotated[str, typer.Argument(metavar="LABEL", help="Who or what the key is for.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", metavar="SCOPE", help=f"One of {', '.join(SCOPES)}; repeatable.")
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help=f"All that one of {', '.join(ROLES)} needs; repeatable."),
    ] = None,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Make a key and print its secret, this once."""
    from ledger.cli import output

    scopes = _scopes(scope or [], role or [])
    with _keys(data, server, verbose) as keys:
        key_id, secret = keys.create(label, scopes)
    if as_json:
        output.emit({"id": key_id, "label": label, "scopes": scopes, "secret": secret})
    else:
        typer.echo(secret)
        output.say(f"key {key_id}: keep it now, it can't be shown again")


def _scopes(scopes: list[str], roles: list[str]) -> list[str]:
    from ledger.schemas import scopes_of

    for found, known, what in ((scopes, SCOPES, "scopes"), (roles, ROLES, "roles")):
        unknown = sorted(set(found) - set(known))
        if unknown:
            raise InputError(f"expected {what} of {', '.join(known)}, found {', '.join(unknown)}")
    if not scopes and not roles:
        raise InputError("expected --role or --scope, found neither", advice="Try --role reviewer.")
    return sorted({*scopes, *scopes_of(roles)})


@group.command("list", cls=LedgerCommand)
def show(as_json: Json = False, data: Data = None, server: Server = None, verbose: Verbose = False) -> None:
    """All keys, oldest first, revoked ones too; never their secrets."""
    from ledger.cli import output
    from ledger.schemas import roles_of

    with _keys(data, server, verbose) as keys:
        found = keys.list()
    if not as_json:
        output.table(("id", "label", "roles", "scopes", "created", "revoked"), map(_row, found))
        return
    for key in found:
        revoked = key.revoked_at and key.revoked_at.isoformat()
        answer = {"id": key.id, "label": key.label, "roles": list(roles_of(key.scopes)), "scopes": list(key.scopes)}
        output.emit({**answer, "created_at": key.created_at.isoformat(), "revoked_at": revoked})


def _row(key: ApiKey) -> tuple[object, ...]:
    from ledger.schemas import roles_of

    revoked = key.revoked_at and when(key.revoked_at)
    roles = " ".join(roles_of(key.scopes)) or None
    return key.id, key.label, roles, " ".join(key.scopes), when(key.created_at), revoked


@group.command("revoke", cls=LedgerCommand)
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as medseal keys list shows it.")],
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Revoke a key; servers refuse it within a few seconds."""
    with _keys(data, server, verbose) as keys:
        keys.revoke(key)
    typer.echo(f"revoked: {key}", err=True)


@contextmanager
def _keys(data: Path | None, server: str | None, verbose: bool) -> Iterator[ApiKeys]:
    settings = settings_for(data, server, verbose)
    local_only(settings, "medseal keys")
    with opened(settings) as ledger:
        assert ledger.service is not None  # noqa: S101 - local_only has refused a server
        yield ledger.service.keys
