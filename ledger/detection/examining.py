"""What the worker's process does: bytes → frames under limits → the detector → plain values. Imported there alone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from detector import ela
from detector.errors import DetectorError, UnknownMethod
from detector.modalities import note_on, rates_by_modality
from detector.pictures import to_rgb8
from detector.predict import Analyzer
from ledger.core.detection import Detection, ModalityRates, TraceFinding, TracePictures
from ledger.core.images import Limits, decode
from ledger.detection.answers import plain
from ledger.detection.ruling import MOST_SECONDS, Ruler
from ledger.errors import DetectorUnavailable
from ledger.pixels import FramePixels, frame_pixels, spread

if TYPE_CHECKING:
    from detector.types import Detection as Judged
    from detector.types import Finding

LONGEST = 512
"""The longer side of the pictures that leave this process, at most."""
_ELA_MEAN = "ela_mean_percent"
_CHECK_SETTING = "Set MEDSEAL_DETECTOR to one of them, or to none."
_SEE_DOCTOR = "Run medseal doctor on the server: it says what is wrong with the model."


class Examiner:
    """Methods, each loaded with its first question; a model that is missing is looked for again with the next.

    ``method`` is the one that is asked when a question names none. ``seconds``: what a question may take; of what the
    detector leaves of it, the rules on the file's structure have half, so that its answer is never late for them.
    """

    def __init__(self, method: str, limits: Limits, seconds: float = 2 * MOST_SECONDS) -> None:
        self._method = method
        self._limits = limits
        self._seconds = seconds
        self._ruler = Ruler()
        self._analyzers: dict[str, Analyzer] = {}

    def __call__(self, image: bytes, *, pictures: bool = False, method: str | None = None) -> Detection | None:
        """The answer on the file ``image``; of no bytes None, once the model is loaded.

        DetectorUnavailable without a usable model, InputError for what cannot be decoded.
        """
        until = time.monotonic() + self._seconds
        analyzer = self._loaded(method or self._method)
        if not image:
            return None
        decoded = decode(image, self._limits)
        numbers = spread(decoded.frames)
        frame, judged = analyzer.analyze_frames(frame_pixels(decoded, image, numbers), of=decoded.frames)
        told = _told(frame, judged, decoded.frames, len(numbers), pictures)
        structure = self._ruler.ask(image, (until - time.monotonic()) / 2)
        about = {"modality": decoded.modality, "structure": structure, **_by_modality(told.method)}
        return replace(told, weights=analyzer.weights_digest, **about)

    def _loaded(self, method: str) -> Analyzer:
        if method not in self._analyzers:
            self._analyzers[method] = self._load(method)
        return self._analyzers[method]

    @staticmethod
    def _load(method: str) -> Analyzer:
        try:
            return Analyzer(method)
        except UnknownMethod as error:
            raise DetectorUnavailable(str(error), code="detector_unknown", advice=_CHECK_SETTING) from error
        except DetectorError as error:
            # its text has paths of this machine, which are no business of those who verify
            said = f"the model of the method {method} is missing, or is not the one its manifest names"
            raise DetectorUnavailable(said, code="detector_model", advice=_SEE_DOCTOR) from error


def open_examiner(method: str, limits: Limits, seconds: float) -> Callable[..., dict[str, Any] | None]:
    """What answers the worker's questions, in plain data."""
    examiner = Examiner(method, limits, seconds)
    return lambda image, **options: plain(examiner(image, **options))


def _told(frame: FramePixels, judged: Judged, frames: int, examined: int, pictures: bool) -> Detection:
    pixels = frame.pixels
    levels = ela.error_levels(to_rgb8(pixels)) if judged.applicable else None
    return Detection(
        method=judged.method,
        version=judged.version,
        applicable=judged.applicable,
        reason=judged.reason,
        regime=judged.regime.value,
        band=judged.band.value,
        seconds=round(judged.seconds, 4),
        frame=frame.number,
        frames=frames,
        examined=examined,
        width=pixels.shape[1],
        height=pixels.shape[0],
        score=judged.score,
        probability=judged.probability,
        likelihood_ratio=judged.likelihood_ratio,
        likelihood_bounds=judged.likelihood_bounds,
        area_percent=judged.area_percent,
        area_interval=judged.area_interval,
        ela_mean_percent=None if levels is None else ela.ela_mean_percent(levels),
        findings=tuple(_finding(finding) for finding in judged.findings),
        figures=_finite({name: value for name, value in judged.figures.items() if name != _ELA_MEAN}),
        rates=_finite(judged.rates),
        pictures=_pictures(judged, levels) if pictures and levels is not None else None,
    )


def _by_modality(method: str) -> dict[str, Any]:
    """Never a reason to give no answer: rates that cannot be read are said to be missing."""
    try:
        rates = tuple(ModalityRates(**vars(one)) for one in rates_by_modality(method))
        return {"by_modality": rates, "by_modality_note": note_on(method)}
    except DetectorError:
        return {"by_modality_note": "The error rates by modality cannot be read on this server."}


def _finding(finding: Finding) -> TraceFinding:
    at = finding.region
    region = (at.x, at.y, at.width, at.height) if at else None
    return TraceFinding(finding.code, finding.text, finding.meaning, finding.limits, region)


def _finite(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Without what JSON has no word for."""
    return {name: value for name, value in figures.items() if not isinstance(value, float) or math.isfinite(value)}


def _pictures(judged: Judged, levels: npt.NDArray[np.uint8]) -> TracePictures | None:
    if judged.heatmap is None or judged.mask is None:
        return None
    heat = np.rint(_reduced(judged.heatmap) * 255.0).astype(np.uint8)
    # any marked pixel marks the reduced one: a small region must not vanish on the way to the page
    mask = np.where(_reduced(judged.mask.astype(np.float32)) > 0, 255, 0).astype(np.uint8)
    view = cv2.cvtColor(_reduced(ela.stretched(levels)), cv2.COLOR_RGB2BGR)
    return TracePictures(_png(heat), _png(mask), _png(np.asarray(view)))


def _reduced(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    rows, columns = array.shape[:2]
    scale = LONGEST / max(rows, columns)
    if scale >= 1:
        return array
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA))


def _png(array: npt.NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", array)[1])
