"""Verification of an image against the ledger: numbered checks, then a policy's decision.

The numbers stand here, in the API's answer and in the dashboard's rows:

0 decode · 1 file digest · 2 pixel or codestream digest · 3 data set (names the changed attributes) ·
4 inclusion proof · 5 anchor on chain and final · 6 registrar entitled at that time · 7 in force ·
8 registered look-alikes · 9 change map · 10 forgery detector · 11 policy

A failed check is a value; an outage makes a check *undetermined*. An image whose bytes and samples are not registered
is compared (8, 9) with the original in hand, with the registration that it claims to be or that is named, and else with
all of them; the original that is found stands in checks 3 to 7. The detector (10) looks at such an image too, or at any
when asked to; it never speaks against a registered file or pixel digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.cached import CachedReads
from ledger.core.change import Change
from ledger.core.comparing import GIVEN, copy_of, no_answer, no_original, not_compared
from ledger.core.detection import NUMBER as DETECTOR
from ledger.core.detection import Detection, detection_check
from ledger.core.digests import DigestSet, digest_file, digest_set
from ledger.core.images import Limits
from ledger.core.model import Registration
from ledger.core.offline import Presented, decode_check, policy_check, skipped
from ledger.core.verdict import Check, Decision, Policy, Status, decide
from ledger.errors import Conflict, InputError, NotFound, OutageError, UnreadableImage
from ledger.log import LogTrees
from ledger.matching import Match, data_set_check, match_image
from ledger.ports import Detector, RecordStore
from ledger.proving import Proof, Prover
from ledger.similarity import LookAlikes, Search

_UNREAD = "the records could not be read"


@dataclass(frozen=True)
class Outcome:
    """Checks 0 to 11, the decision, and the registration that was found (also of an altered image's original).

    ``change`` is there when the image is a copy of ``registration`` that could be compared with it.
    """

    checks: Sequence[Check]
    decision: Decision
    policy: Policy
    registration: Registration | None
    proof: Proof
    detection: Detection | None = None
    change: Change | None = None


@dataclass(frozen=True)
class File:
    """A file in hand: its bytes, what is known of them, and its digests when it could be decoded."""

    data: bytes
    presented: Presented
    digests: DigestSet | None


@dataclass(frozen=True)
class Asked:
    """What is asked of an image, beside its digests: None for ``image`` when those alone were given.

    ``against`` and ``original`` name what to compare with; ``anyway``: the detector looks at it, registered or not.
    """

    image: bytes | None
    against: str | None = None
    original: File | None = None
    anyway: bool = False
    pictures: bool = False


@dataclass(frozen=True)
class _Compared:
    """Checks 8 and 9, what they leave of the match, and the change map."""

    checks: tuple[Check, Check]
    match: Match
    change: Change | None = None


class Verifier:
    """Verifies images against one ledger. Safe to share between threads.

    ``detector`` and ``look_alikes`` None: that part is turned off, and its checks say so.
    """

    def __init__(
        self,
        store: RecordStore,
        registry: CachedReads,
        trees: LogTrees,
        limits: Limits,
        confirmations: int,
        detector: Detector | None = None,
        look_alikes: LookAlikes | None = None,
    ) -> None:
        self._store = store
        self._limits = limits
        self._detector = detector
        self._look_alikes = look_alikes
        self._prover = Prover(store, registry, trees, confirmations)

    def verify(
        self,
        data: bytes,
        policy: Policy,
        *,
        against: str | None = None,
        original: bytes | None = None,
        examine: bool = False,
        pictures: bool = False,
    ) -> Outcome:
        """Checks 0 to 11 on the image in ``data``.

        When no digest is found it is compared with the registration ``against`` (NotFound if there is none), or with
        the file ``original`` (an InputError if it cannot be read), which counts when it is registered itself; both
        are a Conflict. ``examine``: the detector looks at a registered image as well; ``pictures``: its answer comes
        with pictures. Nothing else raises: an unreadable image and outages are checks.
        """
        if against is not None and original is not None:
            raise Conflict("expected one original to compare with, found a registration and a file")
        file = self._read(data)
        asked = Asked(data, against, None if original is None else self._original(original), examine, pictures)
        return self._judge(file.presented, file.digests, policy, asked)

    def verify_digests(self, digests: dict[str, str], policy: Policy) -> Outcome:
        """The same for an image known by its digests alone; what needs the image is skipped."""
        return self._judge(Presented(digests), None, policy, Asked(None))

    def _read(self, data: bytes) -> File:
        if not data:
            raise InputError("the file is empty (0 bytes)", code="empty_file", advice="Send the file again.")
        try:
            digests = digest_set(data, self._limits)
        except InputError as error:
            return File(data, Presented({"file/1": digest_file(data)}, decode_error=str(error)), None)
        return File(data, Presented(digests.digests, bool(digests.facts.get("lossy"))), digests)

    def _original(self, data: bytes) -> File:
        file = self._read(data)
        if file.presented.decode_error:
            raise UnreadableImage(f"the original given cannot be read: {file.presented.decode_error}")
        return file

    def _judge(self, presented: Presented, digests: DigestSet | None, policy: Policy, asked: Asked) -> Outcome:
        try:
            match = match_image(self._store, presented, digests, self._named(asked.against))
        except OutageError as error:
            match = Match(
                Check(1, Status.UNDETERMINED, f"{_UNREAD}: {error}", {"code": error.code}),
                skipped(2, _UNREAD),
                None,
            )
        compared = self._compared(asked, presented, digests, match)
        match = compared.match
        checks = [self._decoded(presented, digests), match.file, match.pixels, data_set_check(match, digests)]
        proof = self._prover.prove(match)
        checks += [*proof.checks, *compared.checks]
        detector, detection = self._examined(asked, presented, match)
        checks.append(detector)
        decision = decide(checks, policy)
        every = (*checks, policy_check(decision, policy))
        return Outcome(every, decision, policy, match.registration, proof, detection, compared.change)

    def _compared(self, asked: Asked, presented: Presented, digests: DigestSet | None, match: Match) -> _Compared:
        """Checks 8 and 9; ``figures["code"]`` says why when they were not made."""
        if Status.PASSED in (match.file.status, match.pixels.status):
            return _Compared(not_compared("not_needed", "not needed: the image is registered"), match)
        if asked.image is None:
            return _Compared(not_compared("no_image", "only digests were given, no image"), match)
        if presented.decode_error:
            return _Compared(not_compared("unreadable", "the image could not be read"), match)
        if match.file.status is Status.UNDETERMINED:
            return _Compared(no_answer(_UNREAD, match.file.figures), match)
        if self._look_alikes is None:
            return _Compared(not_compared("search_off", "this verifier has no index of look-alikes"), match)
        try:
            search = self._searched(self._look_alikes, asked.image, asked.original, match.registration)
            if search.outcome == "none" and asked.against and "changed_count" not in match.pixels.figures:
                # It is no copy of the one that was named; what the image itself claims to be stands.
                match = match_image(self._store, presented, digests, None)
        except OutageError as error:
            return _Compared(no_answer(str(error), {"code": error.code, "advice": error.advice}), match)
        except InputError as error:
            return _Compared(not_compared("unreadable", f"the image could not be read: {error}"), match)
        return _told(search, match)

    def _searched(
        self, look_alikes: LookAlikes, image: bytes, original: File | None, claimed: Registration | None
    ) -> Search:
        """The first answer of those that say something; what was tried before stands in its ``detail``."""
        tried = ""
        given: dict[str, str | None] = {}
        if original is not None:
            claimed = self._registered(original)
            given = {GIVEN: claimed.id if claimed else None}
            if claimed is None:
                tried = "the original given is not registered; "
        if claimed is not None:
            search = (
                look_alikes.against(claimed, image)
                if original is None
                else look_alikes.against_file(original.data, image)
            )
            if search.outcome == "found":
                return replace(search, registration=claimed)
            tried = f"{_of(claimed, search.detail)}; "
            anywhere = look_alikes.find(image)
            # What the image claims to be is no reason to overlook what it is; a doubt about it stands otherwise.
            if search.outcome == "unsure" and anywhere.outcome != "found":
                return replace(search, registration=claimed)
            return replace(anywhere, detail=tried + anywhere.detail, figures={**anywhere.figures, **given})
        search = look_alikes.find(image)
        return replace(search, detail=tried + search.detail, figures={**search.figures, **given})

    def _registered(self, original: File) -> Registration | None:
        """The registration of the original in hand, by its bytes or its samples."""
        match = match_image(self._store, original.presented, original.digests, None)
        return match.registration if Status.PASSED in (match.file.status, match.pixels.status) else None

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

    def _named(self, against: str | None) -> Registration | None:
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


def _of(registration: Registration, detail: str) -> str:
    """``detail`` with the registration that it is about."""
    return detail if registration.id in detail else f"registration {registration.id}: {detail}"


def _told(search: Search, match: Match) -> _Compared:
    """What a search means. A copy is matched with the original that was found, whatever it claims to be."""
    figures = {**search.figures, "outcome": search.outcome}
    if search.outcome == "found" and search.registration is not None:
        detail = _of(search.registration, search.detail)
        checks = copy_of(search.registration.id, detail, figures, search.change)
        return _Compared(checks, replace(match, registration=search.registration), search.change)
    if search.figures.get("searched") == 0:
        return _Compared(not_compared("none_registered", search.detail), match)
    if search.outcome == "none":
        return _Compared(no_original(search.detail, figures), match)
    if search.outcome == "incomparable":
        return _Compared(not_compared("incomparable", search.detail), match)
    return _Compared(no_answer(search.detail, figures), match)


def _unasked(code: str, detail: str) -> Check:
    return Check(DETECTOR, Status.SKIPPED, detail, {"code": code})
