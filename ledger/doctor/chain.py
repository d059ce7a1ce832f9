"""The chain, the contract and the account that writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.doctor.finding import Finding
from ledger.errors import LedgerError
from ledger.settings import Settings

if TYPE_CHECKING:
    from ledger.chain.client import Web3Registry

_LEAST_BATCHES = 100
_BATCH_GAS = 200_000
"""What a batch is taken to cost before there is one: about fifty images in register mode."""


def chain(settings: Settings) -> Iterator[Finding]:
    """Whether the node, the contract and its directory answer, and how long the ether lasts."""
    from ledger.bootstrap import running_chain
    from ledger.chain.client import Web3Registry
    from ledger.chain.deploy import Deployment
    from ledger.folder import Folder

    folder = Folder(settings.data.absolute())
    url = settings.chain_url or running_chain(folder)
    if url is None:
        yield Finding("chain", True, "the embedded one, which no process serves now")
    if not folder.deployment.is_file():
        advice = "Run medseal deploy --rpc URL, or copy deployment.json into the data folder."
        yield Finding("contract", settings.chain_url is None, "not deployed yet", advice)
        return
    try:
        deployment = Deployment.from_json(folder.deployment.read_text())
    except LedgerError as error:
        yield Finding("contract", False, f"{folder.deployment}: {error} ({error.code})", error.advice)
        return
    if url is None:
        yield Finding("contract", True, f"deployed at {deployment.contract} on chain {deployment.chain_id}")
        return
    registry = Web3Registry.connect(
        url, chain_id=deployment.chain_id, address=deployment.contract, timeout=settings.chain_timeout
    )
    yield Finding("chain", True, f"chain id {deployment.chain_id}, newest block {registry.block().number}")
    yield Finding("contract", True, f"ImageRegistry answers at {deployment.contract}")
    yield from _sender(settings, folder.keys / "sender.key", url, registry)


def _sender(settings: Settings, usual: Path, url: str, registry: Web3Registry) -> Iterator[Finding]:
    """Whether the sender may write, and for how many batches its ether lasts."""
    from ledger.chain.deploy import balance
    from ledger.chain.keys import load_or_create_sender_key
    from ledger.chain.rpc import Rpc
    from ledger.chain.transactions import address_of
    from ledger.deploying import ether

    path = settings.sender_key_file or usual
    if not path.exists():
        yield Finding("sender", True, f"no key yet at {path}; the first command makes it")
        return
    sender = address_of(load_or_create_sender_key(path))
    registrar = registry.registrar_of(sender)
    status = registry.directory(registrar).status if registrar else "unknown or retired"
    advice = "The contract's administrator can mend it: medseal registrar status, or medseal registrar add-sender."
    yield Finding("directory", status == "active", f"sender {sender} writes for a registrar that is {status}", advice)
    gas, wei = _batch_gas(settings), balance(Rpc(url, settings.chain_timeout), sender)
    cost = gas * registry.gas_price()
    lasts = f"enough for about {wei // cost:,} batches of {gas:,} gas" if cost else "and gas costs nothing here"
    detail = f"{sender} holds {ether(wei)}, {lasts} at the present price"
    advice = f"Send ether to {sender}, at least {ether(_LEAST_BATCHES * cost)} for {_LEAST_BATCHES} batches."
    yield Finding("sender", wei >= _LEAST_BATCHES * cost, detail, advice)


def _batch_gas(settings: Settings) -> int:
    """The mean of the newest batches, a usual one's gas where there are none or they cannot be read."""
    from ledger.bootstrap import database_url
    from ledger.folder import Folder
    from ledger.store import SqlStore

    folder = Folder(settings.data.absolute())
    if settings.database_url is None and not folder.database.exists():
        return _BATCH_GAS
    try:
        with SqlStore.open(database_url(settings, folder)) as store:
            used = [batch.gas_used for batch in store.batches(limit=_LEAST_BATCHES) if batch.gas_used]
    except (LedgerError, OSError):
        return _BATCH_GAS
    return sum(used) // len(used) if used else _BATCH_GAS
