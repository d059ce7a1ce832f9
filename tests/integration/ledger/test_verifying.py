"""Verification over a real ledger: each verdict of the design, and what a check says when it fails."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ledger.core.digests import digest_file, digest_set
from ledger.errors import InputError, NotFound
from ledger.schemas import CheckResult, DigestRegistration, Verification


def check(result: Verification, number: int) -> CheckResult:
    assert [c.number for c in result.checks] == list(range(12))
    return result.checks[number]


@pytest.mark.parametrize("policy", ["clinical", "strict"])
def test_the_registered_file_is_authentic_down_to_the_contract(hospital: Any, policy: str) -> None:
    registration = hospital.anchored(hospital.capture())
    result = hospital.verify(hospital.capture(), policy)
    assert (result.verdict, result.accepted, result.policy) == ("authentic", True, policy)
    assert [c.status for c in result.checks[:8]] == ["passed"] * 8
    assert [c.status for c in result.checks[8:11]] == ["skipped"] * 3
    assert all(c.figures["code"] == "not_needed" for c in result.checks[8:10])
    assert result.registration is not None
    assert result.registration.registration_id == registration.registration_id
    assert result.registration.state == "final"


def test_the_same_slice_in_another_transfer_syntax_is_reencoded_with_one_data_set(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    result = hospital.verify(hospital.resend_as_rle(hospital.capture()), "strict")
    assert (result.verdict, result.accepted) == ("authentic-reencoded", True)
    assert check(result, 1).status == "failed"
    assert check(result, 3).status == "passed"


def test_the_samples_exported_as_png_are_reencoded_and_have_no_data_set_to_compare(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    result = hospital.verify(hospital.export_as_png(hospital.capture()))
    assert (result.verdict, result.accepted) == ("authentic-reencoded", True)
    assert check(result, 3).status == "skipped"


def test_a_changed_patient_name_is_named_and_refused_by_the_strict_policy(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    image = hospital.rename_patient(hospital.capture())
    result = hospital.verify(image)
    assert (result.verdict, result.accepted) == ("authentic-reencoded", True)
    assert check(result, 3).status == "failed"
    changed = check(result, 3).figures["attributes"]
    assert [(a["name"], a["change"]) for a in changed] == [("PatientName", "changed")]
    assert "Else" not in result.model_dump_json()
    assert not hospital.verify(image, "strict").accepted


def test_a_painted_region_is_altered_and_shown_by_its_tiles(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    result = hospital.verify(hospital.tamper_region(hospital.capture(), row=40, column=70, size=8))
    assert (result.verdict, result.accepted) == ("altered", False)
    assert check(result, 2).figures["changed_tiles"] == [[0, 64, 32, 32, 32]]
    assert result.registration is not None
    assert result.registration.registration_id == registration.registration_id


def test_one_changed_sample_of_a_picture_without_identity_is_found_by_its_look_and_shown_by_its_tile(
    hospital: Any,
) -> None:
    registration = hospital.anchored(hospital.picture(1))
    pixels = np.array(Image.open(BytesIO(hospital.picture(1))))
    pixels[3, 90] ^= 1
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    unnamed = hospital.verify(file.getvalue())
    assert (unnamed.verdict, unnamed.change.basis) == ("altered", "tile/1")
    result = hospital.verify(file.getvalue(), against=registration.registration_id)
    assert result.verdict == "altered"
    assert check(result, 2).figures["changed_tiles"] == [[0, 64, 0, 32, 32]]


def test_a_named_registration_that_is_not_there_is_not_found(hospital: Any) -> None:
    with pytest.raises(NotFound):
        hospital.verify(hospital.picture(), against="0" * 32)


def test_a_lossy_copy_is_undetermined_against_a_registration_by_digests_alone(hospital: Any) -> None:
    digests = dict(digest_set(hospital.picture(2)).digests)
    (registration,) = hospital.service.register_digests([DigestRegistration(digests=digests)])
    result = hospital.verify(hospital.picture(2, "JPEG", quality=80), against=registration.registration_id)
    assert result.verdict == "undetermined"
    assert "lossy" in check(result, 2).detail


def test_samples_decoded_from_a_registered_jpeg_are_compared_by_its_fingerprint(hospital: Any) -> None:
    jpeg = hospital.picture(3, "JPEG", quality=90)
    hospital.anchored(jpeg)
    file = BytesIO()
    Image.open(BytesIO(jpeg)).save(file, "PNG")
    result = hospital.verify(file.getvalue())
    assert (result.verdict, result.accepted) == ("authentic-reencoded", False)
    assert (check(result, 2).status, check(result, 9).status) == ("undetermined", "passed")
    assert "decoders differ" in check(result, 2).detail


def test_a_picture_nobody_registered_is_unregistered(hospital: Any) -> None:
    result = hospital.verify(hospital.picture(99))
    assert (result.verdict, result.accepted, result.registration) == ("unregistered", False, None)
    assert "neither forgery nor authenticity" in result.reason


def test_an_unreadable_file_is_undetermined(hospital: Any) -> None:
    result = hospital.verify(hospital.capture()[:3000])
    assert result.verdict == "undetermined"
    assert check(result, 0).status == "failed"


def test_an_empty_file_is_an_input_error(hospital: Any) -> None:
    with pytest.raises(InputError) as caught:
        hospital.verify(b"")
    assert caught.value.code == "empty_file"


def test_before_the_anchor_the_clinical_policy_accepts_and_the_strict_one_waits(hospital: Any) -> None:
    hospital.register(hospital.capture())
    result = hospital.verify(hospital.capture())
    assert (result.verdict, check(result, 4).status, check(result, 5).status) == ("authentic", "skipped", "skipped")
    assert hospital.verify(hospital.capture(), "strict").verdict == "undetermined"


@pytest.mark.parametrize(
    ("kind", "verdict", "standing"),
    [
        ("revoke", "withdrawn", "revoked"),
        ("supersede", "withdrawn", "superseded"),
        ("dispute", "undetermined", "disputed"),
    ],
)
def test_a_statement_changes_the_verdict_and_says_who_when_and_why(
    hospital: Any, kind: str, verdict: str, standing: str
) -> None:
    first = hospital.register(hospital.capture())
    second = hospital.register(hospital.picture())
    hospital.say(kind, first, second if kind == "supersede" else None)
    result = hospital.verify(hospital.capture())
    assert (result.verdict, result.accepted) == (verdict, False)
    assert check(result, 7).figures["state"] == standing
    assert check(result, 7).figures["author"] == "Radiology QA"
    assert "wrong patient" in check(result, 7).detail
    assert result.registration is not None
    assert result.registration.standing == standing


def test_a_file_known_by_its_digest_alone_is_verified_by_it(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    result = hospital.service.verify_digests({"file/1": digest_file(hospital.capture())})
    assert result.verdict == "authentic"
    assert check(result, 0).status == "skipped"


def test_a_record_changed_in_the_database_no_longer_verifies(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    forged = digest_file(hospital.picture())
    for table in ("image_digest", "image"):
        column, where = ("value", "name = 'file/1' AND") if table == "image_digest" else ("file_digest", "")
        hospital.edit_database(
            f"UPDATE {table} SET {column} = ? WHERE {where} id = ?", forged, registration.registration_id
        )
    result = hospital.verify(hospital.picture())
    assert result.verdict == "unregistered"
    assert check(result, 4).status == "failed"
    assert "the store was changed" in check(result, 4).detail


def test_an_entry_changed_in_the_database_no_longer_verifies(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    hospital.edit_database(
        "UPDATE log_entry SET body = CAST(replace(CAST(body AS TEXT), 'register', 'Register') AS BLOB) WHERE id = ?",
        registration.registration_id,
    )
    assert hospital.verify(hospital.capture()).verdict == "unregistered"


def test_a_head_forged_in_the_database_is_not_the_contracts(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    hospital.edit_database("UPDATE batch SET root = zeroblob(32)")
    result = hospital.verify(hospital.capture())
    assert result.verdict == "unregistered"
    assert check(result, 5).status == "failed"
