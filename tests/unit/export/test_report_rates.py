"""Error rates: every share with its interval, none where none applies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from detector.evaluation.intervals import clopper_pearson as of_the_detector
from ledger.export.rates import clopper_pearson, error_rates
from ledger.schemas import Detection, ModalityRates, Verification

Verify = Callable[..., Verification]
Detected = Callable[..., Detection]
Counted = Callable[..., ModalityRates]


@pytest.mark.parametrize(("hits", "total"), [(0, 0), (0, 49), (49, 49), (6, 120), (1, 2), (333, 1000)])
def test_the_interval_is_the_one_that_the_calibration_states(hits: int, total: int):
    assert clopper_pearson(hits, total) == pytest.approx(of_the_detector(hits, total), abs=1e-6)


def test_every_measured_share_comes_with_an_interval_that_holds_it(verified: Verify, detected: Detected):
    rates, why_not = error_rates(verified("suspect", detection=detected()))
    assert rates is not None
    assert not why_not
    assert [(rate.share, rate.of) for rate in rates.rates] == [(0.05, 120), (0.4, 120), (0.1, 120)]
    for rate in rates.rates:
        assert 0 <= rate.low <= rate.share <= rate.high <= 1
    assert rates.rates[0].high == pytest.approx(0.1057, abs=1e-3)
    assert rates.auc == (0.63, 0.55, 0.7)


def test_a_detector_that_only_ever_says_inconclusive_has_no_rates_but_the_reason(verified: Verify, detected: Detected):
    note = "Too few pictures: every answer is inconclusive."
    found = detected("inconclusive")
    found = found.model_copy(update={"rates": {**found.rates, "note": note}})
    rates, _ = error_rates(verified("undetermined", detection=found))
    assert rates is not None
    assert rates.rates == ()
    assert rates.note == note


def test_the_item_s_own_modality_stands_first_among_the_counts(verified: Verify, detected: Detected, counted: Counted):
    found = detected(modality="MR", by_modality=[counted("CT head", "CT"), counted("MRI brain", "MR")])
    rates, _ = error_rates(verified("suspect", detection=found))
    assert rates is not None and rates.by_modality is not None
    assert [one.modality for one in rates.by_modality.rates] == ["MRI brain", "CT head"]
    assert rates.by_modality.said == "The item states the modality MR."


@pytest.mark.parametrize(
    ("modality", "said"), [("XA", "of which nothing was counted"), (None, "does not state its modality")]
)
def test_a_modality_that_was_not_counted_is_said_to_be_unknown(
    verified: Verify, detected: Detected, counted: Counted, modality: str | None, said: str
):
    found = detected(modality=modality, by_modality=[counted("CT head", "CT")])
    rates, _ = error_rates(verified("suspect", detection=found))
    assert rates is not None and rates.by_modality is not None
    assert said in rates.by_modality.said


def test_without_an_answer_of_the_detector_no_rates_apply_and_the_report_says_so(verified: Verify):
    rates, why_not = error_rates(verified())
    assert rates is None
    assert "gave no answer" in why_not
