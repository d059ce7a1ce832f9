"""A dossier is checked without its ledger: it holds as made, and each part that was changed is named."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pypdf import PdfReader

from ledger.core.entry import canonical
from ledger.core.model import Registrar
from ledger.core.verdict import Status
from ledger.errors import InvalidDossier, InvalidTrust
from ledger.export import remaking
from ledger.export.checking import CheckedDossier, Outcome, check_dossier
from ledger.export.dossier import MANIFEST, SIGNATURE, pack
from ledger.export.model import report_id

Repack = Callable[..., bytes]
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


@pytest.fixture(scope="module")
def dossiers(hospital: Any) -> dict[str, bytes]:
    return {name: hospital.dossier(name) for name in VERDICTS}


@pytest.fixture
def altered(dossiers: dict[str, bytes]) -> bytes:
    return dossiers["patched.jpg"]


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


def test_a_picture_of_endless_sides_is_not_drawn(altered: bytes, resigned: Callable[..., CheckedDossier]):
    parts = parts_of(altered)
    endless = parts["picture.png"][:16] + (1 << 30).to_bytes(4, "big") * 2 + parts["picture.png"][24:]
    report = json.loads(parts["report.json"])
    report["enclosures"]["picture.png"] = sha256(endless).hexdigest()
    found = resigned(picture_png=endless, report_json=canonical(report))
    assert "pixels a side" in failed(found)["PDF"]


def test_its_parts_have_no_times_of_their_own(altered: bytes):
    with zipfile.ZipFile(io.BytesIO(altered)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_parts_are_packed_to_the_same_bytes(altered: bytes, hospital: Any):
    parts = parts_of(altered)
    held = {name: data for name, data in parts.items() if name not in (MANIFEST, SIGNATURE)}
    sign = hospital.service.parts.signing_key.sign
    again = pack(held, report_id(parts["report.json"]), hospital.service.parts.registrar, sign)
    assert again == altered


@pytest.mark.parametrize(
    "name",
    [
        *("report.pdf", "README.txt", "picture.png", "changed.png", "changed-mask.png", "traces.png"),
        *("traces-heatmap.png", "traces-mask.png", "traces-ela.png", "receipt.json", "trust.json"),
    ],
)
def test_a_part_that_was_changed_is_named(altered: bytes, repacked: Repack, hospital: Any, name: str):
    changed = parts_of(altered)[name] + b" "
    found = check_dossier(repacked(altered, **{name.replace(".", "_"): changed}), trust=hospital.trust())
    assert found.outcome is Outcome.BROKEN
    assert found.exit_code == 1
    assert f"{name} was changed" in failed(found)["parts"]


@pytest.mark.parametrize("name", ["report.json", "verification.json"])
def test_a_changed_report_or_verification_is_named(altered: bytes, repacked: Repack, hospital: Any, name: str):
    value = json.loads(parts_of(altered)[name]) | {"reason": "nothing to see"}
    found = check_dossier(repacked(altered, **{name.replace(".", "_"): canonical(value)}), trust=hospital.trust())
    assert f"{name} was changed" in failed(found)["parts"]
    assert "does not follow" in failed(found)["report"]


@pytest.mark.parametrize("name", ["README.txt", "picture.png", "receipt.json", "trust.json"])
def test_a_part_that_was_taken_out_is_named(altered: bytes, repacked: Repack, hospital: Any, name: str):
    found = check_dossier(repacked(altered, **{name.replace(".", "_"): None}), trust=hospital.trust())
    assert f"{name} is missing" in failed(found)["parts"]


def test_a_part_that_was_put_in_is_named(dossiers: dict[str, bytes], repacked: Repack, hospital: Any):
    found = check_dossier(repacked(dossiers["broken.png"], changed_png=b"x"), trust=hospital.trust())
    assert "changed.png is not in the manifest" in failed(found)["parts"]


def test_without_a_signature_nobody_vouches(altered: bytes, repacked: Repack, hospital: Any):
    found = check_dossier(repacked(altered, signature_json=None), trust=hospital.trust())
    assert "missing" in failed(found)["signature"]


def reworked(dossier: bytes, sign: Any, registrar: Any, **changes: bytes) -> bytes:
    """The dossier with parts changed and everything that binds them made anew, as somebody who knows how would do."""
    parts = {name: data for name, data in parts_of(dossier).items() if name not in (MANIFEST, SIGNATURE)}
    parts |= {name.replace("_", "."): data for name, data in changes.items()}
    return pack(parts, report_id(parts["report.json"]), registrar, sign)


def a_stranger() -> tuple[Any, bytes]:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return key.sign, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def test_a_dossier_signed_by_a_stranger_is_broken(altered: bytes, hospital: Any):
    sign, public = a_stranger()
    mine = hospital.service.parts.registrar
    stranger = Registrar(mine.id, mine.name, public.hex(), mine.created_at)
    found = check_dossier(reworked(altered, sign, stranger), trust=hospital.trust())
    assert "does not name the registrar and key" in failed(found)["signature"]


def test_another_hospitals_trust_file_does_not_vouch(altered: bytes, hospital: Any):
    trust = json.loads(hospital.trust())
    trust["registrars"] = []
    found = check_dossier(altered, trust=json.dumps(trust).encode())
    assert set(failed(found)) == {"signature", "registration"}


def test_a_key_that_was_compromised_vouches_for_nothing(altered: bytes, hospital: Any):
    trust = json.loads(hospital.trust())
    trust["registrars"][0]["keys"][0]["compromised_since"] = "2026-01-01T00:00:00.000Z"
    found = check_dossier(altered, trust=json.dumps(trust).encode())
    assert "compromised" in failed(found)["signature"]


def test_a_key_that_came_into_use_later_vouches_for_nothing(altered: bytes, hospital: Any):
    trust = json.loads(hospital.trust())
    trust["registrars"][0]["keys"][0]["since"] = "2999-01-01T00:00:00.000Z"
    found = check_dossier(altered, trust=json.dumps(trust).encode())
    assert "not in use" in failed(found)["signature"]


@pytest.fixture
def resigned(altered: bytes, hospital: Any) -> Callable[..., CheckedDossier]:
    """Checks the dossier with parts changed by somebody who has the hospital's own key."""
    parts = hospital.service.parts

    def check(**changes: bytes) -> CheckedDossier:
        made = reworked(altered, parts.signing_key.sign, parts.registrar, **changes)
        return check_dossier(made, trust=hospital.trust())

    return check


