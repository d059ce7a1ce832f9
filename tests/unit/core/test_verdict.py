"""The decision: one test a rule."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.core.verdict import (
    CHECK_NAMES,
    CLINICAL,
    POLICIES,
    STRICT,
    Check,
    Policy,
    Status,
    Verdict,
    decide,
    policy_named,
)
from ledger.errors import InputError

PASSED, FAILED, SKIPPED, UNDETERMINED = Status.PASSED, Status.FAILED, Status.SKIPPED, Status.UNDETERMINED


def checks(figures: dict[int, dict[str, Any]] | None = None, **statuses: Status) -> list[Check]:
    """Checks 0 to 10, all passed but 8 to 10, with ``c5=Status.FAILED`` and the like in their place."""
    made = []
    for number in range(11):
        default = SKIPPED if number >= 8 else PASSED
        status = statuses.get(f"c{number}", default)
        made.append(Check(number, status, f"detail {number}", (figures or {}).get(number, {})))
    return made


NOTHING = {"c1": FAILED, "c2": FAILED, "c3": SKIPPED, "c4": SKIPPED, "c5": SKIPPED, "c6": SKIPPED, "c7": SKIPPED}


def test_registered_bytes_in_force_are_authentic() -> None:
    for policy in POLICIES.values():
        decision = decide(checks(), policy)
        assert (decision.verdict, decision.accepted, decision.exit_code) == (Verdict.AUTHENTIC, True, 0)


def test_registered_pixels_in_another_file_are_reencoded() -> None:
    decision = decide(checks(c1=FAILED), STRICT)
    assert (decision.verdict, decision.accepted) == (Verdict.AUTHENTIC_REENCODED, True)


def test_a_changed_header_is_named_and_accepted_by_the_clinical_policy_only() -> None:
    changed = checks(c1=FAILED, c3=FAILED)
    assert decide(changed, CLINICAL).accepted
    strict = decide(changed, STRICT)
    assert (strict.verdict, strict.accepted, strict.exit_code) == (Verdict.AUTHENTIC_REENCODED, False, 1)
    assert "detail 3" in strict.reason


@pytest.mark.parametrize("number", [4, 5, 6])
def test_a_failed_proof_is_no_registration(number: int) -> None:
    decision = decide(checks(**{f"c{number}": FAILED}), CLINICAL)
    assert (decision.verdict, decision.exit_code) == (Verdict.UNREGISTERED, 1)
    assert f"detail {number}" in decision.reason


@pytest.mark.parametrize("number", [4, 5, 6, 7])
def test_an_outage_in_the_proof_is_undetermined(number: int) -> None:
    decision = decide(checks(**{f"c{number}": UNDETERMINED}), CLINICAL)
    assert (decision.verdict, decision.exit_code) == (Verdict.UNDETERMINED, 3)


@pytest.mark.parametrize("number", [4, 5, 6])
def test_a_pending_proof_is_enough_for_the_clinical_policy_and_not_for_the_strict_one(number: int) -> None:
    pending = checks(**{f"c{number}": SKIPPED})
    assert decide(pending, CLINICAL).verdict is Verdict.AUTHENTIC
    assert decide(pending, STRICT).verdict is Verdict.UNDETERMINED


def test_a_revoked_registration_is_withdrawn() -> None:
    decision = decide(checks({7: {"state": "revoked"}}, c7=FAILED), CLINICAL)
    assert (decision.verdict, decision.accepted, decision.exit_code) == (Verdict.WITHDRAWN, False, 1)


def test_a_disputed_registration_is_undetermined() -> None:
    assert decide(checks({7: {"state": "disputed"}}, c7=FAILED), CLINICAL).verdict is Verdict.UNDETERMINED


def test_a_failed_proof_outweighs_a_withdrawal() -> None:
    found = checks({7: {"state": "revoked"}}, c5=FAILED, c7=FAILED)
    assert decide(found, CLINICAL).verdict is Verdict.UNREGISTERED


def test_other_pixels_of_a_named_original_are_altered() -> None:
    found = checks({2: {"original": "0" * 32}}, c1=FAILED, c2=FAILED)
    assert decide(found, CLINICAL).verdict is Verdict.ALTERED


def test_nothing_found_is_unregistered_and_says_what_that_does_not_prove() -> None:
    decision = decide(checks(**NOTHING), CLINICAL)
    assert (decision.verdict, decision.exit_code) == (Verdict.UNREGISTERED, 1)
    assert "neither forgery nor authenticity" in decision.reason


def test_nothing_found_while_the_chain_is_away_is_undetermined() -> None:
    assert decide(checks(**(NOTHING | {"c5": UNDETERMINED})), CLINICAL).verdict is Verdict.UNDETERMINED


def test_nothing_found_while_the_store_is_away_is_undetermined() -> None:
    assert decide(checks(**(NOTHING | {"c1": UNDETERMINED, "c2": SKIPPED})), CLINICAL).verdict is Verdict.UNDETERMINED


def test_an_unreadable_image_that_is_not_registered_is_undetermined() -> None:
    assert decide(checks(**(NOTHING | {"c0": FAILED, "c2": SKIPPED})), CLINICAL).verdict is Verdict.UNDETERMINED


def test_an_unreadable_file_whose_bytes_are_registered_is_authentic() -> None:
    assert decide(checks(c0=FAILED, c2=SKIPPED), CLINICAL).verdict is Verdict.AUTHENTIC


def test_samples_that_decide_nothing_alone_are_undetermined() -> None:
    assert decide(checks(**(NOTHING | {"c2": UNDETERMINED})), CLINICAL).verdict is Verdict.UNDETERMINED


def test_no_digest_to_compare_is_undetermined() -> None:
    assert decide(checks(**(NOTHING | {"c1": SKIPPED, "c2": SKIPPED})), CLINICAL).verdict is Verdict.UNDETERMINED


def test_a_policy_nobody_knows_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match="clinical, strict") as caught:
        policy_named("lenient")
    assert caught.value.code == "unknown_policy"


def test_every_check_has_the_name_of_the_design() -> None:
    assert list(CHECK_NAMES) == list(range(12))
    assert Check(5, PASSED, "").name == "anchor on chain and final"


def test_no_verdict_but_the_two_authentic_ones_is_ever_accepted() -> None:
    import itertools

    for policy in (*POLICIES.values(), Policy("none", require_final=False, accept_changed_attributes=True)):
        for one, two, five in itertools.product(Status, repeat=3):
            decision = decide(checks(c1=one, c2=two, c5=five), policy)
            good = (Verdict.AUTHENTIC, Verdict.AUTHENTIC_REENCODED)
            assert decision.accepted <= (decision.verdict in good)
            assert (decision.exit_code == 0) == decision.accepted
