"""Each route over the real ledger: what it answers when all is well, and when the input is not."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.core.receipt import parse
from ledger.core.trust import load_trust
from ledger.errors import InvalidDigest
from ledger.schemas import Audit, BatchInfo, History, Problem, Rebuild, RegistrarInfo, Registration, Statement
from ledger.schemas import Verification as Verdict

NOBODY = "ab" * 16


@pytest.fixture
def register(api, bearer):
    def send(image: bytes, **form: str) -> Any:
        return api.post("/v1/registrations", files={"file": ("image", image)}, data=form, headers=bearer("register"))

    return send


@pytest.fixture
def registered(register, images) -> Registration:
    return Registration.model_validate(register(images.png()).json())


def refused(response: Any, status: int, code: str) -> Problem:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    problem = Problem.model_validate(response.json())
    assert problem.code == code
    return problem


# registrations


def test_an_image_is_registered_once_and_found_at_its_location(register, api, bearer, images) -> None:
    image = images.png()
    first, again = register(image), register(image, urgent="true")
    assert (first.status_code, again.status_code) == (201, 200)
    made = Registration.model_validate(first.json())
    assert made.created
    assert not again.json()["created"]
    assert made.digests["file/1"] == "sha256:" + hashlib.sha256(image).hexdigest()
    assert "pixel/1" in made.digests
    for scope in ("register", "history"):
        read = api.get(first.headers["location"], headers=bearer(scope))
        assert read.json()["registration_id"] == made.registration_id


def test_an_idempotency_key_belongs_to_one_content(api, bearer, images) -> None:
    headers = bearer("register") | {"Idempotency-Key": "scanner-7/1"}
    image, other = images.png(), images.png()
    made = api.post("/v1/registrations", files={"file": ("i", image)}, headers=headers)
    same = api.post("/v1/registrations", files={"file": ("i", image)}, headers=headers)
    assert (made.status_code, same.status_code) == (201, 200)
    refused(api.post("/v1/registrations", files={"file": ("i", other)}, headers=headers), 409, "conflict")


def test_a_dicom_image_is_registered(register, images) -> None:
    made = register(b"a file of its own" + images.dicom()[17:])  # another preamble: the ledger is shared by many tests
    assert made.status_code == 201
    assert {"file/1", "pixel/1", "dataset/1"} <= set(made.json()["digests"])


def test_what_is_not_an_image_is_refused_and_nothing_is_appended(register, ledger, images) -> None:
    size = ledger.registrars()[0].log_size
    refused(register(b""), 422, "empty_file")
    refused(register(images.dicom()[:-4000]), 422, "unreadable_image")
    refused(register(images.png()[:-60]), 422, "unreadable_image")
    refused(register(b"%PDF-1.7 a letter, not an image"), 415, "unsupported_image")
    refused(register(images.huge_png()), 413, "limit_exceeded")
    refused(register(bytes(9 << 20)), 413, "limit_exceeded")
    assert ledger.registrars()[0].log_size == size


def test_a_form_that_is_not_one_file_is_refused(api, bearer, register, images) -> None:
    headers = bearer("register")
    refused(api.post("/v1/registrations", headers=headers), 422, "invalid_request")
    refused(api.post("/v1/registrations", data={"file": "text"}, headers=headers), 422, "invalid_request")
    refused(register(images.png(), urgent="perhaps"), 422, "invalid_request")


def test_a_batch_of_digests_is_registered_in_order(api, bearer, images) -> None:
    batch = images.digests(20)
    answer = api.post("/v1/registrations/digests", json={"images": batch}, headers=bearer("register"))
    made = [Registration.model_validate(one) for one in answer.json()]
    assert [one.digests for one in made] == [one["digests"] for one in batch]
    assert [one.index for one in made] == list(range(made[0].index, made[0].index + 20))
    again = api.post("/v1/registrations/digests", json={"images": batch}, headers=bearer("register"))
    assert [one["registration_id"] for one in again.json()] == [one.registration_id for one in made]
    assert not any(one["created"] for one in again.json())


def test_digests_come_in_one_order_whether_new_or_known(api, bearer, images) -> None:
    (image,) = images.digests(1)
    file = image["digests"]["file/1"]
    shuffled = {"view/1": "pdq:" + "0" * 64, "tile/1": file, "dataset/1": file, "pixel/1": file, "file/1": file}
    body = {"images": [{"digests": shuffled}]}
    answers = [api.post("/v1/registrations/digests", json=body, headers=bearer("register")).json()[0] for _ in "12"]
    assert [answer["created"] for answer in answers] == [True, False]
    order = ["file/1", "pixel/1", "dataset/1", "tile/1", "view/1"]
    assert [list(answer["digests"]) for answer in answers] == [order, order]


def test_a_batch_with_one_wrong_image_registers_none(api, bearer, images, ledger) -> None:
    size = ledger.registrars()[0].log_size
    for wrong in ({"digests": {"pixel/1": "sha256:" + "0" * 64}}, {"digests": {"file/1": "md5:0"}}):
        body = {"images": [*images.digests(3), wrong]}
        answer = api.post("/v1/registrations/digests", json=body, headers=bearer("register"))
        assert (answer.status_code, "sha256" in answer.text or "file/1" in answer.text) == (422, True)
    for count in (0, 1001):
        body = {"images": images.digests(count)}
        answer = api.post("/v1/registrations/digests", json=body, headers=bearer("register"))
        refused(answer, 422, "invalid_request")
    assert ledger.registrars()[0].log_size == size


def test_an_unknown_registration_is_not_found(api, bearer) -> None:
    refused(api.get(f"/v1/registrations/{NOBODY}", headers=bearer("history")), 404, "not_found")
    refused(api.get(f"/v1/receipts/{NOBODY}", headers=bearer("history")), 404, "not_found")
    refused(api.get("/v1/registrations/1", headers=bearer("history")), 422, "invalid_request")
    refused(api.get("/v1/receipts/..%2Fkeys", headers=bearer("history")), 404, "no_such_route")


def test_a_statement_changes_the_standing(api, bearer, registered) -> None:
    path = f"/v1/registrations/{registered.registration_id}"
    body = {"kind": "revoke", "reason": "Wrong patient", "author": "QA"}
    answer = api.post(f"{path}/statements", json=body, headers=bearer("register"))
    assert answer.status_code == 201
    assert Statement.model_validate(answer.json()).target == registered.registration_id
    now = api.get(path, headers=bearer("history")).json()
    assert (now["standing"], now["statements"][0]["reason"]) == ("revoked", "Wrong patient")


def test_a_statement_that_makes_no_sense_is_refused(api, bearer, registered) -> None:
    path, headers = f"/v1/registrations/{registered.registration_id}/statements", bearer("register")
    right = {"kind": "revoke", "reason": "Wrong patient", "author": "QA"}
    refused(api.post(path, json=right | {"kind": "forget"}, headers=headers), 422, "invalid_request")
    refused(api.post(path, json=right | {"reason": " "}, headers=headers), 422, "invalid_request")
    refused(api.post(path, json=right | {"kind": "supersede"}, headers=headers), 409, "conflict")
    unknown = path.replace(registered.registration_id, NOBODY)
    refused(api.post(unknown, json=right, headers=headers), 404, "not_found")


def test_a_receipt_can_be_downloaded_as_a_file(api, bearer, registered, ledger) -> None:
    answer = api.get(f"/v1/receipts/{registered.registration_id}", headers=bearer("register"))
    assert answer.headers["content-type"] == "application/json"
    assert f'"{registered.registration_id}.receipt.json"' in answer.headers["content-disposition"]
    assert parse(answer.content).leaf == ledger.store.entry(registered.registration_id).leaf


# verifications


def test_a_registered_image_is_told_from_another_one(api, bearer, register, images) -> None:
    image = images.png()
    made = register(image).json()
    verdicts = {}
    for name, data in (("same", image), ("other", images.png())):
        answer = api.post("/v1/verifications", files={"file": ("i", data)}, headers=bearer("verify"))
        verdicts[name] = Verdict.model_validate(answer.json())
    assert verdicts["same"].registration.registration_id == made["registration_id"]
    assert [check.number for check in verdicts["same"].checks] == list(range(12))
    assert verdicts["same"].checks[1].status == "passed"
    assert (verdicts["other"].verdict, verdicts["other"].registration) == ("unregistered", None)


def test_policy_and_comparison_are_the_callers_choice(api, bearer, registered, images) -> None:
    form = {"policy": "strict", "against": registered.registration_id}
    files = {"file": ("i", images.png())}
    answer = api.post("/v1/verifications", files=files, data=form, headers=bearer("verify"))
    verdict = Verdict.model_validate(answer.json())
    assert (verdict.policy, verdict.registration.registration_id) == ("strict", registered.registration_id)
    for wrong in ({"policy": "lenient"}, {"against": "x"}):
        answer = api.post("/v1/verifications", files=files, data=wrong, headers=bearer("verify"))
        refused(answer, 422, "invalid_request")
    unknown = {"against": NOBODY}
    answer = api.post("/v1/verifications", files=files, data=unknown, headers=bearer("verify"))
    refused(answer, 404, "not_found")


def test_what_cannot_be_read_is_never_authentic(api, bearer, images) -> None:
    for data in (images.dicom()[:-4000], images.huge_png()):
        answer = api.post("/v1/verifications", files={"file": ("i", data)}, headers=bearer("verify"))
        assert (answer.status_code, answer.json()["verdict"]) == (200, "undetermined")
    refused(api.post("/v1/verifications", files={"file": ("i", b"")}, headers=bearer("verify")), 422, "empty_file")


def test_an_image_is_verified_by_digest_alone(api, bearer, registered) -> None:
    headers = bearer("verify")
    body = {"digests": {"file/1": registered.digests["file/1"]}}
    answer = api.post("/v1/verifications/digests", json=body, headers=headers)
    assert answer.json()["registration"]["registration_id"] == registered.registration_id
    for wrong in ({"digests": {}}, {"digests": {"file/1": "x"}}, body | {"policy": "lenient"}, body | {"more": 1}):
        answer = api.post("/v1/verifications/digests", json=wrong, headers=headers)
        assert (answer.status_code, answer.json()["code"]) in ((422, "invalid_request"), (422, "unknown_policy"))


# history, registrars, batches, trust, audit


def test_history_is_asked_by_every_parameter(api, bearer, registered) -> None:
    def ask(**parameters: Any) -> list[str]:
        answer = api.get("/v1/history", params=parameters, headers=bearer("history"))
        return [entry.id for entry in History.model_validate(answer.json()).entries]

    me = registered.registration_id
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    assert ask(digest=registered.digests["file/1"]) == [me]
    assert ask(registration=me) == [me]
    assert me in ask(registrar=registered.registrar, kind="register", state=registered.state, limit=1000)
    assert me in ask(since=(now - hour).isoformat(), until=(now + hour).isoformat(), limit=1000)
    assert ask(since=(now + hour).isoformat()) == ask(until=(now - hour).isoformat()) == []
    assert ask(limit=1) == [me]
    assert me not in ask(limit=1, offset=1)
    assert ask(kind="dispute", registration=me) == []
    assert me in ask(registrar="Local Hospital", limit=1000)


def test_history_of_a_registrar_that_is_not_known_is_not_found(api, bearer) -> None:
    for nobody in ("0" * 64, "x"):
        refused(api.get(f"/v1/history?registrar={nobody}", headers=bearer("history")), 404, "not_found")


def test_history_says_what_a_statement_says(api, bearer, register, registered, images) -> None:
    other = register(images.png()).json()["registration_id"]
    path = f"/v1/registrations/{registered.registration_id}/statements"
    body = {"kind": "supersede", "reason": "Sharper", "author": "QA", "replacement": other}
    made = api.post(path, json=body, headers=bearer("register")).json()
    rows = api.get("/v1/history", params={"registration": registered.registration_id}, headers=bearer("history")).json()
    said = {one["id"]: (one["kind"], one["reason"], one["author"], one["replacement"]) for one in rows["entries"]}
    assert said[made["id"]] == ("supersede", "Sharper", "QA", other)
    assert said[registered.registration_id] == ("register", None, None, None)


def test_the_ledger_in_process_refuses_a_digest_that_is_none(ledger) -> None:
    with pytest.raises(InvalidDigest, match="sha256"):
        ledger.history(digest="sha256:short")


WRONG = "digest=abc registration=1 since=2026-01-01T00:00:00 until=soon kind=party state=bored limit=0"


@pytest.mark.parametrize("wrong", [*WRONG.split(), "limit=1001", "offset=-1", f"registrar={'x' * 201}"])
def test_history_refuses_a_parameter_it_cannot_take(api, bearer, wrong) -> None:
    problem = refused(api.get(f"/v1/history?{wrong}", headers=bearer("history")), 422, "invalid_request")
    assert wrong.partition("=")[0] in problem.detail


def test_registrars_are_listed_and_read_one_by_one(api, bearer) -> None:
    listed = api.get("/v1/registrars", headers=bearer("verify")).json()
    one = RegistrarInfo.model_validate(listed[0])
    read = RegistrarInfo.model_validate(api.get(f"/v1/registrars/{one.id}", headers=bearer("audit")).json())
    assert (read.id, read.on_chain_status) == (one.id, "active")
    refused(api.get(f"/v1/registrars/{'0' * 64}", headers=bearer("audit")), 404, "not_found")
    refused(api.get("/v1/registrars/x", headers=bearer("audit")), 422, "invalid_request")


def test_an_anchored_registration_shows_its_batch(api, bearer, registered, ledger) -> None:
    assert ledger.anchor_pending(30)
    read = api.get(f"/v1/registrations/{registered.registration_id}", headers=bearer("history")).json()
    assert read["state"] in ("anchored", "final")
    batches = [BatchInfo.model_validate(one) for one in api.get("/v1/batches", headers=bearer("history")).json()]
    assert read["anchor"]["transaction"] in [batch.anchor.transaction for batch in batches]
    assert len(api.get("/v1/batches?limit=1", headers=bearer("history")).json()) == 1
    refused(api.get("/v1/batches?limit=0", headers=bearer("history")), 422, "invalid_request")


def test_audit_and_rebuild_agree_with_the_chain(api, bearer, registered, ledger) -> None:
    assert ledger.anchor_pending(30)
    audit = Audit.model_validate(api.post("/v1/audits", headers=bearer("audit")).json())
    assert (audit.consistent, audit.differences) == (True, [])
    rebuild = Rebuild.model_validate(api.post("/v1/rebuilds", headers=bearer("admin")).json())
    assert (rebuild.equal, rebuild.entries) == (True, audit.entries)


def test_the_trust_file_is_the_ledgers_own(api, bearer, ledger) -> None:
    answer = api.get("/v1/trust", headers=bearer("verify"))
    assert answer.headers["content-type"] == "application/json"
    assert load_trust(answer.content).chain == load_trust(ledger.trust().encode()).chain
