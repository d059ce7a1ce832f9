"""One call for one picture, or for the frames of one image: evidence, regime, probability, band and mask.

Examining and judging are apart, because a frame that was chosen as the most suspicious of many is judged as such: any
one of them could have been above the threshold by chance.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from detector.calibrate import Calibration
from detector.errors import UnreadablePicture, WeightsUnusable
from detector.jpeg import regime
from detector.pictures import check_shape
from detector.registry import DEFAULT, SHIPPED, load
from detector.serving import MANIFEST, check_manifest
from detector.types import Applicability, Band, Detection, Evidence, Regime

if TYPE_CHECKING:
    from detector.types import Pixels

CALIBRATION = "calibration.json"


class Frame(Protocol):
    """One picture of several; ``jpeg`` is the compressed frame when it came as one."""

    @property
    def pixels(self) -> Pixels:
        """As :meth:`Analyzer.analyze` takes them."""
        ...

    @property
    def jpeg(self) -> bytes | None:
        """None unless the frame came as a JPEG."""
        ...

    @property
    def lossy(self) -> bool:
        """Whether the frame is known to have been compressed with loss, and not as ``jpeg``."""
        ...


F = TypeVar("F", bound=Frame)


@dataclass(frozen=True)
class Examined:
    """What the method found in one picture, before anybody judges it; no ``evidence`` where it does not apply."""

    allowed: Applicability
    regime: Regime
    evidence: Evidence | None
    seconds: float


class Analyzer:
    """One method with its model and its calibration, loaded once. Not to be shared between threads."""

    def __init__(self, method: str = DEFAULT, weights: Path = SHIPPED) -> None:
        """UnknownMethod, or WeightsUnusable when a file of ``weights/METHOD`` is missing or is another one."""
        self._method = load(method, weights)
        manifest = check_manifest(weights / method)
        if CALIBRATION not in manifest["files"]:
            raise WeightsUnusable(f"expected {CALIBRATION} in the manifest of {weights / method}, found it not there")
        self._calibration = Calibration.load(weights / method / CALIBRATION)
        self.weights_digest = hashlib.sha256((weights / method / MANIFEST).read_bytes()).hexdigest()
        """SHA-256 (hex) of the manifest, which names every model file by digest."""

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
        return self.judge(self.examine(pixels, jpeg=jpeg))

    def analyze_frames(self, frames: Iterable[F], *, of: int = 0) -> tuple[F, Detection]:
        """The most suspicious of ``frames``, judged as the most suspicious of those that the method applies to.

        One that applies goes before others, then the higher probability, then the higher score, then the earlier one.
        Only the best so far is kept in memory. ``of``: how many frames the file has; where more than were given, it
        is never called *no-trace*. UnreadablePicture when there is none; otherwise as :meth:`analyze`.
        """
        best: tuple[F, Examined] | None = None
        asked = applied = 0
        for frame in frames:
            asked += 1
            seen = self.examine(frame.pixels, jpeg=frame.jpeg, lossy=frame.lossy)
            applied += seen.evidence is not None
            if best is None or self._suspicion(seen) > self._suspicion(best[1]):
                best = frame, seen
        if best is None:
            raise UnreadablePicture("expected at least one frame, found none")
        judged = self.judge(best[1], of=max(1, applied))
        return best[0], judged if asked >= of else _in_part(judged, asked, of)

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None, lossy: bool = False) -> Examined:
        """The evidence alone; errors as :meth:`analyze`.

        The regime is *lossy* where the caller knows (``lossy``) that other losses than those of ``jpeg`` lie behind
        the pixels, as of JPEG 2000: what such a picture's traces mean has not been measured.
        """
        begun = time.perf_counter()
        checked = check_shape(pixels)
        allowed = self._method.applicable(checked, jpeg)
        history = Regime.LOSSY if lossy else regime(checked, jpeg)
        evidence = self._method.examine(checked, jpeg=jpeg) if allowed.applicable else None
        return Examined(allowed, history, evidence, time.perf_counter() - begun)

    def judge(self, seen: Examined, of: int = 1) -> Detection:
        """What the evidence means when the picture is the most suspicious one ``of`` so many that were examined.

        Where the mask's share does not tell the altered share, ``area_interval`` is None and a finding says why.
        """
        evidence = seen.evidence
        if evidence is None:
            reason = seen.allowed.reason
            return Detection(self.name, self.version, False, reason, seen.regime, Band.INCONCLUSIVE, seen.seconds)
        calibrated = self._calibration.apply(evidence.score, seen.regime, of)
        ratio = calibrated.likelihood
        mask = evidence.heatmap >= self._calibration.mask_threshold
        area = float(mask.mean()) * 100.0
        unmeasured = self._calibration.area_finding(area)
        return Detection(
            method=self.name,
            version=self.version,
            applicable=True,
            reason=seen.allowed.reason,
            regime=seen.regime,
            band=calibrated.band,
            seconds=seen.seconds,
            score=evidence.score,
            probability=calibrated.probability,
            likelihood_ratio=ratio.ratio if ratio else None,
            likelihood_bounds=(ratio.low, ratio.high) if ratio else None,
            heatmap=evidence.heatmap,
            mask=mask,
            area_percent=area,
            area_interval=self._calibration.area_interval(area),
            findings=evidence.findings if unmeasured is None else (*evidence.findings, unmeasured),
            figures=evidence.figures,
            rates=calibrated.rates,
        )

    def _suspicion(self, seen: Examined) -> tuple[bool, float, float]:
        if seen.evidence is None:
            return False, 0.0, 0.0
        score = seen.evidence.score
        return True, self._calibration.apply(score, seen.regime).probability, score


def _in_part(judged: Detection, asked: int, of: int) -> Detection:
    """What is said of a file of ``of`` frames of which only ``asked`` were looked at."""
    if judged.applicable:
        return replace(judged, band=Band.INCONCLUSIVE) if judged.band is Band.NO_TRACE else judged
    return replace(judged, reason=f"None of the {asked} frames looked at, of {of}, can be examined. {judged.reason}")


def analyze(pixels: Pixels, *, jpeg: bytes | None = None, method: str = DEFAULT, weights: Path = SHIPPED) -> Detection:
    """:meth:`Analyzer.analyze` with the method loaded for this one picture; keep an Analyzer for more than one."""
    return Analyzer(method, weights).analyze(pixels, jpeg=jpeg)
