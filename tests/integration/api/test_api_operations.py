"""How the ledger runs, over HTTP: status, chain, witness, audits in the background, and who verified what."""

from __future__ import annotations

import time
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.bootstrap import utc_now
from ledger.client import Client
from ledger.errors import InputError, NotAllowed, NotFound, StorageFull
from ledger.noting import Notes
from ledger.service import Service


@pytest.fixture
def auditor(url: str, secrets: dict[str, str]) -> Any:
    with Client(url, secrets["audit"]) as client:
        yield client


@pytest.fixture
def anchored(ledger: Service, images: Any) -> Any:
    """A registration that is final on the chain."""
    made = ledger.register(images.png())
    assert ledger.anchor_pending(60)
    return ledger.registration(made.registration_id)


def test_in_process_and_over_http_the_status_is_the_same(auditor: Client, ledger: Service, anchored: Any) -> None:
    here, there = ledger.operations.status(), auditor.operations.status()
    assert (there.logs[0].comparison, there.logs[0].log_root) == ("equal", here.logs[0].log_root)
    changing = {"at": True, "chain": {"age_seconds"}}
    assert here.model_dump(exclude=changing) == there.model_dump(exclude=changing)


def test_block_and_transaction_of_a_registration_are_read_live(auditor: Client, anchored: Any) -> None:
    block = auditor.operations.block(anchored.anchor.block_number)
    assert anchored.anchor.transaction in block.transactions
    found = auditor.operations.transaction(anchored.anchor.transaction)
    assert (found.block_hash, found.status) == (block.hash, "succeeded")


def test_what_is_no_hash_and_what_is_not_there_are_two_errors(auditor: Client) -> None:
    with pytest.raises(InputError) as caught:
        auditor.operations.transaction("0x12/../..")
    assert caught.value.code == "invalid_request"
    with pytest.raises(NotFound):
        auditor.operations.transaction("0x" + "ab" * 32)
    with pytest.raises(NotFound):
        auditor.operations.block(10**6)


def test_a_witness_is_the_same_over_http(auditor: Client, ledger: Service, anchored: Any) -> None:
    since = anchored.anchor.block_time - timedelta(seconds=1)
    there = auditor.operations.witness(since=since)
    here = ledger.operations.witness(since=since)
    assert there.result == "holds"
    assert there.model_dump(exclude={"witnessed_at"}) == here.model_dump(exclude={"witnessed_at"})
    with pytest.raises(InputError) as caught:
        auditor.operations.witness(old=2, new=1)
    assert caught.value.code == "invalid_span"
    with pytest.raises(NotFound):
        auditor.operations.witness(since=since, registrar="Nobody's Hospital")


def test_an_audit_in_the_background_gives_what_the_audit_at_once_gives(auditor: Client, anchored: Any) -> None:
    run = auditor.operations.start_audit()
    assert run.created
    deadline = time.monotonic() + 30
    while (run := auditor.operations.audit_run(run.id)).state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    at_once = auditor.audit()
    assert run.result is not None
    assert run.result.model_dump(exclude={"audited_at"}) == at_once.model_dump(exclude={"audited_at"})
    assert auditor.operations.audit_runs()[0] == run
    with pytest.raises(NotFound):
        auditor.operations.audit_run("0" * 16)


def test_a_started_audit_says_where_to_look(api: TestClient, bearer: Any) -> None:
    answer = api.post("/v1/audits/runs", headers=bearer("audit"))
    assert answer.status_code == 202
    assert api.get(answer.headers["location"], headers=bearer("audit")).json()["id"] == answer.json()["id"]


def test_a_key_for_verifying_sees_nothing_of_operations(url: str, secrets: dict[str, str]) -> None:
    with Client(url, secrets["verify"]) as reviewer, pytest.raises(NotAllowed):
        reviewer.operations.status()


def test_a_verification_is_noted_with_the_key_and_a_seal_but_no_name(
    api: TestClient, ledger: Service, images: Any, bearer: Any
) -> None:
    image = images.png()
    made = ledger.register(image)
    api.post("/v1/verifications", files={"file": ("Mustermann^Max.png", image)}, headers=bearer("verify"))
    (note,) = ledger.operations.verifications(made.registration_id)
    assert (note.label, note.verdict, note.accepted, note.policy) == ("verify", "authentic", True, "clinical")
    digest = "sha256:" + sha256(image).hexdigest()
    assert note.seal == sha256(b"medseal/verified/1\n" + bytes.fromhex(note.salt) + digest.encode()).hexdigest()
    assert digest.removeprefix("sha256:") not in note.model_dump_json()
    assert "Mustermann" not in note.model_dump_json()


def test_two_notes_of_one_file_cannot_be_told_to_be_of_one_file(
    api: TestClient, ledger: Service, images: Any, bearer: Any
) -> None:
    image = images.png()
    made = ledger.register(image)
    for _ in range(2):
        api.post("/v1/verifications", files={"file": ("a.png", image)}, headers=bearer("verify"))
    first, second = ledger.operations.verifications(made.registration_id)
    assert first.salt != second.salt and first.seal != second.seal


def test_a_verification_by_digest_is_noted_too(api: TestClient, ledger: Service, images: Any, bearer: Any) -> None:
    made = ledger.register(images.png())
    api.post("/v1/verifications/digests", json={"digests": made.digests, "policy": "strict"}, headers=bearer("verify"))
    (note,) = ledger.operations.verifications(made.registration_id)
    assert note.policy == "strict"


def test_a_verdict_does_not_depend_on_its_note_which_is_kept_once_there_is_room(
    api: TestClient, ledger: Service, images: Any, bearer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise StorageFull("no space")

    image = images.png()
    made = ledger.register(image)
    with monkeypatch.context() as while_full:
        while_full.setattr(ledger.store, "note_verifications", full)
        answer = api.post("/v1/verifications", files={"file": ("a.png", image)}, headers=bearer("verify"))
        assert (answer.status_code, answer.json()["verdict"]) == (200, "authentic")
        assert ledger.operations.verifications(made.registration_id) == []
    assert len(ledger.operations.verifications(made.registration_id)) == 1


def test_nothing_is_noted_where_the_settings_say_so(
    api: TestClient, ledger: Service, images: Any, bearer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.operations, "_notes", Notes(ledger.store, utc_now, days=0))
    image = images.png()
    made = ledger.register(image)
    answer = api.post("/v1/verifications", files={"file": ("a.png", image)}, headers=bearer("verify"))
    assert answer.json()["verdict"] == "authentic"
    assert ledger.operations.verifications(made.registration_id) == []
