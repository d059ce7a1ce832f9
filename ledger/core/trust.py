"""The trust file: what a verifier pins by itself, so that a receipt need not be believed.

It names the chain (id, genesis, contract and the storage slot of its roots), each registrar with its signing keys and
their times, and blocks known to be canonical. Whoever gives a verifier this file is whom the verifier trusts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ledger.core.entry import parse_timestamp
from ledger.core.fields import Fields
from ledger.errors import InvalidTrust

TYPE = "medseal/trust/1"


@dataclass(frozen=True)
class TrustedKey:
    """An Ed25519 public key (hex) and when it signed: from, until (None: still), compromised since (None: never)."""

    public_key: str
    since: str
    until: str | None = None
    compromised_since: str | None = None


@dataclass(frozen=True)
class TrustedRegistrar:
    """A registrar whose receipts the verifier accepts."""

    id: str
    name: str
    keys: tuple[TrustedKey, ...]

    def key(self, public_key: str) -> TrustedKey | None:
        """The pinned key with that value."""
        return next((key for key in self.keys if key.public_key == public_key), None)


@dataclass(frozen=True)
class TrustedChain:
    """The chain and contract; ``roots_slot`` is where the contract's storage layout puts its roots."""

    chain_id: int
    genesis_hash: str
    contract: str
    roots_slot: int


@dataclass(frozen=True)
class Trust:
    """A whole trust file. ``blocks`` maps a pinned block's number to its hash (0x…)."""

    chain: TrustedChain
    registrars: tuple[TrustedRegistrar, ...]
    blocks: Mapping[int, str]

    def registrar(self, registrar_id: str) -> TrustedRegistrar | None:
        """The pinned registrar of that id."""
        return next((registrar for registrar in self.registrars if registrar.id == registrar_id), None)


def dump_trust(trust: Trust) -> str:
    """``trust`` as indented JSON."""
    value: dict[str, Any] = {
        "type": TYPE,
        "chain": asdict(trust.chain),
        "registrars": [asdict(registrar) for registrar in trust.registrars],
        "blocks": [{"number": number, "hash": value} for number, value in sorted(trust.blocks.items())],
    }
    return json.dumps(value, indent=2)


def load_trust(data: bytes) -> Trust:
    """The trust file in ``data``; InvalidTrust names the field that is wrong."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidTrust(f"expected JSON: {error}") from error
    fields = Fields(value, "trust", {"type", "chain", "registrars", "blocks"}, InvalidTrust)
    if fields.text("type") != TYPE:
        raise InvalidTrust(f"expected type {TYPE}, found {fields.text('type')[:40]!r}")
    registrars = tuple(_registrar(item) for item in fields.objects("registrars"))
    _once("registrar", [registrar.id for registrar in registrars])
    blocks = [Fields(item, "block", {"number", "hash"}, InvalidTrust) for item in fields.objects("blocks")]
    _once("block", [str(block.number("number")) for block in blocks])
    return Trust(_chain(fields.get("chain")), registrars, {b.number("number"): b.text("hash") for b in blocks})


def _once(what: str, names: list[str]) -> None:
    """Whoever reads a name said twice must not choose which of the two holds."""
    if len(set(names)) != len(names):
        raise InvalidTrust(f"expected each {what} once, found one twice")


def _chain(value: Any) -> TrustedChain:
    fields = Fields(value, "chain", {"chain_id", "genesis_hash", "contract", "roots_slot"}, InvalidTrust)
    return TrustedChain(
        fields.number("chain_id"), fields.text("genesis_hash"), fields.text("contract"), fields.number("roots_slot")
    )


def _registrar(value: Any) -> TrustedRegistrar:
    fields = Fields(value, "registrar", {"id", "name", "keys"}, InvalidTrust)
    keys = tuple(_key(item) for item in fields.objects("keys"))
    _once("key", [key.public_key for key in keys])
    return TrustedRegistrar(fields.raw("id", 32).hex(), fields.text("name"), keys)


def _key(value: Any) -> TrustedKey:
    fields = Fields(value, "key", {"public_key", "since", "until", "compromised_since"}, InvalidTrust)
    key = TrustedKey(
        fields.raw("public_key", 32).hex(),
        fields.text("since"),
        fields.optional_text("until"),
        fields.optional_text("compromised_since"),
    )
    for moment in (key.since, key.until, key.compromised_since):
        if moment is not None:
            parse_timestamp(moment)
    return key


def valid_at(key: TrustedKey, moment: datetime) -> bool:
    """Whether the key was in use at ``moment`` (compromise is judged elsewhere, by the chain's time)."""
    return parse_timestamp(key.since) <= moment and (key.until is None or moment < parse_timestamp(key.until))
