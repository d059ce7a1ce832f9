"""Copies in made pictures are found at any turn, scale and mirror; what merely looks alike is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.errors import WeightsUnusable
from detector.methods.sift_copymove import NOTHING, SiftCopyMove

Grey = npt.NDArray[np.uint8]
Body = Callable[..., Grey]
Copied = Callable[..., tuple[Grey, npt.NDArray[np.bool_]]]


def found(method: SiftCopyMove, picture: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> float:
    return method.examine(picture).figures["copies_found"]


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turn", [0.0, 37.0, 90.0, -135.0])
def test_a_turned_or_mirrored_copy_is_found_where_it_is(
    method: SiftCopyMove, body: Body, copied: Copied, turn: float, mirror: bool
) -> None:
    picture, mask = copied(body(1), turn=turn, mirror=mirror)
    evidence = method.examine(picture)
    assert evidence.figures["copies_found"] == 1
    assert evidence.figures["mirrored"] == float(mirror)
    assert (evidence.heatmap[mask] > 0.1).mean() > 0.7
    assert evidence.heatmap[:30].max() < 0.5


@pytest.mark.parametrize("scale", [0.7, 1.35])
def test_a_scaled_copy_is_found_with_its_scale(method: SiftCopyMove, body: Body, copied: Copied, scale: float) -> None:
    picture, _ = copied(body(2), scale=scale)
    evidence = method.examine(picture)
    assert evidence.figures["copies_found"] == 1
    found_scale = evidence.figures["scale"]
    assert max(found_scale, 1 / found_scale) == pytest.approx(max(scale, 1 / scale), abs=0.05)


def test_a_small_copy_of_one_percent_is_found(method: SiftCopyMove, body: Body, copied: Copied) -> None:
    picture, mask = copied(body(3), reach=15)
    assert mask.mean() < 0.0115
    assert found(method, picture) == 1


def test_a_copy_saved_as_jpeg_is_found(method: SiftCopyMove, body: Body, copied: Copied) -> None:
    picture, _ = copied(body(4), turn=20.0)
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    assert found(method, np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)) == 1


def test_the_copy_scores_higher_than_the_untouched_picture(method: SiftCopyMove, body: Body, copied: Copied) -> None:
    for seed in range(2):
        untouched = body(20 + seed)
        assert method.examine(copied(untouched, turn=15.0)[0]).score > method.examine(untouched).score + 3


def test_a_pristine_texture_yields_no_copy(method: SiftCopyMove, body: Body) -> None:
    assert [found(method, body(seed)) for seed in range(30, 33)] == [0, 0, 0]


def with_noise(picture: npt.NDArray[np.float64], strength: float = 3.0) -> Grey:
    noise = np.random.default_rng(7).normal(0, strength, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def test_mirrored_halves_with_their_own_noise_are_no_copy(method: SiftCopyMove, body: Body) -> None:
    half = cv2.GaussianBlur(body(7).astype(np.float64), (0, 0), 2.0)[:, :128]
    assert found(method, with_noise(np.concatenate([half, half[:, ::-1]], axis=1))) == 0


@pytest.mark.parametrize("period", [16, 40])
def test_bars_and_a_lattice_are_no_copy(method: SiftCopyMove, period: int) -> None:
    rows, columns = np.mgrid[:256, :256] * (2 * np.pi / period)
    assert found(method, with_noise(128 + 80 * np.sin(columns))) == 0
    assert found(method, with_noise(128 + 50 * np.sin(columns) + 50 * np.sin(rows))) == 0


def test_round_cells_of_one_kind_are_no_copy(method: SiftCopyMove) -> None:
    rng = np.random.default_rng(3)
    picture = np.full((256, 256), 60.0)
    for x, y in rng.integers(12, 244, (40, 2)):
        cv2.circle(picture, (int(x), int(y)), 9, 170.0, -1)
    assert found(method, with_noise(cv2.GaussianBlur(picture, (0, 0), 1.5))) == 0


def test_burned_in_letters_are_no_copy(method: SiftCopyMove, body: Body) -> None:
    on_tissue, on_black = body(9), np.zeros((256, 256), np.uint8)
    for picture in (on_tissue, on_black):
        for place in ((20, 40), (20, 230), (120, 130)):
            cv2.putText(picture, "RIGHT 12", place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
        assert found(method, picture) == 0


def test_the_copy_is_told_from_its_original_or_not_at_all(method: SiftCopyMove, body: Body, copied: Copied) -> None:
    told = {"right": 0, "wrong": 0}
    for seed in range(5):
        picture, mask = copied(body(40 + seed), turn=25.0)
        heat = method.examine(picture).heatmap
        original = np.zeros(mask.shape, np.uint8)
        cv2.circle(original, (70, 80), 28, 1, -1)
        gap = float(heat[mask].mean() - heat[original > 0].mean())
        if abs(gap) > 0.2:
            told["right" if gap > 0 else "wrong"] += 1
    assert told["right"] >= 2
    assert told["wrong"] <= 1


def test_the_same_picture_gives_the_same_evidence(method: SiftCopyMove, body: Body, copied: Copied) -> None:
    picture, _ = copied(body(1), turn=10.0)
    one, two = method.examine(picture), method.examine(picture.copy())
    assert one.score == two.score
    assert one.figures == two.figures
    assert np.array_equal(one.heatmap, two.heatmap)


def test_grain_finer_than_one_level_of_255_still_tells_a_copy(method: SiftCopyMove) -> None:
    rng = np.random.default_rng(5)
    soft = cv2.GaussianBlur(rng.normal(size=(256, 256)), (0, 0), 1.0) * 60
    picture = np.rint(3000 + soft).astype(np.uint16)
    picture[:8, :8], picture[-8:, -8:] = 0, 60000
    picture[160:210, 150:200] = picture[50:100, 40:90]
    assert np.ptp(picture[100:150]) < 60000 / 60
    assert found(method, picture) >= 1


@pytest.mark.parametrize("shape", [(64, 64), (64, 400), (97, 131, 3), (200, 150, 4), (300, 200, 1), (1700, 300)])
def test_any_shape_is_taken_and_answered_in_its_own_size(method: SiftCopyMove, shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    evidence = method.examine(picture)
    assert evidence.heatmap.shape == shape[:2]
    assert evidence.heatmap.dtype == np.float32
    assert 0.0 <= evidence.heatmap.min() <= evidence.heatmap.max() <= 1.0
    assert np.isfinite(evidence.score)


@pytest.mark.parametrize("value", [0, 255])
def test_a_single_differing_pixel_gives_an_empty_answer(method: SiftCopyMove, value: int) -> None:
    picture = np.full((64, 64), value, np.uint8)
    picture[32, 32] = 128
    evidence = method.examine(picture)
    assert evidence.score == NOTHING
    assert not evidence.heatmap.any()


def test_what_is_constant_or_tiny_is_not_applicable(method: SiftCopyMove) -> None:
    assert not method.applicable(np.full((128, 128), 7, np.uint8), None).applicable
    assert not method.applicable(np.eye(8, dtype=np.uint8), None).applicable


def test_a_finding_says_where_how_moved_and_what_is_left(method: SiftCopyMove, body: Body, copied: Copied) -> None:
    data = cv2.imencode(".jpg", copied(body(1))[0], [cv2.IMWRITE_JPEG_QUALITY, 98])[1]
    pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    finding = method.examine(pixels, jpeg=data.tobytes()).findings[0]  # samples of a JPEG are not compared
    assert finding.region is not None
    middle = (finding.region.x + finding.region.width / 2, finding.region.y + finding.region.height / 2)
    assert min(np.hypot(middle[0] - x, middle[1] - y) for x, y in ((70, 80), (180, 170))) < 8
    assert "not turned, at the same size" in finding.text
    assert "% of the grain is left" in finding.text
    assert "phantoms" in finding.limits


def test_a_folder_without_manifest_is_unusable(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnusable):
        SiftCopyMove.load(tmp_path)