def test_a_verdict_that_the_checks_do_not_decide_is_found(altered: bytes, resigned: Callable[..., CheckedDossier]):
    value = json.loads(parts_of(altered)["verification.json"])
    found = resigned(verification_json=canonical(value | {"verdict": "authentic", "accepted": True}))
    assert failed(found)["verdict"] == "the checks decide altered, the verification says authentic"


def test_a_report_that_does_not_follow_is_found(altered: bytes, resigned: Callable[..., CheckedDossier]):
    value = json.loads(parts_of(altered)["report.json"])
    value["opinion"]["answer"] = "no-trace-found"
    assert "report" in failed(resigned(report_json=canonical(value)))


def test_a_pdf_of_another_report_is_found(
    dossiers: dict[str, bytes], altered: bytes, resigned: Callable[..., CheckedDossier]
):
    other = parts_of(dossiers["CT_small.dcm"])["report.pdf"]
    assert failed(resigned(report_pdf=other)) == {"PDF": "report.pdf does not follow from report.json"}


def test_a_picture_that_the_report_does_not_list_is_found(resigned: Callable[..., CheckedDossier], altered: bytes):
    found = resigned(picture_png=parts_of(altered)["changed.png"])
    assert "are not those that the report lists" in failed(found)["PDF"]


def test_the_receipt_of_another_registration_is_found(
    dossiers: dict[str, bytes], resigned: Callable[..., CheckedDossier]
):
    other = parts_of(dossiers["CT_small.dcm"])["receipt.json"]
    assert "another registration" in failed(resigned(receipt_json=other))["receipt"]


def test_an_identity_that_the_receipt_does_not_open_is_found(hospital: Any, dossiers: dict[str, bytes]):
    """Who says of another file that it is the registered one is contradicted by the receipt itself."""
    genuine = dossiers["CT_small.dcm"]
    report = json.loads(parts_of(genuine)["report.json"])
    report["item"]["digests"]["file/1"] = "sha256:" + "00" * 32
    parts = hospital.service.parts
    made = reworked(genuine, parts.signing_key.sign, parts.registrar, report_json=canonical(report))
    found = check_dossier(made, trust=hospital.trust())
    assert "its file/1 is not the receipt's" in failed(found)["receipt"]


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


def test_a_fact_that_was_changed_is_found_whatever_the_version(
    altered: bytes, resigned: Callable[..., CheckedDossier], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(remaking, "tools", lambda: {"medseal": "99.0"})
    value = json.loads(parts_of(altered)["report.json"])
    value["examinations"][9]["status"] = "passed"
    assert "report" in failed(resigned(report_json=canonical(value)))


def test_what_is_no_dossier_or_no_trust_file_is_refused(altered: bytes, hospital: Any):
    with pytest.raises(InvalidDossier):
        check_dossier(hospital.images["phantom.png"])
    with pytest.raises(InvalidTrust):
        check_dossier(altered, trust=b"{}")


@pytest.mark.parametrize("name", ["verification.json", "report.json", "manifest.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"[" * 100_000])
def test_a_part_of_another_form_is_refused(altered: bytes, repacked: Repack, name: str, content: bytes):
    with pytest.raises(InvalidDossier):
        check_dossier(repacked(altered, **{name.replace(".", "_"): content}))


def test_a_report_of_endless_rows_is_refused(altered: bytes, resigned: Callable[..., CheckedDossier]):
    value = json.loads(parts_of(altered)["report.json"]) | {"notes": ["x"] * 100_000}
    with pytest.raises(InvalidDossier, match="rows"):
        resigned(report_json=canonical(value))


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
