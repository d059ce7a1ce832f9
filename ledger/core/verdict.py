"""What was found (checks) and what is accepted (policy) are two things; a verdict is the second said of the first.

The numbers are the product's: the API, the command line and the dashboard show the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ledger.errors import InputError

CHECK_NAMES: Mapping[int, str] = {
    0: "decode",
    1: "file digest",
    2: "pixel or codestream digest",
    3: "data set",
    4: "inclusion proof",
    5: "anchor on chain and final",
    6: "registrar entitled",
    7: "in force",
    8: "registered look-alikes",
    9: "change map",
    10: "forgery detector",
    11: "policy",
}


class Status(StrEnum):
    """How one check ended. *Undetermined* is an outage or missing evidence, never a no."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNDETERMINED = "undetermined"


class Verdict(StrEnum):
    """The words of the product; what each means stands in the README and nowhere else differently."""

    AUTHENTIC = "authentic"
    AUTHENTIC_REENCODED = "authentic-reencoded"
    ALTERED = "altered"
    WITHDRAWN = "withdrawn"
    SUSPECT = "suspect"
    UNREGISTERED = "unregistered"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Check:
    """One numbered finding: a value, whatever happened. ``figures`` are JSON-able facts behind ``detail``."""

    number: int
    status: Status
    detail: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The check's stable name, from :data:`CHECK_NAMES`."""
        return CHECK_NAMES[self.number]


@dataclass(frozen=True)
class Policy:
    """What a verifier accepts. ``require_final`` also asks for a block that the verifier pins itself.

    No policy accepts a changed attribute that changes how the pixels are shown (check 3 lists them as rendering).
    An unregistered image in one of ``suspect_bands`` of the detector (check 10) is *suspect*, in one of
    ``undecided_bands`` *undetermined*, in any other *unregistered*. The two policies differ in neither.
    """

    name: str
    require_final: bool
    accept_changed_attributes: bool
    suspect_bands: tuple[str, ...] = ("altered",)
    undecided_bands: tuple[str, ...] = ("inconclusive",)


STRICT = Policy("strict", require_final=True, accept_changed_attributes=False)
CLINICAL = Policy("clinical", require_final=False, accept_changed_attributes=True)
POLICIES: Mapping[str, Policy] = {policy.name: policy for policy in (CLINICAL, STRICT)}


@dataclass(frozen=True)
class Decision:
    """The verdict, whether the policy accepts the image, and the sentence that says why."""

    verdict: Verdict
    accepted: bool
    reason: str

    @property
    def exit_code(self) -> int:
        """0 yes, 1 negative, 3 undetermined: what the command line answers."""
        if self.verdict is Verdict.UNDETERMINED:
            return 3
        return 0 if self.accepted else 1


def policy_named(name: str) -> Policy:
    """The policy of that name; InputError lists the names there are."""
    try:
        return POLICIES[name]
    except KeyError:
        raise InputError(
            f"expected a policy of {', '.join(POLICIES)}, found {name[:40]!r}", code="unknown_policy"
        ) from None


def decide(checks: Sequence[Check], policy: Policy) -> Decision:
    """``policy`` applied to checks 0 to 10.

    1. File or pixels registered: the proof (4, 5, 6) must hold, then the registration must be in force (7), then the
       verdict is authentic (same bytes) or authentic-reencoded (same pixels). The detector (10) has no say.
    2. A copy of a registered original (8 passed): the original's proof (4, 5, 6) must hold. With changed regions (9
       failed) it is altered, whether the original is in force or not. With none (9 passed) the original must be in
       force, and then it is authentic-reencoded, which no policy accepts: smaller changes may be there. Without a
       change map it is undetermined. The detector has no say.
    3. A registered image with other pixels (2 failed against a named original): altered; undetermined when its tiles
       were not compared and the search for its original (8) came to no answer.
    4. No answer from the store, samples that decide nothing alone, or nothing to compare: undetermined.
    5. Nothing registered: undetermined when the ledger could not be asked in full, the image could not be read or
       check 8 came to no answer; else suspect or undetermined in those bands of the detector that the policy says;
       else unregistered, whether the detector found no trace or did not run.

    Where 4 or 5 answer undetermined, the reason also says what the detector found.
    """
    found = {check.number: check for check in checks}
    if any(found[number].status is Status.PASSED for number in (1, 2)):
        return _registered(found, policy)
    if found[8].status is Status.PASSED:
        return _copied(found, policy)
    if _other_pixels(found):
        return Decision(Verdict.ALTERED, False, found[2].detail)
    question = _open_question(found)
    if question is None:
        return _unregistered(found, policy)
    trace = f"; the forgery detector says: {found[10].detail}" if "band" in found[10].figures else ""
    return _undetermined(question + trace)


def _copied(found: Mapping[int, Check], policy: Policy) -> Decision:
    """Rule 2."""
    unproven = _unproven(found)
    if unproven is not None:
        return unproven
    if found[9].status is Status.FAILED:
        return _unanswered(found) or _altered(found)
    copy = f"{found[8].detail}; {found[9].detail}"
    if found[9].status is not Status.PASSED:
        return _undetermined(copy)
    small = f"the original is registered{_how_sure(found)}; smaller changes may be there, so no policy accepts it"
    return _withheld(found, policy) or Decision(Verdict.AUTHENTIC_REENCODED, False, f"{copy}; {small}")


def _altered(found: Mapping[int, Check]) -> Decision:
    pixels, alike = found[2], found[8]
    by_tiles = "changed_count" in pixels.figures and pixels.figures.get("original") == alike.figures.get("registration")
    reason = pixels.detail if by_tiles else f"{alike.detail}; {found[9].detail}"
    if found[7].status is Status.FAILED:
        reason += f"; the original itself is {found[7].detail}"
    return Decision(Verdict.ALTERED, False, reason)


