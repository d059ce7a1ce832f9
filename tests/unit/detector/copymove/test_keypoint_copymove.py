"""Copies in made pictures are found, what only looks alike is not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.copymove import points
from detector.errors import WeightsUnusable
from detector.methods.keypoint_copymove import SOURCE as ORIGINAL
from detector.methods.keypoint_copymove import KeypointCopyMove
from detector.registry import SHIPPED

Grey = npt.NDArray[np.uint8]
SIDE, REACH = 320, 36
SOURCE, TARGET = (100, 110), (220, 205)


def tissue(seed: int, side: int = SIDE) -> Grey:
    """A body of soft shapes and fine grain, as 8-bit grey."""
    rng = np.random.default_rng(seed)
    layers = [cv2.GaussianBlur(rng.normal(size=(side, side)), (0, 0), sigma) * sigma for sigma in (1.0, 4.0, 12.0)]
    return np.clip(120 + 18 * (layers[0] + layers[1] + layers[2]) + rng.normal(0, 2, (side, side)), 0, 255).astype("u1")


def forged(picture: Grey, turn: float = 0.0, scale: float = 1.0, mirror: bool = False) -> tuple[Grey, Grey]:
    """A soft-edged disc round SOURCE pasted round TARGET, and the 0/1 mask of the pasted disc."""
    matrix = cv2.getRotationMatrix2D(SOURCE, turn, scale)
    matrix[:, 2] += np.subtract(TARGET, SOURCE)
    if mirror:
        matrix = np.array([[-1.0, 0.0, SOURCE[0] + TARGET[0]], [0.0, 1.0, TARGET[1] - SOURCE[1]]])
    moved = cv2.warpAffine(picture, matrix, picture.shape[::-1], flags=cv2.INTER_LINEAR)
    mask = cv2.circle(np.zeros(picture.shape, np.uint8), TARGET, REACH, 1, -1)
    share = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5)
    return np.rint(picture * (1 - share) + moved * share).astype(np.uint8), mask


def jpeg(picture: Grey, quality: int) -> Grey:
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


@pytest.fixture(scope="module")
def method() -> KeypointCopyMove:
    return KeypointCopyMove.load(SHIPPED / "keypoint_copymove")


def share_marked(method: KeypointCopyMove, picture: Grey, mask: Grey) -> float:
    """The share of the pasted disc that the verified matches cover."""
    return float((method.examine(picture).heatmap[mask > 0] >= np.float32(ORIGINAL)).mean())


def copies(method: KeypointCopyMove, picture: Grey) -> float:
    return method.examine(picture).figures["copies_found"]


def test_a_plain_copy_is_found_where_it_is(method: KeypointCopyMove) -> None:
    picture, mask = forged(tissue(1))
    evidence = method.examine(picture)
    assert evidence.figures["copies_found"] == 1
    assert share_marked(method, picture, mask) > 0.7
    assert evidence.heatmap.shape == picture.shape and evidence.heatmap.dtype == np.float32
    assert evidence.heatmap[mask > 0].mean() > 0.4 > 0.05 > evidence.heatmap[:40].mean()


def test_a_turned_copy_is_found_with_its_angle(method: KeypointCopyMove) -> None:
    picture, mask = forged(tissue(2), turn=-25.0)
    assert share_marked(method, picture, mask) > 0.6
    turn = method.examine(picture).figures["angle_degrees"]
    assert abs(turn) == pytest.approx(25.0, abs=1.5)


def test_a_scaled_copy_is_found_with_its_scale(method: KeypointCopyMove) -> None:
    picture, mask = forged(tissue(3), scale=1.25)
    assert share_marked(method, picture, mask) > 0.6
    scale = method.examine(picture).figures["scale"]
    assert max(scale, 1 / scale) == pytest.approx(1.25, abs=0.03)


def test_a_mirrored_copy_is_found_and_called_so(method: KeypointCopyMove) -> None:
    picture, mask = forged(tissue(4), mirror=True)
    evidence = method.examine(picture)
    assert share_marked(method, picture, mask) > 0.6
    assert evidence.figures["mirrored"] == 1.0
    assert "mirrored" in evidence.findings[0].text


def test_a_copy_under_noise_is_found(method: KeypointCopyMove) -> None:
    picture, mask = forged(tissue(5))
    noisy = np.clip(np.rint(picture + np.random.default_rng(0).normal(0, 2.5, picture.shape)), 0, 255).astype(np.uint8)
    assert share_marked(method, noisy, mask) > 0.5


def test_a_copy_saved_as_jpeg_is_found(method: KeypointCopyMove) -> None:
    picture, mask = forged(tissue(6))
    assert share_marked(method, jpeg(picture, 80), mask) > 0.5


def test_a_pristine_texture_yields_no_copy(method: KeypointCopyMove) -> None:
    for seed in range(2):
        assert method.examine(tissue(10 + seed)).figures["copies_found"] == 0


def test_mirrored_anatomy_with_its_own_noise_is_no_copy(method: KeypointCopyMove) -> None:
    half = cv2.GaussianBlur(tissue(7), (0, 0), 2.0)[:, : SIDE // 2].astype(np.float32)
    body = np.concatenate([half, half[:, ::-1]], axis=1)
    noise = np.random.default_rng(7).normal(0, 4, body.shape)
    assert copies(method, np.clip(np.rint(body + noise), 0, 255).astype(np.uint8)) == 0


def test_periodic_stripes_are_no_copy(method: KeypointCopyMove) -> None:
    columns = np.arange(SIDE)
    wave = 128 + 90 * np.sin(columns * 2 * np.pi / 16)
    stripes = np.broadcast_to(wave, (SIDE, SIDE)) + np.random.default_rng(8).normal(0, 3, (SIDE, SIDE))
    assert copies(method, np.clip(np.rint(stripes), 0, 255).astype(np.uint8)) == 0


def test_burned_in_letters_are_no_copy(method: KeypointCopyMove) -> None:
    picture = tissue(9)
    for place in ((30, 40), (30, 300), (190, 160)):
        cv2.putText(picture, "RIGHT 12", place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
    assert copies(method, picture) == 0


def test_letters_on_black_are_no_copy(method: KeypointCopyMove) -> None:
    picture = np.zeros((SIDE, SIDE), np.uint8)
    for place in ((30, 40), (30, 300), (170, 160)):
        cv2.putText(picture, "RIGHT 12", place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
    assert copies(method, picture) == 0


def test_the_same_picture_gives_the_same_evidence(method: KeypointCopyMove) -> None:
    picture, _ = forged(tissue(1), turn=10.0)
    one, two = method.examine(picture), method.examine(picture)
    assert one.score == two.score
    assert one.figures == two.figures
    assert np.array_equal(one.heatmap, two.heatmap)


def test_a_finding_gives_rectangle_movement_residual_and_limits(method: KeypointCopyMove) -> None:
    picture, mask = forged(tissue(1))
    finding = method.examine(picture).findings[0]
    assert finding.region is not None
    rows, columns = np.nonzero(mask)
    centres = {(SOURCE[0], SOURCE[1]), (int(columns.mean()), int(rows.mean()))}
    middle = (finding.region.x + finding.region.width / 2, finding.region.y + finding.region.height / 2)
    assert min(np.hypot(middle[0] - x, middle[1] - y) for x, y in centres) < 8
    assert "not turned, at the same size" in finding.text
    assert "the noise of both correlates" in finding.text
    assert "phantoms" in finding.limits


class BinBoost:
    """Stands for BinBoost, which only opencv-contrib builds have: writes each point's number into its code."""

    def __init__(self, kind: int) -> None:
        self.kind = kind
        self.sizes: set[float] = set()

    def compute(self, grey: Grey, wanted: list[cv2.KeyPoint]) -> tuple[list[cv2.KeyPoint], Grey]:
        self.sizes |= {point.size for point in wanted}
        codes = np.zeros((len(wanted), 32), np.uint8)
        codes[:, 0] = [point.class_id for point in wanted]
        return wanted, codes


