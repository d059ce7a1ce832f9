"""``python -m ledger.up.prepare``: what ``medseal up`` needs of the ledger before it starts the parts, as JSON.

A process of its own, so that the supervisor itself stays small: it imports neither web3 nor the database.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from ledger.bootstrap import funded_addresses, prepare
from ledger.errors import LedgerError
from ledger.files import write_atomically
from ledger.folder import Folder
from ledger.settings import Settings
from ledger.store.keys import ApiKeys
from ledger.up.signing import DASHBOARD_SCOPES


def main() -> int:
    """``accounts``: the addresses that the embedded chain funds. ``keys``: set up, and the first API keys."""
    try:
        answer = {"accounts": _accounts, "keys": _keys}[sys.argv[1]](Settings())
    except LedgerError as error:
        sys.stderr.write(f"error: {error} ({error.code})\n       {error.advice}\n")
        return 2
    # The secrets go through this pipe to the supervisor, never through arguments or a log.
    json.dump(answer, sys.stdout)
    return 0


def _accounts(settings: Settings) -> dict[str, object]:
    return {"accounts": funded_addresses(Folder(settings.data.absolute()), settings)}


def _keys(settings: Settings) -> dict[str, object]:
    with prepare(settings) as parts:
        keys = ApiKeys(parts.store)
        admin = None if keys.any() else keys.create("first administrator", ["admin"])[1]
        dashboard = _dashboard_key(keys, parts.folder.keys / "dashboard.key")
        return {"admin": admin, "dashboard": dashboard, "registrar": parts.registrar.name}


def _dashboard_key(keys: ApiKeys, path: Path) -> str:
    try:
        secret = path.read_text().strip()
    except FileNotFoundError:
        secret = ""
    found = keys.authenticate(secret)
    if found is None or not set(DASHBOARD_SCOPES) <= set(found.scopes):
        _, secret = keys.create("dashboard", DASHBOARD_SCOPES)
        write_atomically(path, secret + "\n", mode=0o600)
    return secret


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
