"""The decision on copies of registered originals (checks 8 and 9): one test a rule."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ledger.core.verdict import CLINICAL, POLICIES, STRICT, Check, Decision, Status, Verdict, decide

PASSED, FAILED, SKIPPED, UNDETERMINED = Status.PASSED, Status.FAILED, Status.SKIPPED, Status.UNDETERMINED
ORIGINAL = "0d" * 16
OTHER = "1e" * 16


def checks(figures: dict[int, dict[str, Any]] | None = None, **statuses: Status) -> list[Check]:
    """Checks 0 to 10 of an unchanged copy whose digests nobody registered, with ``c9=Status.FAILED`` and the like."""
    defaults = {1: FAILED, 2: FAILED, 3: SKIPPED, 10: SKIPPED}
    facts = {8: {"registration": ORIGINAL}} | (figures or {})
    return [
        Check(n, statuses.get(f"c{n}", defaults.get(n, PASSED)), f"detail {n}", facts.get(n, {})) for n in range(11)
    ]


NO_PROOF = {"c4": SKIPPED, "c5": SKIPPED, "c6": SKIPPED, "c7": SKIPPED, "c9": SKIPPED}


def unfound(figures: dict[int, dict[str, Any]] | None = None, **statuses: Status) -> Decision:
    """The decision where check 8 found no original."""
    return decide(checks(figures, **(NO_PROOF | statuses)), CLINICAL)


def test_a_changed_copy_of_an_original_is_altered_and_names_both() -> None:
    decision = decide(checks(c9=FAILED), CLINICAL)
    assert (decision.verdict, decision.accepted, decision.exit_code) == (Verdict.ALTERED, False, 1)
    assert "detail 8; detail 9" in decision.reason


def test_an_unchanged_copy_is_reencoded_and_accepted_by_no_policy() -> None:
    for policy in POLICIES.values():
        decision = decide(checks(), policy)
        assert (decision.verdict, decision.accepted, decision.exit_code) == (Verdict.AUTHENTIC_REENCODED, False, 1)
        assert "no policy accepts it" in decision.reason


def test_a_copy_without_a_change_map_is_undetermined() -> None:
    assert decide(checks(c9=UNDETERMINED), CLINICAL).verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize("number", [4, 5, 6])
@pytest.mark.parametrize("changed", [PASSED, FAILED, UNDETERMINED])
def test_a_copy_of_an_original_whose_proof_fails_is_unregistered(number: int, changed: Status) -> None:
    decision = decide(checks(**{f"c{number}": FAILED, "c9": changed}), CLINICAL)
    assert decision.verdict is Verdict.UNREGISTERED
    assert f"detail {number}" in decision.reason


@pytest.mark.parametrize("number", [4, 5, 6, 7])
@pytest.mark.parametrize("changed", [PASSED, FAILED])
def test_an_outage_in_the_originals_proof_is_undetermined(number: int, changed: Status) -> None:
    assert decide(checks(**{f"c{number}": UNDETERMINED, "c9": changed}), CLINICAL).verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize("state", ["revoked", "superseded", "disputed"])
def test_a_changed_copy_of_an_original_out_of_force_stays_altered_and_says_so(state: str) -> None:
    decision = decide(checks({7: {"state": state}}, c7=FAILED, c9=FAILED), CLINICAL)
    assert decision.verdict is Verdict.ALTERED
    assert "the original itself is detail 7" in decision.reason


@pytest.mark.parametrize(("state", "verdict"), [("revoked", "withdrawn"), ("disputed", "undetermined")])
def test_an_unchanged_copy_of_an_original_out_of_force_is_what_the_original_is(state: str, verdict: str) -> None:
    assert decide(checks({7: {"state": state}}, c7=FAILED), CLINICAL).verdict.value == verdict


def test_a_pending_proof_of_the_original_leaves_a_changed_copy_altered_under_every_policy() -> None:
    for policy in POLICIES.values():
        assert decide(checks(c4=SKIPPED, c5=SKIPPED, c9=FAILED), policy).verdict is Verdict.ALTERED
    assert decide(checks(c4=SKIPPED, c5=SKIPPED), STRICT).verdict is Verdict.UNDETERMINED


def test_the_exact_tiles_are_the_reason_where_they_were_compared_with_the_same_original() -> None:
    tiles = {2: {"original": ORIGINAL, "changed_count": 3}}
    assert decide(checks(tiles, c9=FAILED), CLINICAL).reason == "detail 2"
    other = {2: {"original": OTHER, "changed_count": 3}}
    assert "detail 9" in decide(checks(other, c9=FAILED), CLINICAL).reason


def test_the_band_of_the_detector_decides_only_where_no_original_was_found() -> None:
    for band, verdict in (("altered", Verdict.SUSPECT), ("inconclusive", Verdict.UNDETERMINED)):
        figures = {10: {"band": band}}
        assert decide(checks(figures), CLINICAL).verdict is Verdict.AUTHENTIC_REENCODED
        assert decide(checks(figures, c9=FAILED), CLINICAL).verdict is Verdict.ALTERED
        assert unfound(figures, c8=FAILED).verdict is verdict


def test_an_image_whose_original_is_not_there_is_unregistered_and_says_so() -> None:
    decision = unfound(c8=FAILED)
    assert decision.verdict is Verdict.UNREGISTERED
    assert "detail 8" in decision.reason


@pytest.mark.parametrize("band", ["altered", "inconclusive", "no-trace"])
def test_what_the_search_for_the_original_said_stands_beside_what_the_detector_says(band: str) -> None:
    reason = unfound({10: {"band": band}}, c8=FAILED).reason
    assert "detail 8" in reason
    assert "detail 10" in reason


def test_a_search_without_an_answer_is_undetermined_and_not_unregistered() -> None:
    decision = unfound({10: {"band": "altered"}}, c8=UNDETERMINED)
    assert decision.verdict is Verdict.UNDETERMINED
    assert "detail 8" in decision.reason
    assert "the forgery detector says: detail 10" in decision.reason


def test_samples_that_decide_nothing_alone_are_decided_by_the_comparison() -> None:
    assert decide(checks(c2=UNDETERMINED), CLINICAL).verdict is Verdict.AUTHENTIC_REENCODED
    assert decide(checks(c2=UNDETERMINED, c9=FAILED), CLINICAL).verdict is Verdict.ALTERED
    assert unfound(c2=UNDETERMINED, c8=FAILED).verdict is Verdict.UNDETERMINED


def test_changed_tiles_of_a_named_original_stay_altered_while_the_search_has_no_answer() -> None:
    tiles = {2: {"original": ORIGINAL, "changed_count": 3}}
    assert unfound(tiles, c8=UNDETERMINED).verdict is Verdict.ALTERED
    assert unfound({2: {"original": ORIGINAL}}, c8=UNDETERMINED).verdict is Verdict.UNDETERMINED
    assert unfound({2: {"original": ORIGINAL}}, c8=FAILED).verdict is Verdict.ALTERED


def test_registered_bytes_or_samples_are_not_touched_by_checks_8_and_9() -> None:
    for eight, nine in itertools.product(Status, repeat=2):
        assert decide(checks(c1=PASSED, c2=PASSED, c8=eight, c9=nine), CLINICAL).verdict is Verdict.AUTHENTIC


def test_no_combination_of_a_copys_checks_is_accepted() -> None:
    for five, seven, eight, nine in itertools.product(Status, repeat=4):
        for policy in POLICIES.values():
            assert not decide(checks(c5=five, c7=seven, c8=eight, c9=nine), policy).accepted
