"""Verifying: what is asked, and everything that was found."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ledger.schemas.base import Digest, DigestName, Wire
from ledger.schemas.changes import Change
from ledger.schemas.registrations import Registration
from ledger.schemas.structure import Structure


def _nothing(value: object) -> bool:
    return not value


class DigestVerification(Wire):
    """Ask for an image by its digests, without sending it."""

    digests: dict[DigestName, Digest] = Field(min_length=1)
    policy: str = "clinical"


class CheckResult(Wire):
    """One numbered check of a verification."""

    number: int = Field(ge=0, le=11)
    name: str
    status: Literal["passed", "failed", "skipped", "undetermined"]
    detail: str
    figures: dict[str, Any] = Field(default_factory=dict)


class DetectionFinding(Wire):
    """One reason of the detector, what it shows and what it cannot show."""

    code: str
    text: str
    meaning: str
    limits: str
    region: tuple[int, int, int, int] | None = Field(
        default=None, description="Left, top, width, height in pixels of the frame"
    )


class ModalityRates(Wire):
    """How often the method erred on pictures of one modality, with exact 95 % intervals."""

    modality: str
    codes: list[str] = Field(description="The DICOM modalities it speaks of")
    pristine: int
    false_alarms: int = Field(description="Pristine pictures called altered")
    false_alarm_interval: tuple[float, float]
    forged: int
    caught: int = Field(description="Forged pictures called altered")
    caught_interval: tuple[float, float]
    auc: tuple[float, float, float] | None = Field(default=None, description="Area under the curve, low, high")


class DetectionPictures(Wire):
    """PNG files in base64, the longer side at most 512 pixels, of the frame that decided."""

    heatmap_png: str = Field(description="Grey; white is most suspicious")
    mask_png: str = Field(description="White where the heat map is above the method's fixed threshold")
    ela_png: str = Field(description="Error levels, stretched by 255 over the largest")


class Detection(Wire):
    """What the forgery detector said: of several frames, the most suspicious one's answer."""

    method: str
    version: str
    applicable: bool
    reason: str
    regime: str = Field(description="What the file tells of its save history")
    band: Literal["altered", "inconclusive", "no-trace"]
    score: float | None = Field(default=None, description="Raw; higher is more suspicious")
    probability: float | None = Field(default=None, description="Calibrated within the regime")
    area_percent: float | None = Field(default=None, description="Share of the picture that the mask marks")
    area_interval: tuple[float, float] | None = Field(
        default=None, description="90 % interval of the true share, as measured on held-out forgeries"
    )
    ela_mean_percent: float | None = Field(
        default=None, description="The seed paper's percentage of forgery: a mean error level, no area"
    )
    findings: list[DetectionFinding] = Field(default_factory=list)
    figures: dict[str, float] = Field(default_factory=dict)
    rates: dict[str, float | int | str] = Field(
        default_factory=dict, description="Error rates measured in this regime, of single pictures"
    )
    seconds: float
    frame: int = Field(ge=0, description="The frame that decided, counted from 0")
    frames: int = Field(ge=1)
    examined: int = Field(ge=1, description="How many frames were looked at")
    width: int
    height: int
    pictures: DetectionPictures | None = Field(default=None, description="When the request asked for them")
    weights: str | None = Field(default=None, description="SHA-256 of the manifest that names each model file's digest")
    # Left out where there is none, so that an older verification is written as it was read: dossiers enclose them.
    likelihood_ratio: float | None = Field(
        default=None,
        description="How many times as probable the evidence is of a forged picture as of a pristine one",
        exclude_if=_nothing,
    )
    likelihood_bounds: tuple[float, float] | None = Field(
        default=None, description="Least and largest ratio that held-out pictures support", exclude_if=_nothing
    )
    modality: str | None = Field(
        default=None, description="What the DICOM file says of itself, (0008,0060)", exclude_if=_nothing
    )
    by_modality: list[ModalityRates] = Field(
        default_factory=list, description="Error rates measured by modality", exclude_if=_nothing
    )
    by_modality_note: str = Field(
        default="", description="What those were counted with, or that they were not", exclude_if=_nothing
    )


class Verification(Wire):
    """The verdict, the policy it was made under, and everything that was found."""

    verdict: str
    accepted: bool
    policy: str
    reason: str
    checks: list[CheckResult]
    registration: Registration | None = None
    change: Change | None = Field(default=None, description="None when there is no original to compare with")
    detection: Detection | None = Field(default=None, description="None when check 10 says why it was not asked")
    structure: Structure | None = Field(
        default=None, description="Rules on the file, asked with check 10; they never change the verdict"
    )
    checked_at: datetime
