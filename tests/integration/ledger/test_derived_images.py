"""Derived images in a whole ledger: found, proven, told of, audited like any other registration."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pydicom
import pytest

from ledger.core.offline import check_receipt
from ledger.core.verdict import CLINICAL
from ledger.errors import Conflict
from ledger.schemas import Derivation, DerivationRequest, Registration

IDENTIFIERS = (
    *("PatientName", "PatientID", "PatientBirthDate", "OtherPatientIDsSequence"),
    *("InstitutionName", "ReferringPhysicianName", "AccessionNumber", "StudyID"),
)


def edited(image: bytes, change: Any) -> bytes:
    data_set = pydicom.dcmread(BytesIO(image))
    change(data_set)
    file = BytesIO()
    data_set.save_as(file)
    return file.getvalue()


def de_identified(image: bytes) -> bytes:
    return edited(image, lambda data_set: [data_set.pop(name, None) for name in IDENTIFIERS])


def cropped(image: bytes) -> bytes:
    def crop(data_set: Any) -> None:
        part = data_set.pixel_array[32:96, 64:128]
        data_set.Rows, data_set.Columns = part.shape
        data_set.PixelData = part.tobytes()

    return edited(image, crop)


def derive(hospital: Any, original: Registration, image: bytes, operation: str) -> Derivation:
    said: Any = {"operation": operation, "reason": "teaching file", "author": "Radiology QA"}
    made = hospital.service.derive(original.registration_id, image, DerivationRequest(**said))
    assert hospital.service.anchor_pending(60)
    return made


@pytest.fixture
def original(hospital: Any) -> Registration:
    return hospital.anchored(hospital.capture())


@pytest.mark.parametrize(("operation", "make"), [("de-identified", de_identified), ("cropped", cropped)])
def test_a_derived_image_is_authentic_and_says_what_it_was_made_from(
    hospital: Any, original: Registration, operation: str, make: Any
) -> None:
    image = make(hospital.capture())
    made = derive(hospital, original, image, operation)
    assert made.checked == "proven"
    found = hospital.verify(image, "strict")
    assert (found.verdict, found.accepted) == ("authentic", True)
    assert f"derived ({operation}, proven) from registration {original.registration_id}" in found.reason
    assert found.registration.registration_id == made.registration.registration_id
    assert found.registration.derived.original == original.registration_id
    assert found.registration.derived.author == "Radiology QA"


@pytest.mark.parametrize("kind", ["revoke", "supersede", "dispute"])
def test_the_standing_of_the_original_is_in_the_reason_and_no_policy_accepts_the_rest(
    hospital: Any, original: Registration, kind: str
) -> None:
    image = cropped(hospital.capture())
    derive(hospital, original, image, "cropped")
    other = hospital.anchored(hospital.picture()) if kind == "supersede" else None
    hospital.say(kind, original, other)
    found = hospital.verify(image)
    assert (found.verdict, found.accepted) == ("authentic", False)
    assert "by Radiology QA: the wrong patient's study" in found.reason
    assert found.checks[7].figures["derived"]["original"] == original.registration_id


def test_a_derived_image_can_be_revoked_itself_and_its_original_stands(hospital: Any, original: Registration) -> None:
    image = cropped(hospital.capture())
    hospital.say("revoke", derive(hospital, original, image, "cropped").registration)
    assert hospital.verify(image).verdict == "withdrawn"
    assert hospital.verify(hospital.capture()).verdict == "authentic"


def test_a_kept_name_is_refused_and_nothing_is_registered(hospital: Any, original: Registration) -> None:
    image = edited(hospital.capture(), lambda data_set: setattr(data_set, "PatientID", "other"))
    with pytest.raises(Conflict, match="PatientName") as raised:
        derive(hospital, original, image, "de-identified")
    assert raised.value.code == "derivation_contradicted"
    assert "CompressedSamples" not in str(raised.value)
    assert hospital.verify(image).registration.registration_id == original.registration_id


def test_a_repainted_image_is_no_de_identified_one(hospital: Any, original: Registration) -> None:
    with pytest.raises(Conflict, match="1 tile differs outside: frame 0, 64,32,32,32"):
        derive(hospital, original, de_identified(hospital.tamper_region(hospital.capture())), "de-identified")


def test_history_shows_the_derivation_with_both_registrations(hospital: Any, original: Registration) -> None:
    made = derive(hospital, original, cropped(hospital.capture()), "cropped").registration
    (entry,) = hospital.service.history(kind="derive").entries
    assert (entry.id, entry.target) == (made.registration_id, original.registration_id)
    assert (entry.operation, entry.checked, entry.reason) == ("cropped", "proven", "teaching file")
    ids = {one.id for one in hospital.service.history(registration=original.registration_id).entries}
    assert ids == {made.registration_id, original.registration_id}
    assert hospital.service.history(digest=made.digests["file/1"]).entries[0].id == made.registration_id


def test_statements_about_the_original_are_not_the_derived_images(hospital: Any, original: Registration) -> None:
    made = derive(hospital, original, cropped(hospital.capture()), "cropped").registration
    hospital.say("dispute", original)
    assert hospital.service.registration(made.registration_id).standing == "in-force"
    assert [one.kind for one in hospital.service.registration(original.registration_id).statements] == ["dispute"]


def test_the_audit_and_the_rebuild_take_derived_images_as_registrations(hospital: Any, original: Registration) -> None:
    made = derive(hospital, original, cropped(hospital.capture()), "cropped").registration
    assert hospital.service.audit().consistent
    assert hospital.service.rebuild().equal
    hospital.edit_database(
        "UPDATE image_digest SET value = ? WHERE id = ? AND name = 'tile/1'", "sha256:" + "0" * 64, made.registration_id
    )
    codes = {difference.code for difference in hospital.service.audit().differences}
    assert "record_differs" in codes


def test_a_derived_image_whose_row_names_another_original_is_noticed(hospital: Any, original: Registration) -> None:
    made = derive(hospital, original, cropped(hospital.capture()), "cropped").registration
    hospital.edit_database("UPDATE log_entry SET target = ? WHERE id = ?", "9" * 32, made.registration_id)
    assert "entry_row_differs" in {difference.code for difference in hospital.service.audit().differences}
    hospital.restart()
    assert original.registration_id in hospital.verify(cropped(hospital.capture())).reason


def test_the_receipt_of_a_derived_image_names_its_origin_offline(hospital: Any, original: Registration) -> None:
    image = cropped(hospital.capture())
    made = derive(hospital, original, image, "cropped").registration
    receipt = hospital.service.receipt(made.registration_id)
    checked = check_receipt(receipt, image, hospital.service.trust().encode(), CLINICAL)
    assert checked.decision.verdict == "authentic"
    assert f"derived (cropped, proven) from registration {original.registration_id}" in checked.decision.reason
    assert json.loads(json.loads(receipt)["entry"])["kind"] == "derive"
