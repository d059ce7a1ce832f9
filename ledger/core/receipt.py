"""Receipts: what a holder keeps, and what anyone can check with it, an image and a trust file alone.

A receipt is canonical JSON (RFC 8785), byte for byte, with these fields:

- ``type`` ``medseal/receipt/1``, ``issued_at``, ``registrar`` (id, name, public_key), ``index`` in the log
- ``entry``: the canonical text of the log entry, whose leaf the log holds
- ``standing``: whether the registration was in force at ``issued_at``: in-force, revoked, superseded or disputed
- ``checkpoint``: null while pending; then sequence, size, root and the RFC 9162 audit path of the leaf
- ``anchor``: null while pending; then chain id, contract, transaction, block, header and EIP-1186 proofs of the root
- ``openings``: for each digest that the holder discloses, the digest and the key of its commitment
- ``signature``: Ed25519 (RFC 8032) of the registrar over all fields but ``openings`` and ``signature``

Openings stay outside the signature so that a holder may withhold some: each is bound by its commitment in the entry.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.core.entry import canonical, decode_entry, parse_timestamp, timestamp
from ledger.core.fields import Fields
from ledger.core.merkle import HASH_SIZE, leaf_hash
from ledger.core.model import AnchorEvidence, Registrar, Standing
from ledger.errors import InvalidEntry, InvalidReceipt

TYPE = "medseal/receipt/1"
MAX_RECEIPT_BYTES = 512 * 1024
_DOMAIN = b"medseal/receipt/1\n"
_FIELDS = {
    "type", "issued_at", "registrar", "index", "entry", "standing", "checkpoint", "anchor", "openings", "signature",
}  # fmt: skip
_ANCHOR_FIELDS = {
    "chain_id", "contract", "transaction", "block_number", "block_hash", "header", "account_proof", "storage_proof",
}  # fmt: skip


@dataclass(frozen=True)
class Checkpoint:
    """A head of the log and the audit path of the receipt's leaf under it."""

    sequence: int
    size: int
    root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Opening:
    """A digest with the key that opens its commitment."""

    digest: str
    key: bytes


@dataclass(frozen=True)
class Receipt:
    """A parsed receipt. ``signed`` are the bytes under the signature; nothing in it is verified yet."""

    registrar_id: str
    registrar_name: str
    public_key: str
    issued_at: datetime
    index: int
    entry: Mapping[str, Any]
    leaf: bytes
    standing: Standing
    checkpoint: Checkpoint | None
    anchor: AnchorEvidence | None
    openings: Mapping[str, Opening]
    signed: bytes
    signature: bytes


def issue(
    registrar: Registrar,
    body: bytes,
    index: int,
    openings: Mapping[str, Opening],
    *,
    issued_at: datetime,
    standing: Standing,
    sign: Callable[[bytes], bytes],
    checkpoint: Checkpoint | None = None,
    anchor: AnchorEvidence | None = None,
) -> bytes:
    """The signed receipt, as the bytes to store; with ``checkpoint`` and ``anchor`` it is the upgraded one."""
    value: dict[str, Any] = {
        "type": TYPE,
        "issued_at": timestamp(issued_at),
        "registrar": {"id": registrar.id, "name": registrar.name, "public_key": registrar.public_key},
        "index": index,
        "entry": body.decode(),
        "standing": standing.value,
        "checkpoint": _dump_checkpoint(checkpoint) if checkpoint else None,
        "anchor": _dump_anchor(anchor) if anchor else None,
    }
    signature = sign(_DOMAIN + canonical(value))
    value["openings"] = {name: {"digest": o.digest, "key": o.key.hex()} for name, o in openings.items()}
    value["signature"] = signature.hex()
    return canonical(value)


def withhold(receipt: bytes, keep: set[str]) -> bytes:
    """The receipt with only the openings of ``keep``; as valid as before."""
    value = json.loads(receipt)
    value["openings"] = {name: opening for name, opening in value["openings"].items() if name in keep}
    return canonical(value)


