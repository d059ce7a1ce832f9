"""Check 10, and what the decision makes of it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from ledger.core.detection import BANDS, Detection, detection_check
from ledger.core.verdict import CLINICAL, POLICIES, Check, Policy, Status, Verdict, decide

PASSED, FAILED, SKIPPED, UNDETERMINED = Status.PASSED, Status.FAILED, Status.SKIPPED, Status.UNDETERMINED
FOUND = Detection(
    method="ela_cnn",
    version="1",
    applicable=True,
    reason="large enough",
    regime="jpeg",
    band="altered",
    seconds=0.05,
    frame=0,
    frames=1,
    examined=1,
    width=96,
    height=64,
    score=1.2,
    probability=0.9312,
    area_percent=3.0,
)
OUTAGE = Check(10, UNDETERMINED, "the forgery detector is busy", {"code": "detector_busy"})
OFF = Check(10, SKIPPED, "the forgery detector is turned off", {"code": "detector_off"})


def said(band: str) -> Check:
    return detection_check(replace(FOUND, band=band))


EVERY_ANSWER = (*(said(band) for band in BANDS), OUTAGE, OFF)


def unregistered(detector: Check, **statuses: Status) -> list[Check]:
    """Checks 0 to 10 of an image that nobody registered, with ``c5=Status.UNDETERMINED`` and the like in between."""
    default = {0: PASSED, 1: FAILED, 2: FAILED}
    checks = [
        Check(number, statuses.get(f"c{number}", default.get(number, SKIPPED)), f"detail {number}")
        for number in range(10)
    ]
    return [*checks, detector]


@pytest.mark.parametrize(
    ("band", "status"), [("no-trace", PASSED), ("altered", FAILED), ("inconclusive", UNDETERMINED)]
)
def test_the_band_is_the_status_of_check_10(band: str, status: Status) -> None:
    check = said(band)
    assert (check.number, check.status, check.figures["band"]) == (10, status, band)
    assert "0.93" in check.detail


def test_an_image_the_method_does_not_apply_to_skips_the_check_with_the_reason() -> None:
    check = detection_check(replace(FOUND, applicable=False, reason="12 pixels wide", band="inconclusive"))
    assert check.status is SKIPPED
    assert "12 pixels wide" in check.detail
    assert "band" not in check.figures


def test_of_several_frames_the_one_that_decided_is_named_from_one() -> None:
    assert "frame 6 of 40" in detection_check(replace(FOUND, frame=5, frames=40, examined=8)).detail


@pytest.mark.parametrize(
    ("detector", "verdict"),
    [
        (said("altered"), Verdict.SUSPECT),
        (said("inconclusive"), Verdict.UNDETERMINED),
        (said("no-trace"), Verdict.UNREGISTERED),
        (OUTAGE, Verdict.UNREGISTERED),
        (OFF, Verdict.UNREGISTERED),
    ],
)
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_an_unregistered_image_is_what_the_detectors_band_makes_of_it(
    policy: Policy, detector: Check, verdict: Verdict
) -> None:
    decision = decide(unregistered(detector), policy)
    assert (decision.verdict, decision.accepted) == (verdict, False)
    assert detector.detail in decision.reason


def test_an_inconclusive_answer_says_that_the_image_is_not_registered_and_the_detector_cannot_tell() -> None:
    reason = decide(unregistered(said("inconclusive")), CLINICAL).reason
    assert reason.startswith("not registered; ")
    assert "cannot tell" in reason


def test_an_outage_of_the_detector_is_told_from_an_absence_of_traces() -> None:
    assert "gave no answer" in decide(unregistered(OUTAGE), CLINICAL).reason
    assert "gave no answer" not in decide(unregistered(said("no-trace")), CLINICAL).reason


def test_the_policy_says_which_bands_count() -> None:
    lenient = replace(CLINICAL, suspect_bands=(), undecided_bands=("altered",))
    assert decide(unregistered(said("altered")), lenient).verdict is Verdict.UNDETERMINED
    assert decide(unregistered(said("inconclusive")), lenient).verdict is Verdict.UNREGISTERED


@pytest.mark.parametrize("down", ["c1", "c2", "c5"])
def test_an_outage_of_the_ledger_stays_undetermined_and_mentions_what_the_detector_found(down: str) -> None:
    decision = decide(unregistered(said("altered"), **{down: UNDETERMINED}), CLINICAL)
    assert decision.verdict is Verdict.UNDETERMINED
    assert "traces of forgery found" in decision.reason


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_detector_never_speaks_against_a_registered_file_or_its_pixels(policy: Policy) -> None:
    figures: dict[int, dict[str, Any]] = {2: {"original": "0" * 32}, 7: {"state": "revoked"}}
    for one, two, three, four, five, seven in itertools.product(Status, repeat=6):
        if PASSED not in (one, two):
            continue
        statuses = (PASSED, one, two, three, four, five, PASSED, seven, SKIPPED, SKIPPED)
        checks = [Check(number, status, "", figures.get(number, {})) for number, status in enumerate(statuses)]
        decisions = {decide([*checks, detector], policy) for detector in EVERY_ANSWER}
        assert len(decisions) == 1


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_detector_never_makes_an_image_accepted_nor_suspect_without_its_band(policy: Policy) -> None:
    for zero, one, two, five in itertools.product(Status, repeat=4):
        if PASSED in (one, two):
            continue
        for detector in EVERY_ANSWER:
            decision = decide(unregistered(detector, c0=zero, c1=one, c2=two, c5=five), policy)
            assert not decision.accepted
            assert (decision.verdict is Verdict.SUSPECT) <= (detector.figures.get("band") == "altered")
