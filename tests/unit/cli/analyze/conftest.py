"""A detector whose answers are known, and pictures that it says each of them of."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import detector.predict
from detector.errors import UnknownMethod, WeightsUnusable
from detector.registry import METHODS
from detector.types import Band, Detection, Finding, Regime, Region

BANDS = {200: Band.ALTERED, 100: Band.INCONCLUSIVE, 50: Band.NO_TRACE}


class KnownAnalyzer:
    """Says altered of pictures of level 200, inconclusive of 100, no trace of 50; refuses level 0."""

    VERSION = "7"

    def __init__(self, method="fusion", weights=None):
        if method not in METHODS:
            raise UnknownMethod(f"expected a known method, found {method!r}")
        if method == "vgg":
            raise WeightsUnusable("expected a model, found none")
        self.name, self.version = method, self.VERSION

    def analyze(self, pixels, *, jpeg=None):
        level = int(np.median(pixels))
        regime = Regime.LOSSLESS if jpeg is None else Regime.JPEG
        if level == 0:
            return Detection(self.name, self.version, False, "nothing on it", regime, Band.INCONCLUSIVE, 0.01)
        heat = np.zeros(pixels.shape[:2], np.float32)
        heat[:10, :20] = 0.9
        finding = Finding("spot", "a bright spot", "edited", "may be a label", Region(0, 0, 20, 10))
        return Detection(
            *(
                self.name,
                self.version,
                True,
                "can be judged",
                regime,
                min(BANDS.items(), key=lambda b: abs(b[0] - level))[1],
                0.01,
            ),
            score=np.float32(level),
            probability=level / 255,
            likelihood_ratio=level / 50,
            likelihood_bounds=(0.25, 6.0),
            heatmap=heat,
            mask=heat > 0.5,
            area_percent=float((heat > 0.5).mean() * 100),
            area_interval=(0.0, float("inf")),
            findings=(finding,),
            figures={"level": np.float64(level), "ratio": float("nan")},
            rates={"false_alarm": 0.05},
        )

    def analyze_frames(self, frames, *, of):
        seen = [(frame, self.analyze(frame.pixels, jpeg=frame.jpeg)) for frame in frames]
        return max(seen, key=lambda pair: pair[1].score or 0)


@pytest.fixture(autouse=True)
def known_detector(monkeypatch):
    """The class in the detector's place."""
    monkeypatch.setattr(detector.predict, "Analyzer", KnownAnalyzer)
    return KnownAnalyzer


@pytest.fixture
def pictures(tmp_path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, level in {"altered": 200, "unsure": 100, "clean": 50, "black": 0}.items():
        cv2.imwrite(str(folder / f"{name}.png"), np.full((64, 80), level, np.uint8))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return folder
