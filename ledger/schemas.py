"""The wire types: what the API answers, the command line prints as JSON and the dashboard reads.

Hashes are lower-case hex, digests ``sha256:<hex>`` (``pdq:<hex>`` for ``view/1``), times RFC 3339 in UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Digest = Annotated[str, StringConstraints(pattern=r"^(sha256|pdq):[0-9a-f]{64}$")]
DigestName = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}/[1-9]\d?$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class Wire(BaseModel):
    """Base: unknown fields are refused, so that a misspelt one is an error and not a silence."""

    model_config = ConfigDict(extra="forbid")


class DigestRegistration(Wire):
    """An image registered by its digests alone: the image never leaves the hospital."""

    digests: dict[DigestName, Digest] = Field(examples=[{"file/1": "sha256:" + "ab" * 32}])
    idempotency_key: str | None = Field(default=None, min_length=1, max_length=200)


class DigestBatch(Wire):
    """Up to 1,000 images registered by digest in one call; all are registered or none."""

    images: list[DigestRegistration] = Field(min_length=1, max_length=1000)
    urgent: bool = False


class StatementRequest(Wire):
    """A typed entry about a registration: supersede (with the registration that replaces it), revoke or dispute."""

    kind: Literal["supersede", "revoke", "dispute"]
    reason: Reason = Field(examples=["Wrong patient's study was sent"])
    author: Reason = Field(examples=["Radiology QA"])
    replacement: Identifier | None = Field(default=None, description="Required for supersede, refused otherwise")


class DigestVerification(Wire):
    """Ask for an image by its digests, without sending it."""

    digests: dict[DigestName, Digest] = Field(min_length=1)
    policy: str = "clinical"


class Anchor(Wire):
    """Where on the chain an entry stands."""

    chain_id: int
    contract: str
    sequence: int
    size: int
    mode: str
    transaction: str | None = None
    block_number: int | None = None
    block_hash: str | None = None
    block_time: datetime | None = None
    confirmations: int | None = Field(default=None, description="None when the chain could not be asked")
    gas_used: int | None = None


class Statement(Wire):
    """A supersede, revoke or dispute entry."""

    id: Identifier
    kind: str
    target: Identifier
    reason: str
    author: str
    replacement: Identifier | None = None
    time: datetime
    index: int
    state: str


class Registration(Wire):
    """A registered image."""

    registration_id: Identifier
    registrar: str
    registrar_name: str
    index: int
    state: str = Field(examples=["final"])
    standing: str = Field(examples=["in-force"])
    registered_at: datetime
    digests: dict[str, str]
    facts: dict[str, Any] = Field(default_factory=dict)
    anchor: Anchor | None = None
    statements: list[Statement] = Field(default_factory=list)
    created: bool = Field(default=False, description="Whether this call made it; False: it was registered before")


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


class ChangedRegion(Wire):
    """A connected region that differs from the registered original, in pixels of the disputed frame."""

    x: int
    y: int
    w: int
    h: int
    area_percent: float


class Transform(Wire):
    """How the disputed frame lies on the registered one."""

    matrix: tuple[float, float, float, float, float, float] = Field(
        description="a, b, c, d, e, f: the registered point (x, y) is at (ax + by + c, dx + ey + f), in pixels"
    )
    words: list[str] = Field(description="The same for people, as in: resized to 0.75, mirrored")
    shown_percent: float = Field(description="Share of the registered frame that the disputed one shows")


class Change(Wire):
    """What was changed against the registered original; no regions: nothing above the limits stated."""

    original: Identifier
    basis: Literal["tile/1", "trace/1", "original"]
    frame: int = Field(ge=0, description="The registered frame it was compared with, counted from 0")
    width: int
    height: int
    transform: Transform
    changed_percent: float
    regions: list[ChangedRegion]
    mask: str | None = Field(default=None, description="Path of the mask, which the command line writes")
    mask_png: str | None = Field(default=None, description="The mask in base64, when the request asked for pictures")
    limits: str
    figures: dict[str, Any] = Field(default_factory=dict)


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
    checked_at: datetime


class HistoryEntry(Wire):
    """One entry of a log with the block and transaction that anchored it."""

    id: Identifier
    kind: str
    registrar: str
    index: int
    time: datetime
    state: str
    leaf: str
    target: Identifier | None = None
    reason: str | None = Field(default=None, description="Of a statement, as author and replacement")
    author: str | None = None
    replacement: Identifier | None = None
    anchor: Anchor | None = None
    on_chain_event: bool = Field(description="Whether the chain holds an event for this very entry (register mode)")


class History(Wire):
    """A page of history, newest first."""

    entries: list[HistoryEntry]
    limit: int
    offset: int
    more: bool


class RegistrarInfo(Wire):
    """A registrar as the store and the contract's directory know it."""

    id: str
    name: str
    public_key: str
    created_at: datetime
    log_size: int
    on_chain_status: str | None = Field(default=None, description="None when the chain could not be asked")
    on_chain_sequence: int | None = None
    on_chain_size: int | None = None
    compromised_since: datetime | None = None


class BatchInfo(Wire):
    """One head on its way to the chain, or there."""

    registrar: str
    state: str
    first: int
    created_at: datetime
    anchor: Anchor
    gas_per_entry: float | None = None
    reason: str | None = None


class Difference(Wire):
    """One disagreement that an audit found, and where."""

    code: str
    registrar: str
    index: int | None = None
    sequence: int | None = None
    expected: str
    found: str


class Audit(Wire):
    """The result of re-reading every entry and comparing every root with the contract."""

    complete: bool = Field(description="False: part could not be checked; not_checked says what")
    consistent: bool
    entries: int
    heads: int
    events: int
    differences: list[Difference]
    not_checked: list[str]
    audited_at: datetime


class Rebuild(Wire):
    """The result of making the index anew from chain and entries."""

    entries: int
    heads: int
    events: int
    equal: bool
    differences: list[str]


class Health(Wire):
    """Liveness, and the state of each part for readiness."""

    status: Literal["ok", "degraded"]
    version: str
    parts: dict[str, str] = Field(default_factory=dict)


class Problem(BaseModel):
    """An RFC 9457 problem detail. ``code`` is stable; ``advice`` is the next step."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    advice: str
