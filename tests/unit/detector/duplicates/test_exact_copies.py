"""What is sample for sample the same, and the odds that matches have beside each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pydicom.data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.datasets.reading import read_picture
from detector.duplicates import exact
from detector.duplicates.search import EXACT, SAME_WINDOWS, Match, _repeats
from detector.methods.sift_copymove import SiftCopyMove

Array = npt.NDArray[Any]
Body = Callable[..., npt.NDArray[np.uint8]]


def _pasted(picture: Array, side: int = 40, source: tuple[int, int] = (30, 40), target: tuple[int, int] = (150, 180)):
    made = picture.copy()
    (y, x), (v, u) = source, target
    made[v : v + side, u : u + side] = picture[y : y + side, x : x + side]
    return made


@pytest.mark.parametrize("kind", ["8 bits", "16 bits", "colour", "one channel"])
def test_a_pasted_region_is_found_with_its_move_and_both_places(body: Body, kind: str):
    grey = body(1)
    picture = {
        "8 bits": grey,
        "16 bits": grey.astype(np.uint16) * 37,
        "colour": np.dstack([grey, body(2), body(3)]),
        "one channel": grey[..., None],
    }[kind]
    found = exact.find(_pasted(picture))
    assert found is not None
    assert (found.down, found.across) == (120, 140)
    assert 0.95 * 1600 < found.first.sum() == found.second.sum() <= 1.02 * 1600
    assert found.first[30:70, 40:80].mean() > 0.95
    assert found.second[150:190, 180:220].mean() > 0.95


@settings(max_examples=25, deadline=None)
@given(
    st.integers(24, 60),
    st.tuples(st.integers(0, 66), st.integers(0, 66)),
    st.tuples(st.integers(130, 195), st.integers(0, 195)),
)
def test_a_copy_is_found_wherever_it_lies(side: int, source: tuple[int, int], target: tuple[int, int]):
    grain = np.random.default_rng(7).normal(128, 20, (256, 256)).clip(0, 255).astype(np.uint8)
    found = exact.find(_pasted(grain, side, source, target))
    assert found is not None
    assert (found.down, found.across) == (target[0] - source[0], target[1] - source[1])


def test_a_copy_of_thirteen_pixels_across_is_too_small_to_be_sure():
    grain = np.random.default_rng(7).normal(128, 20, (256, 256)).clip(0, 255).astype(np.uint8)
    assert exact.find(_pasted(grain, 13)) is None


def test_a_region_pasted_at_two_places_is_found(body: Body):
    twice = _pasted(body(1), target=(100, 30))
    twice[150:190, 180:220] = twice[30:70, 40:80]
    found = exact.find(twice)
    assert found is not None
    assert (found.down, found.across) in ((120, 140), (70, -10), (50, 150))


def test_colours_with_an_alpha_channel_are_compared(body: Body):
    colours = np.dstack([body(1), body(2), body(3), np.full((256, 256), 255, np.uint8)])
    assert exact.find(_pasted(colours)) is not None


def test_a_picture_above_the_largest_is_not_looked_at(body: Body, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exact, "LARGEST", 256 * 256 - 1)
    assert exact.find(_pasted(body(1))) is None


def test_a_copy_with_new_grain_is_not_the_same(body: Body):
    picture = body(1)
    noise = np.random.default_rng(3).integers(0, 2, (40, 40)).astype(np.uint8)
    pasted = _pasted(picture)
    pasted[150:190, 180:220] += noise
    assert exact.find(pasted) is None


@pytest.mark.parametrize("seed", range(4))
def test_untouched_texture_has_nothing_twice(body: Body, seed: int):
    assert exact.find(body(seed)) is None


def _lattice() -> Array:
    return np.tile(np.random.default_rng(1).integers(0, 255, (32, 32)).astype(np.uint8), (8, 8))


def _slopes() -> Array:
    return np.add.outer(np.arange(256) * 3, np.arange(256) * 2).astype(np.uint16)


def _dots() -> Array:
    return _pasted((np.random.default_rng(2).random((256, 256)) > 0.5).astype(np.uint8) * 255)


def _halves() -> Array:
    half = np.random.default_rng(3).integers(0, 255, (256, 128)).astype(np.uint8)
    return np.hstack([half, half[:, ::-1]])


def _writing(text: str = "GE ADVANTAGE 12.4 mm", scale: float = 0.6) -> Array:
    noise = np.random.default_rng(5).normal(90, 6, (256, 256)).clip(0, 255).astype(np.uint8)
    noise[:40] = noise[200:] = 0
    for row in (26, 238):
        cv2.putText(noise, text, (6, row), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    return noise


def _bold() -> Array:
    return _writing("PHILIPS 2024", 0.9)


def _two_views() -> Array:
    half = np.random.default_rng(3).normal(90, 20, (256, 128)).clip(0, 255).astype(np.uint8)
    return np.hstack([half, half])


MADE = [_lattice, _slopes, _dots, _halves, _writing, _bold, _two_views]


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__.strip("_"))
def test_what_a_program_drew_is_no_copy(made: Callable[[], Array]):
    assert exact.find(made()) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (7, 9), (15, 15), (16, 16), (9, 2000)])
def test_tiny_pictures_have_nothing_twice(shape: tuple[int, int]):
    assert exact.find(np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)) is None


@pytest.mark.parametrize("value", [0, 255])
def test_an_even_picture_has_nothing_twice(value: int):
    assert exact.find(np.full((200, 200), value, np.uint8)) is None


@pytest.fixture(scope="module")
def method() -> SiftCopyMove:
    from detector.registry import SHIPPED

    return SiftCopyMove.load(SHIPPED / "sift_copymove")


def test_a_lossless_copy_is_found_beyond_doubt_and_said_in_words(method: SiftCopyMove, body: Body):
    found = method.examine(_pasted(body(1)))
    assert found.score == EXACT
    assert found.findings[0].text.count("are the same sample for sample (not turned, at the same size)") == 1
    assert SAME_WINDOWS in found.figures
    assert found.heatmap[155:185, 185:215].min() > 0.2
    assert found.heatmap[35:65, 45:75].min() > 0.2


def test_the_same_region_is_not_reported_twice(method: SiftCopyMove, body: Body):
    assert len(method.examine(_pasted(body(1), 64)).findings) == 1


def test_samples_of_a_jpeg_are_not_compared(method: SiftCopyMove, body: Body):
    pasted = _pasted(body(1))
    data = cv2.imencode(".jpg", pasted)[1].tobytes()
    assert method.examine(pasted, jpeg=data).score < EXACT


def test_a_copy_in_a_reduced_picture_lies_where_it_is(method: SiftCopyMove):
    grain = np.random.default_rng(5).normal(128, 20, (400, 3072)).clip(0, 255).astype(np.uint8)
    found = method.examine(_pasted(grain, 100, (50, 200), (250, 2500)))
    assert found.score == EXACT
    assert found.findings[0].region is not None
    place = found.findings[0].region
    assert min(abs(place.x - 200), abs(place.x - 2500)) <= 4
    assert abs(place.width - 100) <= 6


def _match(odds: float) -> Match:
    empty = np.zeros((4, 4), np.bool_)
    return Match(empty, empty, np.eye(2, 3), 5, odds, 0.0, {})


def test_one_copy_keeps_its_odds():
    assert [one.odds for one in _repeats((_match(9.0), _match(2.0)), 3.5)] == [9.0, 2.0]


def test_the_more_copies_a_picture_would_have_the_less_each_is_believed():
    assert [one.odds for one in _repeats((_match(9.0), _match(8.0), _match(7.0), _match(1.0)), 3.5)] == [5, 4, 3, -3]


def test_a_sheet_of_equal_frames_is_less_believed_than_one_pair(method: SiftCopyMove, body: Body):
    frame, rng = body(1, side=128).astype(np.float64), np.random.default_rng(2)
    sheet = np.tile(frame, (2, 3)) + rng.normal(0, 2, (256, 384))  # each with its own grain
    pair = np.hstack([frame, frame, body(2, side=128)]) + rng.normal(0, 2, (128, 384))
    many, one = (method.matches(np.rint(np.clip(each, 0, 255)).astype(np.uint8))[0] for each in (sheet, pair))
    assert many[0].odds < one[0].odds


def test_what_is_alike_to_itself_when_turned_is_no_match(method: SiftCopyMove):
    ring = np.hypot(*np.meshgrid(np.arange(256) - 128, np.arange(256) - 128))
    rng = np.random.default_rng(4)
    half = rng.normal(size=(256, 256))
    turned = np.rint(128 + 40 * np.cos(ring / 6) + 10 * (half + np.rot90(half, 2))).clip(0, 255).astype(np.uint8)
    assert method.examine(turned).figures["copies_found"] == 0


REAL = ("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "liver_1frame.dcm", "image_dfl.dcm")


@pytest.mark.parametrize("name", REAL)
def test_pictures_as_they_were_captured_have_nothing_twice(name: str):
    path = pydicom.data.get_testdata_file(name)
    if path is None:
        pytest.skip(f"{name} is not among the pictures that came with pydicom")
    assert exact.find(read_picture(Path(str(path))).pixels) is None
