"""Log entries: canonical JSON (RFC 8785), and the salted commitments that ``register`` and ``derive`` entries hold.

An entry is what a leaf of the log hashes. It never holds an image, a digest of one, or anything about a patient: a
digest is committed to as ``HMAC-SHA-256(key, domain ‖ name ‖ 0x0A ‖ digest)`` with ``key = HKDF-SHA-256(salt, name)``
(RFC 5869 with an empty salt input and the 32 random bytes of the image as key material). Knowing one key opens one
digest; destroying the 32 bytes closes all of them for ever.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import rfc8785

from ledger.errors import InvalidEntry

VERSION = "medseal/entry/1"
MAX_ENTRY_BYTES = 64 * 1024
MAX_TEXT = 2000
SALT_BYTES = 32

REGISTER = "register"
DERIVE = "derive"
REGISTERING = (REGISTER, DERIVE)
"""The kinds of entry that register an image. A derive entry also says which registration the image was made from."""
OPERATIONS = ("de-identified", "cropped", "windowed", "recompressed")
CHECKED = ("proven", "consistent", "declared")
"""What a derive entry claims of its operation: shown by digests or samples; not contradicted by a comparison of
fingerprints; nothing but its author's word."""
STATEMENTS = ("supersede", "revoke", "dispute")
CASE = "case"
CASE_EVENTS = ("open", "add", "note", "bookmark", "status", "close", "reopen")
"""What a case entry can say happened. What was written, the entry only commits to (:mod:`ledger.core.casecontent`)."""
STUDY_CLOSE = "study-close"
KINDS: Mapping[str, frozenset[str]] = {
    "genesis": frozenset({"name", "public_key", "chain_id", "contract"}),
    REGISTER: frozenset({"commitments"}),
    DERIVE: frozenset({"commitments", "target", "operation", "checked", "reason", "author"}),
    "supersede": frozenset({"target", "replacement", "reason", "author", "nonce"}),
    "revoke": frozenset({"target", "reason", "author", "nonce"}),
    "dispute": frozenset({"target", "reason", "author", "nonce"}),
    CASE: frozenset({"case", "sequence", "event", "commitment"}),
    STUDY_CLOSE: frozenset({"commitment", "count", "root"}),
}
COMMON = frozenset({"version", "kind", "id", "registrar", "time"})

_COMMITMENT_DOMAIN = b"medseal/commitment/1\n"
_ID = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


def canonical(value: Any) -> bytes:
    """``value`` as canonical JSON (RFC 8785)."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise InvalidEntry(f"not representable as canonical JSON: {error}") from error


def timestamp(moment: datetime) -> str:
    """``moment`` as UTC with milliseconds, the one form of time that entries and receipts hold."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_timestamp(text: str) -> datetime:
    """The moment written by :func:`timestamp`; InvalidEntry for any other form."""
    if not _TIME.fullmatch(text):
        raise InvalidEntry(f"expected a UTC time such as 2026-01-31T12:00:00.000Z, found {text[:40]!r}")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidEntry(f"expected a UTC time, found {text[:40]!r}") from error


