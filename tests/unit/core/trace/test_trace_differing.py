"""Exact change maps, and the fingerprint that digest_set makes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from ledger.core.change import Change
from ledger.core.digests import compare_tiles, digest_set
from ledger.core.images import decode
from ledger.core.images.model import Limits
from ledger.core.trace.blob import trace_digest, unpack_trace
from ledger.core.trace.cells import cells_of
from ledger.core.trace.differing import exact_change, tile_change

Samples = Any


def png(samples: Samples) -> bytes:
    file = BytesIO()
    Image.fromarray(samples).save(file, "PNG")
    return file.getvalue()


def tiff(*frames: Samples) -> bytes:
    file = BytesIO()
    first, *rest = (Image.fromarray(frame) for frame in frames)
    first.save(file, "TIFF", save_all=True, append_images=rest)
    return file.getvalue()


def jpeg(samples: Samples) -> bytes:
    file = BytesIO()
    Image.fromarray(samples).save(file, "JPEG")
    return file.getvalue()


def exact(one: bytes, other: bytes) -> Change | None:
    return exact_change(decode(one, Limits()), decode(other, Limits()))


def by_tiles(one: bytes, other: bytes) -> Change:
    before, now = digest_set(one), digest_set(other)
    return tile_change(compare_tiles(before.tiles, now.tiles), now.tiles)


def mask_of(change: Change) -> Samples:
    return cv2.imdecode(np.frombuffer(change.mask, np.uint8), cv2.IMREAD_UNCHANGED)


@pytest.fixture(scope="module")
def samples(pictures: Any) -> Samples:
    return pictures.made(1, size=(100, 80))


def edited(samples: Samples, *places: tuple[int, int]) -> Samples:
    """With the lowest bit of some samples (row, column) changed."""
    changed = samples.copy()
    for row, column in places:
        changed[row, column] ^= 1
    return changed


def test_one_changed_bit_is_seen_in_its_pixel(samples: Samples) -> None:
    found = exact(png(samples), png(edited(samples, (70, 33))))
    assert found is not None
    assert (found.basis, found.transform.words, found.transform.shown_percent) == ("original", (), 100)
    assert [(r.x, r.y, r.width, r.height) for r in found.regions] == [(33, 70, 1, 1)]
    assert np.argwhere(mask_of(found)).tolist() == [[70, 33]]


def test_one_changed_bit_is_seen_in_its_tile(samples: Samples) -> None:
    found = by_tiles(png(samples), png(edited(samples, (70, 33))))
    assert (found.basis, found.figures["changed_tiles"]) == ("tile/1", 1)
    assert [(r.x, r.y, r.width, r.height) for r in found.regions] == [(32, 64, 32, 32)]
    assert mask_of(found)[64:96, 32:64].all()


def test_a_tile_at_the_edge_ends_with_the_picture(samples: Samples) -> None:
    found = by_tiles(png(samples), png(edited(samples, (99, 79))))
    assert [(r.x, r.y, r.width, r.height) for r in found.regions] == [(64, 96, 16, 4)]
    assert found.changed_percent == pytest.approx(100 * 64 / 8000)


def test_the_same_samples_in_another_file_format_have_no_change(samples: Samples) -> None:
    found = exact(png(samples), tiff(samples))
    assert found is not None
    assert not found.altered
    assert not by_tiles(png(samples), tiff(samples)).altered


@pytest.mark.parametrize("of", [exact, by_tiles])
def test_of_several_frames_the_most_changed_one_is_shown(samples: Samples, of: Any) -> None:
    changed = (samples, edited(samples, (1, 1)), edited(samples, (10, 10), (90, 70)))
    found = of(tiff(samples, samples, samples), tiff(*changed))
    assert (found.frame, found.figures["disputed_frame"], found.figures["changed_frames"]) == (2, 2, 2)
    assert len(found.regions) == 2


def test_a_colour_pixel_differs_when_any_of_its_samples_does(samples: Samples) -> None:
    colour = np.dstack((samples, samples, samples))
    changed = colour.copy()
    changed[5, 6, 2] ^= 1
    found = exact(png(colour), png(changed))
    assert found is not None
    assert [(r.x, r.y) for r in found.regions] == [(6, 5)]


OTHERS = {
    "other rows": lambda s: png(s[:-1]),
    "other depth": lambda s: png(s.astype(np.uint16)),
    "colour": lambda s: png(np.dstack((s, s, s))),
    "more frames": lambda s: tiff(s, s),
    "lossy": jpeg,
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_shape_or_a_lossy_file_is_not_compared_sample_by_sample(samples: Samples, other: Any) -> None:
    assert exact(png(samples), other(samples)) is None
    assert exact(other(samples), png(samples)) is None


def traced(data: bytes) -> Any:
    digests = digest_set(data, traced=True)
    assert digests.trace is not None
    assert digests.digests["trace/1"] == trace_digest(digests.trace.blob)
    return unpack_trace(digests.trace.blob)


def test_a_fingerprint_is_made_and_named_only_when_asked_for(samples: Samples) -> None:
    plain, asked = digest_set(png(samples)), digest_set(png(samples), traced=True)
    assert plain.trace is None
    assert set(asked.digests) - set(plain.digests) == {"trace/1"}
    assert {**asked.digests, **plain.digests} == asked.digests


def test_the_fingerprint_of_a_grey_picture_is_of_its_samples(samples: Samples) -> None:
    trace, cells = traced(png(samples)), cells_of(samples, 0)
    assert cells is not None
    assert trace.frames == 1
    assert trace.cells[0].least == cells.least
    assert (trace.cells[0].steps == cells.steps).all()


def test_the_fingerprint_of_a_colour_picture_is_of_its_luma(pictures: Any) -> None:
    red, green, blue = (pictures.made(seed, size=(64, 64)) for seed in (1, 2, 3))
    luma = (299 * red.astype(int) + 587 * green.astype(int) + 114 * blue.astype(int)) // 1000
    wanted = cells_of(luma, 0)
    assert wanted is not None
    assert (traced(png(np.dstack((red, green, blue)))).cells[0].steps == wanted.steps).all()


def test_the_fingerprint_of_signed_samples_knows_their_sign() -> None:
    path = Path(str(get_testdata_file("CT_small.dcm")))
    data_set = pydicom.dcmread(path)
    cells = traced(path.read_bytes()).cells[0]
    wanted = cells_of(data_set.pixel_array, 0)
    assert data_set.PixelRepresentation == 1
    assert wanted is not None
    assert (cells.least, cells.steps.tolist()) == (wanted.least, wanted.steps.tolist())


def test_of_many_frames_three_are_traced_and_those_of_one_value_left_out(pictures: Any) -> None:
    frames = [pictures.made(seed, size=(40, 40)) for seed in range(9)]
    frames[4][:] = 7
    trace = traced(tiff(*frames))
    assert (trace.frames, [cells.number for cells in trace.cells]) == (9, [1, 7])


@pytest.mark.parametrize("small", [np.full((64, 64), 9, np.uint8), np.eye(20, dtype=np.uint8)], ids=["flat", "small"])
def test_a_picture_that_cannot_be_traced_has_the_reason_among_its_facts(small: Samples) -> None:
    digests = digest_set(png(small), traced=True)
    assert (digests.trace, "trace/1" in digests.digests) == (None, False)
    assert "too small" in str(digests.facts["trace_left_out"])
