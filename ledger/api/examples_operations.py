"""Examples of how a ledger runs, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from ledger.api.examples import ANCHOR, AUDIT, BATCH, REGISTRAR, REGISTRATION

_TIME = REGISTRATION["registered_at"]
_BLOCK_TIME = ANCHOR["block_time"]
_SENDER: dict[str, Any] = {
    "address": "0x" + "d4" * 20,
    "registrar": REGISTRAR["id"],
    "added_at": _BLOCK_TIME,
    "own": True,
}
STATUS: dict[str, Any] = {
    "at": _TIME,
    "chain": {
        "chain_id": ANCHOR["chain_id"],
        "contract": ANCHOR["contract"],
        "height": 14,
        "block_hash": "0x" + "e5" * 32,
        "block_time": _BLOCK_TIME,
        "age_seconds": 4.0,
        "block_seconds": 2.1,
        "gas_price_wei": "1875000000",
    },
    "worker": "running",
    "confirmations": 1,
    "anchor_mode": "register",
    "sender": _SENDER | {"balance_ether": "999.99871"},
    "logs": [
        {
            "registrar": REGISTRAR["id"],
            "name": REGISTRAR["name"],
            "public_key": REGISTRAR["public_key"],
            "created_at": _TIME,
            "status": "active",
            "added_at": _BLOCK_TIME,
            "senders": [_SENDER],
            "log_size": 41,
            "head_sequence": 4,
            "head_size": 41,
            "head_root": "7a" * 32,
            "log_root": "7a" * 32,
            "comparison": "equal",
            "states": {"final": 41},
            "unsettled": [BATCH | {"state": "anchored"}],
            "last_hour": 12,
            "last_day": 40,
            "newest_entry": _TIME,
        }
    ],
    "recent": [
        {
            "registrar": REGISTRAR["id"],
            "sequence": 4,
            "mode": "register",
            "block_number": ANCHOR["block_number"],
            "entries": 31,
            "images": 29,
            "gas_used": 96400,
            "gas_per_entry": 3109.7,
            "ether": "0.00018075",
            "ether_per_entry": "0.0000058306",
        }
    ],
}
BLOCK: dict[str, Any] = {
    "number": ANCHOR["block_number"],
    "hash": ANCHOR["block_hash"],
    "time": _BLOCK_TIME,
    "parent": "0x" + "f6" * 32,
    "state_root": "0x" + "07" * 32,
    "gas_used": 96400,
    "gas_limit": 30000000,
    "base_fee_wei": "875000000",
    "transactions": [ANCHOR["transaction"]],
    "confirmations": 3,
    "read_at": _TIME,
}
TRANSACTION: dict[str, Any] = {
    "hash": ANCHOR["transaction"],
    "status": "succeeded",
    "sender": _SENDER["address"],
    "recipient": ANCHOR["contract"],
    "nonce": 3,
    "value_wei": "0",
    "gas_limit": 361600,
    "gas_used": 96400,
    "gas_price_wei": "1875000000",
    "fee_ether": "0.00018075",
    "payload_bytes": 1220,
    "call": {"name": "register", "figures": {"sequence": 4, "size": 10, "peaks": 2, "leaves": 31}},
    "block_number": ANCHOR["block_number"],
    "block_hash": ANCHOR["block_hash"],
    "block_time": _BLOCK_TIME,
    "confirmations": 3,
    "events": [
        {
            "name": "HeadAdvanced",
            "log_index": 31,
            "figures": {
                "registrar": "0x" + REGISTRAR["id"],
                "sequence": 4,
                "size": 41,
                "root": "0x" + "7a" * 32,
            },
        }
    ],
    "events_total": 32,
    "read_at": _TIME,
}
_HEAD: dict[str, Any] = {
    "sequence": 4,
    "size": 41,
    "root": "7a" * 32,
    "block_number": ANCHOR["block_number"],
    "block_hash": ANCHOR["block_hash"],
    "block_time": _BLOCK_TIME,
    "transaction": ANCHOR["transaction"],
}
WITNESS: dict[str, Any] = {
    "result": "holds",
    "reason": "the 10 entries of head 3 stand unchanged at the beginning of the 41 of head 4",
    "registrar": REGISTRAR["id"],
    "registrar_name": REGISTRAR["name"],
    "chain_id": ANCHOR["chain_id"],
    "contract": ANCHOR["contract"],
    "old": _HEAD | {"sequence": 3, "size": 10, "root": "18" * 32, "block_number": 11, "block_hash": "0x" + "29" * 32},
    "new": _HEAD,
    "proof": ["3b" * 32, "4c" * 32, "5d" * 32],
    "witnessed_at": _TIME,
}
RUN: dict[str, Any] = {
    "id": "6e" * 8,
    "state": "running",
    "created": True,
    "started_at": _TIME,
    "stage": "entries",
    "done": 20500,
    "of": 41000,
}
RUN_DONE: dict[str, Any] = RUN | {
    "state": "done",
    "created": False,
    "finished_at": _TIME,
    "stage": "heads",
    "done": 4,
    "of": 4,
    "result": AUDIT,
}
NOTE: dict[str, Any] = {
    "time": _TIME,
    "label": "reviewer desk 2",
    "verdict": "authentic",
    "accepted": True,
    "policy": "clinical",
    "registration": REGISTRATION["registration_id"],
    "salt": "7f" * 16,
    "seal": "80" * 32,
}