def encode_entry(entry: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a valid entry: what the leaf hashes. InvalidEntry names the rule that is broken."""
    _check(entry)
    data = canonical(dict(entry))
    if len(data) > MAX_ENTRY_BYTES:
        raise InvalidEntry(f"expected at most {MAX_ENTRY_BYTES} bytes, found {len(data)}")
    return data


def decode_entry(data: bytes) -> dict[str, Any]:
    """The entry in ``data``, which must be its canonical form byte for byte."""
    if len(data) > MAX_ENTRY_BYTES:
        raise InvalidEntry(f"expected at most {MAX_ENTRY_BYTES} bytes, found {len(data)}")
    try:
        entry = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidEntry(f"expected JSON: {error}") from error
    if not isinstance(entry, dict):
        raise InvalidEntry("expected a JSON object")
    if canonical(entry) != data:
        raise InvalidEntry("expected canonical JSON (RFC 8785), found another form of it")
    _check(entry)
    return entry


def commitment_key(salt: bytes, name: str) -> bytes:
    """The 32-byte key that opens the commitment to digest ``name`` and no other (RFC 5869, one block)."""
    extracted = hmac.digest(bytes(32), salt, "sha256")
    return hmac.digest(extracted, name.encode() + b"\x01", "sha256")


def commit(key: bytes, name: str, digest: str) -> str:
    """The commitment to ``digest`` under ``name``, as 64 hex digits."""
    message = _COMMITMENT_DOMAIN + name.encode() + b"\n" + digest.encode()
    return hmac.digest(key, message, "sha256").hex()


def commitments(salt: bytes, digests: Mapping[str, str]) -> dict[str, str]:
    """A commitment for each digest, all from one salt."""
    return {name: commit(commitment_key(salt, name), name, digest) for name, digest in digests.items()}


def opens(entry: Mapping[str, Any], name: str, key: bytes, digest: str) -> bool:
    """Whether ``key`` and ``digest`` open the entry's commitment ``name``."""
    expected = entry.get("commitments", {}).get(name, "")
    return hmac.compare_digest(commit(key, name, digest), expected)


def subject_of(entry: Mapping[str, Any]) -> str | None:
    """What the entry is about: its target, or its case; None for an entry that is about itself."""
    subject: str | None = entry.get("target", entry.get("case"))
    return subject


def _check(entry: Mapping[str, Any]) -> None:
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidEntry(f"expected a kind of {', '.join(KINDS)}, found {str(kind)[:40]!r}")
    expected = COMMON | KINDS[kind]
    if entry.keys() != expected:
        odd = ", ".join(sorted(expected ^ entry.keys()))
        raise InvalidEntry(
            f"a {kind} entry has exactly the fields {', '.join(sorted(expected))}; differs in {odd[:200]}"
        )
    if entry["version"] != VERSION:
        raise InvalidEntry(f"expected version {VERSION}, found {str(entry['version'])[:40]!r}")
    _check_fields(entry)


def _check_fields(entry: Mapping[str, Any]) -> None:
    for field in ("id", "target", "replacement", "nonce", "case"):
        if field in entry:
            _matches(field, entry[field], _ID)
    for field in ("registrar", "public_key", "commitment", "root"):
        if field in entry:
            _matches(field, entry[field], _HASH)
    if not isinstance(entry["time"], str):
        raise InvalidEntry("expected time as text")
    parse_timestamp(entry["time"])
    for field in ("reason", "author", "name", "contract"):
        if field in entry and not (isinstance(entry[field], str) and 0 < len(entry[field]) <= MAX_TEXT):
            raise InvalidEntry(f"expected {field} as text of 1 to {MAX_TEXT} characters")
    for field, words in (("operation", OPERATIONS), ("checked", CHECKED), ("event", CASE_EVENTS)):
        if field in entry and entry[field] not in words:
            raise InvalidEntry(f"expected {field} as one of {', '.join(words)}, found {str(entry[field])[:40]!r}")
    for field in ("chain_id", "sequence", "count"):
        if field in entry and (type(entry[field]) is not int or entry[field] < (field == "count")):
            raise InvalidEntry(f"expected {field} as a number")
    if entry["kind"] == CASE:
        _check_case(entry)
    if "commitments" in entry:
        _check_commitments(entry["commitments"])


def _check_case(entry: Mapping[str, Any]) -> None:
    # A case is named by the entry that opens it, so no other entry can open it again.
    opens_it = (entry["event"] == CASE_EVENTS[0], entry["sequence"] == 0, entry["case"] == entry["id"])
    if len(set(opens_it)) != 1:
        raise InvalidEntry("expected the open event at sequence 0, its id as the case, and neither of any other event")


def _check_commitments(value: Any) -> None:
    if not isinstance(value, Mapping) or "file/1" not in value:
        raise InvalidEntry("expected commitments by digest name, file/1 among them")
    for name, commitment in value.items():
        if not re.fullmatch(r"[a-z]{1,20}/[1-9]\d?", str(name)):
            raise InvalidEntry(f"expected a digest name such as pixel/1, found {str(name)[:40]!r}")
        _matches(f"commitment {name}", commitment, _HASH)


def _matches(field: str, value: Any, pattern: re.Pattern[str]) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidEntry(f"expected {field} as {pattern.pattern}, found {str(value)[:80]!r}")
