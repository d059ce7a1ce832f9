"""What somebody with the database can do, and what verification makes of it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ledger.core.digests import digest_set
from ledger.errors import Conflict
from ledger.schemas import CheckResult, DigestRegistration, Verification


def check(result: Verification, number: int) -> CheckResult:
    return result.checks[number]


HIDING = [
    "UPDATE log_entry SET target = NULL WHERE kind = 'revoke'",
    "UPDATE log_entry SET kind = 'register' WHERE kind = 'revoke'",
    "UPDATE log_entry SET target = '00000000000000000000000000000000' WHERE kind = 'revoke'",
]


@pytest.mark.parametrize("edit", HIDING)
def test_a_revocation_cannot_be_hidden_by_editing_its_row(hospital: Any, edit: str) -> None:
    registration = hospital.anchored(hospital.capture())
    hospital.say("revoke", registration)
    assert hospital.service.anchor_pending(60)
    assert hospital.edit_database(edit) == 1
    hospital.restart()
    assert hospital.verify(hospital.capture(), "strict").verdict == "withdrawn"


def test_a_revocation_that_was_taken_out_of_the_records_leaves_the_verdict_undetermined(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    hospital.say("revoke", registration)
    assert hospital.service.anchor_pending(60)
    hospital.edit_database("DELETE FROM log_entry WHERE kind = 'revoke'")
    hospital.edit_database("UPDATE log SET size = size - 1")
    hospital.restart()
    result = hospital.verify(hospital.capture())
    assert (result.verdict, check(result, 7).status) == ("undetermined", "undetermined")
    assert "the contract counts 3 entries" in check(result, 7).detail


def test_a_revocation_replaced_in_the_records_leaves_the_verdict_undetermined(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    hospital.say("revoke", registration)
    assert hospital.service.anchor_pending(60)
    hospital.edit_database(
        "UPDATE log_entry SET body = (SELECT body FROM log_entry WHERE kind = 'genesis') WHERE kind = 'revoke'"
    )
    hospital.restart()
    result = hospital.verify(hospital.capture())
    assert check(result, 7).detail.endswith("run medseal audit")
    assert result.verdict == "undetermined"


def test_the_block_is_the_chains_word_and_not_the_records(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    hospital.edit_database("UPDATE batch SET block_number = 1")
    result = hospital.verify(hospital.capture(), "strict")
    assert (result.verdict, check(result, 5).status) == ("undetermined", "undetermined")


def test_a_receipt_in_hand_but_no_anchor_is_said_in_the_reason(hospital: Any) -> None:
    hospital.register(hospital.capture())
    result = hospital.verify(hospital.capture())
    assert result.accepted
    assert "not on the chain yet" in result.reason
    assert check(result, 6).status == "passed"


def test_a_blocked_anchor_is_said_in_the_reason(hospital: Any) -> None:
    hospital.anchored(hospital.picture())
    hospital.register(hospital.capture())
    hospital.edit_database(
        "INSERT INTO batch SELECT registrar, sequence + 1, size, size + 1, root, mode, 'blocked', created_at, NULL, "
        "NULL, NULL, NULL, NULL, 'no funds' FROM batch"
    )
    hospital.edit_database("DELETE FROM outbox")
    result = hospital.verify(hospital.capture())
    assert "anchoring is blocked: no funds" in result.reason


def test_a_changed_attribute_that_changes_the_picture_is_accepted_by_no_policy(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    result = hospital.verify(hospital.set_attribute(hospital.capture(), "RescaleSlope", "-1"))
    assert (result.verdict, result.accepted) == ("authentic-reencoded", False)
    assert check(result, 3).figures["rendering"] == ["RescaleSlope"]
    assert "how the pixels are shown" in result.reason


def test_a_copy_of_a_withdrawn_file_is_not_vouched_for_by_another_of_the_same_pixels(hospital: Any) -> None:
    wrong = hospital.register(hospital.rename_patient(hospital.capture()))
    hospital.say("revoke", wrong)
    hospital.anchored(hospital.capture())
    copy = hospital.resend_as_rle(hospital.rename_patient(hospital.capture()))
    assert hospital.verify(copy).verdict == "withdrawn"
    assert hospital.verify(hospital.resend_as_rle(hospital.capture())).verdict == "authentic-reencoded"


def test_a_revoked_image_under_another_identifier_is_no_registration(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    hospital.say("revoke", registration)
    assert hospital.service.anchor_pending(60)
    for table in ("log_entry", "image", "image_digest"):
        hospital.edit_database(f"UPDATE {table} SET id = ? WHERE id = ?", "ab" * 16, registration.registration_id)
    hospital.restart()
    assert hospital.verify(hospital.capture(), "strict").verdict == "unregistered"
    with pytest.raises(Conflict, match="no receipt"):
        hospital.service.receipt("ab" * 16)


def test_no_receipt_is_issued_from_records_that_fall_short_of_the_contract(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    hospital.say("revoke", registration)
    assert hospital.service.anchor_pending(60)
    hospital.edit_database("DELETE FROM log_entry WHERE kind = 'revoke'")
    hospital.edit_database("UPDATE log SET size = size - 1")
    hospital.restart()
    with pytest.raises(Conflict, match="not the log that the contract holds"):
        hospital.service.receipt(registration.registration_id)


def test_a_digest_taken_out_of_the_record_is_noticed(hospital: Any) -> None:
    hospital.anchored(hospital.picture(3, "JPEG", quality=90))
    hospital.edit_database("DELETE FROM image_digest WHERE name = 'codestream/1'")
    result = hospital.verify(hospital.picture(3, "JPEG", quality=90))
    assert (result.verdict, check(result, 4).status) == ("unregistered", "failed")


def test_what_is_shown_of_a_registration_is_what_log_and_chain_say(hospital: Any) -> None:
    true = hospital.anchored(hospital.capture())
    hospital.edit_database("UPDATE batch SET block_time = 1, tx_hash = '0x' || hex(zeroblob(32))")
    hospital.edit_database("UPDATE registrar SET name = 'Evil General'")
    hospital.edit_database("UPDATE log_entry SET time = 1 WHERE kind = 'register'")
    shown = hospital.verify(hospital.capture()).registration
    assert shown is not None
    assert shown.anchor is not None
    assert (shown.anchor.transaction, shown.anchor.block_time) == (true.anchor.transaction, true.anchor.block_time)
    assert shown.registrar_name == "Local Hospital"
    assert abs((shown.registered_at - true.registered_at).total_seconds()) < 0.001


def test_a_perceptual_hash_is_not_shown_to_a_verifier(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    assert "view/1" in registration.digests
    assert "pdq:" not in hospital.verify(hospital.picture(), against=registration.registration_id).model_dump_json()


def test_another_data_set_of_an_image_registered_by_digests_is_not_accepted(hospital: Any) -> None:
    digests = dict(digest_set(hospital.capture()).digests)
    hospital.service.register_digests([DigestRegistration(digests=digests)])
    assert hospital.verify(hospital.resend_as_rle(hospital.capture())).accepted
    result = hospital.verify(hospital.set_attribute(hospital.capture(), "RescaleSlope", "7"))
    assert (result.verdict, result.accepted) == ("authentic-reencoded", False)


def test_a_colour_table_in_another_kind_of_file_is_not_accepted(hospital: Any) -> None:
    indexes = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8), "P")
    files = []
    for kind, colours in (("PNG", bytes(range(192))), ("TIFF", bytes(range(191, -1, -1)))):
        indexes.putpalette(colours + bytes(576))
        file = BytesIO()
        indexes.save(file, kind)
        files.append(file.getvalue())
    hospital.anchored(files[0])
    result = hospital.verify(files[1])
    assert not result.accepted
