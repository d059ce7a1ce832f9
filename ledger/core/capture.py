"""What capture speaks of: where objects belong, studies that were closed, requests for storage commitment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

InstanceState = Literal["final", "waiting", "revoked", "unknown"]
"""How far a SOP instance is: registered, final on the chain and in force; registered and on its way there; revoked."""


@dataclass(frozen=True)
class Place:
    """Where a DICOM object belongs: the digests that the store knows its SOP instance and its study by, hex."""

    instance: str
    study: str | None


@dataclass(frozen=True)
class StudyMember:
    """One registration that belongs to a study: its id, its instance's digest, its place in the log."""

    id: str
    instance: str
    index: int
    time: datetime


@dataclass(frozen=True)
class StudyRecord:
    """What stands behind a study-close entry: the study's digest, the salt that opens the entry's commitment to it,
    and the registrations that it counts (16 bytes each)."""

    id: str
    study: str
    salt: bytes
    members: bytes


@dataclass(frozen=True)
class CommitmentRequest:
    """A sender's question whether objects are safely kept (DICOM PS3.4 annex J), until its report was taken.

    ``peer`` is the sender's AE title, ``address`` where it asked from, ``items`` SOP class and instance UIDs.
    """

    id: str
    peer: str
    address: str
    transaction: str
    items: tuple[tuple[str, str], ...]
    asked_at: datetime
    due_at: datetime
    attempts: int = 0


@dataclass(frozen=True)
class ProcedureStep:
    """What a modality says it performs (DICOM PS3.4 annex F), as far as closing studies needs it; UIDs as digests.

    ``key`` is the step's own; ``ended`` None while it is in progress; ``settled`` once its studies were closed or it
    was given up.
    """

    key: str
    studies: tuple[str, ...]
    instances: tuple[str, ...]
    changed_at: datetime
    ended: Literal["COMPLETED", "DISCONTINUED"] | None = None
    settled: bool = False
