"""The detector's card and pictures: what was measured, told apart in words, and why nothing was said."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from dashboard.components.detector import detector_markup
from dashboard.components.downloads import verification_json
from dashboard.words import BANDS, NO_ANSWERS, REGIMES, meaning_of
from detector.calibrate import Calibration
from detector.types import Band, Regime
from ledger.schemas import Detection, DetectionFinding, DetectionPictures, Verification

Make = Callable[..., Verification]


@pytest.fixture
def detection() -> Detection:
    return Detection(
        method="ela_cnn",
        version="1",
        applicable=True,
        reason="large enough",
        regime="jpeg",
        band="altered",
        score=2.0,
        probability=0.912,
        area_percent=2.34,
        area_interval=(1.0, 6.0),
        ela_mean_percent=0.143,
        findings=[
            DetectionFinding(code="x", text="Loss <b>differs", meaning="edited", limits="texture", region=(1, 2, 3, 4))
        ],
        rates={
            "regime": "jpeg",
            "auc": 0.63,
            "low": 0.55,
            "high": 0.7,
            "false_alarm": 0.05,
            "false_alarm_high": 0.13,
            "miss": 0.1,
            "miss_high": 0.2,
            "n_pristine": 40,
            "n_forged": 41,
        },
        seconds=0.1,
        frame=0,
        frames=1,
        examined=1,
        width=96,
        height=64,
    )


def png(samples: npt.NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "PNG")
    return b64encode(file.getvalue()).decode()


@pytest.fixture
def pictures() -> DetectionPictures:
    """Hot and marked on the right half, cold on the left."""
    heat = np.zeros((32, 64), np.uint8)
    heat[:, 32:] = 255
    return DetectionPictures(heatmap_png=png(heat), mask_png=png(heat), ela_png=png(np.stack([heat] * 3, axis=-1)))


def test_every_band_and_kind_of_file_of_the_detector_has_words() -> None:
    assert set(BANDS) == {band.value for band in Band}
    assert set(REGIMES) == {regime.value for regime in Regime}


def test_the_card_tells_the_papers_percentage_from_the_area(verification: Make, detection: Detection) -> None:
    said = detector_markup(verification("suspect").model_copy(update={"detection": detection}))
    assert "2.3 % of the picture" in said
    assert "between 1.0 and 6.0 % (90 % interval)" in said
    assert "0.143 %" in said
    assert "It is not an area" in said
    assert "91 %" in said
    assert "traces of forgery" in said


def test_the_probability_stands_on_a_scale_that_says_its_word(verification: Make, detection: Detection) -> None:
    said = detector_markup(verification("suspect").model_copy(update={"detection": detection}))
    assert "left:91.2%" in said
    assert "Probability of forgery 91 %, called “traces of forgery”" in said
    unknown = detection.model_copy(update={"probability": None})
    assert "ms-scale" not in detector_markup(verification("suspect").model_copy(update={"detection": unknown}))


def test_the_card_says_that_the_method_applies(verification: Make, detection: Detection) -> None:
    said = detector_markup(verification("suspect").model_copy(update={"detection": detection}))
    assert "It applies to this image: large enough.<" in said
    sentence = detection.model_copy(update={"reason": "Large enough."})
    assert "Large enough.<" in detector_markup(verification("suspect").model_copy(update={"detection": sentence}))


def test_the_card_states_the_error_rates_of_this_kind_of_file(verification: Make, detection: Detection) -> None:
    said = detector_markup(verification("suspect").model_copy(update={"detection": detection}))
    assert "5.0 % of 40, at most 13 % (95 %)" in said
    assert "10.0 % of 41, at most 20 % (95 %)" in said
    assert "0.63, 95 % interval 0.55 to 0.70" in said


def test_answer_area_and_findings_are_in_sight_and_what_explains_them_is_behind_a_click(
    verification: Make, detection: Detection
) -> None:
    said = detector_markup(verification("suspect").model_copy(update={"detection": detection}))
    shown, *folded = said.split("<details")
    for words in ("91 %", "2.3 % of the picture", "Loss &lt;b&gt;differs"):
        assert words in shown
    for words in ("Under 20 %", "It applies to this image", "0.143 %", "Kind of file", "5.0 % of 40"):
        assert words not in shown and any(words in fold for fold in folded)


def test_the_line_that_hides_the_error_rates_gives_the_false_alarms(verification: Make, detection: Detection) -> None:
    said = detector_markup(verification("suspect").model_copy(update={"detection": detection}))
    assert "5.0 % of pristine pictures called “traces of forgery”</summary>" in said


def test_findings_come_with_meaning_limits_and_place_and_as_text(verification: Make, detection: Detection) -> None:
    said = detector_markup(verification("suspect").model_copy(update={"detection": detection}))
    assert "Loss &lt;b&gt;differs" in said
    assert "edited" in said
    assert "Limits: texture" in said
    assert "column 1, row 2, 3 × 4 pixels" in said


def test_of_several_frames_the_card_names_the_one_that_decided(verification: Make, detection: Detection) -> None:
    several = detection.model_copy(update={"frame": 4, "frames": 20, "examined": 8})
    assert "5 of 20" in detector_markup(verification("suspect").model_copy(update={"detection": several}))


@pytest.mark.parametrize("code", [*NO_ANSWERS, "detector_failed"])
def test_each_missing_answer_has_words_of_its_own_and_is_no_finding(verification: Make, code: str) -> None:
    status = "skipped" if code in ("detector_off", "not_applicable") else "undetermined"
    figures = {10: {"code": code, "advice": "Do this next."}}
    said = detector_markup(verification("unregistered", statuses={10: status}, figures=figures))
    assert NO_ANSWERS.get(code, ("The forgery detector gave no answer",))[0].replace("'", "&#x27;") in said
    assert "says nothing for or against" in said
    assert "Do this next." in said


def test_the_titles_of_missing_answers_differ() -> None:
    assert len({title for title, _, _ in NO_ANSWERS.values()}) == len(NO_ANSWERS)


@pytest.mark.parametrize("code", ["not_needed", "no_image", "unreadable"])
def test_what_needs_no_mending_shows_no_card(verification: Make, code: str) -> None:
    assert detector_markup(verification(statuses={10: "skipped"}, figures={10: {"code": code}})) == ""


def test_an_inconclusive_answer_alone_is_said_to_be_what_is_open(verification: Make) -> None:
    found = verification("undetermined", statuses={10: "undetermined"}, figures={10: {"band": "inconclusive"}})
    assert "cannot tell" in meaning_of(found.model_copy(update={"registration": None}))
    assert "cannot tell" not in meaning_of(found)


def test_an_outage_of_the_ledger_is_not_laid_on_the_detector(verification: Make) -> None:
    found = verification(
        "undetermined", statuses={1: "undetermined", 10: "undetermined"}, figures={10: {"band": "inconclusive"}}
    )
    assert "cannot tell" not in meaning_of(found.model_copy(update={"registration": None}))


def test_the_verification_to_take_along_leaves_the_pictures_out(
    verification: Make, detection: Detection, pictures: DetectionPictures
) -> None:
    found = detection.model_copy(update={"pictures": pictures})
    body = json.loads(verification_json(verification("suspect").model_copy(update={"detection": found})))
    assert body["detection"]["area_percent"] == 2.34
    assert "pictures" not in body["detection"]
    assert json.loads(verification_json(verification()))["detection"] is None


NOTHING = (
    "No pictures with this save history were among those the method was calibrated on: every answer is inconclusive."
)


def test_where_nothing_is_ever_decided_the_card_says_why_and_claims_no_rates(
    verification: Make, detection: Detection
) -> None:
    rates = detection.rates | {"regime": "all", "note": NOTHING}
    found = detection.model_copy(update={"band": "inconclusive", "rates": rates})
    said = detector_markup(verification("undetermined").model_copy(update={"detection": found}))
    assert "Why it cannot tell" in said
    assert NOTHING in said
    assert "0.63, 95 % interval" in said
    assert "of 40" not in said and "of 41" not in said
    assert "this kind of file" not in said
    assert "calibrated on other kinds of file only" in said


def test_the_card_says_how_many_forgeries_are_caught(verification: Make, detection: Detection) -> None:
    found = detection.model_copy(update={"rates": detection.rates | {"caught": 0.25}})
    said = detector_markup(verification("suspect").model_copy(update={"detection": found}))
    assert "Forgeries called “traces of forgery”" in said
    assert "25.0 % of 41" in said


def test_rates_of_all_kinds_together_are_not_said_to_be_of_this_kind(verification: Make, detection: Detection) -> None:
    found = detection.model_copy(update={"rates": detection.rates | {"regime": "all"}})
    said = detector_markup(verification("suspect").model_copy(update={"detection": found}))
    assert "How often it errs on all kinds of file together" in said
    assert "calibrated on all kinds of file together" in said
    assert "files of this kind" not in said and "calibrated for" not in said


def test_the_area_of_an_inconclusive_answer_is_no_finding(verification: Make, detection: Detection) -> None:
    found = detection.model_copy(update={"band": "inconclusive", "area_percent": 99.6})
    said = detector_markup(verification("undetermined").model_copy(update={"detection": found}))
    assert "no finding<br>" in said
    assert "where it looked, not a finding" in said


def test_a_note_of_the_calibration_is_known_to_decide_nothing(verification: Make, detection: Detection) -> None:
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(0, 1, 60), rng.normal(4, 1, 60)])
    rates = Calibration.fit(scores, [0] * 60 + [1] * 60, ["lossless"] * 120).apply(9.0, "jpeg").rates
    found = detection.model_copy(update={"band": "inconclusive", "rates": dict(rates)})
    said = detector_markup(verification("undetermined").model_copy(update={"detection": found}))
    assert "Why it cannot tell" in said
    assert "calibrated on other kinds of file only" in said


def test_the_card_states_a_likelihood_ratio_with_what_supports_it(verification: Make, detection: Detection) -> None:
    given = {"likelihood_ratio": 0.2, "likelihood_bounds": (0.025, 40.0)}
    said = detector_markup(verification("suspect").model_copy(update={"detection": detection.model_copy(update=given)}))
    assert "1/5<br><small>held-out pictures support 1/40 to 40; the evidence is about 5 times as probable if" in said
    assert "not the probability that the picture is forged" in said
    without = detector_markup(verification("suspect").model_copy(update={"detection": detection}))
    assert "ikelihood" not in without
