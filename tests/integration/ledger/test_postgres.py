"""The broad path of the whole ledger with its records in PostgreSQL; the store's own rules are tested beside it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from ledger.core.digests import digest_file, digest_set
from ledger.core.offline import check_receipt
from ledger.core.verdict import STRICT
from ledger.errors import Conflict
from ledger.schemas import DigestRegistration

pytestmark = pytest.mark.needs_postgres


@pytest.fixture
def database() -> str:
    """What ``store_url`` is for: a fresh database of the test's own on the shared server."""
    return "postgres"


@pytest.fixture
def hospital(store_url: str, open_hospital: Callable[..., Any]) -> Any:
    return open_hospital(database_url=store_url)


def test_an_image_is_registered_anchored_and_found_again_in_another_encoding(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    assert (registration.state, registration.standing) == ("final", "in-force")
    found = hospital.verify(hospital.resend_as_rle(hospital.capture()), "strict")
    assert found.verdict == "authentic-reencoded"
    assert found.registration is not None
    assert found.registration.registration_id == registration.registration_id


def test_registering_again_by_file_by_digest_and_by_key_makes_no_second_entry(hospital: Any) -> None:
    service, picture = hospital.service, hospital.picture()
    digests = dict(digest_set(picture).digests)
    first = service.register(picture, idempotency_key="order-7")
    again = service.register(picture)
    by_key = service.register(picture, idempotency_key="order-7")
    [by_digest] = service.register_digests([DigestRegistration(digests=digests)])
    assert {one.registration_id for one in (again, by_key, by_digest)} == {first.registration_id}
    with pytest.raises(Conflict):
        service.register(hospital.picture(1), idempotency_key="order-7")
    assert len(service.history().entries) == 2


def test_digests_that_nobody_sent_the_file_of_are_registered_and_found(hospital: Any) -> None:
    digests = {"file/1": digest_file(b"kept elsewhere")}
    [made] = hospital.service.register_digests([DigestRegistration(digests=digests)])
    assert made.created
    assert hospital.service.verify_digests(digests).verdict == "authentic"


def test_one_image_registered_by_many_at_once_is_one_entry(hospital: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(hospital.register, [hospital.picture()] * 16))
    assert len({one.registration_id for one in made}) == 1
    assert sum(one.created for one in made) == 1


def test_many_images_registered_at_once_take_one_place_each(hospital: Any) -> None:
    pictures = [hospital.picture(seed) for seed in range(16)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(hospital.register, pictures))
    assert sorted(one.index for one in made) == list(range(1, 17))
    assert hospital.service.anchor_pending(60)
    assert hospital.service.audit().consistent


def test_changed_samples_are_altered_and_a_revoked_image_is_revoked(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    assert hospital.verify(hospital.tamper_region(hospital.capture())).verdict == "altered"
    hospital.say("revoke", registration)
    assert hospital.verify(hospital.capture()).verdict == "withdrawn"
    kinds = [entry.kind for entry in hospital.service.history(digest=registration.digests["file/1"]).entries]
    assert kinds == ["revoke", "register"]
    assert [entry.kind for entry in hospital.service.history(state="final").entries] == ["register", "genesis"]


def test_records_chain_and_index_agree_after_a_restart_and_a_rebuild(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    hospital.register(hospital.picture())
    hospital.restart()
    before = hospital.service.history()
    assert hospital.service.registration(registration.registration_id) == registration
    assert hospital.service.rebuild().equal
    assert hospital.service.history() == before
    assert hospital.service.anchor_pending(60)
    report = hospital.service.audit()
    assert (report.consistent, report.complete, report.entries) == (True, True, 3)


def test_a_receipt_proves_the_image_without_the_database(hospital: Any) -> None:
    registration = hospital.anchored(hospital.capture())
    receipt = hospital.service.receipt(registration.registration_id)
    trust = hospital.service.trust().encode()
    assert check_receipt(receipt, hospital.capture(), trust, STRICT).decision.accepted


def test_an_audit_names_an_edit_of_the_database(hospital: Any, store_url: str) -> None:
    hospital.anchored(hospital.capture())
    with psycopg.connect(store_url.replace("+psycopg", "")) as connection:
        assert connection.execute("UPDATE image SET salt = decode(repeat('00', 32), 'hex')").rowcount == 1
    report = hospital.service.audit()
    assert "record_differs" in {difference.code for difference in report.differences}
