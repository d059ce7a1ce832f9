"""Registration, receipts and history over a real ledger."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.core.digests import digest_file
from ledger.core.offline import check_receipt
from ledger.core.verdict import CLINICAL, STRICT
from ledger.errors import Conflict, InputError, InvalidDigest, NotFound, UnreadableImage
from ledger.schemas import DigestRegistration


def test_the_same_content_gives_the_same_registration(hospital: Any) -> None:
    first, second = hospital.register(hospital.capture()), hospital.register(hospital.capture())
    assert (first.created, second.created) == (True, False)
    assert first.registration_id == second.registration_id


def test_two_registrations_of_one_image_at_once_make_one_entry(hospital: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(hospital.register, [hospital.capture()] * 8))
    assert len({one.registration_id for one in made}) == 1
    assert sum(one.created for one in made) == 1


def test_one_key_for_two_contents_is_a_conflict_and_registers_nothing(hospital: Any) -> None:
    hospital.service.register(hospital.picture(1), idempotency_key="order-7")
    with pytest.raises(Conflict):
        hospital.service.register(hospital.picture(2), idempotency_key="order-7")
    assert hospital.verify(hospital.picture(2)).verdict == "unregistered"


@pytest.mark.parametrize(
    ("damage", "error"),
    [(lambda d: b"", InputError), (lambda d: d[:900], UnreadableImage), (lambda d: b"x" * 500, InputError)],
)
def test_a_file_that_cannot_be_read_registers_nothing(hospital: Any, damage: Any, error: type[Exception]) -> None:
    before = hospital.service.history().entries
    with pytest.raises(error):
        hospital.register(damage(hospital.capture()))
    assert hospital.service.history().entries == before


def test_registering_by_digest_is_all_or_nothing(hospital: Any) -> None:
    good = DigestRegistration(digests={"file/1": digest_file(b"a")})
    bad = DigestRegistration(digests={"pixel/1": digest_file(b"b")})
    with pytest.raises(InvalidDigest):
        hospital.service.register_digests([good, bad])
    made = hospital.service.register_digests([good, good])
    assert [one.created for one in made] == [True, False]


def test_a_statement_about_nothing_is_not_found(hospital: Any) -> None:
    ghost = hospital.register(hospital.picture()).model_copy(update={"registration_id": "0" * 32})
    with pytest.raises(NotFound):
        hospital.say("revoke", ghost)


def test_a_supersede_needs_another_registration_as_replacement(hospital: Any) -> None:
    registration = hospital.register(hospital.picture())
    with pytest.raises(Conflict):
        hospital.say("supersede", registration)
    with pytest.raises(Conflict):
        hospital.say("supersede", registration, registration)
    with pytest.raises(Conflict):
        hospital.say("revoke", registration, registration)


def test_a_receipt_is_signed_at_once_grows_its_proofs_and_the_old_copy_stays_valid(hospital: Any) -> None:
    registration = hospital.register(hospital.capture())
    pending = hospital.service.receipt(registration.registration_id)
    hospital.anchored(hospital.capture())
    upgraded = hospital.service.receipt(registration.registration_id)
    trust = hospital.folder.trust.read_bytes()
    assert json.loads(pending)["anchor"] is None
    assert json.loads(upgraded)["anchor"]["block_number"] > 0
    assert check_receipt(upgraded, hospital.capture(), trust, STRICT).decision.accepted
    assert check_receipt(pending, hospital.capture(), trust, CLINICAL).decision.accepted


def test_every_receipt_of_a_grown_log_proves_its_entry(hospital: Any) -> None:
    images = [hospital.picture(seed) for seed in range(7)]
    made = []
    for image in images:
        made.append(hospital.register(image))
        if len(made) % 3 == 0:
            hospital.service.anchor_pending(60)
    hospital.service.anchor_pending(60)
    trust = hospital.service.trust().encode()
    for image, registration in zip(images, made, strict=True):
        receipt = hospital.service.receipt(registration.registration_id)
        assert check_receipt(receipt, image, trust, STRICT).decision.accepted


@pytest.mark.parametrize(("kind", "verdict"), [("revoke", "withdrawn"), ("dispute", "undetermined")])
def test_a_receipt_issued_after_a_statement_says_so_offline(hospital: Any, kind: str, verdict: str) -> None:
    registration = hospital.anchored(hospital.capture())
    before = hospital.service.receipt(registration.registration_id)
    hospital.say(kind, registration)
    after = hospital.service.receipt(registration.registration_id)
    trust = hospital.folder.trust.read_bytes()
    assert check_receipt(before, hospital.capture(), trust, STRICT).decision.verdict == "authentic"
    decision = check_receipt(after, hospital.capture(), trust, STRICT).decision
    assert (decision.verdict, decision.accepted) == (verdict, False)


def test_a_statement_that_changes_nothing_is_refused(hospital: Any) -> None:
    first, second, third = (hospital.register(hospital.picture(seed)) for seed in range(3))
    hospital.say("supersede", first, second)
    with pytest.raises(Conflict, match="superseded already"):
        hospital.say("supersede", first, third)
    with pytest.raises(Conflict, match="in force, found one that is superseded"):
        hospital.say("supersede", second, first)
    hospital.say("revoke", first)
    with pytest.raises(Conflict, match="revoked already"):
        hospital.say("revoke", first)


def test_a_receipt_of_nothing_is_not_found(hospital: Any) -> None:
    with pytest.raises(NotFound):
        hospital.service.receipt("0" * 32)


def test_history_finds_by_digest_kind_state_time_and_names_block_and_transaction(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    hospital.say("dispute", registration)
    service = hospital.service
    [dispute, register] = service.history(digest=digest_file(hospital.capture())).entries
    assert (register.kind, register.state, register.on_chain_event) == ("register", "final", True)
    assert register.anchor is not None
    assert register.anchor.transaction.startswith("0x")
    assert register.anchor.confirmations >= 1
    assert (dispute.kind, dispute.state, dispute.anchor) == ("dispute", "sequenced", None)
    assert [e.kind for e in service.history(kind="dispute").entries] == ["dispute"]
    assert [e.kind for e in service.history(state="final").entries] == ["register", "genesis"]
    later = datetime.now(UTC) + timedelta(hours=1)
    assert service.history(since=later).entries == []
    assert len(service.history(until=later, registrar=registration.registrar).entries) == 3


def test_history_comes_in_pages(hospital: Any) -> None:
    for seed in range(4):
        hospital.register(hospital.picture(seed))
    first = hospital.service.history(limit=3)
    rest = hospital.service.history(limit=3, offset=3)
    assert (len(first.entries), first.more, len(rest.entries), rest.more) == (3, True, 2, False)
    with pytest.raises(InputError):
        hospital.service.history(limit=0)
    with pytest.raises(InputError):
        hospital.service.history(state="lost")


def test_everything_is_found_again_after_a_restart(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    hospital.restart()
    assert hospital.verify(hospital.capture(), "strict").verdict == "authentic"
    assert hospital.service.registration(registration.registration_id) == registration
