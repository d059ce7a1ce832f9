"""Each part of a dossier that was changed is named, and each lie in it is found, whoever signed it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.core.entry import canonical
from ledger.core.model import Registrar
from ledger.core.verdict import Status
from ledger.errors import InvalidDossier
from ledger.export import remaking
from ledger.export.checking import CheckedDossier, Outcome, check_dossier
from ledger.export.dossier import MANIFEST, SIGNATURE, pack
from ledger.export.model import report_id

Repack = Callable[..., bytes]


def parts_of(dossier: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(dossier)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def failed(found: CheckedDossier) -> dict[str, str]:
    return {step.name: step.detail for step in found.steps if step.status is Status.FAILED}


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


def test_a_fact_that_was_changed_is_found_whatever_the_version(
    altered: bytes, resigned: Callable[..., CheckedDossier], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(remaking, "tools", lambda: {"medseal": "99.0"})
    value = json.loads(parts_of(altered)["report.json"])
    value["examinations"][9]["status"] = "passed"
    assert "report" in failed(resigned(report_json=canonical(value)))


@pytest.mark.parametrize("name", ["verification.json", "report.json", "manifest.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"[" * 100_000])
def test_a_part_of_another_form_is_refused(altered: bytes, repacked: Repack, name: str, content: bytes):
    with pytest.raises(InvalidDossier):
        check_dossier(repacked(altered, **{name.replace(".", "_"): content}))


def test_a_report_of_endless_rows_is_refused(altered: bytes, resigned: Callable[..., CheckedDossier]):
    value = json.loads(parts_of(altered)["report.json"]) | {"notes": ["x"] * 100_000}
    with pytest.raises(InvalidDossier, match="rows"):
        resigned(report_json=canonical(value))


def test_a_picture_of_endless_sides_is_not_drawn(altered: bytes, resigned: Callable[..., CheckedDossier]):
    parts = parts_of(altered)
    endless = parts["picture.png"][:16] + (1 << 30).to_bytes(4, "big") * 2 + parts["picture.png"][24:]
    report = json.loads(parts["report.json"])
    report["enclosures"]["picture.png"] = sha256(endless).hexdigest()
    found = resigned(picture_png=endless, report_json=canonical(report))
    assert "pixels a side" in failed(found)["PDF"]
