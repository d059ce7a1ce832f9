"""Examples in the OpenAPI document. A test validates each against its wire type."""

from __future__ import annotations

from typing import Any

from ledger.schemas import HistoryFormat

_DIGEST = "sha256:" + "5f" * 32
_TIME = "2026-03-02T09:15:04.120Z"
_ID = "0d" * 16
_OTHER_ID = "1e" * 16
_REGISTRAR = "7c" * 32

ANCHOR: dict[str, Any] = {
    "chain_id": 31337,
    "contract": "0x" + "a1" * 20,
    "sequence": 4,
    "size": 41,
    "mode": "register",
    "transaction": "0x" + "b2" * 32,
    "block_number": 12,
    "block_hash": "0x" + "c3" * 32,
    "block_time": "2026-03-02T09:15:06Z",
    "confirmations": 3,
    "gas_used": 96400,
}
REGISTRATION: dict[str, Any] = {
    "registration_id": _ID,
    "registrar": _REGISTRAR,
    "registrar_name": "Local Hospital",
    "index": 40,
    "state": "final",
    "standing": "in-force",
    "registered_at": _TIME,
    "digests": {"file/1": _DIGEST, "pixel/1": "sha256:" + "6a" * 32},
    "facts": {"format": "dicom", "rows": 512, "columns": 512, "frames": 1},
    "anchor": ANCHOR,
    "statements": [],
    "created": True,
}
REGISTRATION_FORM: dict[str, Any] = {"file": "<the bytes of slice-17.dcm>", "urgent": False}
VERIFICATION_FORM: dict[str, Any] = {"file": "<the bytes of slice-17.dcm>", "policy": "strict", "against": _ID}
STATEMENT: dict[str, Any] = {
    "id": _OTHER_ID,
    "kind": "revoke",
    "target": _ID,
    "reason": "Wrong patient's study was sent",
    "author": "Radiology QA",
    "time": _TIME,
    "index": 41,
    "state": "received",
}
STATEMENT_REQUEST: dict[str, Any] = {
    "kind": "revoke",
    "reason": "Wrong patient's study was sent",
    "author": "Radiology QA",
}
DIGEST_BATCH: dict[str, Any] = {"images": [{"digests": {"file/1": _DIGEST}, "idempotency_key": "ct-7/1"}]}
DIGEST_VERIFICATION: dict[str, Any] = {"digests": {"file/1": _DIGEST}, "policy": "clinical"}
VERIFICATION: dict[str, Any] = {
    "verdict": "authentic",
    "accepted": True,
    "policy": "clinical",
    "reason": "These bytes are registered and in force.",
    "checks": [{"number": 1, "name": "file digest", "status": "passed", "detail": "the same file"}],
    "registration": REGISTRATION,
    "checked_at": _TIME,
}
CHANGE: dict[str, Any] = {
    "original": _ID,
    "basis": "trace/1",
    "frame": 0,
    "width": 384,
    "height": 384,
    "transform": {"matrix": [0.75, 0, 0, 0, 0.75, 0], "words": ["resized to 0.75"], "shown_percent": 100.0},
    "changed_percent": 2.1,
    "regions": [{"x": 96, "y": 128, "w": 64, "h": 48, "area_percent": 2.1}],
    "limits": "Changes smaller than the stated area or contrast are not seen.",
}
VERIFICATION_OF_A_COPY: dict[str, Any] = VERIFICATION | {
    "verdict": "altered",
    "accepted": False,
    "reason": "A copy of a registered image, resized to 0.75; 1 region differs.",
    "checks": [{"number": 9, "name": "change map", "status": "failed", "detail": "1 region differs"}],
    "change": CHANGE,
}
DERIVATION_FORM: dict[str, Any] = {
    "file": "crop.dcm",
    "operation": "cropped",
    "reason": "Teaching file",
    "author": "Radiology QA",
}
DERIVATION: dict[str, Any] = {
    "registration": REGISTRATION
    | {
        "derived": {
            "original": _OTHER_ID,
            "operation": "cropped",
            "checked": "proven",
            "reason": "Teaching file",
            "author": "Radiology QA",
        }
    },
    "checked": "proven",
    "how": "the registered tiles (tile/1) from x 64 to 319, y 32 to 287",
    "figures": {"x": 64, "y": 32, "w": 256, "h": 256},
}
RECEIPT: dict[str, Any] = {
    "type": "medseal/receipt/1",
    "registrar": {"id": _REGISTRAR, "name": "Local Hospital", "public_key": "9e" * 32},
    "issued_at": _TIME,
    "index": 40,
    "entry": (
        f'{{"commitments":{{"file/1":"{"66" * 32}"}},"id":"{_ID}","kind":"register","registrar":"{_REGISTRAR}",'
        f'"time":"{_TIME}","version":"medseal/entry/1"}}'
    ),
    "standing": "in-force",
    "openings": {"file/1": {"digest": _DIGEST, "key": "c0" * 32}},
    "checkpoint": None,
    "anchor": None,
    "signature": "40" * 64,
}
HISTORY: dict[str, Any] = {
    "entries": [
        {
            "id": _ID,
            "kind": "register",
            "registrar": _REGISTRAR,
            "index": 40,
            "time": _TIME,
            "state": "final",
            "leaf": "8d" * 32,
            "anchor": ANCHOR,
            "on_chain_event": True,
        }
    ],
    "limit": 100,
    "offset": 0,
    "more": False,
}
REPORT_FORM: dict[str, Any] = {"file": "<the bytes of slice-17.dcm>", "format": "dossier", "policy": "clinical"}
REPORT: dict[str, Any] = {
    "type": "medseal/report/1",
    "checked_at": _TIME,
    "question": "Is the item the image that was registered, and does it show signs of having been altered?",
    "verdict": "authentic",
    "opinion": {"answer": "no-trace-found", "words": "No trace of alteration found"},
}
EXPORTS: dict[HistoryFormat, Any] = {
    "csv": "time,kind,id,…\r\n2026-03-02T09:15:04.120Z,register,0d0d…\r\n",
    "jsonl": '{"id":"0d0d…","kind":"register",…}\n',
    "fhir": {"resourceType": "Bundle", "type": "collection", "entry": []},
}
REGISTRAR: dict[str, Any] = {
    "id": _REGISTRAR,
    "name": "Local Hospital",
    "public_key": "9e" * 32,
    "created_at": _TIME,
    "log_size": 41,
    "on_chain_status": "active",
    "on_chain_sequence": 4,
    "on_chain_size": 41,
}
BATCH: dict[str, Any] = {
    "registrar": _REGISTRAR,
    "state": "final",
    "first": 10,
    "created_at": _TIME,
    "anchor": ANCHOR,
    "gas_per_entry": 3109.7,
}
AUDIT: dict[str, Any] = {
    "complete": True,
    "consistent": True,
    "entries": 41,
    "heads": 4,
    "events": 45,
    "differences": [],
    "not_checked": [],
    "audited_at": _TIME,
}
REBUILD: dict[str, Any] = {"entries": 41, "heads": 4, "events": 45, "equal": True, "differences": []}
TRUST: dict[str, Any] = {
    "type": "medseal/trust/1",
    "chain": {"chain_id": 31337, "genesis_hash": "0x" + "14" * 32, "contract": "0x" + "a1" * 20, "roots_slot": 4},
    "registrars": [
        {
            "id": _REGISTRAR,
            "name": "Local Hospital",
            "keys": [{"public_key": "9e" * 32, "since": _TIME, "until": None, "compromised_since": None}],
        }
    ],
    "blocks": [{"number": 12, "hash": "0x" + "c3" * 32}],
}
FILES = {"/v1/receipts/{registration_id}": RECEIPT, "/v1/trust": TRUST}
"""Answers that are files, by route: FastAPI would drop their nulls, which they cannot be read without."""
KEY: dict[str, Any] = {
    "id": "4b" * 8,
    "label": "CT scanner 3",
    "scopes": ["register"],
    "created_at": _TIME,
}
KEY_REQUEST: dict[str, Any] = {"label": "CT scanner 3", "scopes": ["register"]}
NEW_KEY: dict[str, Any] = {"id": "4b" * 8, "secret": "ms_" + "4b" * 8 + "_shown-once"}
SESSION: dict[str, Any] = {
    "id": "4b" * 16,
    "name": "Dr. R. Example",
    "signed_in_by": "oidc",
    "roles": ["reviewer"],
    "scopes": ["verify", "history", "review"],
    "expires_at": _TIME,
}
HEALTH: dict[str, Any] = {"status": "ok", "version": "0.1.0", "parts": {}}
READY: dict[str, Any] = {"status": "ok", "version": "0.1.0", "parts": {"store": "ok", "chain": "ok"}}
NOT_READY: dict[str, Any] = {
    "status": "degraded",
    "version": "0.1.0",
    "parts": {"store": "ok", "chain": "chain_unreachable"},
}


def form(example: Any, path: str) -> dict[str, Any]:
    """What a route that takes a file as multipart/form-data says of its request."""
    said = f'A form. In a shell: `curl -H "Authorization: Bearer $KEY" -F file=@slice-17.dcm $URL{path}`'
    return {"requestBody": {"description": said, "content": {"multipart/form-data": {"example": example}}}}


def verdicts() -> dict[str, Any]:
    """The OpenAPI response of a verification, with an example of a registered image and one of an altered copy."""
    shown = {"registered": {"value": VERIFICATION}, "altered": {"value": VERIFICATION_OF_A_COPY}}
    said = "The verdict; a negative one is an answer, not an error"
    return {"description": said, "content": {"application/json": {"examples": shown}}}


def shows(example: Any, description: str = "") -> dict[str, Any]:
    """An OpenAPI response with one JSON example."""
    response: dict[str, Any] = {"content": {"application/json": {"example": example}}}
    return response | ({"description": description} if description else {})