def parse(data: bytes) -> Receipt:
    """The receipt in ``data``. InvalidReceipt for anything that is not exactly one; no proof is checked here."""
    value = _load(data)
    fields = Fields(value, "receipt", _FIELDS, InvalidReceipt)
    if fields.text("type") != TYPE:
        raise InvalidReceipt(f"expected type {TYPE}, found {fields.text('type')[:40]!r}")
    registrar = Fields(fields.get("registrar"), "registrar", {"id", "name", "public_key"}, InvalidReceipt)
    body = fields.text("entry").encode("utf-8", "surrogatepass")
    try:
        entry, issued_at = decode_entry(body), parse_timestamp(fields.text("issued_at"))
    except InvalidEntry as error:
        raise InvalidReceipt(str(error)) from error
    checkpoint = _checkpoint(fields.get("checkpoint"))
    signed = {name: value[name] for name in value if name not in ("openings", "signature")}
    return Receipt(
        registrar_id=registrar.raw("id", 32).hex(),
        registrar_name=registrar.text("name"),
        public_key=registrar.raw("public_key", 32).hex(),
        issued_at=issued_at,
        index=fields.number("index"),
        entry=entry,
        leaf=leaf_hash(body),
        standing=_standing(fields.text("standing")),
        checkpoint=checkpoint,
        anchor=_anchor(fields.get("anchor"), checkpoint),
        openings={name: _opening(name, item) for name, item in fields.mapping("openings").items()},
        signed=_DOMAIN + canonical(signed),
        signature=fields.raw("signature", 64),
    )


def _load(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_RECEIPT_BYTES:
        raise InvalidReceipt(f"expected at most {MAX_RECEIPT_BYTES} bytes, found {len(data)}")
    try:
        value = json.loads(data)
        same = canonical(value) == data
    except (ValueError, RecursionError, InvalidEntry) as error:
        raise InvalidReceipt(f"expected JSON: {str(error)[:120]}") from error
    if not isinstance(value, dict) or not same:
        raise InvalidReceipt("expected canonical JSON (RFC 8785), found another form: the file was changed")
    return value


def _standing(text: str) -> Standing:
    try:
        return Standing(text)
    except ValueError as error:
        raise InvalidReceipt(f"expected a standing of {', '.join(Standing)}, found {text[:20]!r}") from error


def _checkpoint(value: Any) -> Checkpoint | None:
    if value is None:
        return None
    fields = Fields(value, "checkpoint", {"sequence", "size", "root", "path"}, InvalidReceipt)
    root, path = fields.raw("root", HASH_SIZE), fields.raws("path", HASH_SIZE)
    return Checkpoint(fields.number("sequence"), fields.number("size"), root, path)


def _anchor(value: Any, checkpoint: Checkpoint | None) -> AnchorEvidence | None:
    if value is None:
        return None
    if checkpoint is None:
        raise InvalidReceipt("expected a checkpoint beside the anchor, found none")
    fields = Fields(value, "anchor", _ANCHOR_FIELDS, InvalidReceipt)
    return AnchorEvidence(
        chain_id=fields.number("chain_id"),
        contract=fields.text("contract"),
        sequence=checkpoint.sequence,
        transaction=fields.text("transaction"),
        block_number=fields.number("block_number"),
        block_hash=fields.text("block_hash"),
        header=fields.raw("header"),
        account_proof=fields.raws("account_proof"),
        storage_proof=fields.raws("storage_proof"),
    )


def _opening(name: str, value: Any) -> Opening:
    fields = Fields(value, f"opening {name[:20]}", {"digest", "key"}, InvalidReceipt)
    return Opening(fields.text("digest"), fields.raw("key", 32))


def _dump_checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "sequence": checkpoint.sequence,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "path": [node.hex() for node in checkpoint.path],
    }


def _dump_anchor(anchor: AnchorEvidence) -> dict[str, Any]:
    return {
        "chain_id": anchor.chain_id,
        "contract": anchor.contract,
        "transaction": anchor.transaction,
        "block_number": anchor.block_number,
        "block_hash": anchor.block_hash,
        "header": anchor.header.hex(),
        "account_proof": [node.hex() for node in anchor.account_proof],
        "storage_proof": [node.hex() for node in anchor.storage_proof],
    }
