"""A dossier is checked without its ledger: it holds as made, and each part that was changed is named."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pypdf import PdfReader

from ledger.core.verdict import Status
from ledger.errors import ChainUnreachable, InvalidDossier, InvalidTrust
from ledger.export import remaking
from ledger.export.checking import CheckedDossier, Outcome, check_dossier
from ledger.export.dossier import MANIFEST, SIGNATURE, pack
from ledger.export.model import report_id

VERDICTS = {
    "CT_small.dcm": "authentic",
    "ct-reencoded-rle.dcm": "authentic-reencoded",
    "ct-tampered.dcm": "altered",
    "patched.jpg": "altered",
    "withdrawn.png": "withdrawn",
    "never-registered.png": "suspect",
    "broken.png": "undetermined",
}


def parts_of(dossier: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(dossier)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def failed(found: CheckedDossier) -> dict[str, str]:
    return {step.name: step.detail for step in found.steps if step.status is Status.FAILED}


@pytest.mark.parametrize(("name", "verdict"), VERDICTS.items())
def test_a_dossier_of_each_verdict_holds_with_the_trust_file_and_the_image(
    hospital: Any, dossiers: dict[str, bytes], name: str, verdict: str
):
    found = check_dossier(dossiers[name], hospital.images[name], hospital.trust())
    assert (found.outcome, found.verdict, found.trust) == (Outcome.HOLDS, verdict, "given"), failed(found)
    assert found.exit_code == 0
    assert [step.number for step in found.steps] == list(range(9))


@pytest.mark.parametrize("name", VERDICTS)
def test_the_enclosed_trust_file_proves_no_more_than_consistency(dossiers: dict[str, bytes], name: str):
    found = check_dossier(dossiers[name])
    assert (found.outcome, found.trust) == (Outcome.CONSISTENT, "enclosed")
    assert "consistency only" in found.steps[2].detail


@pytest.mark.parametrize("name", VERDICTS)
def test_the_pdf_of_each_verdict_names_it(dossiers: dict[str, bytes], name: str):
    pages = PdfReader(io.BytesIO(parts_of(dossiers[name])["report.pdf"])).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert f"Verdict of the ledger: {VERDICTS[name]}," in text
    assert "alone never supports the answer “authentic”" in text


def test_the_dossier_of_an_altered_copy_has_all_parts(altered: bytes):
    names = ["README.txt", "report.pdf", "report.json", "verification.json", "receipt.json", "trust.json"]
    names += ["picture.png", "changed.png", "changed-mask.png", "traces.png", "traces-heatmap.png", "traces-mask.png"]
    assert list(parts_of(altered)) == [*names, "traces-ela.png", MANIFEST, SIGNATURE]


def test_a_dossier_without_pictures_shows_nothing_of_the_item(hospital: Any):
    made = hospital.dossier("patched.jpg", picture=False)
    assert not [name for name in parts_of(made) if name.endswith(".png")]
    assert check_dossier(made, hospital.images["patched.jpg"], hospital.trust()).outcome is Outcome.HOLDS


def test_the_mask_of_a_large_picture_is_as_large_as_it_and_the_dossier_holds(hospital: Any):
    original = np.random.default_rng(9).integers(0, 255, (64, 4200), np.uint8)
    changed = original.copy()
    changed[10:40, 100:160] = 0
    files = [bytes(cv2.imencode(".png", samples)[1]) for samples in (original, changed)]
    hospital.service.register(files[0])
    assert hospital.service.anchor_pending(60)
    made = hospital.service.reports.make(files[1], original=files[0]).content
    parts = parts_of(made)
    mask = cv2.imdecode(np.frombuffer(parts["changed-mask.png"], np.uint8), cv2.IMREAD_GRAYSCALE)
    assert mask.shape == (64, 4200)
    assert check_dossier(made, files[1], hospital.trust()).outcome is Outcome.HOLDS


def test_its_parts_have_no_times_of_their_own(altered: bytes):
    with zipfile.ZipFile(io.BytesIO(altered)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_parts_are_packed_to_the_same_bytes(altered: bytes, hospital: Any):
    parts = parts_of(altered)
    held = {name: data for name, data in parts.items() if name not in (MANIFEST, SIGNATURE)}
    sign = hospital.service.parts.signing_key.sign
    again = pack(held, report_id(parts["report.json"]), hospital.service.parts.registrar, sign)
    assert again == altered


def test_another_image_is_not_the_examined_one(altered: bytes, hospital: Any):
    found = check_dossier(altered, hospital.images["phantom.png"], hospital.trust())
    assert "file/1 differs" in failed(found)["image"]


def test_a_block_that_the_verifier_does_not_pin_leaves_it_undetermined(altered: bytes, hospital: Any):
    trust = json.loads(hospital.trust()) | {"blocks": []}
    found = check_dossier(altered, trust=json.dumps(trust).encode())
    assert (found.outcome, found.exit_code) == (Outcome.UNDETERMINED, 3)
    assert "does not pin block" in found.steps[6].detail


def test_a_dossier_of_another_version_holds_by_its_facts(
    altered: bytes, hospital: Any, monkeypatch: pytest.MonkeyPatch
):
    newer = {"medseal": "99.0", "reportlab": "99.0", "zlib": "99.0"}
    monkeypatch.setattr(remaking, "tools", lambda: newer)
    monkeypatch.setattr("ledger.export.opinion.NEVER", "Other words.")
    found = check_dossier(altered, trust=hospital.trust())
    assert found.outcome is Outcome.HOLDS, failed(found)
    assert "not of this one" in found.steps[4].detail
    assert found.steps[5].status is Status.SKIPPED


def test_what_is_no_dossier_or_no_trust_file_is_refused(altered: bytes, hospital: Any):
    with pytest.raises(InvalidDossier):
        check_dossier(hospital.images["phantom.png"])
    with pytest.raises(InvalidTrust):
        check_dossier(altered, trust=b"{}")


@pytest.mark.parametrize(("part", "missing"), [("trust", "trust.json"), ("receipt", "receipt.json")])
def test_evidence_that_cannot_be_had_is_said_to_be_missing_and_leaves_it_undetermined(
    hospital: Any, monkeypatch: pytest.MonkeyPatch, part: str, missing: str
):
    def silent(*_asked: object) -> None:
        raise ChainUnreachable("the node does not answer")

    trust = hospital.trust()
    monkeypatch.setattr(hospital.service, part, silent)
    made = hospital.dossier("CT_small.dcm")
    report = json.loads(parts_of(made)["report.json"])
    assert missing not in report["enclosures"]
    assert "the node does not answer (chain_unreachable)" in report["notes"][0]
    assert check_dossier(made).outcome is Outcome.UNDETERMINED
    expected = Outcome.HOLDS if part == "trust" else Outcome.UNDETERMINED
    assert check_dossier(made, trust=trust).outcome is expected


OFFLINE = """
import socket, sys
class Closed(socket.socket):
    def __init__(self, *args, **options):
        raise AssertionError("a socket was opened")
socket.socket = Closed
socket.create_connection = socket.getaddrinfo = None
from ledger.cli import main
sys.argv = ["medseal", "report", "verify", *sys.argv[1:]]
main()
"""


def test_the_check_opens_no_socket(altered: bytes, hospital: Any, tmp_path: Path):
    for name, data in {"d.zip": altered, "i.jpg": hospital.images["patched.jpg"], "t.json": hospital.trust()}.items():
        (tmp_path / name).write_bytes(data)
    words = ["d.zip", "i.jpg", "--trust", "t.json"]
    ran = subprocess.run([sys.executable, "-c", OFFLINE, *words], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "HOLDS" in ran.stdout
