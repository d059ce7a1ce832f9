"""The report as plain values. Its canonical JSON (RFC 8785) is the report; the PDF is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from ledger.core.detection import ModalityRates
from ledger.core.entry import canonical

TYPE = "medseal/report/1"
SUPPORT, INCONCLUSIVE, NO_TRACE = "support-for-alteration", "inconclusive", "no-trace-found"
ANSWERS: Mapping[str, str] = {
    SUPPORT: "Support for alteration",
    INCONCLUSIVE: "Inconclusive",
    NO_TRACE: "No trace of alteration found",
}
"""The three answers of an opinion. None of them is *authentic*: that word is the ledger's, for what is registered."""

ASKED_BY = "asked_by"
"""Among the options of a report: who asked for it, in their own words; nobody checked it."""


@dataclass(frozen=True)
class Item:
    """The file in hand: what the report calls it, its bytes, its digests by name, and what decoding tells of it."""

    name: str
    bytes: int
    digests: Mapping[str, str]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """All that a report depends on beside the verification.

    ``options`` is what the verification was told beside the policy, and :data:`ASKED_BY`; ``tools`` names the programs
    by version; ``enclosures`` has the SHA-256 of each part of evidence by file name, ``notes`` why a part is missing.
    """

    question: str
    item: Item
    options: Mapping[str, Any]
    tools: Mapping[str, str]
    enclosures: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examination:
    """One numbered check: how it was made, what was found, what such a result can and cannot show.

    ``weights`` is the SHA-256 of the manifest that names every model file by digest, of a trained method alone.
    """

    number: int
    name: str
    method: str
    version: str
    parameters: Mapping[str, Any]
    weights: str | None
    status: str
    result: str
    figures: Mapping[str, Any]
    shows: str
    cannot_show: str


@dataclass(frozen=True)
class Finding:
    """One thing that was seen, apart from what it means for the question; ``source`` is an examination's number.

    ``meaning`` and ``limits`` are empty where the examination itself says them.
    """

    source: int
    text: str
    meaning: str
    limits: str


@dataclass(frozen=True)
class Opinion:
    """What the findings mean for the two propositions: one of :data:`ANSWERS`, and on what it rests."""

    answer: str
    words: str
    grounds: str
    reservations: tuple[str, ...]


@dataclass(frozen=True)
class Rate:
    """How often a kind of error was measured: ``share`` of ``of`` pictures, with a 95 % interval (shares 0 to 1)."""

    what: str
    share: float
    of: int
    low: float
    high: float


@dataclass(frozen=True)
class ByModality:
    """What was counted by modality, that of the item first; ``said`` how the item's was known, ``note`` the data."""

    said: str
    note: str
    rates: tuple[ModalityRates, ...]


@dataclass(frozen=True)
class ErrorRates:
    """The detector's measured errors on files of this save history; ``note`` says where they do not hold,
    ``method`` how the intervals were made. No ``rates`` where the detector only ever answers *inconclusive*."""

    regime: str
    measured_on: str
    rates: tuple[Rate, ...]
    auc: tuple[float, float, float] | None
    note: str
    method: str
    by_modality: ByModality | None = None
    """Not in the report's JSON where nothing was counted by modality."""


@dataclass(frozen=True)
class Report:
    """A whole report. Every text of the PDF stands here."""

    type: str
    checked_at: str
    question: str
    propositions: tuple[str, str]
    item: Item
    options: Mapping[str, Any]
    verdict: str
    accepted: bool
    policy: str
    reason: str
    registration: Mapping[str, Any] | None
    examinations: tuple[Examination, ...]
    findings: tuple[Finding, ...]
    change: Mapping[str, Any] | None
    opinion: Opinion
    error_rates: ErrorRates | None
    no_error_rates: str
    limits: tuple[str, ...]
    repeat: tuple[tuple[str, str], ...]
    tools: Mapping[str, str]
    enclosures: Mapping[str, str]
    notes: tuple[str, ...]
    structure: Mapping[str, Any] | None = None
    """What rules on the file's structure found; not in the report's JSON where there is nothing of the kind."""


def dump(report: Report) -> bytes:
    """The report as canonical JSON."""
    values = asdict(report)
    if report.structure is None:
        del values["structure"]
    if report.error_rates is not None and report.error_rates.by_modality is None:
        del values["error_rates"]["by_modality"]
    return canonical(values)


def report_id(data: bytes) -> str:
    """The id of the report whose canonical JSON is ``data``: its SHA-256 in hex."""
    return sha256(data).hexdigest()
