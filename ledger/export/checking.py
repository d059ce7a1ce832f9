"""The offline check of a dossier: bytes in, numbered checks out. It opens no socket and reads no clock.

0 archive: safe to open · 1 parts: each is the one of the manifest · 2 signature: of the manifest, by a registrar of the
trust file · 3 verdict: follows from the checks under the policy · 4 report: follows from the verification · 5 PDF:
follows from the report · 6 registration: the receipt's proofs and signature · 7 receipt: is of the registration that
the report names, and bears out what it says of it · 8 image: the one that was examined

With a trust file of the verifier's own the answer is *holds*; with the enclosed one no more than *consistent*, since
whoever makes a dossier can enclose any. An image that is another one says nothing against the dossier: *other-image*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.core.trust import Trust, load_trust
from ledger.core.verdict import Check, Status, decide, policy_named
from ledger.errors import InvalidDossier, InvalidTrust, LedgerError
from ledger.export.checking_parts import (
    Step,
    check_image,
    check_pdf,
    check_receipt,
    check_registration,
    check_report,
    check_signature,
)
from ledger.export.dossier import MANIFEST, REPORT, SIGNATURE, digests, manifest_of
from ledger.export.findings import RECEIPT, TRUST
from ledger.export.model import report_id
from ledger.export.remaking import remade
from ledger.export.unpacking import read_json, unpack
from ledger.schemas import Verification


class Outcome(StrEnum):
    """What the check of a dossier comes to."""

    HOLDS = "holds"
    CONSISTENT = "consistent"
    BROKEN = "broken"
    UNDETERMINED = "undetermined"
    OTHER_IMAGE = "other-image"


_IMAGE = 8


@dataclass(frozen=True)
class CheckedDossier:
    """All steps, the outcome, whether the trust file was given or is the enclosed one, and what the report says.

    ``itself`` is the outcome without the image: it differs where the outcome is *other-image*.
    """

    steps: Sequence[Step]
    outcome: Outcome
    itself: Outcome
    trust: str
    report: str
    verdict: str

    @property
    def exit_code(self) -> int:
        """0 holds or consistent, 1 broken, 3 undetermined, 4 not broken, but the image is not the one examined."""
        return {Outcome.BROKEN: 1, Outcome.UNDETERMINED: 3, Outcome.OTHER_IMAGE: 4}.get(self.outcome, 0)


def check_dossier(data: bytes, image: bytes | None = None, trust: bytes | None = None) -> CheckedDossier:
    """The dossier in ``data`` checked; InvalidDossier when it is none, InvalidTrust when ``trust`` is no trust file."""
    parts = unpack(data)
    pinned = load_trust(trust) if trust is not None else _enclosed(parts.get(TRUST))
    known = remade(parts)
    steps = (
        Step(0, "archive", Status.PASSED, f"{len(parts)} parts within the limits"),
        _parts(parts),
        check_signature(parts.get(MANIFEST, b""), parts.get(SIGNATURE), pinned, known, given=trust is not None),
        _verdict(known.verification),
        check_report(parts[REPORT], known),
        check_pdf(parts, known),
        check_registration(parts.get(RECEIPT), pinned, known),
        check_receipt(parts.get(RECEIPT), known),
        check_image(image, known),
    )
    source = "given" if trust is not None else "enclosed" if pinned is not None else "none"
    itself = _outcome([step for step in steps if step.number != _IMAGE], source)
    other = itself is not Outcome.BROKEN and steps[_IMAGE].status is Status.FAILED
    outcome = Outcome.OTHER_IMAGE if other else itself
    return CheckedDossier(steps, outcome, itself, source, report_id(parts[REPORT]), known.verification.verdict)


def _enclosed(trust: bytes | None) -> Trust | None:
    """The trust file of the dossier; one that cannot be read is none, and the manifest's check names it if it was
    changed."""
    try:
        return None if trust is None else load_trust(trust)
    except InvalidTrust:
        return None


def _outcome(steps: Sequence[Step], trust: str) -> Outcome:
    found = {step.status for step in steps}
    if Status.FAILED in found:
        return Outcome.BROKEN
    if Status.UNDETERMINED in found:
        return Outcome.UNDETERMINED
    return Outcome.HOLDS if trust == "given" else Outcome.CONSISTENT


def _parts(parts: Mapping[str, bytes]) -> Step:
    """Check 1: it names every part that is another, missing, or not in the manifest."""
    try:
        manifest = read_json(parts[MANIFEST])
        expected: dict[str, str] = dict(manifest["parts"])
        identity = str(manifest["report"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidDossier("expected a manifest with the digest of each part, found another form") from error
    held = {name: data for name, data in parts.items() if name not in (MANIFEST, SIGNATURE)}
    wrong = list(_wrong(expected, digests(held)))
    if wrong:
        return Step(1, "parts", Status.FAILED, "; ".join(wrong))
    if parts[MANIFEST] != manifest_of(held, identity) or identity != report_id(parts[REPORT]):
        return Step(1, "parts", Status.FAILED, f"{MANIFEST} is not the one of these parts")
    return Step(1, "parts", Status.PASSED, f"{len(held)} parts are those of the manifest")


def _wrong(expected: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*expected, *found}):
        if name not in found:
            yield f"{name} is missing"
        elif name not in expected:
            yield f"{name} is not in the manifest"
        elif expected[name] != found[name]:
            yield f"{name} was changed"


def _verdict(found: Verification) -> Step:
    """Check 3: the verdict is decided once more, from the checks that the ledger answered."""
    try:
        checks = [Check(c.number, Status(c.status), c.detail, c.figures) for c in found.checks if c.number != 11]
        decided = decide(checks, policy_named(found.policy))
    except (LedgerError, KeyError, TypeError, AttributeError) as error:
        return Step(3, "verdict", Status.FAILED, f"nothing can be decided from the checks: {type(error).__name__}")
    if (decided.verdict.value, decided.accepted) != (found.verdict, found.accepted):
        detail = f"the checks decide {decided.verdict}, the verification says {found.verdict[:40]}"
        return Step(3, "verdict", Status.FAILED, detail)
    return Step(3, "verdict", Status.PASSED, f"{found.verdict} follows from the checks under the policy {found.policy}")
