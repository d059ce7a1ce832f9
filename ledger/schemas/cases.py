"""Cases: what a reviewer writes, and a case as it reads back with every event checked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints

from ledger.schemas.base import Identifier, Wire
from ledger.schemas.verifications import Verification

CaseStatus = Literal["open", "closed"]
ItemStatus = Literal["open", "confirmed", "cleared", "cannot-tell"]
Evidence = Literal["region", "change-map", "heat-map", "ela", "check", "detector", "attribute", "other"]
Author = Annotated[
    str | None,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    Field(description="Who says so, in their own words; the server adds whom it recognised by the key"),
]
EventId = Annotated[
    Identifier | None, Field(description="The caller's own id of the event: repeat it to repeat safely")
]
ItemNumber = Annotated[int, Field(ge=1, le=10_000, description="Items are numbered in the order of adding")]
FileDigest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Side = Annotated[int, Field(ge=0, lt=1 << 31)]
Parameter = bool | int | float | Annotated[str, StringConstraints(max_length=1000)]


def _text(most: int) -> Any:
    return StringConstraints(min_length=1, max_length=most, strip_whitespace=True)


Short = Annotated[str, _text(200)]
Text = Annotated[str, _text(2000)]
Long = Annotated[str, _text(10_000)]


class VerificationSummary(Wire):
    """What a verification of the file said; whoever adds the item answers for it."""

    verdict: Annotated[str, _text(40)]
    accepted: bool
    policy: Annotated[str, _text(40)]
    reason: Text
    checked_at: AwareDatetime
    registration_id: Identifier | None = None
    detector: Annotated[str, _text(300)] | None = None

    @classmethod
    def of(cls, found: Verification) -> Self:
        """The summary of ``found``, without its checks and pictures."""
        return cls(
            verdict=found.verdict,
            accepted=found.accepted,
            policy=found.policy,
            reason=found.reason[:2000] or found.verdict,
            checked_at=found.checked_at,
            registration_id=found.registration.registration_id if found.registration else None,
            detector=_detector_words(found),
        )


def _detector_words(found: Verification) -> str | None:
    detection = found.detection
    if detection is None or not detection.applicable:
        return None
    likely = "" if detection.probability is None else f", probability {detection.probability:.2f}"
    return f"{detection.method} {detection.version}: {detection.band}{likely}"[:300]


class CaseOpening(Wire):
    """A new case: what it is called and what it is to find out."""

    title: Short = Field(examples=["Chest CT with a doubtful nodule"])
    question: Text | None = Field(default=None, examples=["Was the nodule in slice 17 painted in?"])
    author: Author = None
    event_id: EventId = None


class ItemAddition(Wire):
    """A file becomes the next item of the case. It is known by its digest and is not sent."""

    event: Literal["add"] = "add"
    name: Annotated[str, _text(300)]
    file: FileDigest
    verification: VerificationSummary | None = None
    author: Author = None
    event_id: EventId = None


class CaseNote(Wire):
    """A note on an item, or on the whole case."""

    event: Literal["note"] = "note"
    text: Long
    item: ItemNumber | None = None
    author: Author = None
    event_id: EventId = None


class Bookmark(Wire):
    """Evidence that can be seen again."""

    event: Literal["bookmark"] = "bookmark"
    item: ItemNumber
    evidence: Evidence
    method: Short
    comment: Text
    parameters: dict[Short, Parameter] = Field(default_factory=dict, max_length=40)
    region: tuple[Side, Side, Side, Side] | None = Field(default=None, description="x, y, width, height in pixels")
    frame: Side | None = Field(default=None, description="Counted from 0")
    author: Author = None
    event_id: EventId = None


class ItemJudgement(Wire):
    """What the reviewer finds of an item."""

    event: Literal["status"] = "status"
    item: ItemNumber
    status: ItemStatus
    reason: Text | None = None
    author: Author = None
    event_id: EventId = None


class CaseClosing(Wire):
    """The case ends with a conclusion; only a reopen may follow."""

    event: Literal["close"] = "close"
    conclusion: Long
    author: Author = None
    event_id: EventId = None


class CaseReopening(Wire):
    """A closed case goes on."""

    event: Literal["reopen"] = "reopen"
    reason: Text
    author: Author = None
    event_id: EventId = None


CaseAction = Annotated[
    ItemAddition | CaseNote | Bookmark | ItemJudgement | CaseClosing | CaseReopening, Field(discriminator="event")
]


class CaseTrouble(Wire):
    """What does not hold of one event."""

    code: Literal["content_missing", "content_differs", "sequence_gap", "not_allowed"]
    detail: str


class CaseEvent(Wire):
    """One event of a case: its log entry, and what was written if that is what the entry commits to."""

    id: Identifier
    sequence: int
    event: str
    time: datetime
    index: int = Field(description="Place in the log")
    state: str | None = Field(description="State of the log entry; None when its row cannot be found")
    block_number: int | None = None
    author: str | None = None
    by: str | None = Field(default=None, description="Whom the server recognised, such as the label of an API key")
    by_id: str | None = Field(default=None, description="Their id, which no two share: key:… or person:…")
    content: dict[str, Any] | None = Field(default=None, description="None: lost, erased or changed; see trouble")
    entry: str = Field(description="The canonical entry, whose leaf is SHA-256(0x00 ‖ entry)")
    salt: str | None = Field(default=None, description="Opens the entry's commitment to the content")
    trouble: CaseTrouble | None = None


class CaseItem(Wire):
    """A file of the case as the events leave it."""

    number: int
    name: str | None = Field(description="None when the content of its event does not hold")
    file: str | None
    status: ItemStatus
    reason: str | None = None
    verification: VerificationSummary | None = None


class Case(Wire):
    """A case with everything that happened in it, checked."""

    id: Identifier
    registrar: str
    title: str | None
    question: str | None = None
    status: CaseStatus
    intact: bool | None = Field(description="False: trouble or log_trouble says why; None: the chain was not asked")
    log_trouble: str | None = Field(default=None, description="How the records fall short of the contract's log")
    log_open: str | None = Field(default=None, description="Why the contract's log could not be asked")
    opened_at: datetime
    changed_at: datetime
    items: list[CaseItem]
    events: list[CaseEvent]


class CaseLine(Wire):
    """A case in a list. Whether it is intact, reading it says."""

    id: Identifier
    title: str | None
    status: CaseStatus
    items: int
    events: int
    author: str | None
    opened_at: datetime
    changed_at: datetime


class CaseList(Wire):
    """A page of cases, the last changed first."""

    cases: list[CaseLine]
    limit: int
    offset: int
    more: bool
