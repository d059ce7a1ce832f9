"""API keys. A secret is shown once, when it is made; the database holds its SHA-256 only.

The secret has 256 random bits, so a plain hash of it cannot be guessed back and no slow one is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from ledger.errors import NotFound
from ledger.store.engine import Database
from ledger.store.models import KEY


@dataclass(frozen=True)
class ApiKey:
    """A key as the store knows it: never the secret."""

    id: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


class ApiKeys:
    """The keys of one store."""

    def __init__(self, store: Database) -> None:
        self._store = store

    def create(self, label: str, scopes: Sequence[str]) -> tuple[str, str]:
        """A new key's id and its secret ``ms_<id>_<43 url-safe characters>``, which cannot be read again."""
        key_id = secrets.token_hex(8)
        secret = f"ms_{key_id}_{secrets.token_urlsafe(32)}"
        values = {"id": key_id, "label": label, "scopes": list(scopes), "secret_hash": _hash(secret)}
        with self._store.write() as connection:
            connection.execute(insert(KEY).values(values | {"created_at": datetime.now(UTC)}))
        return key_id, secret

    def authenticate(self, secret: str) -> ApiKey | None:
        """The key in force that ``secret`` belongs to; None for any other text and for a revoked key."""
        prefix, _, rest = secret.partition("_")
        key_id = rest.partition("_")[0]
        if prefix != "ms" or not (key_id.isascii() and key_id.isalnum()):
            return None
        with self._store.read() as connection:
            row = connection.execute(select(KEY).where(KEY.c.id == key_id)).one_or_none()
        if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)) or row.revoked_at is not None:
            return None
        return _key(row)

    def list(self) -> list[ApiKey]:
        """All keys, oldest first, revoked ones too."""
        with self._store.read() as connection:
            return [_key(row) for row in connection.execute(select(KEY).order_by(KEY.c.created_at, KEY.c.id))]

    def revoke(self, key_id: str) -> None:
        """The key opens nothing any more; the time of the first revocation stays. NotFound without such a key."""
        with self._store.write() as connection:
            if connection.execute(select(KEY.c.id).where(KEY.c.id == key_id)).first() is None:
                raise NotFound(f"expected an API key of this store, found {key_id[:40]!r}")
            in_force = update(KEY).where(KEY.c.id == key_id, KEY.c.revoked_at.is_(None))
            connection.execute(in_force.values(revoked_at=datetime.now(UTC)))

    def any(self) -> bool:
        """Whether there is a key that is in force."""
        with self._store.read() as connection:
            return connection.execute(select(KEY.c.id).where(KEY.c.revoked_at.is_(None)).limit(1)).first() is not None


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(row.id, row.label, tuple(row.scopes), row.created_at, row.revoked_at)
