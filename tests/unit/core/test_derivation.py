"""The pure checks of declared derivations."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from ledger.core.derivation import (
    Box,
    Origin,
    check_header,
    check_hidden,
    kept_identifiers,
    same_samples,
)
from ledger.core.digests import DigestSet, digest_set
from ledger.errors import Conflict, InputError

IDENTITY = {"PatientName": "", "PatientID": "research-7", "PatientBirthDate": ""}
# what else CT_small.dcm holds of PS3.15's direct identifiers
OTHERS = ("AccessionNumber", "InstitutionName", "ReferringPhysicianName", "OtherPatientIDsSequence", "StudyID")


def slice_with(**attributes: Any) -> DigestSet:
    """CT_small.dcm with these attributes set; None takes one away."""
    data_set = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    for name, value in attributes.items():
        if value is None:
            data_set.pop(name, None)
        else:
            setattr(data_set, name, value)
    file = BytesIO()
    data_set.save_as(file)
    return digest_set(file.getvalue())


def picture(samples: np.ndarray[Any, Any], file_format: str = "PNG", **options: Any) -> DigestSet:
    file = BytesIO()
    Image.fromarray(samples).save(file, file_format, **options)
    return digest_set(file.getvalue())


def origin_of(digests: DigestSet) -> Origin:
    return Origin(digests.digests, digests.facts, digests.attributes, digests.tiles)


@pytest.fixture(scope="module")
def original() -> DigestSet:
    return slice_with()


@pytest.fixture(scope="module")
def anonymous() -> DigestSet:
    return slice_with(**IDENTITY, **dict.fromkeys(OTHERS))


def test_an_image_without_the_originals_identifiers_is_let_through(original: DigestSet, anonymous: DigestSet) -> None:
    assert same_samples(origin_of(original), anonymous) == "pixel/1"
    check_header("de-identified", origin_of(original), anonymous)


def test_a_kept_identifier_is_named_by_tag_and_never_by_value(original: DigestSet) -> None:
    kept = slice_with(**{**IDENTITY, "PatientID": "1CT1"}, **dict.fromkeys(OTHERS))
    assert kept_identifiers(original.attributes, kept.attributes) == ["(0010,0020) PatientID"]
    with pytest.raises(Conflict, match=r"\(0010,0020\) PatientID") as raised:
        check_header("de-identified", origin_of(original), kept)
    assert raised.value.code == "derivation_contradicted"
    assert "1CT1" not in str(raised.value)


def test_an_identifier_inside_a_sequence_counts() -> None:
    def inside(value: str) -> DigestSet:
        item = pydicom.Dataset()
        item.AccessionNumber = value
        return slice_with(RequestAttributesSequence=pydicom.Sequence([item]))

    before, after = inside("A-17"), inside("A-17")
    assert "(0040,0275)[0].(0008,0050) AccessionNumber" in kept_identifiers(before.attributes, after.attributes)
    assert not any("0040,0275" in name for name in kept_identifiers(before.attributes, inside("B").attributes))


def test_an_identifier_that_is_empty_in_both_is_not_kept() -> None:
    empty = slice_with(PatientName="").attributes
    assert "(0010,0010) PatientName" not in kept_identifiers(empty, empty)


@pytest.mark.parametrize("operation", ["de-identified", "recompressed"])
def test_another_window_is_allowed_to_windowing_alone(operation: str, original: DigestSet) -> None:
    windowed = slice_with(**IDENTITY, **dict.fromkeys(OTHERS), WindowCenter=400, WindowWidth=2000)
    check_header("windowed", origin_of(original), windowed)
    with pytest.raises(Conflict, match="WindowCenter"):
        check_header(operation, origin_of(original), windowed)


def test_windowing_does_not_allow_another_rescale_slope(original: DigestSet) -> None:
    with pytest.raises(Conflict, match="RescaleSlope"):
        check_header("windowed", origin_of(original), slice_with(RescaleSlope=2))


def test_the_codestream_identifies_lossy_samples_and_decoded_ones_prove_nothing() -> None:
    grey = np.random.default_rng(1).integers(0, 255, (40, 40), np.uint8)
    lossy = picture(grey, "JPEG", quality=80)
    decoded = replace(lossy, digests={"file/1": "x", "pixel/1": lossy.digests["pixel/1"]})
    assert same_samples(origin_of(lossy), lossy) == "codestream/1"
    assert same_samples(origin_of(lossy), decoded) is None
    assert same_samples(origin_of(decoded), lossy) is None


def test_one_codestream_that_one_decoder_shows_otherwise_is_not_the_same() -> None:
    lossy = picture(np.random.default_rng(2).integers(0, 255, (40, 40), np.uint8), "JPEG", quality=80)
    other = replace(lossy, digests={**lossy.digests, "pixel/1": "sha256:" + "0" * 64})
    assert same_samples(origin_of(lossy), other) is None


BURNED_IN = np.random.default_rng(3).integers(1, 255, (80, 100), np.uint8)


def blacked_out() -> DigestSet:
    hidden = BURNED_IN.copy()
    hidden[0:20, 0:50] = 0  # in the tiles at x 0 and x 32 of the first row
    return picture(hidden)


def test_tiles_that_the_boxes_cover_may_differ_and_are_listed() -> None:
    found = check_hidden(
        picture(BURNED_IN).tiles, blacked_out(), [Box(0, 0, 40, 32), Box(40, 0, 30, 32)], told_apart=False
    )
    assert found.checked == "consistent"
    assert found.figures["changed_tiles"] == [[0, 0, 0, 32, 32], [0, 32, 0, 32, 32]]


@pytest.mark.parametrize("boxes", [[], [Box(0, 0, 50, 20)], [Box(0, 0, 63, 32)], [Box(0, 32, 100, 48)]])
def test_a_changed_tile_that_the_boxes_do_not_cover_whole_is_a_contradiction(boxes: list[Box]) -> None:
    with pytest.raises(Conflict, match="hidden boxes") as raised:
        check_hidden(picture(BURNED_IN).tiles, blacked_out(), boxes, told_apart=False)
    assert raised.value.code == "derivation_contradicted"


def test_other_dimensions_are_a_contradiction() -> None:
    with pytest.raises(Conflict, match="rows differ"):
        check_hidden(picture(BURNED_IN).tiles, picture(BURNED_IN[:-1]), [Box(0, 0, 100, 80)], told_apart=False)


@pytest.mark.parametrize("box", [(-1, 0, 1, 1), (0, -1, 1, 1), (0, 0, 0, 1), (0, 0, 1, 0)])
def test_a_box_has_a_place_and_a_size(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(InputError, match="expected a box"):
        Box(*box)
