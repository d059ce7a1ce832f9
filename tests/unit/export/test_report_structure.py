"""The file's structure in a report: listed under the examinations, and no ground of the opinion."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pypdf import PdfReader
from structured import dicom, put

from detector.structure import inspect
from ledger.errors import InvalidDossier
from ledger.export.findings import plain, report_of
from ledger.export.model import Asked, dump
from ledger.export.pdf import pdf_of
from ledger.export.remaking import remade, same_facts
from ledger.schemas import Structure, Verification

Verify = Callable[..., Verification]


@pytest.fixture
def structure() -> Structure:
    """What the rules say of a picture whose header names an editor and another modality."""
    return Structure.model_validate(inspect(dicom(put(SoftwareVersions="GIMP 2.10", Modality="MR"))))


def as_plain(report: bytes) -> Mapping[str, Any]:
    values: Mapping[str, Any] = json.loads(report)
    return values


def test_the_pdf_lists_each_finding_with_its_innocent_explanation(
    verified: Verify, asked: Asked, structure: Structure
) -> None:
    pages = PdfReader(io.BytesIO(pdf_of(report_of(verified(structure=structure), asked), {}))).pages
    said = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))
    assert "File structure (asked with examination 10)" in said
    assert "names GIMP, a picture editor" in said
    assert said.index("File structure") < said.index("6 Opinion")
    assert len(structure.findings) == 2


def test_the_opinion_is_the_same_with_and_without(verified: Verify, asked: Asked, structure: Structure) -> None:
    first, second = report_of(verified(structure=structure), asked), report_of(verified(), asked)
    assert first.opinion == second.opinion
    assert first.findings == second.findings


def test_a_report_without_it_is_written_as_before_there_were_rules(verified: Verify, asked: Asked) -> None:
    assert "structure" not in as_plain(dump(report_of(verified(), asked)))
    assert "structure" not in plain(verified())


def test_a_report_that_says_other_findings_has_other_facts(
    verified: Verify, asked: Asked, structure: Structure
) -> None:
    made = report_of(verified(structure=structure), asked)
    enclosed = dict(as_plain(dump(made)))
    assert same_facts(made, enclosed)
    fewer = dict(enclosed, structure=dict(enclosed["structure"], findings=[]))
    assert not same_facts(made, fewer)


def test_a_dossier_with_endless_findings_is_refused(verified: Verify, asked: Asked, structure: Structure) -> None:
    endless = structure.model_copy(update={"findings": structure.findings * 200})
    found = verified(structure=endless)
    parts = {"verification.json": json.dumps(plain(found)).encode(), "report.json": dump(report_of(found, asked))}
    with pytest.raises(InvalidDossier, match="rows"):
        remade(parts)
