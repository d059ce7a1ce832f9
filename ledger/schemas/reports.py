"""Reports and exports: files that leave the ledger, and what a report's file says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ReportFormat = Literal["pdf", "dossier", "json"]
"""``pdf``: the report for people; ``json``: the same as canonical JSON; ``dossier``: a zip of both with evidence."""
HistoryFormat = Literal["csv", "jsonl", "fhir", "fhir-r5"]
"""``fhir`` is a Bundle of FHIR R4 (4.0.1), ``fhir-r5`` of R5 (5.0.0)."""
DEFAULT_QUESTION = "Is the item the image that was registered, and does it show signs of having been altered?"
PROPOSITIONS = (
    "The picture of the item was altered: it is not what was captured or registered.",
    "The picture of the item was not altered: what differs, if anything, is how it was stored or sent.",
)
"""What every report's opinion weighs; its words are fixed, since the opinion's are made for them."""
MOST_QUESTION = 1000
"""Characters of a question."""
MOST_NAME = 200
"""Characters of an item's name, or of that of who asked."""


@dataclass(frozen=True)
class ReportFile:
    """A report as a file, with the few facts that whoever stores it wants to say.

    ``report`` is the report's id, the SHA-256 of its canonical JSON in hex; ``answer`` is one of
    ``support-for-alteration``, ``inconclusive`` and ``no-trace-found``.
    """

    content: bytes
    format: ReportFormat
    report: str
    verdict: str
    accepted: bool
    answer: str

    @property
    def filename(self) -> str:
        """A name for it that says nothing of the item."""
        suffix = {"pdf": "pdf", "json": "json", "dossier": "dossier.zip"}[self.format]
        return f"medseal-report-{self.report[:12]}.{suffix}"
