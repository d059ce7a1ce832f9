"""The trust file of this ledger: what its operator publishes for offline verifiers to pin."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ledger.core.entry import timestamp
from ledger.core.model import BatchState, Registrar
from ledger.core.trust import Trust, TrustedChain, TrustedKey, TrustedRegistrar
from ledger.ports import RecordStore, Registry

_MOST_BLOCKS = 100_000


def trust_of(store: RecordStore, registry: Registry, chain: TrustedChain) -> Trust:
    """Chain, registrars and keys as of now, and the final blocks that hold their heads."""
    registrars = store.registrars()
    return Trust(
        chain,
        tuple(_trusted(registrar, registry) for registrar in registrars),
        dict(_blocks(store, registrars)),
    )


def _trusted(registrar: Registrar, registry: Registry) -> TrustedRegistrar:
    since = registry.directory(registrar.id).compromised_since
    compromised = timestamp(datetime.fromtimestamp(since, UTC)) if since else None
    key = TrustedKey(registrar.public_key, timestamp(registrar.created_at), None, compromised)
    return TrustedRegistrar(registrar.id, registrar.name, (key,))


def _blocks(store: RecordStore, registrars: Iterable[Registrar]) -> Iterable[tuple[int, str]]:
    for registrar in registrars:
        for batch in store.batches(registrar.id, limit=_MOST_BLOCKS):
            if batch.state is BatchState.FINAL and batch.block_number is not None and batch.block_hash is not None:
                yield batch.block_number, batch.block_hash
