"""Putting the contract on a chain, and its directory of registrars: what the administrator's key is for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from contracts import load_artifact
from ledger.chain import transactions
from ledger.chain.abi import STATUSES, encode_call, encode_deployment, words
from ledger.chain.client import Web3Registry
from ledger.chain.rpc import Provider, Rpc, quantity, sensible
from ledger.chain.transactions import Call
from ledger.core.entry import parse_timestamp, timestamp
from ledger.errors import Conflict, InvalidEntry, SettingsError

ADMIN_DELAY = 24 * 3600
"""Seconds between naming a new administrator and their acceptance."""
WAIT_SECONDS = 180.0
TYPE = "medseal/deployment/1"


@dataclass(frozen=True)
class Deployment:
    """The contract on a chain: where, by whom, in which transaction, and the digest of the artifact that it runs."""

    chain_id: int
    contract: str
    genesis_hash: str
    deployer: str
    transaction: str
    block_number: int
    artifact_digest: str
    deployed_at: datetime

    def to_json(self) -> str:
        """The record as indented JSON: the content of ``deployment.json``."""
        return json.dumps({"type": TYPE, **asdict(self), "deployed_at": timestamp(self.deployed_at)}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Deployment:
        """The record in ``text``; SettingsError when it is not one."""
        try:
            value = json.loads(text)
            if value.pop("type") != TYPE:
                raise ValueError(f"expected type {TYPE}")
            value["deployed_at"] = parse_timestamp(value["deployed_at"])
            record = cls(**value)
            numbers = type(record.chain_id), type(record.block_number)
            texts = (record.contract, record.genesis_hash, record.transaction, record.artifact_digest)
            if numbers != (int, int) or not all(isinstance(field, str) for field in texts):
                raise ValueError("a field has the wrong kind of value")
        except (ValueError, KeyError, TypeError, AttributeError, InvalidEntry) as error:
            raise SettingsError(
                f"expected a deployment record: {error}", advice="Restore deployment.json, or deploy again."
            ) from error
        return record


def deploy(provider_or_url: Provider, admin_key: bytes, *, admin_delay: int = ADMIN_DELAY) -> Deployment:
    """Create the contract with the key's address as administrator of roles and directory, and pay for it.

    On return the creating transaction is in a block. ChainRejected: no funds, or the chain refuses the code.
    """
    rpc = Rpc(provider_or_url)
    admin = transactions.address_of(admin_key)
    receipt = transactions.send(rpc, admin_key, Call(None, encode_deployment(admin_delay, admin)), timeout=WAIT_SECONDS)
    with sensible("eth_getBlockByNumber"):
        block = rpc.call("eth_getBlockByNumber", receipt["blockNumber"], False)
        return Deployment(
            chain_id=quantity(rpc.call("eth_chainId")),
            contract=str(receipt["contractAddress"]).lower(),
            genesis_hash=genesis_hash(rpc),
            deployer=admin,
            transaction=str(receipt["transactionHash"]),
            block_number=quantity(receipt["blockNumber"]),
            artifact_digest=load_artifact().artifact_digest,
            deployed_at=datetime.fromtimestamp(quantity(block["timestamp"]), UTC),
        )


def genesis_hash(rpc: Rpc) -> str:
    """The hash of block 0 (0x…), which with the chain id names a chain."""
    with sensible("eth_getBlockByNumber"):
        return str(rpc.call("eth_getBlockByNumber", "0x0", False)["hash"])


def name_hash(name: str) -> bytes:
    """What the directory holds for a registrar's name: SHA-256 of its UTF-8."""
    return hashlib.sha256(name.encode()).digest()


def balance(rpc: Rpc, address: str) -> int:
    """What the account holds as of the newest block, in wei."""
    with sensible("eth_getBalance"):
        return quantity(rpc.call("eth_getBalance", address, "latest"))


def fund(provider_or_url: Provider, admin_key: bytes, address: str, wei: int) -> None:
    """Bring the balance of ``address`` to at least ``wei`` from the admin key's account."""
    rpc = Rpc(provider_or_url)
    missing = wei - balance(rpc, address)
    if missing > 0:
        transactions.send(rpc, admin_key, Call(address, value=missing), timeout=WAIT_SECONDS)


class Directory:
    """The contract's directory as its administrator writes it. Each method returns once the change is in a block,
    does nothing when things are so already, and raises ChainRejected with the contract's reason otherwise."""

    def __init__(self, provider_or_url: Provider, deployment: Deployment, admin_key: bytes) -> None:
        self._rpc = Rpc(provider_or_url)
        self._key = admin_key
        self._contract = deployment.contract
        self._reader = Web3Registry(self._rpc, chain_id=deployment.chain_id, address=deployment.contract)
        self._reader.check()

    def add_registrar(self, registrar: str, name: str, sender: str) -> None:
        """``registrar`` is in the directory under ``name`` and ``sender`` may move its head."""
        entry = self._reader.directory(registrar)
        if entry.status == "unknown":
            self._send("addRegistrar", bytes.fromhex(registrar), name_hash(name), sender)
        elif entry.name_hash != name_hash(name):
            raise Conflict(f"registrar {registrar} is in the directory under another name than {name!r}")
        else:
            self.add_sender(registrar, sender)

    def set_status(self, registrar: str, status: str) -> None:
        """The registrar's status is ``status``: active, suspended or retired (for ever)."""
        if status not in STATUSES[1:]:
            raise SettingsError(f"expected a status of {', '.join(STATUSES[1:])}, found {status!r}")
        if self._reader.directory(registrar).status != status:
            self._send("setStatus", bytes.fromhex(registrar), STATUSES.index(status))

    def mark_compromised(self, registrar: str, since: int) -> None:
        """The registrar counts as compromised from ``since`` (seconds since 1970), which can only move back."""
        if self._reader.directory(registrar).compromised_since != since:
            self._send("markCompromised", bytes.fromhex(registrar), since)

    def add_sender(self, registrar: str, sender: str) -> None:
        """``sender`` may move the registrar's head too."""
        if self._reader.registrar_of(sender) != registrar:
            self._send("addSender", bytes.fromhex(registrar), sender)

    def retire_sender(self, sender: str) -> None:
        """``sender`` may not move any head again, ever."""
        _, _, retired = words(transactions.call_contract(self._rpc, self._contract, encode_call("sender", sender)), 3)
        if not int.from_bytes(retired, "big"):
            self._send("retireSender", sender)

    def _send(self, function: str, *arguments: Any) -> None:
        call = Call(self._contract, encode_call(function, *arguments))
        transactions.send(self._rpc, self._key, call, timeout=WAIT_SECONDS)
