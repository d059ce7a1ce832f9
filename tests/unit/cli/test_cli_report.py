"""medseal report, medseal report verify and medseal history --export."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from pypdf import PdfReader

Run = Callable[..., Any]


@pytest.fixture
def trust(run: Run, tmp_path: Path) -> Path:
    """The trust file that the verifier pins."""
    path = tmp_path / "pinned.json"
    assert run("trust", "--out", path).code == 0
    return path


def test_a_file_alone_gets_a_dossier_in_this_folder(
    run: Run, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    ran = run("report", images / "CT_small.dcm")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("AUTHENTIC")
    assert "no trace of alteration found" in ran.out
    (made,) = tmp_path.iterdir()
    assert made.name.startswith("medseal-report-")
    assert made.name.endswith(".dossier.zip")
    assert "report.pdf" in zipfile.ZipFile(made).namelist()


@pytest.mark.parametrize(("name", "begins"), [("r.pdf", b"%PDF"), ("r.zip", b"PK"), ("r.JSON", b"{")])
def test_the_end_of_the_name_says_the_format(run: Run, images: Path, tmp_path: Path, name: str, begins: bytes):
    out = tmp_path / name
    assert run("report", images / "CT_small.dcm", "--out", out).code == 0
    assert out.read_bytes().startswith(begins)


def test_another_end_needs_a_format(run: Run, images: Path, tmp_path: Path):
    ran = run("report", images / "CT_small.dcm", "--out", tmp_path / "report.txt")
    assert ran.code == 2
    assert ".pdf, .zip, .json" in ran.err
    assert run("report", images / "CT_small.dcm", "--out", tmp_path / "report.txt", "--format", "pdf").code == 0


def test_options_may_come_before_the_file(run: Run, images: Path, tmp_path: Path):
    assert run("report", "--out", tmp_path / "r.pdf", images / "CT_small.dcm").code == 0


@pytest.mark.parametrize(
    ("name", "code", "verdict"),
    [
        ("CT_small.dcm", 0, "authentic"),
        ("ct-tampered.dcm", 1, "altered"),
        ("truncated.png", 3, "undetermined"),
        ("never-registered.png", 1, "unregistered"),
    ],
)
def test_the_exit_code_is_the_verdicts(run: Run, images: Path, tmp_path: Path, name: str, code: int, verdict: str):
    ran = run("report", images / name, "--out", tmp_path / "r.json", "--json")
    assert (ran.code, ran.line["verdict"]) == (code, verdict)
    assert ran.line["written"] == str(tmp_path / "r.json")


def test_the_report_says_what_was_asked(run: Run, images: Path, tmp_path: Path):
    options = ("--question", "Slice 17?", "--name", "exhibit A", "--policy", "strict", "--no-picture")
    options += ("--author", "Dr. A. Example")
    assert run("report", images / "CT_small.dcm", "--out", tmp_path / "r.json", *options).code == 0
    report = json.loads((tmp_path / "r.json").read_bytes())
    assert (report["question"], report["item"]["name"], report["policy"]) == ("Slice 17?", "exhibit A", "strict")
    assert report["options"]["asked_by"] == "Dr. A. Example"
    assert "picture.png" not in report["enclosures"]


def test_the_pdf_calls_the_item_by_its_files_name(run: Run, images: Path, tmp_path: Path):
    run("report", images / "ct-tampered.dcm", "--out", tmp_path / "r.pdf")
    text = PdfReader(tmp_path / "r.pdf").pages[0].extract_text()
    assert "ct-tampered.dcm" in text
    assert "Support for alteration" in text


def test_the_image_itself_is_not_overwritten(run: Run, images: Path, tmp_path: Path):
    image = tmp_path / "image.zip"
    image.write_bytes((images / "phantom.png").read_bytes())
    ran = run("report", image, "--out", image)
    assert ran.code == 2
    assert image.read_bytes() == (images / "phantom.png").read_bytes()


@pytest.fixture
def dossier(run: Run, images: Path, tmp_path: Path) -> Path:
    assert run("report", images / "CT_small.dcm", "--out", tmp_path / "d.zip").code == 0
    return tmp_path / "d.zip"


def test_a_dossier_holds_with_the_verifiers_own_trust_file(run_bare: Run, dossier: Path, images: Path, trust: Path):
    ran = run_bare("report", "verify", dossier, images / "CT_small.dcm", "--trust", trust)
    assert ran.code == 0, ran.out
    assert "HOLDS" in ran.out
    assert "trust file  given" in ran.out


def test_without_one_it_is_said_to_be_consistent_only(run_bare: Run, dossier: Path):
    ran = run_bare("report", "verify", dossier)
    assert ran.code == 0
    assert "CONSISTENT" in ran.out
    assert "does not say who made it" in " ".join(ran.out.replace("│", " ").split())


def test_another_image_is_said_to_be_another_and_the_dossier_to_hold(
    run_bare: Run, dossier: Path, images: Path, trust: Path
):
    ran = run_bare("report", "verify", dossier, images / "phantom.png", "--trust", trust, "--json")
    assert (ran.code, ran.line["outcome"], ran.line["itself"]) == (4, "other-image", "holds")
    assert [check["status"] for check in ran.line["checks"]][8] == "failed"
    words = " ".join(run_bare("report", "verify", dossier, images / "phantom.png").out.replace("│", " ").split())
    assert "OTHER IMAGE" in words
    assert "BROKEN" not in words
    assert "not the one that was examined" in words
    assert "the dossier by itself: consistent" in words


def test_a_verifier_who_pins_no_block_gets_no_yes(run_bare: Run, dossier: Path, trust: Path, tmp_path: Path):
    unpinned = tmp_path / "trust.json"
    unpinned.write_text(json.dumps(json.loads(trust.read_text()) | {"blocks": []}))
    ran = run_bare("report", "verify", dossier, "--trust", unpinned, "--json")
    assert (ran.code, ran.line["outcome"]) == (3, "undetermined")


def test_what_is_no_dossier_is_bad_input(run_bare: Run, images: Path):
    ran = run_bare("report", "verify", images / "phantom.png")
    assert ran.code == 2
    assert "invalid_dossier" in ran.err


@pytest.mark.parametrize("name", ["h.csv", "h.jsonl", "h.fhir.json", "h.fhir-r5.json"])
def test_the_history_is_exported_by_the_end_of_the_name(
    run: Run, registered: dict[str, Any], tmp_path: Path, name: str
):
    ran = run("history", "--export", tmp_path / name, "--json")
    assert ran.code == 0, ran.err
    assert ran.line["entries"] >= 3
    written = (tmp_path / name).read_bytes()
    assert registered["ct"]["registration_id"].encode() in written


def test_an_export_takes_the_filters_and_no_limit(run: Run, registered: dict[str, Any], tmp_path: Path):
    out = tmp_path / "h.csv"
    assert run("history", "--kind", "register", "--limit", 1, "--export", out).code == 0
    kinds = [row["kind"] for row in csv.DictReader(io.StringIO(out.read_text(), newline=""))]
    assert len(kinds) >= 2
    assert set(kinds) == {"register"}


def test_the_fhir_export_is_a_bundle(run: Run, tmp_path: Path):
    run("history", "--export", tmp_path / "h.fhir.json")
    Bundle.model_validate_json((tmp_path / "h.fhir.json").read_bytes())


def test_an_export_of_another_kind_names_the_kinds(run: Run, tmp_path: Path):
    ran = run("history", "--export", tmp_path / "h.xlsx")
    assert ran.code == 2
    assert ".fhir.json" in ran.err
    assert not list(tmp_path.iterdir())
