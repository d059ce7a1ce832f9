"""What ``service.reports`` is: an image is verified, and the report on it made with everything that it rests on."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ledger import __version__
from ledger.core.digests import digest_file, digest_set
from ledger.core.entry import canonical
from ledger.core.images import Limits
from ledger.core.model import Registrar
from ledger.errors import InputError, LedgerError
from ledger.export.dossier import PDF, README, REPORT, VERIFICATION, Sign, digests, pack, readme
from ledger.export.findings import RECEIPT, TRUST, plain, report_of
from ledger.export.history import Pages, export
from ledger.export.model import ASKED_BY, Asked, Item, Report, dump, report_id
from ledger.receipts import UNDISCLOSED
from ledger.schemas import Verification
from ledger.schemas.reports import (
    DEFAULT_QUESTION,
    MOST_NAME,
    MOST_QUESTION,
    HistoryFormat,
    ReportFile,
    ReportFormat,
)

NAMELESS = "the item"
_NOT_TO_YOU = "whoever asked for this report may verify, and reading receipts takes the scope history or register"
Heard = Callable[[Verification], None]


class Asking(Pages, Protocol):
    """What a report asks of the ledger."""

    def verify(
        self,
        data: bytes,
        *,
        policy: str = "clinical",
        against: str | None = None,
        original: bytes | None = None,
        examine: bool = False,
        pictures: bool = False,
    ) -> Verification:
        """See :meth:`ledger.gateway.Gateway.verify`."""

    def receipt(self, registration_id: str) -> bytes:
        """See :meth:`ledger.gateway.Gateway.receipt`."""

    def trust(self) -> str:
        """See :meth:`ledger.gateway.Gateway.trust`."""


@dataclass(frozen=True)
class Made:
    """A report with all parts of its dossier but manifest and signature."""

    report: Report
    identity: str
    parts: Mapping[str, bytes]


class Reports:
    """Makes reports and exports of one ledger. ``sign`` is the registrar's Ed25519 key."""

    def __init__(
        self,
        ledger: Asking,
        limits: Limits,
        registrar: Registrar,
        sign: Sign,
        heard: Heard | None = None,
        *,
        receipts: bool = True,
    ) -> None:
        self._ledger = ledger
        self._limits = limits
        self._registrar = registrar
        self._sign = sign
        self._heard = heard
        self._receipts = receipts

    def on_behalf(self, heard: Heard, *, receipts: bool) -> Reports:
        """The same for one who asks from outside: ``heard`` is told of each verification that a report is made on, and
        ``receipts`` False encloses none, since this one may not read them."""
        return Reports(self._ledger, self._limits, self._registrar, self._sign, heard, receipts=receipts)

    def make(
        self,
        data: bytes,
        *,
        format: ReportFormat = "dossier",  # noqa: A002  (its name on the wire)
        name: str = "",
        question: str = DEFAULT_QUESTION,
        author: str = "",
        policy: str = "clinical",
        against: str | None = None,
        original: bytes | None = None,
        examine: bool = False,
        picture: bool = True,
    ) -> ReportFile:
        """The report on ``data`` as of now; see :meth:`ledger.gateway.Reports.make`."""
        from ledger.export.pictures import pictures_of  # OpenCV, which only pictures need

        _short_enough("question", question, MOST_QUESTION)
        _short_enough("name", name, MOST_NAME)
        _short_enough("author", author, MOST_NAME)
        options: dict[str, Any] = {"against": against, "original": original, "examine": examine}
        found = self._ledger.verify(data, policy=policy, pictures=picture, **options)
        if self._heard is not None:
            self._heard(found)
        evidence, notes = self._evidence(found)
        pictures = pictures_of(data, found, self._limits) if picture else {}
        item = item_of(data, _one_line(name) or NAMELESS, self._limits)
        asked = Asked(
            _one_line(question) or DEFAULT_QUESTION,
            item,
            _told(against, original, examine) | ({ASKED_BY: _one_line(author)} if _one_line(author) else {}),
            tools(),
            {},
            notes,
        )
        made = assemble(found, asked, evidence | pictures)
        return self._file(made, format)

    def history(
        self,
        format: HistoryFormat = "csv",  # noqa: A002
        *,
        digest: str | None = None,
        registration: str | None = None,
        registrar: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        kind: str | None = None,
        state: str | None = None,
    ) -> bytes:
        """Every entry that fits the filters, as one file."""
        filters: dict[str, Any] = {"digest": digest, "registration": registration, "registrar": registrar}
        filters |= {"since": since, "until": until, "kind": kind, "state": state}
        return b"".join(export(self._ledger, format, filters))

    def _evidence(self, found: Verification) -> tuple[dict[str, bytes], tuple[str, ...]]:
        """The trust file, and the receipt of a registration that was found; of what cannot be had, why."""
        parts: dict[str, bytes] = {}
        why_none = self._why_no_receipt(found)
        notes = [f"No receipt is enclosed: {why_none}."] if why_none else []
        try:
            if found.registration is not None and not why_none:
                parts[RECEIPT] = self._ledger.receipt(found.registration.registration_id)
            parts[TRUST] = self._ledger.trust().encode()
        except LedgerError as error:
            missing = "trust file" if RECEIPT in parts or why_none else "receipt and no trust file"
            notes.append(f"No {missing} is enclosed: {error} ({error.code}).")
        return parts, tuple(notes)

    def _why_no_receipt(self, found: Verification) -> str:
        if found.registration is None:
            return "no registration was found"
        return "" if self._receipts else _NOT_TO_YOU

    def _file(self, made: Made, wanted: ReportFormat) -> ReportFile:
        report = made.report
        said = (made.identity, report.verdict, report.accepted, report.opinion.answer)
        if wanted == "dossier":
            return ReportFile(pack(made.parts, made.identity, self._registrar, self._sign), wanted, *said)
        return ReportFile(made.parts[PDF if wanted == "pdf" else REPORT], wanted, *said)


