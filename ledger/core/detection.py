"""What the forgery detector said of an image, as the ledger takes it: plain values, no arrays, no detector code.

The detector's own types stay in the process that runs it; these cross the port and the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.core.verdict import Check, Status

NUMBER = 10
"""The detector's place among the numbered checks."""
BANDS: Mapping[str, Status] = {
    "no-trace": Status.PASSED,
    "altered": Status.FAILED,
    "inconclusive": Status.UNDETERMINED,
}
"""What a band makes of check 10."""
STRENGTHS = ("strong", "notable", "information")
"""How much a finding of a structure rule weighs."""
RULE_STATES = ("found", "passed", "not-applicable", "failed")
"""How a structure rule ends."""
_WORDS: Mapping[str, str] = {
    "no-trace": "no trace of forgery found; this is not proof of authenticity",
    "altered": "traces of forgery found",
    "inconclusive": "the detector cannot tell",
}


@dataclass(frozen=True)
class TraceFinding:
    """One reason in words; ``region`` is left, top, width, height in pixels of the frame."""

    code: str
    text: str
    meaning: str
    limits: str
    region: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class ModalityRates:
    """How often the method erred on pictures of one ``modality``: counts, and their exact 95 % intervals.

    ``codes`` are the DICOM modalities it speaks of. ``caught`` of ``forged`` pictures and ``false_alarms`` of
    ``pristine`` ones were called *altered*; ``auc`` is the area under the curve with its interval, None if undefined.
    """

    modality: str
    codes: tuple[str, ...]
    pristine: int
    false_alarms: int
    false_alarm_interval: tuple[float, float]
    forged: int
    caught: int
    caught_interval: tuple[float, float]
    auc: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class TracePictures:
    """PNG files to look at, the longer side at most 512 pixels, of the frame that decided.

    ``heatmap``: grey, 255 is most suspicious. ``mask``: 0 or 255. ``ela``: RGB error levels, stretched by 255 over
    the largest.
    """

    heatmap: bytes
    mask: bytes
    ela: bytes


@dataclass(frozen=True)
class StructureFinding:
    """One thing that a rule on the file's structure found; ``strength`` is *information*, *notable* or *strong*.

    ``innocent`` says how it arises without any forgery.
    """

    code: str
    text: str
    meaning: str
    innocent: str
    limits: str
    strength: str


@dataclass(frozen=True)
class StructureRule:
    """How one rule ended: *found*, *passed*, *not-applicable* or *failed*, with a reason for the last two."""

    code: str
    title: str
    state: str
    reason: str


@dataclass(frozen=True)
class Structure:
    """What rules on the structure of the file say, beside the pixels. They have no probability and decide nothing."""

    kind: str
    findings: tuple[StructureFinding, ...]
    rules: tuple[StructureRule, ...]

    @property
    def remarkable(self) -> tuple[str, ...]:
        """The codes of what is more than information."""
        return tuple(one.code for one in self.findings if one.strength != "information")


@dataclass(frozen=True)
class Detection:
    """The detector's answer on one image; of several frames, on the most suspicious one.

    ``frame`` counts from 0; ``examined`` of ``frames`` were looked at, and ``band`` allows for the choice among them.
    Not applicable: ``reason`` says why, ``band`` is *inconclusive* and the measured fields are None.
    ``ela_mean_percent`` is the seed paper's "percentage of forgery", the mean error level, which is no area;
    ``area_percent`` is the mask's share of the picture, and ``area_interval`` the 90 % interval of the true share.
    ``likelihood_ratio`` is how many times as probable the evidence is of a forged picture as of a pristine one, held
    within ``likelihood_bounds``, what held-out pictures support; both are None for one of several frames, and where too
    few pictures were calibrated on.
    ``rates`` are the measured error rates in ``regime``, of single pictures. ``weights`` is the SHA-256 (hex) of the
    manifest that names every model file of the method by its digest. ``structure`` is about the whole file.
    ``modality`` is what the file states of itself (DICOM (0008,0060)), ``by_modality`` the measured error rates by
    modality, whichever the file's is, and ``by_modality_note`` what they were counted with, or that they were not.
    """

    method: str
    version: str
    applicable: bool
    reason: str
    regime: str
    band: str
    seconds: float
    frame: int
    frames: int
    examined: int
    width: int
    height: int
    score: float | None = None
    probability: float | None = None
    likelihood_ratio: float | None = None
    likelihood_bounds: tuple[float, float] | None = None
    area_percent: float | None = None
    area_interval: tuple[float, float] | None = None
    ela_mean_percent: float | None = None
    findings: tuple[TraceFinding, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, float | int | str] = field(default_factory=dict)
    pictures: TracePictures | None = None
    weights: str | None = None
    modality: str | None = None
    by_modality: tuple[ModalityRates, ...] = ()
    by_modality_note: str = ""
    structure: Structure | None = None


def detection_check(found: Detection) -> Check:
    """Check 10: passed for *no-trace*, failed for *altered*, undetermined for *inconclusive*, skipped if it does not
    apply to this image. ``figures["band"]`` is there whenever the detector judged, ``figures["structure"]`` (codes)
    where rules on the file's structure found more than information; these change neither status nor words."""
    figures: dict[str, Any] = {"method": found.method, "version": found.version, "regime": found.regime}
    if found.structure is not None and found.structure.remarkable:
        figures["structure"] = list(found.structure.remarkable)
    if not found.applicable:
        return Check(
            NUMBER,
            Status.SKIPPED,
            f"not applicable to this image: {found.reason}",
            figures | {"code": "not_applicable"},
        )
    figures |= {"band": found.band, "probability": found.probability, "score": found.score}
    figures |= {"area_percent": found.area_percent, "frame": found.frame, "frames": found.frames}
    return Check(NUMBER, BANDS[found.band], _in_words(found), figures)


def _in_words(found: Detection) -> str:
    sure = "" if found.probability is None else f" (calibrated probability {found.probability:.2f})"
    where = ""
    if found.frames > 1:
        where = f"; the most suspicious of {found.examined} frames examined, frame {found.frame + 1} of {found.frames}"
    return f"{found.method}: {_WORDS[found.band]}{sure}{where}"