def _other_pixels(found: Mapping[int, Check]) -> bool:
    """Whether the samples were compared with a registered original's, and differ."""
    asked = Status.UNDETERMINED not in (found[1].status, found[2].status)
    known = "changed_count" in found[2].figures or found[8].status is not Status.UNDETERMINED
    return asked and known and found[2].status is Status.FAILED and "original" in found[2].figures


def _open_question(found: Mapping[int, Check]) -> str | None:
    """Why nobody can say whether the image is registered; None when it is known not to be."""
    alike = f"; {found[8].detail}" if found[8].status in (Status.FAILED, Status.UNDETERMINED) else ""
    if found[1].status is Status.UNDETERMINED:
        return found[1].detail
    if found[2].status is Status.UNDETERMINED:
        return found[2].detail + alike
    if found[0].status is Status.FAILED:
        return f"the image could not be read: {found[0].detail}"
    if found[5].status is Status.UNDETERMINED:
        return f"not found, but the ledger could not be asked in full: {found[5].detail}"
    if found[1].status is found[2].status is Status.SKIPPED:
        return f"no digest could be compared: {found[1].detail}"
    return f"not found by its digests{alike}" if found[8].status is Status.UNDETERMINED else None


def _unregistered(found: Mapping[int, Check], policy: Policy) -> Decision:
    detector = found[10]
    band = detector.figures.get("band")
    searched = f"; {found[8].detail}" if found[8].status is Status.FAILED else ""
    if band in policy.suspect_bands:
        return Decision(Verdict.SUSPECT, False, f"not registered{searched}; {detector.detail}")
    if band in policy.undecided_bands:
        return _undetermined(f"not registered{searched}; {detector.detail}")
    said = detector.detail if band is not None else f"the forgery detector gave no answer: {detector.detail}"
    why = next((found[number].detail for number in (1, 2) if found[number].status is Status.FAILED), found[1].detail)
    return Decision(
        Verdict.UNREGISTERED, False, f"{why}{searched}; {said}; this proves neither forgery nor authenticity"
    )


def _registered(found: Mapping[int, Check], policy: Policy) -> Decision:
    return _unproven(found) or _withheld(found, policy) or _accepted(found, policy)


def _unproven(found: Mapping[int, Check]) -> Decision | None:
    """The decision when a proof failed."""
    for check in (found[number] for number in (4, 5, 6)):
        if check.status is Status.FAILED:
            return Decision(Verdict.UNREGISTERED, False, f"no valid registration: {check.name}: {check.detail}")
    return None


def _unanswered(found: Mapping[int, Check]) -> Decision | None:
    """The decision when proof or standing could not be asked for."""
    for check in (found[number] for number in (4, 5, 6, 7)):
        if check.status is Status.UNDETERMINED:
            return _undetermined(f"{check.name}: {check.detail}")
    return None


def _withheld(found: Mapping[int, Check], policy: Policy) -> Decision | None:
    """The decision when a registration that is proven as far as can be asked is not in force, or not enough."""
    if found[7].status is Status.FAILED:
        return _not_in_force(found[7])
    if unanswered := _unanswered(found):
        return unanswered
    if policy.require_final and not all(found[number].status is Status.PASSED for number in (4, 5, 6)):
        return _undetermined("registered, but not final on the chain yet, which this policy asks for")
    return None


def _not_in_force(check: Check) -> Decision:
    if check.figures.get("state") == "disputed":
        return _undetermined(check.detail)
    return Decision(Verdict.WITHDRAWN, False, check.detail)


def _accepted(found: Mapping[int, Check], policy: Policy) -> Decision:
    if found[1].status is Status.PASSED:
        reason = f"these bytes are registered{_how_sure(found)}"
        return Decision(Verdict.AUTHENTIC, _origin_stands(found), reason)
    changed = found[3].status is not Status.PASSED
    accepted = not changed or (policy.accept_changed_attributes and not found[3].figures.get("rendering"))
    accepted = accepted and _origin_stands(found)
    differs = "differs" if found[1].status is Status.FAILED else "was not compared"
    reason = f"these pixels are registered{_how_sure(found)}; the file around them {differs}: {found[3].detail}"
    return Decision(Verdict.AUTHENTIC_REENCODED, accepted, reason)


def _how_sure(found: Mapping[int, Check]) -> str:
    """What the words may claim: in force only if check 7 says so, and what of the proof is still missing."""
    claims = " and in force" if found[7].status is Status.PASSED else ""
    missing = list(dict.fromkeys(found[number].detail for number in (4, 5, 6, 7) if _is_skipped(found[number])))
    origin = f"; {derived['detail']}" if (derived := _derived(found)) else ""
    return claims + (f" ({'; '.join(missing)})" if missing else "") + origin


def _derived(found: Mapping[int, Check]) -> Mapping[str, Any]:
    """What check 7 says of the registration that a derived image was made from; nothing of other images."""
    derived: Mapping[str, Any] = found[7].figures.get("derived", {})
    return derived


def _origin_stands(found: Mapping[int, Check]) -> bool:
    """No policy accepts a derived image whose original is revoked, superseded or disputed."""
    return str(_derived(found).get("state", "in-force")) == "in-force"


def _is_skipped(check: Check) -> bool:
    return check.status is Status.SKIPPED


def _undetermined(reason: str) -> Decision:
    return Decision(Verdict.UNDETERMINED, False, reason)
