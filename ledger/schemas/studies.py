"""Studies on the wire: closing one, and what a copy of one lacks. UIDs stay where they are; their digests travel."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ledger.schemas.base import Identifier, Key, Wire

InstanceState = Literal["final", "waiting", "revoked", "unknown"]


class StudyRequest(Wire):
    """Which study."""

    study: Key = Field(description="SHA-256 of medseal/study/1, LF and the Study Instance UID", examples=["5f" * 32])


class StudyQuestion(StudyRequest):
    """A copy of a study: the SOP instances that are there."""

    instances: list[Key] = Field(
        max_length=20_000, description="SHA-256 of medseal/instance/1, LF and the SOP Instance UID, of each"
    )


class InstancesQuestion(Wire):
    """SOP instances, each as in :class:`StudyQuestion`."""

    instances: list[Key] = Field(max_length=20_000)


class InstanceStates(Wire):
    """What is known of the instances that were asked for, in their order."""

    states: list[InstanceState] = Field(
        description="final: registered, final on the chain and in force; waiting: on its way there; revoked; unknown"
    )


class StudyClose(Wire):
    """The entry that closes a study."""

    id: Identifier
    index: int
    time: datetime
    state: str = Field(examples=["final"])
    count: int = Field(description="SOP instances in the study")
    root: str = Field(description="RFC 9162 root over their registration ids, in the order of the log")
    created: bool = Field(default=False, description="Whether this call made it; False: it said so before")


class StudyMissing(Wire):
    """A registered instance that the copy lacks."""

    registration_id: Identifier
    index: int | None = None
    registered_at: datetime | None = None


class StudyVerification(Wire):
    """How a copy compares with the study as it was closed."""

    result: Literal["complete", "differs", "open", "unsound"] = Field(
        description="open: not closed yet, compared with what is registered so far; unsound: records were changed"
    )
    closed: StudyClose | None = None
    missing: list[StudyMissing] = Field(default_factory=list)
    extra: list[Key] = Field(default_factory=list, description="Never registered in this study")
    late: list[Key] = Field(default_factory=list, description="Registered in this study after it was closed")
