"""The golden report: its format, its fields and its words change on purpose or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from ledger.export.findings import plain, report_of
from ledger.export.making import asked_from
from ledger.export.model import dump, report_id
from ledger.schemas import Verification

VECTORS = Path(__file__).parents[2] / "vectors" / "reports"
VERIFICATION = (VECTORS / "verification.json").read_bytes()
REPORT = (VECTORS / "report.json").read_bytes()
FIELDS = {
    "type", "checked_at", "question", "propositions", "item", "options", "verdict", "accepted", "policy", "reason",
    "registration", "examinations", "findings", "change", "opinion", "error_rates", "no_error_rates", "limits",
    "repeat", "tools", "enclosures", "notes",
}  # fmt: skip


def test_the_golden_verification_makes_the_golden_report():
    found = Verification.model_validate_json(VERIFICATION)
    assert dump(report_of(found, asked_from(json.loads(REPORT)))) == REPORT


def test_the_golden_verification_is_written_as_it_was_read():
    from ledger.core.entry import canonical

    assert canonical(plain(Verification.model_validate_json(VERIFICATION))) == VERIFICATION


def test_a_report_of_version_1_has_these_fields():
    report = json.loads(REPORT)
    assert set(report) == FIELDS
    assert report["type"] == "medseal/report/1"


def test_the_golden_reports_id_is_its_digest():
    from hashlib import sha256

    assert report_id(REPORT) == sha256(REPORT).hexdigest()
