import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.calibrate import ALL, Calibration
from detector.errors import UnusableData, WeightsUnusable
from detector.evaluation.metrics import BINS, heat_histogram
from detector.types import Band

REGIMES = ["jpeg"] * 400 + ["lossless"] * 400


def _made(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores that tell forged from pristine in regime jpeg and say nothing in regime lossless."""
    rng = np.random.default_rng(seed)
    labels = np.arange(800) % 2
    return rng.normal(size=800) + 2.0 * labels * (np.arange(800) < 400), labels


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    scores, labels = _made()
    return Calibration.fit(scores, labels, REGIMES)


def test_probabilities_are_those_of_the_known_distributions(fitted: Calibration) -> None:
    for score in (-0.5, 1.0, 2.5):
        expected = 1 / (1 + np.exp(-2.0 * (score - 1.0)))
        assert fitted.apply(score, "jpeg").probability == pytest.approx(expected, abs=0.08)


def test_a_regime_without_signal_is_inconclusive_and_says_so(fitted: Calibration) -> None:
    answers = [fitted.apply(score, "lossless") for score in (-50.0, 0.0, 50.0)]
    assert {answer.band for answer in answers} == {Band.INCONCLUSIVE}
    assert "every answer is inconclusive" in str(answers[0].rates["note"])


def test_altered_keeps_its_false_alarms_on_held_out_pictures_and_nearly_on_others(fitted: Calibration) -> None:
    for seed, most in ((0, 0.05), (1, 0.09)):
        scores, labels = _made(seed)
        bands = [fitted.apply(score, "jpeg").band for score in scores[:400][labels[:400] == 0]]
        assert 0.005 < np.mean([band is Band.ALTERED for band in bands]) <= most


def test_no_trace_keeps_its_misses_on_held_out_pictures(fitted: Calibration) -> None:
    scores, labels = _made()
    bands = [fitted.apply(score, "jpeg").band for score in scores[:400][labels[:400] == 1]]
    assert 0.01 < np.mean([band is Band.NO_TRACE for band in bands]) <= 0.10


def test_a_weak_method_is_inconclusive_even_where_its_curve_clears_one_half() -> None:
    rng = np.random.default_rng(3)
    labels = np.arange(4000) % 2
    weak = Calibration.fit(rng.normal(size=4000) + 0.15 * labels, labels, ["jpeg"] * 4000)
    assert weak.curves["jpeg"].low > 0.5
    assert {weak.apply(score, "jpeg").band for score in (-4.0, -1.0, 0.0, 1.0, 4.0)} == {Band.INCONCLUSIVE}


def test_a_search_that_finds_few_forgeries_and_alarms_on_nothing_else_may_say_altered_but_never_no_trace() -> None:
    labels = np.arange(400) % 2
    scores = np.where((labels == 1) & (np.arange(400) % 10 == 1), 1.0, 0.0)  # one forgery in five, no pristine picture
    rare = Calibration.fit(scores, labels, ["jpeg"] * 400)
    assert [rare.apply(score, "jpeg").band for score in (0.0, 1.0)] == [Band.INCONCLUSIVE, Band.ALTERED]
    assert rare.apply(0.0, "jpeg").rates["caught"] == pytest.approx(0.2)
    assert "misses too many" in str(rare.apply(0.0, "jpeg").rates["note"])


def test_a_word_that_chance_may_have_given_is_not_given() -> None:
    """Three forgeries of 200 and no pristine picture: one in eight, if the word fell on both classes alike."""
    labels = np.arange(400) % 2
    scores = np.where((labels == 1) & (np.arange(400) < 6), 1.0, 0.0)
    assert Calibration.fit(scores, labels, ["jpeg"] * 400).apply(1.0, "jpeg").band is Band.INCONCLUSIVE


def test_the_rates_state_counts_and_an_upper_bound(fitted: Calibration) -> None:
    rates = fitted.apply(0.0, "jpeg").rates
    assert rates["n_pristine"] == rates["n_forged"] == 200
    assert float(rates["false_alarm"]) <= 0.07 < float(rates["false_alarm_high"])
    assert float(rates["low"]) < float(rates["auc"]) < float(rates["high"])


def test_a_regime_with_few_pictures_is_answered_from_all() -> None:
    scores, labels = _made()
    names = [*REGIMES[:790], *["jpeg-double"] * 10]
    assert Calibration.fit(scores, labels, names).apply(1.0, "jpeg-double").rates["regime"] == ALL


def test_a_curve_of_few_pictures_says_nothing_however_well_it_did() -> None:
    labels = np.arange(40) % 2
    few = Calibration.fit(10.0 * labels + np.arange(40) / 40, labels, ["jpeg"] * 40)
    assert few.curves[ALL].low > 0.5
    answer = few.apply(11.0, "jpeg")
    assert answer.band is Band.INCONCLUSIVE
    assert "fewer than 25 of each" in str(answer.rates["note"])


def test_a_regime_that_was_not_calibrated_on_is_inconclusive_with_the_probability_of_all() -> None:
    scores, labels = _made()
    names = ["jpeg"] * 390 + ["jpeg-double"] * 10
    fitted = Calibration.fit(scores[:400], labels[:400], names)
    few, unseen = (fitted.apply(9.0, regime) for regime in ("jpeg-double", "dicom"))
    assert fitted.seen == {"jpeg": (195, 195), "jpeg-double": (5, 5)}
    assert few.band is Band.ALTERED
    assert unseen.band is Band.INCONCLUSIVE
    assert unseen.probability == few.probability
    assert "No pictures with this save history" in str(unseen.rates["note"])


def test_the_most_suspicious_of_many_frames_needs_more_to_be_called_altered() -> None:
    rng, labels = np.random.default_rng(5), np.arange(2000) % 2
    fitted = Calibration.fit(rng.normal(size=2000) + 2.0 * labels, labels, ["jpeg"] * 2000)
    series = rng.normal(size=(2000, 8)).max(axis=1)
    single, of_8 = (
        np.mean([fitted.apply(score, "jpeg", of).band is Band.ALTERED for score in series]) for of in (1, 8)
    )
    assert single > 0.2
    assert of_8 <= 0.07


def test_with_few_pristine_pictures_a_frame_of_several_must_exceed_them_all() -> None:
    scores, labels = _made()
    curve = Calibration.fit(scores[:120], labels[:120], ["jpeg"] * 120).curves["jpeg"]
    highest = curve.probability(float(scores[:120][labels[:120] == 0].max()))
    assert curve.altered_above_of_8 == max(0.8, highest)


def test_the_stated_rates_are_those_of_pictures_that_the_fit_has_not_seen() -> None:
    """Over many fits of 30 + 30 pictures the stated false alarms are those of new pictures, more than the 1 of 30 that
    each threshold leaves of its own."""
    rng, labels = np.random.default_rng(6), np.arange(60) % 2
    stated, own, real = [], [], []
    for _ in range(30):
        scores = rng.normal(size=60) + 3.0 * labels
        curve = Calibration.fit(scores, labels, ["jpeg"] * 60).curves["jpeg"]
        stated.append(curve.false_alarm)
        own.append(np.mean(curve.probabilities(scores[labels == 0]) > curve.altered_above))
        real.append(np.mean(curve.probabilities(rng.normal(size=2000)) > curve.altered_above))
    assert np.mean(own) < np.mean(real)
    assert np.mean(stated) == pytest.approx(np.mean(real), abs=0.015)


def test_a_cluster_is_never_on_two_sides_of_a_fold() -> None:
    """Scores that say whose picture it is and nothing of forgery: a map that has seen the patient would know."""
    labels, clusters = np.repeat(np.arange(2), 60), np.repeat(np.arange(2), 60)
    fitted = Calibration.fit(labels.astype(float), labels, ["jpeg"] * 120, clusters=clusters.tolist())
    curve = fitted.curves["jpeg"]
    assert not curve.alarms_tell and not curve.clears_tell


def test_a_higher_score_never_has_a_lower_probability_even_when_scores_run_backwards() -> None:
    scores, labels = _made()
    backwards = Calibration.fit(-scores, labels, REGIMES)
    found = [backwards.apply(score, "jpeg").probability for score in np.linspace(-9, 9, 50)]
    assert found == sorted(found)
    assert backwards.apply(9.0, "jpeg").band is Band.INCONCLUSIVE


def test_the_mask_threshold_is_where_the_masks_fit_best_and_the_area_interval_holds_the_truth() -> None:
    histograms, truths = [], []
    rng = np.random.default_rng(3)
    for _ in range(40):
        mask = np.zeros((64, 64), bool)
        size = int(rng.integers(8, 25))
        mask[:size, :size] = True
        heat = np.where(mask, 0.7, rng.uniform(0, 0.5, mask.shape)).astype(np.float32)
        heat[-6:, : int(rng.integers(0, 40))] = 0.7
        histograms.append(heat_histogram(heat, mask))
        truths.append((100 * float((heat >= 0.6).mean()), 100 * float(mask.mean())))
    scores, labels = _made()
    fitted = Calibration.fit(scores, labels, REGIMES, heat=histograms)
    assert 0.5 <= fitted.mask_threshold <= 0.7
    assert fitted.mask_threshold * BINS == int(fitted.mask_threshold * BINS)
    intervals = [(fitted.area_interval(said) or (0.0, 0.0), said, true) for said, true in truths]
    assert np.mean([low <= true <= high for (low, high), _, true in intervals]) >= 0.85
    assert np.mean([low <= said <= high for (low, high), said, _ in intervals]) >= 0.85


def test_an_area_interval_holds_the_share_of_the_mask_that_it_stands_beside(fitted: Calibration) -> None:
    usual = replace(fitted, area_low=-54.0, area_high=5.0)
    assert usual.area_interval(20.0) == (0.0, 25.0)
    assert usual.area_interval(0.0) == (0.0, 5.0)
    assert usual.area_finding(20.0) is None


def test_masks_that_always_mark_too_much_have_no_area_interval_and_it_is_said(fitted: Calibration) -> None:
    wide = replace(fitted, area_low=-75.6, area_high=-35.8)
    assert wide.area_interval(55.0) is None
    finding = wide.area_finding(55.0)
    assert finding is not None and finding.code == "area_unmeasured"
    assert finding.text.startswith("The mask marks 55.0 % of the picture")
    assert "at least 35.8 points more than was altered" in finding.meaning


def test_masks_that_always_mark_too_little_have_none_either(fitted: Calibration) -> None:
    finding = replace(fitted, area_low=2.0, area_high=9.0).area_finding(1.0)
    assert finding is not None and "at least 2.0 points less than was altered" in finding.meaning


def test_a_mask_larger_than_those_of_held_out_forgeries_has_no_area_interval(fitted: Calibration) -> None:
    usual = replace(fitted, area_low=-54.0, area_high=5.0)
    assert usual.area_interval(69.0) == (15.0, 74.0)
    assert usual.area_interval(69.5) is None
    finding = usual.area_finding(69.5)
    assert finding is not None and "marked about 0.0 to 69.0 % of a picture" in finding.meaning


def test_of_answers_that_rank_well_but_too_weakly_it_is_not_said_that_they_tell_nothing(fitted: Calibration) -> None:
    weak = replace(
        fitted.curves[ALL], auc=0.58, low=0.53, high=0.63, caught=0.0, false_alarm=0.0, miss=0.0, cleared=0.0
    )
    note = str(replace(fitted, curves={ALL: weak}).apply(1.0, "jpeg").rates["note"])
    assert "0.58, interval 0.53 to 0.63, which is better than guessing but too weak for a verdict" in note
    guess = replace(weak, low=0.45)
    assert "better" not in str(replace(fitted, curves={ALL: guess}).apply(1.0, "jpeg").rates["note"])


def test_scores_that_are_no_numbers_are_left_out() -> None:
    scores, labels = _made()
    scores[:40] = np.nan
    assert Calibration.fit(scores, labels, REGIMES).apply(1.0, "jpeg").rates["n_forged"] == 180


def test_one_class_alone_cannot_be_calibrated_on() -> None:
    with pytest.raises(UnusableData, match="at least 2"):
        Calibration.fit([1.0, 2.0, 3.0], [1, 1, 1], ["jpeg"] * 3)


def test_what_is_saved_is_loaded(fitted: Calibration, tmp_path: Path) -> None:
    fitted.save(tmp_path / "calibration.json")
    assert Calibration.load(tmp_path / "calibration.json") == fitted


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 99),
        (("prior",), 0.1),
        (("mask_threshold",), 7),
        (("curves", ALL, "slope"), -1),
        (("curves", ALL, "no_trace_below"), 0.99),
        (("curves", ALL, "centre"), "left"),
        (("curves",), {}),
        (("curves", ALL, "more"), 1),
    ],
)
def test_a_calibration_that_was_changed_is_refused(
    fitted: Calibration, tmp_path: Path, path: tuple[str, ...], value: object
) -> None:
    file = tmp_path / "calibration.json"
    fitted.save(file)
    body = json.loads(file.read_text())
    at = body
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    file.write_text(json.dumps(body))
    with pytest.raises(WeightsUnusable, match="expected a calibration"):
        Calibration.load(file)


@pytest.mark.parametrize("other", [1, 2, 4])
def test_a_calibration_of_another_format_is_refused(fitted: Calibration, tmp_path: Path, other: int) -> None:
    file = tmp_path / "calibration.json"
    fitted.save(file)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": other}))
    with pytest.raises(WeightsUnusable, match="format 3"):
        Calibration.load(file)


def test_a_missing_calibration_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnusable, match="nowhere"):
        Calibration.load(tmp_path / "nowhere.json")


def test_thresholds_hold_for_each_source_with_enough_pictures_and_not_for_all_together_alone() -> None:
    """Scores of one source lie higher: by thresholds of all together it would be called altered far too often."""
    rng = np.random.default_rng(5)
    labels = np.arange(800) % 2
    high = np.arange(800) >= 600
    scores = rng.normal(size=800) + 2.0 * labels + 1.5 * high
    names = np.where(high, "high", "low").tolist()
    together, apart = (Calibration.fit(scores, labels, ["jpeg"] * 800, sources=one) for one in (None, names))
    alarms = [
        np.mean([one.apply(score, "jpeg").band == Band.ALTERED for score in scores[high & (labels == 0)]])
        for one in (together, apart)
    ]
    assert alarms[0] > 0.1 > 0.06 > alarms[1]


def test_a_source_of_a_few_pictures_moves_no_threshold() -> None:
    rng = np.random.default_rng(6)
    labels = np.arange(440) % 2
    scores = rng.normal(size=440) + 2.0 * labels
    scores[400:] += 3.0
    few = ["many"] * 400 + ["few"] * 40
    together, apart = (Calibration.fit(scores, labels, ["jpeg"] * 440, sources=one) for one in (None, few))
    assert together.curves["jpeg"].altered_above == apart.curves["jpeg"].altered_above
