"""The steps of a dossier's check, each on its own. What is wrong is a value; only a file of another kind raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.core.digests import digest_file
from ledger.core.entry import parse_timestamp
from ledger.core.moments import when_of
from ledger.core.offline import Presented, present, verify_receipt
from ledger.core.receipt import Receipt, parse
from ledger.core.trust import Trust, TrustedKey, valid_at
from ledger.core.verdict import Status
from ledger.errors import InvalidEntry, InvalidReceipt
from ledger.export.captions import CAPTIONS
from ledger.export.dossier import DOMAIN, PDF, PICTURES, REPORT, SIGNATURE, SIGNATURE_TYPE, VERIFICATION, digests
from ledger.export.findings import RECEIPT, TRUST
from ledger.export.model import dump
from ledger.export.remaking import Remade, same_facts
from ledger.export.unpacking import read_json

_NO_TRUST = "no trust file was given, and none that can be read is enclosed"
_PNG, _HEAD = b"\x89PNG\r\n\x1a\n", 24
_MOST_SIDE = 4096
"""Pixels a side of a picture that is drawn once more."""
_PROVEN = (4, 5, 6)
"""The checks of :mod:`ledger.core.offline` that need no image."""


@dataclass(frozen=True)
class Step:
    """One numbered check of a dossier."""

    number: int
    name: str
    status: Status
    detail: str


def check_signature(
    manifest: bytes, signature: bytes | None, trust: Trust | None, made: Remade, *, given: bool
) -> Step:
    """Check 2: a key of the trust file signed the manifest, and was in use when the report says it was made."""
    if signature is None:
        return Step(2, "signature", Status.FAILED, f"{SIGNATURE} is missing: nobody vouches for this dossier")
    if trust is None:
        return Step(2, "signature", Status.UNDETERMINED, f"{_NO_TRUST}: give yours with --trust")
    try:
        said = read_json(signature)
        who, signed = said["registrar"], bytes.fromhex(said["signature"])
        name, key = str(who["name"]), str(who["public_key"])
        known = said["type"] == SIGNATURE_TYPE
    except (ValueError, KeyError, TypeError, AttributeError):
        return Step(2, "signature", Status.FAILED, f"{SIGNATURE} is no signature of a dossier")
    if not known or not _signed(key, signed, DOMAIN + manifest):
        return Step(2, "signature", Status.FAILED, "the signature does not fit the manifest: the dossier was changed")
    return _of_trusted(trust, str(who.get("id")), name, key, made, given)


def _of_trusted(trust: Trust, identity: str, name: str, key: str, made: Remade, given: bool) -> Step:
    registrar = trust.registrar(identity)
    trusted = registrar.key(key) if registrar is not None and registrar.name == name else None
    if trusted is None:
        detail = "the trust file does not name the registrar and key that signed this dossier"
        return Step(2, "signature", Status.FAILED, detail)
    trouble = _unusable(trusted, made)
    if trouble:
        return Step(2, "signature", Status.FAILED, trouble)
    whose = "given" if given else "enclosed, which proves consistency only: give your own with --trust"
    return Step(2, "signature", Status.PASSED, f"signed by {name}, with a key of the trust file {whose}")


def _unusable(key: TrustedKey, made: Remade) -> str | None:
    if key.compromised_since is not None:
        return f"the key is compromised since {when_of(key.compromised_since)}, and nothing but it dates this dossier"
    try:
        moment = parse_timestamp(str(made.enclosed["checked_at"]))
    except (InvalidEntry, KeyError):
        return "the report says no time that can be read"
    return None if valid_at(key, moment) else "the key was not in use when the report says that it was made"


def check_report(enclosed: bytes, made: Remade) -> Step:
    """Check 4: the report is what this program makes of the verification."""
    if dump(made.report) == enclosed:
        return Step(4, "report", Status.PASSED, f"{REPORT} follows from {VERIFICATION}")
    if not made.same_program and same_facts(made.report, made.enclosed):
        version = str(made.asked.tools.get("medseal"))[:20]
        detail = f"its facts follow from {VERIFICATION}; the words are those of version {version}, not of this one"
        return Step(4, "report", Status.PASSED, detail)
    return Step(4, "report", Status.FAILED, f"{REPORT} does not follow from {VERIFICATION}")


def check_pdf(parts: Mapping[str, bytes], made: Remade) -> Step:
    """Check 5: the PDF is what this program draws of the report and the enclosed pictures."""
    evidence = {name: data for name, data in parts.items() if name in (*PICTURES, RECEIPT, TRUST, VERIFICATION)}
    if digests(evidence) != dict(made.asked.enclosures):
        return Step(5, "PDF", Status.FAILED, "the parts enclosed are not those that the report lists")
    if not all(_drawable(parts[name]) for name in CAPTIONS if name in parts):
        return Step(5, "PDF", Status.FAILED, f"expected pictures of at most {_MOST_SIDE} pixels a side, found another")
    if not made.same_tools:
        detail = "made with other versions of its tools, so it was not drawn again; its digest is the manifest's"
        return Step(5, "PDF", Status.SKIPPED, detail)
    from ledger.export.pdf import pdf_of

    try:
        drawn = pdf_of(made.report, {name: parts[name] for name in CAPTIONS if name in parts})
    except Exception as error:  # noqa: BLE001  whatever a stranger's report makes reportlab do, it was not drawn from it
        return Step(5, "PDF", Status.FAILED, f"the report cannot be drawn: {type(error).__name__}")
    if drawn != parts[PDF]:
        return Step(5, "PDF", Status.FAILED, f"{PDF} does not follow from {REPORT}")
    return Step(5, "PDF", Status.PASSED, f"{PDF} follows from {REPORT}")


def check_registration(receipt: bytes | None, trust: Trust | None, made: Remade) -> Step:
    """Check 6: log, chain and registrar, as of the receipt."""
    if receipt is None:
        return _no_receipt(6, "registration", made)
    if trust is None:
        return Step(6, "registration", Status.UNDETERMINED, _NO_TRUST)
    try:
        read = parse(receipt)
    except InvalidReceipt as error:
        return Step(6, "registration", Status.FAILED, str(error))
    found = {check.number: check for check in verify_receipt(read, trust, Presented({}))}
    for status, word in ((Status.FAILED, Status.FAILED), (Status.SKIPPED, Status.UNDETERMINED)):
        for check in (found[number] for number in _PROVEN):
            if check.status is status:
                return Step(6, "registration", word, f"{check.name}: {check.detail}")
    return Step(6, "registration", Status.PASSED, "; ".join(found[number].detail for number in (*_PROVEN, 7)))


def check_receipt(receipt: bytes | None, made: Remade) -> Step:
    """Check 7: the receipt is of the registration named, and opens the digest that an accepted identity rests on."""
    if receipt is None:
        return _no_receipt(7, "receipt", made)
    registration = made.verification.registration
    try:
        read = parse(receipt)
    except InvalidReceipt as error:
        return Step(7, "receipt", Status.FAILED, str(error))
    if registration is None or read.entry.get("id") != registration.registration_id:
        return Step(7, "receipt", Status.FAILED, "the receipt is of another registration than the report names")
    for number, name in _identities(made):
        opening = read.openings.get(name)
        if opening is None:
            return Step(7, "receipt", Status.UNDETERMINED, f"the receipt does not open {name}, on which it rests")
        if opening.digest != made.asked.item.digests.get(name):
            detail = f"examination {number} says that the item is registered, but its {name} is not the receipt's"
            return Step(7, "receipt", Status.FAILED, detail)
    return Step(7, "receipt", Status.PASSED, _standing(read, registration.standing))


def check_image(image: bytes | None, made: Remade) -> Step:
    """Check 8: the image in hand has the digests that the report states."""
    if image is None:
        return Step(8, "image", Status.SKIPPED, "no image was given")
    stated = made.asked.item.digests
    if stated.get("file/1") == digest_file(image):
        return Step(8, "image", Status.PASSED, "the file is the one that was examined")
    found = present(image).digests
    same = [name for name in ("pixel/1", "codestream/1") if name in stated and stated[name] == found.get(name)]
    more = f"; its {' and '.join(same)} agrees" if same else ""
    return Step(8, "image", Status.FAILED, f"the file is not the one that was examined: file/1 differs{more}")


def _identities(made: Remade) -> list[tuple[int, str]]:
    """The digests by which the item is said to be registered, with the examination that says so."""
    passed = {check.number: check.figures for check in made.verification.checks if check.status == "passed"}
    if 1 in passed:
        return [(1, "file/1")]
    return [(2, str(passed[2].get("digest", "pixel/1")))] if 2 in passed else []


def _standing(receipt: Receipt, said: str) -> str:
    same = "" if receipt.standing.value == said else f" (the report says {said[:20]})"
    return f"the receipt is of registration {receipt.entry['id']}, {receipt.standing} when it was issued{same}"


def _no_receipt(number: int, name: str, made: Remade) -> Step:
    if made.verification.registration is None:
        return Step(number, name, Status.SKIPPED, "the report names no registration")
    detail = f"the report names a registration, but no {RECEIPT} is enclosed"
    said = next((note for note in made.asked.notes if note.startswith("No receipt")), "")
    return Step(number, name, Status.UNDETERMINED, f"{detail}. {said}" if said else detail)


def _drawable(picture: bytes) -> bool:
    """A PNG whose header says no more than the limit: nothing is decoded to find out."""
    if len(picture) < _HEAD or picture[:8] != _PNG:
        return False
    sides = int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")
    return max(sides) <= _MOST_SIDE


def _signed(key: str, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
