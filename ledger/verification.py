"""Verification of an image against the ledger: numbered checks, then a policy's decision.

The numbers stand here, in the API's answer and in the dashboard's rows:

0 decode · 1 file digest · 2 pixel or codestream digest · 3 data set (names the changed attributes) ·
4 inclusion proof · 5 anchor on chain and final · 6 registrar entitled at that time · 7 in force ·
8 registered look-alikes · 9 change map · 10 forgery detector · 11 policy

Checks 8 and 9 are skipped in this release. A failed check is a value; an outage makes a check *undetermined*.
The detector (10) looks at an image that is not registered, or at any when asked to; it never speaks against a
registered file or pixel digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.cached import CachedReads
from ledger.core.detection import NUMBER as DETECTOR
from ledger.core.detection import Detection, detection_check
from ledger.core.digests import DigestSet, digest_file, digest_set
from ledger.core.images import Limits
from ledger.core.model import Registration
from ledger.core.offline import NOT_YET, Presented, decode_check, policy_check, skipped
from ledger.core.verdict import Check, Decision, Policy, Status, decide
from ledger.errors import InputError, NotFound, OutageError
from ledger.log import LogTrees
from ledger.matching import Match, data_set_check, match_image
from ledger.ports import Detector, RecordStore
from ledger.proving import Proof, Prover


@dataclass(frozen=True)
class Outcome:
    """Checks 0 to 11, the decision, and the registration that was found (also of an altered image's original)."""

    checks: Sequence[Check]
    decision: Decision
    policy: Policy
    registration: Registration | None
    proof: Proof
    detection: Detection | None = None


@dataclass(frozen=True)
class Asked:
    """What the detector is asked for: this file (None: digests alone were given), registered or not, with pictures."""

    image: bytes | None
    anyway: bool = False
    pictures: bool = False


class Verifier:
    """Verifies images against one ledger. Safe to share between threads. ``detector`` None: it is turned off."""

    def __init__(
        self,
        store: RecordStore,
        registry: CachedReads,
        trees: LogTrees,
        limits: Limits,
        confirmations: int,
        detector: Detector | None = None,
    ) -> None:
        self._store = store
        self._limits = limits
        self._detector = detector
        self._prover = Prover(store, registry, trees, confirmations)

    def verify(
        self,
        data: bytes,
        policy: Policy,
        *,
        against: str | None = None,
        examine: bool = False,
        pictures: bool = False,
    ) -> Outcome:
        """Checks 0 to 11 on the image in ``data``.

        ``against`` names a registration to compare with when no digest is found (NotFound if there is none).
        ``examine``: the detector looks at a registered image as well; ``pictures``: its answer comes with pictures.
        Nothing else raises: unreadable images and outages are checks.
        """
        presented, digests = self._present(data)
        return self._judge(presented, digests, policy, against, Asked(data, examine, pictures))

    def verify_digests(self, digests: dict[str, str], policy: Policy) -> Outcome:
        """The same for an image known by its digests alone; what needs the image is skipped."""
        return self._judge(Presented(digests), None, policy, None, Asked(None))

    def _present(self, data: bytes) -> tuple[Presented, DigestSet | None]:
        if not data:
            raise InputError("the file is empty (0 bytes)", code="empty_file", advice="Send the file again.")
        try:
            digests = digest_set(data, self._limits)
        except InputError as error:
            return Presented({"file/1": digest_file(data)}, decode_error=str(error)), None
        return Presented(digests.digests, bool(digests.facts.get("lossy"))), digests

    def _judge(
        self, presented: Presented, digests: DigestSet | None, policy: Policy, against: str | None, asked: Asked
    ) -> Outcome:
        try:
            original = self._original(against)
            match = match_image(self._store, presented, digests, original)
        except OutageError as error:
            match = Match(
                Check(1, Status.UNDETERMINED, f"the records could not be read: {error}", {"code": error.code}),
                skipped(2, "the records could not be read"),
                None,
            )
        checks = [self._decoded(presented, digests), match.file, match.pixels, data_set_check(match, digests)]
        proof = self._prover.prove(match)
        checks += proof.checks
        checks += [skipped(number, NOT_YET) for number in (8, 9)]
        detector, detection = self._examined(asked, presented, match)
        checks.append(detector)
        decision = decide(checks, policy)
        every = (*checks, policy_check(decision, policy))
        return Outcome(every, decision, policy, match.registration, proof, detection)

    def _examined(self, asked: Asked, presented: Presented, match: Match) -> tuple[Check, Detection | None]:
        """Check 10, and the detector's answer when there is one; ``figures["code"]`` says why there is none."""
        registered = Status.PASSED in (match.file.status, match.pixels.status)
        if asked.image is None:
            return _unasked("no_image", "only digests were given, no image"), None
        if presented.decode_error:
            return _unasked("unreadable", "the image could not be read"), None
        if self._detector is None:
            return _unasked("detector_off", "the forgery detector is turned off (MEDSEAL_DETECTOR)"), None
        if registered and not asked.anyway:
            return _unasked("not_needed", "not needed: the image is registered"), None
        try:
            found = self._detector.examine(asked.image, pictures=asked.pictures)
        except OutageError as error:
            return Check(DETECTOR, Status.UNDETERMINED, str(error), {"code": error.code, "advice": error.advice}), None
        except InputError as error:
            return _unasked("unreadable", f"the image could not be read: {error}"), None
        return detection_check(found), found

    def _original(self, against: str | None) -> Registration | None:
        if against is None:
            return None
        registration = self._store.registration(against)
        if registration is None:
            raise NotFound(f"no registration {against}")
        return registration

    @staticmethod
    def _decoded(presented: Presented, digests: DigestSet | None) -> Check:
        if digests is None and not presented.decode_error:
            return skipped(0, "only digests were given, no image")
        return decode_check(presented)


def _unasked(code: str, detail: str) -> Check:
    return Check(DETECTOR, Status.SKIPPED, detail, {"code": code})