def assemble(found: Verification, asked: Asked, evidence: Mapping[str, bytes]) -> Made:
    """The report on a verification with its parts: pure, and the same input gives the same bytes.

    Everything goes through its canonical JSON first, as whoever checks the dossier will read it. ``evidence`` holds
    receipt, trust file and pictures by name; its digests become ``asked.enclosures``.
    """
    from ledger.export.pdf import pdf_of  # reportlab takes half a second

    answered = canonical(plain(found))
    enclosures = digests({VERIFICATION: answered, **evidence})
    read = Verification.model_validate_json(answered)
    report = report_of(read, asked_from(_normal(asked, enclosures)))
    written = dump(report)
    identity = report_id(written)
    parts = {REPORT: written, VERIFICATION: answered, README: readme(report, identity), **evidence}
    return Made(report, identity, {**parts, PDF: pdf_of(report, evidence)})


def asked_from(value: Mapping[str, Any]) -> Asked:
    """What a report depends on beside the verification, read from the report's JSON. KeyError or TypeError if it is
    not there."""
    item = value["item"]
    held = Item(str(item["name"]), int(item["bytes"]), dict(item["digests"]), dict(item["facts"]))
    options, used, enclosures = (dict(value[name]) for name in ("options", "tools", "enclosures"))
    return Asked(str(value["question"]), held, options, used, enclosures, tuple(map(str, value["notes"])))


def item_of(data: bytes, name: str, limits: Limits) -> Item:
    """The file under that name, with its digests but those that show what it looks like."""
    try:
        made = digest_set(data, limits)
    except InputError:
        return Item(name, len(data), {"file/1": digest_file(data)}, {})
    shown = {each: digest for each, digest in made.digests.items() if each not in UNDISCLOSED}
    facts = {each: value for each, value in made.facts.items() if not each.startswith("view")}
    return Item(name, len(data), shown, facts)


def tools() -> dict[str, str]:
    """The programs that a report's bytes depend on, by version."""
    from reportlab import Version

    return {"medseal": __version__, "reportlab": str(Version), "zlib": zlib.ZLIB_RUNTIME_VERSION}


def _normal(asked: Asked, enclosures: Mapping[str, str]) -> dict[str, Any]:
    written = {
        "question": asked.question,
        "item": vars(asked.item),
        "options": asked.options,
        "tools": asked.tools,
        "enclosures": enclosures,
        "notes": asked.notes,
    }
    read: dict[str, Any] = json.loads(canonical(written))
    return read


def _told(against: str | None, original: bytes | None, examine: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"examine": examine}
    if against is not None:
        told["against"] = against
    if original is not None:
        told["original"] = digest_file(original)
    return told


def _one_line(text: str) -> str:
    """A caller's text in one line: it must not look like a section of the report."""
    return " ".join(text.split())


def _short_enough(field: str, text: str, most: int) -> None:
    if len(text) > most:
        raise InputError(f"expected a {field} of at most {most} characters, found {len(text)}", code="text_too_long")
