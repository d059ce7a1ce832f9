"""The PDF: the same bytes each time, and every statement of the report in it."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from ledger.core.verdict import Verdict
from ledger.export.findings import report_of
from ledger.export.model import Asked, dump, report_id
from ledger.export.pdf import pdf_of
from ledger.export.pdf_style import drawable, marked_up
from ledger.schemas import Change, ChangedRegion, Detection, Verification

Verify = Callable[..., Verification]
AGAIN = """
import sys
from ledger.export.pdf import pdf_of
from ledger.export.remaking import remade
parts = {name: open(path, "rb").read() for name, path in (pair.split("=") for pair in sys.argv[1:])}
sys.stdout.buffer.write(pdf_of(remade(parts).report, {}))
"""


def text_of(pdf: bytes) -> str:
    """The words of all pages, whatever lines they were set in."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return re.sub(r"\s+", " ", " ".join(pages))


def images_in(pdf: bytes) -> int:
    return sum(len(page.images) for page in PdfReader(io.BytesIO(pdf)).pages)


def picture(width: int = 64, height: int = 48) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.zeros((height, width), np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def whole(verified: Verify, asked: Asked, changed: Change, detected: Callable[..., Detection]) -> Verification:
    statuses = {1: "failed", 2: "failed", 9: "failed", 10: "failed"}
    return verified("altered", statuses=statuses, change=changed, detection=detected())


def test_the_same_report_gives_the_same_bytes(whole: Verification, asked: Asked):
    pictures = {"picture.png": picture(), "traces.png": picture()}
    assert pdf_of(report_of(whole, asked), pictures) == pdf_of(report_of(whole, asked), pictures)


def test_another_process_writes_the_same_bytes(whole: Verification, asked: Asked, tmp_path):
    from ledger.export.making import assemble

    made = assemble(whole, asked, {})
    names = ("report.json", "verification.json")
    for name in names:
        (tmp_path / name).write_bytes(made.parts[name])
    arguments = [f"{name}={tmp_path / name}" for name in names]
    ran = subprocess.run([sys.executable, "-c", AGAIN, *arguments], capture_output=True, check=True)
    assert ran.stdout == made.parts["report.pdf"]


def test_another_report_gives_other_bytes(whole: Verification, asked: Asked):
    other = replace(asked, question="Another question?")
    assert pdf_of(report_of(whole, asked), {}) != pdf_of(report_of(whole, other), {})


def test_the_heat_map_of_a_detector_that_cannot_tell_is_not_printed(
    verified: Verify, asked: Asked, detected: Callable[..., Detection]
):
    found = verified("undetermined", statuses={10: "undetermined"}, detection=detected(band="inconclusive"))
    shown, without = {"picture.png": picture(), "traces.png": picture(80, 80)}, {"picture.png": picture()}
    pdf = pdf_of(report_of(found, asked), shown)
    words = text_of(pdf)
    assert "The forgery detector cannot tell. Its heat map shows where it looked, which is no finding" in words
    assert "yellow to red as suspicion rises" not in words
    assert images_in(pdf) == images_in(pdf_of(report_of(found, asked), without)) == 1


def test_the_area_of_a_detector_that_cannot_tell_is_no_figure(
    verified: Verify, asked: Asked, detected: Callable[..., Detection]
):
    for band, status, there in (("inconclusive", "undetermined", False), ("altered", "failed", True)):
        found = verified("undetermined", statuses={10: status}, detection=detected(band=band))
        (examined,) = [one for one in report_of(found, asked).examinations if one.number == 10]
        assert ("area_percent" in examined.figures) is there


def test_every_page_has_the_reports_id_and_its_number(whole: Verification, asked: Asked):
    report = report_of(whole, asked)
    pages = PdfReader(io.BytesIO(pdf_of(report, {}))).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        said = page.extract_text()
        assert f"Report {report_id(dump(report))}" in said
        assert f"Page {number} of {len(pages)}" in said


def test_it_says_verdict_opinion_question_and_propositions(whole: Verification, asked: Asked):
    said = text_of(pdf_of(report_of(whole, asked), {}))
    assert "Support for alteration" in said
    assert "Verdict of the ledger: altered, not accepted under the policy clinical" in said
    assert "Was it altered?" in said
    assert "Proposition 1" in said
    assert "Proposition 2" in said


def test_it_says_every_statement_of_the_report(whole: Verification, asked: Asked):
    report = report_of(whole, asked)
    said = text_of(pdf_of(report, {}))
    statements = [*report.limits, *report.opinion.reservations, *report.propositions, report.opinion.grounds]
    statements += [text for each in report.examinations for text in (each.method, each.shows, each.cannot_show)]
    statements += [text for one in report.findings for text in (one.text, one.meaning, one.limits)]
    statements += [command for _, command in report.repeat]
    for statement in statements:
        assert re.sub(r"\s+", " ", statement) in said, statement


def test_it_says_that_authentic_is_never_the_detectors_word(verified: Verify, asked: Asked):
    for verdict in Verdict:
        said = text_of(pdf_of(report_of(verified(verdict.value), asked), {}))
        assert "The forgery detector alone never supports the answer “authentic”" in said


def test_it_says_the_error_rates_with_their_intervals(whole: Verification, asked: Asked):
    said = text_of(pdf_of(report_of(whole, asked), {}))
    assert "Pristine pictures called altered (false alarms) 5.0 % 1.9 % to 10.6 % 120" in said
    assert "AUC; 0.5 is guessing): 0.63, 95 % interval 0.55 to 0.70" in said


def test_it_says_what_was_counted_by_modality(verified: Verify, detected: Any, counted: Any, asked: Asked):
    found = detected(modality="MR", by_modality=[counted("MRI brain", "MR")], by_modality_note="Counted on 80.")
    said = text_of(pdf_of(report_of(verified("suspect", detection=found), asked), {}))
    assert "The item states the modality MR. Counted on 80." in said
    assert "MRI brain 2 of 40 [1 to 17 %] 10 of 40 [13 to 41 %] 0.70 [0.60 to 0.80]" in said


def test_it_names_weights_digests_and_enclosures(whole: Verification, asked: Asked):
    said = text_of(pdf_of(report_of(whole, asked), {}))
    for digest in ("77" * 32, "33" * 32, "sha256:" + "ab" * 32):
        assert digest in said


def test_pictures_are_drawn_when_they_are_given(whole: Verification, asked: Asked):
    def drawn(pictures: dict[str, bytes]) -> int:
        reader = PdfReader(io.BytesIO(pdf_of(report_of(whole, asked), pictures)))
        return sum(len(page.images) for page in reader.pages)

    assert drawn({}) == 0
    assert drawn({"picture.png": picture(), "changed.png": picture(900, 30)}) == 2


def test_a_long_text_breaks_across_pages(whole: Verification, asked: Asked):
    long = whole.model_copy(update={"reason": "word " * 3000})
    assert len(PdfReader(io.BytesIO(pdf_of(report_of(long, asked), {}))).pages) > 4


def test_many_regions_are_counted_and_not_all_drawn(verified: Verify, asked: Asked, changed: Change):
    regions = [ChangedRegion(x=at, y=0, w=1, h=1, area_percent=0.1) for at in range(300)]
    many = verified("altered", change=changed.model_copy(update={"regions": regions}))
    assert "280 more regions stand in report.json" in text_of(pdf_of(report_of(many, asked), {}))


def test_markup_in_a_text_is_text(verified: Verify, asked: Asked):
    named = replace(asked, item=replace(asked.item, name="<b>bold</b> & <img src='x'/>"))
    assert "<b>bold</b> & <img src='x'/>" in text_of(pdf_of(report_of(verified(), named), {}))


def test_no_character_vanishes():
    assert drawable("Жук \x07\u202e é") == "[U+0416][U+0443][U+043A] [U+0007][U+202E] é"
    assert marked_up("a\nb < c") == "a<br/>b &lt; c"
