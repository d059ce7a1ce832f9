"""Searches for the original of a disputed image, and comparisons with a named one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ledger.errors import InputError

Samples = Any
SIZE = (150, 200)


def where(change: Any) -> list[tuple[int, int]]:
    """The middles of the regions (x, y)."""
    return [(region.x + region.width // 2, region.y + region.height // 2) for region in change.regions]


def test_a_recompressed_copy_is_found_and_unchanged(ledger: Any) -> None:
    original = ledger.register(ledger.png(ledger.made(1)))
    found = ledger.search.find(ledger.jpeg(ledger.made(1), 70))
    assert (found.outcome, found.registration, found.change.altered) == ("found", original, False)
    assert (found.figures["searched"], original.id in found.detail) == (1, True)


def test_among_neighbours_the_right_one_is_named(ledger: Any) -> None:
    slices = [ledger.register(ledger.png(ledger.made(seed, anatomy=1))) for seed in range(8)]
    for seed in (0, 3, 7):
        found = ledger.search.find(ledger.jpeg(np.rot90(ledger.made(seed, anatomy=1)), 70))
        assert (found.outcome, found.registration) == ("found", slices[seed])


def test_a_neighbour_that_nobody_registered_is_not_found_among_neighbours(ledger: Any) -> None:
    for seed in range(4):
        ledger.register(ledger.png(ledger.made(seed, anatomy=1)))
    found = ledger.search.find(ledger.jpeg(ledger.made(9, anatomy=1)))
    assert (found.outcome, found.registration, found.change) == ("none", None, None)
    assert "4 registered images" in found.detail


def test_a_changed_copy_is_found_with_the_place_of_the_change(ledger: Any) -> None:
    original = ledger.register(ledger.png(ledger.made(1)))
    ledger.register(ledger.png(ledger.made(2)))
    found = ledger.search.find(ledger.jpeg(ledger.lesion(ledger.made(1))))
    assert (found.outcome, found.registration) == ("found", original)
    assert found.change is not None
    assert found.change.basis == "trace/1"
    ((x, y),) = where(found.change)
    assert np.hypot(x - 130, y - 60) < 8


def test_one_pixel_edited_without_loss_is_seen_by_exact_tiles(ledger: Any) -> None:
    samples = ledger.made(1)
    original = ledger.register(ledger.png(samples))
    samples[40, 70] ^= 1
    for found in (ledger.search.find(ledger.png(samples)), ledger.search.against(original, ledger.png(samples))):
        assert (found.outcome, found.registration) == ("found", original)
        assert found.change is not None
        assert (found.change.basis, [(r.x, r.y) for r in found.change.regions]) == ("tile/1", [(64, 32)])


def test_where_nearly_every_tile_differs_the_fingerprint_says_what_was_changed(ledger: Any) -> None:
    ledger.register(ledger.png(ledger.made(1)))
    found = ledger.search.find(ledger.png(np.clip(ledger.lesion(ledger.made(1)) * 0.9 + 10, 0, 255).astype(np.uint8)))
    assert found.change is not None
    assert (found.change.basis, len(found.change.regions)) == ("trace/1", 1)


def test_a_picture_between_a_copy_and_another_is_unsure(ledger: Any) -> None:
    original = ledger.register(ledger.png(ledger.made(1)))
    blended = np.clip(0.43 * ledger.made(1) + 0.57 * ledger.made(2, anatomy=1), 0, 255).astype(np.uint8)
    for found in (ledger.search.find(ledger.jpeg(blended)), ledger.search.against(original, ledger.jpeg(blended))):
        assert (found.outcome, found.registration, found.change) == ("unsure", original, None)
        assert 0.4 <= found.figures["agreement_quartile"] < 0.65


def test_without_any_fingerprint_nothing_can_be_compared(ledger: Any) -> None:
    found = ledger.search.find(ledger.png(ledger.made(1)))
    assert (found.outcome, found.figures) == ("incomparable", {"searched": 0})
    assert "no registered image has a fingerprint" in found.detail


@pytest.mark.parametrize("samples", [np.full((64, 64), 5, np.uint8), np.eye(9, dtype=np.uint8)], ids=["flat", "tiny"])
def test_a_picture_of_one_value_or_a_tiny_one_cannot_be_compared(ledger: Any, samples: Samples) -> None:
    ledger.register(ledger.png(ledger.made(1)))
    found = ledger.search.find(ledger.png(samples))
    assert (found.outcome, found.registration) == ("incomparable", None)


def test_a_file_that_is_no_image_is_the_callers_error(ledger: Any) -> None:
    with pytest.raises(InputError):
        ledger.search.find(b"no image")


def test_an_image_registered_after_the_last_search_is_found(ledger: Any) -> None:
    ledger.register(ledger.png(ledger.made(1)))
    assert ledger.search.find(ledger.jpeg(ledger.made(2))).outcome == "none"
    later = ledger.register(ledger.png(ledger.made(2)))
    assert ledger.search.find(ledger.jpeg(ledger.made(2))).registration == later


def test_a_change_in_one_traced_frame_of_many_is_found_there(ledger: Any) -> None:
    frames = [ledger.made(seed) for seed in range(3)]
    original = ledger.register(ledger.tiff(*frames))
    changed = [np.clip(frame * 0.8 + 20, 0, 255).astype(np.uint8) for frame in (*frames[:2], ledger.lesion(frames[2]))]
    found = ledger.search.find(ledger.tiff(*changed))
    assert (found.outcome, found.registration) == ("found", original)
    assert found.change is not None
    assert (found.change.frame, found.change.figures["disputed_frame"], len(found.change.regions)) == (2, 2, 1)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_single_frame_saved_alone_is_found_as_that_frame(ledger: Any, number: int) -> None:
    frames = [ledger.made(seed) for seed in range(3)]
    original = ledger.register(ledger.tiff(*frames))
    found = ledger.search.find(ledger.jpeg(frames[number]))
    assert (found.outcome, found.registration) == ("found", original)
    assert found.change is not None
    assert (found.change.frame, found.change.altered) == (number, False)


def test_a_copy_against_its_named_original_is_compared_with_its_fingerprint(ledger: Any) -> None:
    original = ledger.register(ledger.png(ledger.made(1)))
    found = ledger.search.against(original, ledger.jpeg(ledger.lesion(ledger.made(1))))
    assert found.change is not None
    assert (found.outcome, found.change.basis, len(found.change.regions)) == ("found", "trace/1", 1)


def test_another_picture_against_a_named_original_does_not_fit(ledger: Any) -> None:
    original = ledger.register(ledger.png(ledger.made(1)))
    found = ledger.search.against(original, ledger.jpeg(ledger.made(2, anatomy=1)))
    assert (found.outcome, found.registration, found.change) == ("none", original, None)


def test_when_not_exact_the_fingerprint_is_compared_also_where_tiles_could_be(ledger: Any) -> None:
    original = ledger.register(ledger.png(ledger.made(1)))
    found = ledger.search.against(original, ledger.png(ledger.lesion(ledger.made(1))), exact=False)
    assert found.change is not None
    assert found.change.basis == "trace/1"


def test_an_original_without_a_fingerprint_is_incomparable_with_a_lossy_copy(ledger: Any) -> None:
    flat = ledger.register(ledger.png(np.full(SIZE, 5, np.uint8)))
    assert ledger.search.against(flat, ledger.jpeg(ledger.made(1))).outcome == "incomparable"


def test_against_a_file_given_every_changed_sample_is_seen(ledger: Any) -> None:
    samples = ledger.made(1)
    samples[40, 70] ^= 1
    found = ledger.search.against_file(ledger.png(ledger.made(1)), ledger.png(samples))
    assert found.change is not None
    assert (found.outcome, found.registration, found.change.basis) == ("found", None, "original")
    assert [(r.x, r.y, r.width, r.height) for r in found.change.regions] == [(70, 40, 1, 1)]


def test_a_lossy_copy_against_a_file_given_is_compared_by_a_fingerprint_made_of_it(ledger: Any) -> None:
    found = ledger.search.against_file(ledger.png(ledger.made(1)), ledger.jpeg(ledger.lesion(ledger.made(1))))
    assert found.change is not None
    assert (found.change.basis, len(found.change.regions)) == ("trace/1", 1)
    assert ledger.search.against_file(ledger.png(ledger.made(1)), ledger.jpeg(ledger.made(2))).outcome == "none"


def test_an_unrelated_picture_is_not_the_registration_that_is_named(ledger: Any) -> None:
    original = ledger.register(ledger.png(ledger.made(1)))
    assert ledger.search.against(original, ledger.png(ledger.made(7))).outcome == "none"
    assert ledger.search.against_file(ledger.png(ledger.made(1)), ledger.png(ledger.made(7))).outcome == "none"


@pytest.mark.parametrize("change", [lambda picture: picture[:, ::-1], lambda picture: 255 * (picture / 255) ** 0.8])
def test_a_mirrored_or_brightened_copy_without_loss_is_not_changed(ledger: Any, change: Any) -> None:
    original = ledger.register(ledger.png(ledger.made(1)))
    copy = ledger.png(np.ascontiguousarray(change(ledger.made(1))).round().astype(np.uint8))
    for found in (ledger.search.find(copy), ledger.search.against(original, copy)):
        assert found.change is not None
        assert (found.outcome, found.change.regions) == ("found", ())


def test_a_frame_that_is_no_copy_is_changed_as_a_whole(ledger: Any) -> None:
    frames = [ledger.made(seed) for seed in range(3)]
    ledger.register(ledger.tiff(*frames))
    copies = [np.clip(frame * 0.8 + 20, 0, 255).astype(np.uint8) for frame in (ledger.made(9), *frames[1:])]
    found = ledger.search.find(ledger.tiff(*copies))
    assert found.change is not None
    assert (found.change.frame, found.change.changed_percent) == (0, 100.0)


def test_an_image_with_more_frames_than_its_original_has_no_change_map(ledger: Any) -> None:
    ledger.register(ledger.png(ledger.made(1)))
    found = ledger.search.find(ledger.tiff(*(ledger.made(seed) for seed in (7, 1, 8))))
    assert (found.outcome, found.change) == ("found", None)
