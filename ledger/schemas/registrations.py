"""Registering: what is asked, and what a registered image is answered as."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ledger.schemas.base import Digest, DigestName, Identifier, Key, Reason, Wire


class DigestRegistration(Wire):
    """An image registered by its digests alone: the image never leaves the hospital."""

    digests: dict[DigestName, Digest] = Field(examples=[{"file/1": "sha256:" + "ab" * 32}])
    idempotency_key: str | None = Field(default=None, min_length=1, max_length=200)
    instance: Key | None = Field(default=None, description="SHA-256 of medseal/instance/1, LF and its SOP Instance UID")
    study: Key | None = Field(default=None, description="SHA-256 of medseal/study/1, LF and its Study Instance UID")


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


class DerivationRequest(Wire):
    """How an image was made from a registered one, to be registered with that origin."""

    operation: Literal["de-identified", "cropped", "windowed", "recompressed"]
    reason: Reason = Field(examples=["Teaching file"])
    author: Reason = Field(examples=["Radiology QA"])
    hide: list[tuple[int, int, int, int]] = Field(
        default_factory=list, max_length=100, description="x, y, w, h of what de-identification made unreadable"
    )


class Origin(Wire):
    """What a derived image was made from, as its entry in the log says."""

    original: Identifier
    operation: str
    checked: str = Field(
        description="proven: by digests or samples; consistent: not contradicted by a comparison; declared: a word"
    )
    reason: str
    author: str


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
    derived: Origin | None = Field(default=None, description="Of a derived image alone")
    created: bool = Field(default=False, description="Whether this call made it; False: it was registered before")


class Derivation(Wire):
    """A derived image's registration, and what was checked of the operation on its way in."""

    registration: Registration
    checked: Literal["proven", "consistent", "declared"]
    how: str
    figures: dict[str, Any] = Field(default_factory=dict)
