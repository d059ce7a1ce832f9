"""History as a FHIR Bundle: of each entry a Provenance (what was done to which registration) and an AuditEvent.

R4 is 4.0.1, R5 is 5.0.0. No resource names a patient or a study: identifiers are those of registrations, registrars and
transactions. Entries are of the type *collection*, so a server that is sent one transaction of them wants it wrapped.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from ledger.core.entry import timestamp
from ledger.schemas import HistoryEntry

Version = Literal["R4", "R5"]
Json = dict[str, Any]

SYSTEM = "urn:medseal"
_SPACE = uuid.UUID("6f0f2f4e-4f2e-5d4b-9d0b-0b6f2a6d5c11")
"""Our own name space: an entry's resources have the same ids in each export."""
_DATA_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_AGENT_TYPE = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_IMPORT = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110107", "display": "Import"}
_LOG_ENTRY = {"system": f"{SYSTEM}:audit-event", "code": "log-entry", "display": "Entry of the provenance log"}
_OPERATIONS = {"revoke": "NULLIFY", "supersede": "UPDATE", "dispute": "SUSPEND"}
_CREATE = "CREATE"
_REGISTERING = ("register", "derive")


def bundle(entries: Iterable[HistoryEntry], version: Version) -> Iterator[bytes]:
    """The Bundle, entry by entry: two resources each."""
    yield b'{"resourceType":"Bundle","type":"collection"'
    begun = False
    for entry in entries:
        for resource in (provenance(entry), audit_event(entry, version)):
            written = json.dumps({"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}, separators=(",", ":"))
            yield (b"," if begun else b',"entry":[') + written.encode()
            begun = True
    yield b"]}\n" if begun else b"}\n"


def provenance(entry: HistoryEntry) -> Json:
    """Who did what to which registration, when, and from what it was made. Valid in R4 and R5 alike."""
    made: Json = {
        "resourceType": "Provenance",
        "id": _id(entry, "provenance"),
        "target": [_target(entry)],
        "occurredDateTime": timestamp(entry.time),
        "recorded": timestamp(entry.time),
        "activity": {"coding": [_operation(entry)], "text": _activity(entry)},
        "agent": [_agent("author", _registrar(entry))],
    }
    if entry.author:
        made["agent"].append(_agent("informant", {"display": entry.author}))
    entities = list(_entities(entry))
    return made | ({"entity": entities} if entities else {})


def audit_event(entry: HistoryEntry, version: Version) -> Json:
    """That the entry was written to the log, by whom, and where the chain holds it."""
    event: Json = {
        "resourceType": "AuditEvent",
        "id": _id(entry, "auditevent"),
        "action": "U" if _says(entry) else "C",
        "recorded": timestamp(entry.time),
    }
    return event | (_audit_r4(entry) if version == "R4" else _audit_r5(entry))


def _audit_type(entry: HistoryEntry) -> dict[str, str]:
    """DICOM PS3.16 CID 400 has a code for taking an image's data in, and none for what is said of it afterwards."""
    return _IMPORT if entry.kind in _REGISTERING else _LOG_ENTRY


def _audit_r4(entry: HistoryEntry) -> Json:
    return {
        "type": _audit_type(entry),
        "subtype": [{"system": f"{SYSTEM}:kind", "code": entry.kind}],
        "outcome": "0",
        "agent": [{"who": _registrar(entry), "requestor": True}],
        "source": {"observer": _registrar(entry)},
        "entity": [{"what": _reference("entry", entry.id), "detail": list(_details(entry))}],
    }


def _audit_r5(entry: HistoryEntry) -> Json:
    details = [{"type": {"text": one["type"]}, "valueString": one["valueString"]} for one in _details(entry)]
    return {
        "category": [{"coding": [_audit_type(entry)]}],
        "code": {"coding": [{"system": f"{SYSTEM}:kind", "code": entry.kind}]},
        "outcome": {"code": {"system": "http://hl7.org/fhir/issue-severity", "code": "success"}},
        "agent": [{"who": _registrar(entry), "requestor": True}],
        "source": {"observer": _registrar(entry)},
        "entity": [{"what": _reference("entry", entry.id), "detail": details}],
    }


def _details(entry: HistoryEntry) -> Iterator[dict[str, str]]:
    anchor = entry.anchor
    known = {
        "kind": entry.kind,
        "state": entry.state,
        "index": entry.index,
        "leaf": entry.leaf,
        "target": entry.target,
        "reason": entry.reason,
        "chain": anchor and anchor.chain_id,
        "contract": anchor and anchor.contract,
        "sequence": anchor and anchor.sequence,
        "block": anchor and anchor.block_number,
        "transaction": anchor and anchor.transaction,
    }
    return ({"type": name, "valueString": str(value)} for name, value in known.items() if value not in (None, ""))


def _entities(entry: HistoryEntry) -> Iterator[Json]:
    if entry.kind == "derive" and entry.target:
        yield {"role": "source", "what": _reference("registration", entry.target)}
    if entry.replacement:
        yield {"role": "revision", "what": _reference("registration", entry.replacement)}


def _activity(entry: HistoryEntry) -> str:
    """The kind of the entry, and the reason that its author gave."""
    what = entry.operation or entry.event
    said = f"{entry.kind} ({what})" if what else entry.kind
    return f"{said}: {entry.reason}" if entry.reason else said


def _target(entry: HistoryEntry) -> Json:
    """What the entry is about: the registration that it makes or speaks of, its case, or itself."""
    if entry.kind in _REGISTERING:
        return _reference("registration", entry.id)
    if entry.target is None:
        return _reference("entry", entry.id)
    return _reference("registration" if _says(entry) else entry.kind, entry.target)


def _says(entry: HistoryEntry) -> bool:
    """Whether the entry is a statement about another one."""
    return entry.kind in _OPERATIONS


def _operation(entry: HistoryEntry) -> Json:
    return {"system": _DATA_OPERATION, "code": _OPERATIONS.get(entry.kind, _CREATE)}


def _agent(kind: str, who: Json) -> Json:
    return {"type": {"coding": [{"system": _AGENT_TYPE, "code": kind}]}, "who": who}


def _registrar(entry: HistoryEntry) -> Json:
    return _reference("registrar", entry.registrar)


def _reference(kind: str, value: str) -> Json:
    return {"identifier": {"system": f"{SYSTEM}:{kind}", "value": value}}


def _id(entry: HistoryEntry, kind: str) -> str:
    return str(uuid.uuid5(_SPACE, f"{kind}/{entry.id}"))