def test_binboost_describes_the_points_where_opencv_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[BinBoost] = []
    contrib = SimpleNamespace(BoostDesc_create=lambda kind: made.append(BinBoost(kind)) or made[-1])
    monkeypatch.setattr(cv2, "xfeatures2d", contrib, raising=False)
    bits = points.describe(tissue(1), np.array([[100, 100], [2, 2], [150, 120]], np.float32), points.PLAIN)
    assert made[0].kind == 302
    assert list(made[0].sizes) == [pytest.approx(31 / 6.25)]
    assert [row[:8].tolist() for row in bits] == [[-1] * 8, [0] * 8, [-1] * 6 + [1, -1]]


def test_the_evidence_names_the_descriptor(method: KeypointCopyMove, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, _ = forged(tissue(1))
    by_orb = method.examine(picture)
    assert "by ORB descriptors" in by_orb.findings[0].text
    assert by_orb.figures["binboost"] == 0.0
    contrib = SimpleNamespace(BoostDesc_create=lambda _: cv2.ORB.create(edgeThreshold=2, patchSize=31, nlevels=1))
    monkeypatch.setattr(cv2, "xfeatures2d", contrib, raising=False)
    by_other = method.examine(picture)
    assert "by BinBoost descriptors" in by_other.findings[0].text
    assert by_other.figures["binboost"] == 1.0


def test_a_large_picture_is_searched_reduced_and_answered_in_its_own_size(method: KeypointCopyMove) -> None:
    picture, mask = forged(tissue(1))
    large = cv2.resize(picture, (1800, 1800), interpolation=cv2.INTER_CUBIC)
    evidence = method.examine(large)
    assert evidence.figures["working_side"] == 1536
    assert evidence.heatmap.shape == (1800, 1800)
    assert evidence.heatmap[cv2.resize(mask, (1800, 1800)) > 0].mean() > 0.3


@pytest.mark.parametrize("shape", [(320, 320, 1), (320, 320, 3), (320, 320, 4)])
def test_colour_alpha_and_a_third_axis_are_taken(method: KeypointCopyMove, shape: tuple[int, int, int]) -> None:
    picture, _ = forged(tissue(1))
    assert method.examine(np.repeat(picture[:, :, None], shape[2], axis=2)).figures["copies_found"] == 1


def test_sixteen_bit_is_taken(method: KeypointCopyMove) -> None:
    picture, _ = forged(tissue(1))
    assert method.examine(picture.astype(np.uint16) * 200).figures["copies_found"] == 1


@pytest.mark.parametrize(
    "picture",
    [np.full((128, 128), 7, np.uint8), np.eye(8, dtype=np.uint8), np.arange(256, dtype=np.uint8).reshape(1, 256)],
    ids=["constant", "tiny", "one pixel high"],
)
def test_what_holds_nothing_to_match_is_not_applicable(method: KeypointCopyMove, picture: Grey) -> None:
    answer = method.applicable(picture, None)
    assert not answer.applicable
    assert answer.reason


@pytest.mark.parametrize("value", [0, 255])
def test_a_single_differing_pixel_gives_an_empty_answer(method: KeypointCopyMove, value: int) -> None:
    picture = np.full((64, 64), value, np.uint8)
    picture[32, 32] = 128
    evidence = method.examine(picture)
    assert evidence.score == 0.0
    assert not evidence.heatmap.any()


def test_a_folder_without_manifest_is_unusable(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnusable):
        KeypointCopyMove.load(tmp_path)
