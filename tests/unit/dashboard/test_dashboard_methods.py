"""Method by method, and error rates by modality: what stands in each row and what is said where there is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard.components.methods import Said, methods_markup
from dashboard.components.modality import modality_markup
from detector.registry import METHODS as NAMES
from ledger.api.examples_examinations import DETECTION
from ledger.schemas import Detection, ModalityRates, Verification
from ledger.schemas.methods import METHODS

Make = Callable[..., Verification]


@pytest.fixture
def found() -> Detection:
    return Detection.model_validate(DETECTION)


def rates(name: str, *codes: str) -> ModalityRates:
    return ModalityRates(
        modality=name,
        codes=list(codes),
        pristine=47,
        false_alarms=1,
        false_alarm_interval=(0.0005, 0.1129),
        forged=46,
        caught=3,
        caught_interval=(0.0136, 0.179),
        auc=(0.51, 0.49, 0.59),
    )


def test_every_method_has_words_for_what_it_is() -> None:
    assert set(METHODS) == set(NAMES)


def test_a_row_has_answer_band_score_probability_and_why_it_applies(found: Detection, verification: Make) -> None:
    said = methods_markup([Said("keypoint_copymove", found)], verification())
    for words in ("cannot tell", "inconclusive", "score 3 ", "probability 47 %", "It applies to this image: enough"):
        assert words in said


def test_a_method_that_does_not_apply_says_why_and_one_without_an_answer_says_what_happened(
    found: Detection, verification: Make
) -> None:
    refused = found.model_copy(update={"applicable": False, "reason": "two <regions> must match"})
    said = methods_markup(
        [Said("lbp_source_copy", refused), Said("vgg", trouble="The forgery detector took too long")], verification()
    )
    assert "does not apply" in said and "two &lt;regions&gt; must match." in said
    assert "no answer" in said and "The forgery detector took too long." in said


def test_of_several_methods_it_is_said_that_scores_do_not_compare_and_alarms_add_up(
    found: Detection, verification: Make
) -> None:
    one, both = ([Said(name, found) for name in names] for names in (("vgg",), ("vgg", "ela_cnn")))
    assert "compare the answers, not the scores" not in methods_markup(one, verification())
    said = methods_markup(both, verification().model_copy(update={"detection": found}))
    assert "compare the answers, not the scores" in said and "the likelier is a false alarm" in said
    assert "The verdict rests on the first method alone." in said


def test_rates_of_this_files_modality_stand_first_with_counts_and_intervals(found: Detection) -> None:
    told = found.model_copy(update={"by_modality": [rates("CT chest", "CT"), rates("MR", "MR")], "modality": "CT"})
    said = modality_markup(told)
    mine, rest = said.split("<details")
    assert "states the modality CT." in mine
    assert "<td>CT chest</td><td>1 of 47 [0 to 11 %]</td><td>3 of 46 [1 to 18 %]</td>" in mine
    assert "MR (DICOM)" in rest and "MR (DICOM)" not in mine


def test_a_file_without_a_modality_or_of_an_unmeasured_one_is_told_so(found: Detection) -> None:
    listed = found.model_copy(update={"by_modality": [rates("CT", "CT")]})
    assert "does not state its modality" in modality_markup(listed.model_copy(update={"modality": None}))
    other = modality_markup(listed.model_copy(update={"modality": "XA"}))
    assert "the modality XA, of which nothing was measured: its error rates are unknown" in other


def test_a_method_without_rates_by_modality_says_that_they_were_not_measured(found: Detection) -> None:
    none = found.model_copy(update={"by_modality": [], "by_modality_note": ""})
    assert "were not measured by modality" in modality_markup(none)
