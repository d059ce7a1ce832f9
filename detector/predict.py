"""One call for one picture: evidence, regime, calibrated probability, band and mask."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from detector.calibrate import Calibration
from detector.errors import WeightsUnusable
from detector.jpeg import regime
from detector.pictures import check_shape
from detector.registry import DEFAULT, SHIPPED, load
from detector.serving import check_manifest
from detector.types import Band, Detection, Evidence, Regime

if TYPE_CHECKING:
    from detector.types import Pixels

CALIBRATION = "calibration.json"


class Analyzer:
    """One method with its model and its calibration, loaded once. Not to be shared between threads."""

    def __init__(self, method: str = DEFAULT, weights: Path = SHIPPED) -> None:
        """UnknownMethod, or WeightsUnusable when a file of ``weights/METHOD`` is missing or is another one."""
        self._method = load(method, weights)
        manifest = check_manifest(weights / method)
        if CALIBRATION not in manifest["files"]:
            raise WeightsUnusable(f"expected {CALIBRATION} in the manifest of {weights / method}, found it not there")
        self._calibration = Calibration.load(weights / method / CALIBRATION)

    @property
    def name(self) -> str:
        """The method's name."""
        return self._method.name

    @property
    def version(self) -> str:
        """The version of the method and its model."""
        return self._method.version

    def analyze(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Detection:
        """What the method says of ``pixels``; ``jpeg`` is the compressed file when the picture came as one.

        Never raises for an array of the allowed shapes and types: a picture that the method cannot judge is an answer
        with ``applicable`` false. UnreadablePicture for anything else. ``seconds`` is wall time without loading.
        """
        begun = time.perf_counter()
        checked = check_shape(pixels)
        allowed = self._method.applicable(checked, jpeg)
        history = regime(checked, jpeg)
        if not allowed.applicable:
            seconds = time.perf_counter() - begun
            return Detection(self.name, self.version, False, allowed.reason, history, Band.INCONCLUSIVE, seconds)
        return self._detection(self._method.examine(checked, jpeg=jpeg), allowed.reason, history, begun)

    def _detection(self, evidence: Evidence, reason: str, history: Regime, begun: float) -> Detection:
        calibrated = self._calibration.apply(evidence.score, history)
        mask = evidence.heatmap >= self._calibration.mask_threshold
        area = float(mask.mean()) * 100.0
        return Detection(
            method=self.name,
            version=self.version,
            applicable=True,
            reason=reason,
            regime=history,
            band=calibrated.band,
            seconds=time.perf_counter() - begun,
            score=evidence.score,
            probability=calibrated.probability,
            heatmap=evidence.heatmap,
            mask=mask,
            area_percent=area,
            area_interval=self._calibration.area_interval(area),
            findings=evidence.findings,
            figures=evidence.figures,
            rates=calibrated.rates,
        )


def analyze(pixels: Pixels, *, jpeg: bytes | None = None, method: str = DEFAULT, weights: Path = SHIPPED) -> Detection:
    """:meth:`Analyzer.analyze` with the method loaded for this one picture; keep an Analyzer for more than one."""
    return Analyzer(method, weights).analyze(pixels, jpeg=jpeg)
