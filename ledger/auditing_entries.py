"""The part of the audit that needs no chain: one entry against its own bytes, its row and the image's record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from ledger.auditing_facts import facts_committed, has_instance
from ledger.core.digests import changed_details
from ledger.core.entry import REGISTERING, commitment_key, decode_entry, opens, subject_of, timestamp
from ledger.core.merkle import leaf_hash
from ledger.core.model import Difference, ImageRecord, LogEntry, Registrar
from ledger.errors import InvalidEntry

GENESIS = "genesis"


def audit_entry(entry: LogEntry, registrar: Registrar, image: ImageRecord | None) -> Iterator[Difference]:
    """What disagrees about ``entry``; ``image`` is the stored record under its id, if there is one."""
    if leaf_hash(entry.body) != entry.leaf:
        yield _at(entry, "leaf_differs", leaf_hash(entry.body).hex(), entry.leaf.hex())
    try:
        body = decode_entry(entry.body)
    except InvalidEntry as error:
        yield _at(entry, "entry_malformed", "a valid entry", str(error))
        return
    claimed = {
        "id": entry.id,
        "kind": entry.kind,
        "registrar": entry.registrar,
        "time": timestamp(entry.time),
        "target": entry.target,
    }
    for name, found in claimed.items():
        expected = subject_of(body) if name == "target" else body.get(name)
        if expected != found:
            yield _at(entry, "entry_row_differs", f"{name} {expected}", f"{name} {found}")
    if (body["kind"] == GENESIS) != (entry.index == 0):
        yield _at(entry, "genesis_misplaced", f"{GENESIS} at index 0 and nowhere else", body["kind"])
    elif body["kind"] == GENESIS:
        yield from _genesis(entry, registrar, body)
    if body["kind"] in REGISTERING:
        yield from _record(entry, image, body)


def _genesis(entry: LogEntry, registrar: Registrar, body: Mapping[str, Any]) -> Iterator[Difference]:
    identity = sha256(b"medseal/registrar/1\n" + bytes.fromhex(body["public_key"])).hexdigest()
    kept = {
        "id": (identity, registrar.id),
        "name": (body["name"], registrar.name),
        "public_key": (body["public_key"], registrar.public_key),
        "created_at": (body["time"], timestamp(registrar.created_at)),
    }
    for field, (expected, found) in kept.items():
        if expected != found:
            yield _at(entry, "registrar_differs", f"{field} {expected}", f"{field} {found}")


def _record(entry: LogEntry, image: ImageRecord | None, body: Mapping[str, Any]) -> Iterator[Difference]:
    if image is None:
        yield _at(entry, "record_missing", "the image's record", "none")
        return
    names = ", ".join(sorted(body["commitments"]))
    if body["commitments"].keys() != image.digests.keys():
        yield _at(entry, "record_differs", f"digests {names}", f"digests {', '.join(sorted(image.digests))}")
    for name, digest in image.digests.items():
        if not opens(body, name, commitment_key(image.salt, name), digest):
            yield _at(entry, "record_differs", f"the {name} that the entry commits to", digest)
    if image.instance is not None and not re.fullmatch("[0-9a-f]{64}", image.instance):
        yield _at(entry, "record_differs", "an instance of 64 hex digits", image.instance)
    yield from _details(entry, image)


def _details(entry: LogEntry, image: ImageRecord) -> Iterator[Difference]:
    if not image.details:
        # Whoever registers digests alone gives neither; whoever empties the details leaves the others behind.
        for name in ("facts", "instance"):
            if value := getattr(image, name):
                yield _at(entry, "details_differ", f"details beside {name}", f"{name} {value} and no details")
        return
    changed = changed_details(image.details, image.digests)
    for name in changed:
        yield _at(entry, "details_differ", f"details of {name} {image.digests.get(name)}", "others")
    if changed:
        return
    if image.instance is not None and not has_instance(image.details):
        yield _at(entry, "record_differs", "no instance: the image had no SOP Instance UID", image.instance)
    facts = image.facts if isinstance(image.facts, Mapping) else {}
    for name, allowed in facts_committed(image.details, image.digests).items():
        found = facts.get(name)
        if not any((type(found), found) == (type(value), value) for value in allowed):
            expected = " or ".join(map(str, allowed))
            yield _at(entry, "facts_differ", f"{name} {expected}", f"{name} {found}")


def _at(entry: LogEntry, code: str, expected: str, found: str) -> Difference:
    return Difference(code, entry.registrar, expected, found, index=entry.index)
