"""From a verification to a report: three answers, findings apart from the opinion, what each examination can show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.core.verdict import CHECK_NAMES, Verdict
from ledger.export.findings import report_of
from ledger.export.model import ANSWERS, INCONCLUSIVE, NO_TRACE, SUPPORT, Asked, dump, report_id
from ledger.schemas import Change, Detection, Verification
from ledger.schemas.manual import MANUAL

Verify = Callable[..., Verification]
FOUND_BY_PIXELS = {1: "failed"}


@pytest.mark.parametrize(
    ("verdict", "given", "answer"),
    [
        ("authentic", {}, NO_TRACE),
        ("authentic-reencoded", {"statuses": {1: "failed", 3: "failed"}}, NO_TRACE),
        (
            "authentic-reencoded",
            {"statuses": {1: "failed", 3: "failed"}, "figures": {3: {"rendering": ["WindowWidth"]}}},
            INCONCLUSIVE,
        ),
        ("authentic-reencoded", {"statuses": {1: "failed", 2: "failed"}}, NO_TRACE),
        ("altered", {"statuses": {1: "failed", 2: "failed", 9: "failed"}}, SUPPORT),
        ("withdrawn", {"statuses": {7: "failed"}}, INCONCLUSIVE),
        ("suspect", {"figures": {10: {"band": "altered"}}}, SUPPORT),
        ("unregistered", {"figures": {10: {"band": "no-trace"}}}, NO_TRACE),
        ("unregistered", {"statuses": {10: "skipped"}}, INCONCLUSIVE),
        ("undetermined", {"statuses": {5: "undetermined"}}, INCONCLUSIVE),
    ],
)
def test_each_verdict_has_one_of_three_answers(
    verified: Verify, asked: Asked, verdict: str, given: dict[str, Any], answer: str
):
    assert report_of(verified(verdict, **given), asked).opinion.answer == answer


def test_no_verdict_is_without_an_answer(verified: Verify, asked: Asked):
    for verdict in Verdict:
        assert report_of(verified(verdict.value), asked).opinion.answer in ANSWERS


def test_no_answer_is_called_authentic_and_every_opinion_says_why(verified: Verify, asked: Asked):
    assert not any("authentic" in words.lower() for words in ANSWERS.values())
    for verdict in Verdict:
        report = report_of(verified(verdict.value), asked)
        assert any("alone never supports the answer “authentic”" in said for said in report.opinion.reservations)
        assert any("alone never supports the answer “authentic”" in said for said in report.limits)


def test_an_alarm_against_a_registered_file_is_a_reservation_and_changes_nothing(verified: Verify, asked: Asked):
    quiet = report_of(verified("authentic", accepted=True), asked)
    alarmed = report_of(verified("authentic", accepted=True, figures={10: {"band": "altered"}}), asked)
    assert alarmed.opinion.answer == quiet.opinion.answer == NO_TRACE
    assert any("outweighs" in said for said in alarmed.opinion.reservations)
    assert not any("outweighs" in said for said in quiet.opinion.reservations)


def test_every_check_of_the_product_is_an_examination_that_says_what_it_can_and_cannot_show(
    verified: Verify, asked: Asked
):
    found = report_of(verified(), asked).examinations
    assert [(each.number, each.name) for each in found] == list(CHECK_NAMES.items())
    assert set(MANUAL) == set(CHECK_NAMES)
    for each in found:
        assert all((each.method, each.version, each.shows, each.cannot_show)), each.number


def test_the_detectors_examination_names_method_version_and_weights(
    verified: Verify, asked: Asked, detected: Callable[..., Detection]
):
    found = report_of(verified("suspect", detection=detected()), asked).examinations[10]
    assert "ela_cnn" in found.method
    assert (found.version, found.weights) == ("1", "77" * 32)
    assert found.figures["probability"] == 0.83


def test_a_likelihood_ratio_is_a_figure_of_the_examination_and_its_meaning_a_limit(
    verified: Verify, asked: Asked, detected: Callable[..., Detection]
):
    given = detected(likelihood_ratio=5.0, likelihood_bounds=(0.25, 6.0))
    report = report_of(verified("suspect", detection=given), asked)
    figures = report.examinations[10].figures
    assert (figures["likelihood_ratio"], figures["likelihood_bounds"]) == (5.0, [0.25, 6.0])
    assert any("Likelihood ratio 5 (held-out pictures support 1/4 to 6): the evi" in limit for limit in report.limits)


def test_a_detection_without_a_likelihood_ratio_is_written_and_reported_as_before(
    verified: Verify, asked: Asked, detected: Callable[..., Detection]
):
    found = verified("suspect", detection=detected())
    assert "likelihood" not in found.model_dump_json()
    assert b"ikelihood" not in dump(report_of(found, asked))


def test_findings_leave_out_what_was_skipped_and_the_decision(verified: Verify, asked: Asked):
    found = report_of(verified(statuses={8: "skipped", 9: "skipped"}), asked).findings
    assert {one.source for one in found} == set(CHECK_NAMES) - {8, 9, 11}


def test_the_detectors_reasons_are_findings_with_meaning_and_limits(
    verified: Verify, asked: Asked, detected: Callable[..., Detection]
):
    found = report_of(verified("suspect", detection=detected()), asked).findings
    assert [(one.text, one.meaning, one.limits) for one in found if one.meaning] == [
        ("One part stands out.", "As pasted parts do.", "Edges do too.")
    ]


def test_the_limits_of_a_comparison_are_the_reports(verified: Verify, asked: Asked, changed: Change):
    limits = report_of(verified("altered", change=changed), asked).limits
    assert any("half a percent" in limit for limit in limits)


def test_how_to_repeat_it_names_the_policy_and_what_was_asked(verified: Verify, asked: Asked):
    asked.options["examine"] = True  # type: ignore[index]
    asked.options["against"] = "4" * 32  # type: ignore[index]
    commands = dict(report_of(verified(), asked).repeat)
    expected = f"medseal verify ITEM --policy clinical --examine --against {'4' * 32} --json"
    assert commands["Ask the ledger again"] == expected
    assert "receipt.json" in commands["The registration without any server"]


def test_the_moment_of_the_report_is_the_verifications(verified: Verify, asked: Asked):
    assert report_of(verified(), asked).checked_at == "2026-03-01T12:00:00.000Z"


def test_the_same_verification_gives_the_same_report_and_another_question_another(verified: Verify, asked: Asked):
    one, again = (dump(report_of(verified(), asked)) for _ in range(2))
    other = dump(report_of(verified("altered"), asked))
    assert one == again
    assert report_id(one) != report_id(other)


def test_a_report_is_json_without_pictures_or_paths(verified: Verify, asked: Asked, changed: Change):
    with_mask = changed.model_copy(update={"mask_png": "AAAA", "mask": "/home/somebody/mask.png"})
    written = dump(report_of(verified("altered", change=with_mask), asked))
    assert b"AAAA" not in written
    assert b"somebody" not in written
    assert json.loads(written)["change"]["regions"][0]["x"] == 96


def test_a_copy_of_a_withdrawn_image_is_not_called_registered(verified: Verify, asked: Asked):
    own = report_of(verified("withdrawn", statuses={1: "failed", 7: "failed"}), asked).opinion
    copy = report_of(verified("withdrawn", statuses={1: "failed", 2: "failed", 7: "failed"}), asked).opinion
    assert "The item was registered" in str(own)
    assert "The item itself was never registered" in str(copy)
