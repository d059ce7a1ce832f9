"""From a file to the answer that crosses the port, with a method of known answers in the detector's place."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from detector.errors import UnknownMethod, WeightsUnusable
from detector.types import Band, Finding, Regime, Region
from detector.types import Detection as Judged
from ledger import present
from ledger.core.detection import Detection
from ledger.core.images import Limits
from ledger.detection import examining
from ledger.detection.answers import detection, message, plain, received
from ledger.detection.examining import Examiner
from ledger.errors import DetectorUnavailable, LimitExceeded, UnreadableImage
from ledger.pixels import FramePixels

Grey = npt.NDArray[np.uint8]


class BrightMethod:
    """Says of a picture that its probability is its mean brightness, and marks what is brighter than half."""

    weights_digest = "77" * 32

    def __init__(self, method: str) -> None:
        self.method = method
        self.seen: list[tuple[tuple[int, ...], bool]] = []

    def analyze(self, pixels: Any, *, jpeg: bytes | None = None) -> Judged:
        self.seen.append((pixels.shape, jpeg is not None))
        if min(pixels.shape[:2]) < 64:
            return Judged(self.method, "7", False, "too small", Regime.LOSSLESS, Band.INCONCLUSIVE, 0.01)
        heat = pixels.reshape(*pixels.shape[:2], -1)[:, :, 0].astype(np.float32) / 255
        mask = heat > 0.5
        return Judged(
            method=self.method,
            version="7",
            applicable=True,
            reason="large enough",
            regime=Regime.JPEG if jpeg else Regime.LOSSLESS,
            band=Band.ALTERED,
            seconds=0.01,
            score=float(heat.mean()),
            probability=float(heat.mean()),
            likelihood_ratio=5.0,
            likelihood_bounds=(0.25, 6.0),
            heatmap=heat,
            mask=mask,
            area_percent=float(mask.mean() * 100),
            area_interval=(0.0, 50.0),
            findings=(Finding("bright", "a bright place", "meaning", "limits", Region(1, 2, 3, 4)),),
            figures={"good": 1.5, "bad": float("nan"), "ela_mean_percent": 9.0},
            rates={"false_alarms": 0.1, "pictures": 40},
        )

    def analyze_frames(self, frames: Iterable[FramePixels], *, of: int) -> tuple[FramePixels, Judged]:
        judged = [(frame, self.analyze(frame.pixels, jpeg=frame.jpeg)) for frame in frames]
        return max(judged, key=lambda pair: pair[1].score or 0.0)


@pytest.fixture
def examiner(monkeypatch: pytest.MonkeyPatch) -> Examiner:
    monkeypatch.setattr(examining, "Analyzer", BrightMethod)
    return Examiner("bright", Limits())


def encoded(*frames: Grey, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    first, *rest = [Image.fromarray(frame) for frame in frames]
    first.save(file, kind, **({"save_all": True, "append_images": rest} if rest else {}))
    return file.getvalue()


@pytest.fixture
def with_square() -> Grey:
    """Black, 800 × 400, with a white square of 8 × 8: 0.02 % of the area."""
    picture = np.zeros((400, 800), np.uint8)
    picture[203:211, 403:411] = 255
    return picture


def answered(found: Detection | None) -> Detection:
    assert found is not None
    return found


def test_the_measured_values_arrive_with_both_percentages_apart(examiner: Examiner, with_square: Grey) -> None:
    found = answered(examiner(encoded(with_square)))
    assert (found.method, found.version, found.band, found.regime) == ("bright", "7", "altered", "lossless")
    assert (found.width, found.height, found.frame, found.frames) == (800, 400, 0, 1)
    assert found.area_percent == pytest.approx(0.02)
    assert (found.likelihood_ratio, found.likelihood_bounds) == (5.0, (0.25, 6.0))
    assert found.ela_mean_percent is not None
    assert 0 < found.ela_mean_percent != found.area_percent
    assert found.findings[0].region == (1, 2, 3, 4)
    assert found.pictures is None
    assert found.weights == "77" * 32


def test_figures_that_json_has_no_word_for_are_left_out(examiner: Examiner, with_square: Grey) -> None:
    found = answered(examiner(encoded(with_square)))
    assert found.figures == {"good": 1.5}
    json.dumps(present.detection(found).model_dump(mode="json"), allow_nan=False)


def test_pictures_are_small_pngs_in_which_no_marked_region_vanishes(examiner: Examiner, with_square: Grey) -> None:
    pictures = answered(examiner(encoded(with_square), pictures=True)).pictures
    assert pictures is not None
    heat, mask, view = (
        cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
        for png in (pictures.heatmap, pictures.mask, pictures.ela)
    )
    assert heat.shape == mask.shape == (256, 512)
    assert view.shape == (256, 512, 3)
    assert set(np.unique(mask)) == {0, 255}
    assert heat[131, 260] == 255
    assert heat[0, 0] == 0


def test_of_many_frames_eight_are_examined_and_the_most_suspicious_decides(examiner: Examiner) -> None:
    frames = [np.full((64, 64), 10, np.uint8) for _ in range(40)]
    for frame in frames:
        frame[::2] = 12
    frames[22][:] = 200  # one of the eight
    frames[23][:] = 250  # not one of them
    found = answered(examiner(encoded(*frames, kind="TIFF")))
    assert (found.frames, found.examined, found.frame) == (40, 8, 22)
    assert found.probability == pytest.approx(200 / 255)


def test_a_jpeg_goes_to_the_method_with_its_compressed_bytes(examiner: Examiner, with_square: Grey) -> None:
    assert answered(examiner(encoded(with_square, kind="JPEG"))).regime == "jpeg"


def test_an_image_the_method_does_not_apply_to_says_why(examiner: Examiner) -> None:
    found = answered(examiner(encoded(np.zeros((20, 30), np.uint8)), pictures=True))
    assert (found.applicable, found.reason, found.probability, found.pictures) == (False, "too small", None, None)
    assert found.ela_mean_percent is None


def test_no_bytes_only_load_the_model(examiner: Examiner) -> None:
    assert examiner(b"") is None


def test_the_limits_of_decoding_hold_here_too(monkeypatch: pytest.MonkeyPatch, with_square: Grey) -> None:
    monkeypatch.setattr(examining, "Analyzer", BrightMethod)
    with pytest.raises(LimitExceeded):
        Examiner("bright", Limits(max_pixels=1000))(encoded(with_square))
    with pytest.raises(UnreadableImage):
        Examiner("bright", Limits())(encoded(with_square)[:200])


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (WeightsUnusable("expected /opt/x/model.tflite"), "detector_model", "the model of the method bright"),
        (UnknownMethod("expected a method of a, b"), "detector_unknown", "expected a method of a, b"),
    ],
)
def test_a_model_that_cannot_be_used_is_an_outage_and_is_looked_for_again(
    monkeypatch: pytest.MonkeyPatch, with_square: Grey, error: Exception, code: str, words: str
) -> None:
    def missing(_method: str) -> BrightMethod:
        raise error

    monkeypatch.setattr(examining, "Analyzer", missing)
    examiner = Examiner("bright", Limits())
    with pytest.raises(DetectorUnavailable, match=words) as caught:
        examiner(encoded(with_square))
    assert caught.value.code == code
    assert "/opt" not in str(caught.value)
    monkeypatch.setattr(examining, "Analyzer", BrightMethod)
    assert answered(examiner(encoded(with_square))).applicable


def test_the_same_file_gets_the_same_answer(examiner: Examiner, with_square: Grey) -> None:
    ask: Callable[[], Detection] = lambda: answered(examiner(encoded(with_square), pictures=True))  # noqa: E731
    assert ask() == ask()


def test_a_question_that_names_a_method_is_answered_by_that_one(examiner: Examiner, with_square: Grey) -> None:
    assert answered(examiner(encoded(with_square), method="vgg")).method == "vgg"
    assert answered(examiner(encoded(with_square))).method == "bright"


def test_the_rates_by_modality_come_with_the_answer_or_words_that_there_are_none(
    examiner: Examiner, with_square: Grey
) -> None:
    measured = answered(examiner(encoded(with_square), method="ela_cnn"))
    assert {one.modality for one in measured.by_modality} >= {"CT", "MRI brain", "US"}
    assert answered(examiner(encoded(with_square))).by_modality == ()
    assert "not measured by modality" in answered(examiner(encoded(with_square))).by_modality_note


def test_a_dicom_file_says_its_modality_and_a_png_has_none(examiner: Examiner, with_square: Grey) -> None:
    from pydicom.data import get_testdata_file

    slice_of_ct = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
    assert answered(examiner(slice_of_ct)).modality == "CT"
    assert answered(examiner(encoded(with_square))).modality is None


def test_an_answer_with_rates_by_modality_survives_the_way_between_the_processes(
    examiner: Examiner, with_square: Grey
) -> None:
    found = answered(examiner(encoded(with_square), method="ela_cnn"))
    assert detection(received(message(plain(found)))) == found
