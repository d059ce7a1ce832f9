"""Reports and exports over HTTP, before a real ledger."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle

from ledger.client import Client
from ledger.errors import InputError, NotAllowed, NotFound, OutageError
from ledger.export.checking import Outcome, check_dossier
from ledger.export.model import report_id
from ledger.schemas import HistoryEntry
from ledger.schemas.reports import MOST_NAME, MOST_QUESTION

Key = Callable[..., str]


@pytest.fixture
def client(url: str, key: Key) -> Client:
    return Client(url, key("verify", "history"))


def post(url: str, secret: str, data: bytes, **form: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.post(f"{url}/v1/reports", headers=headers, data=form, files={"file": ("x", data)}, timeout=60)


@pytest.mark.parametrize(
    ("wanted", "kind", "begins", "suffix"),
    [
        ("pdf", "application/pdf", b"%PDF-", "pdf"),
        ("json", "application/json", b'{"accepted"', "json"),
        ("dossier", "application/zip", b"PK", "dossier.zip"),
    ],
)
def test_a_report_comes_as_a_file_that_names_nothing_of_the_item(
    hospital: Any, url: str, key: Key, wanted: str, kind: str, begins: bytes, suffix: str
):
    answer = post(url, key("verify"), hospital.images["CT_small.dcm"], format=wanted, name="Doe^John")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.content.startswith(begins)
    identity = answer.headers["medseal-report"]
    assert answer.headers["content-disposition"] == f'attachment; filename="medseal-report-{identity[:12]}.{suffix}"'
    assert answer.headers["medseal-verdict"] == "authentic"
    assert answer.headers["medseal-accepted"] == "true"
    assert answer.headers["medseal-answer"] == "no-trace-found"


def test_whoever_makes_a_report_is_noted_among_those_who_verified(hospital: Any, url: str):
    image, registered = hospital.images["phantom.png"], hospital.registered["phantom.png"]
    secret = hospital.service.keys.create("night shift", ["verify"])[1]
    assert post(url, secret, image, format="json", policy="strict").status_code == 200
    notes = hospital.service.operations.verifications(registered.registration_id)
    (note,) = [one for one in notes if one.label == "night shift"]
    assert (note.verdict, note.policy) == ("authentic", "strict")
    sealed = b"medseal/verified/1\n" + bytes.fromhex(note.salt) + registered.digests["file/1"].encode()
    assert note.seal == sha256(sealed).hexdigest()


def test_a_report_that_is_made_in_process_is_nobodys_note(hospital: Any):
    registered = hospital.registered["CT_small.dcm"].registration_id
    before = hospital.service.operations.verifications(registered)
    hospital.service.reports.make(hospital.images["CT_small.dcm"], format="json")
    assert hospital.service.operations.verifications(registered) == before


def test_the_report_is_asked_what_the_form_says(hospital: Any, client: Client):
    made = client.reports.make(
        hospital.images["CT_small.dcm"],
        format="json",
        name="slice 17",
        question="Is this slice 17?",
        policy="strict",
        examine=True,
    )
    report = json.loads(made.content)
    assert report_id(made.content) == made.report
    assert (report["question"], report["item"]["name"], report["policy"]) == ("Is this slice 17?", "slice 17", "strict")
    assert report["options"] == {"examine": True}
    assert report["examinations"][10]["weights"] == "77" * 32


def test_a_callers_text_stays_one_line(hospital: Any, client: Client):
    spoof = "x\n\n6  Opinion\r\nAuthentic"
    made = client.reports.make(hospital.images["CT_small.dcm"], format="json", name=spoof, question=spoof)
    report = json.loads(made.content)
    assert report["item"]["name"] == report["question"] == "x 6 Opinion Authentic"


def test_an_item_without_a_name_is_called_the_item(hospital: Any, client: Client):
    made = client.reports.make(hospital.images["CT_small.dcm"], format="json")
    assert json.loads(made.content)["item"]["name"] == "the item"


def test_a_copy_is_compared_with_what_the_form_names(hospital: Any, client: Client):
    original = hospital.registered["phantom.png"].registration_id
    against = client.reports.make(hospital.images["patched.jpg"], format="json", against=original)
    beside = client.reports.make(hospital.images["patched.jpg"], format="json", original=hospital.images["phantom.png"])
    assert json.loads(against.content)["options"]["against"] == original
    assert json.loads(beside.content)["options"]["original"].startswith("sha256:")
    assert against.verdict == beside.verdict == "altered"


def test_a_dossier_that_was_fetched_holds(hospital: Any, client: Client):
    made = client.reports.make(hospital.images["patched.jpg"])
    found = check_dossier(made.content, hospital.images["patched.jpg"], hospital.trust())
    assert (found.outcome, found.report) == (Outcome.HOLDS, made.report)
    assert (made.verdict, made.accepted, made.answer) == ("altered", False, "support-for-alteration")


@pytest.mark.parametrize("scopes", [("verify", "history"), ("verify", "register"), ("admin",)])
def test_whoever_may_read_receipts_gets_one_with_the_dossier(
    hospital: Any, url: str, key: Key, scopes: tuple[str, ...]
):
    dossier = post(url, key(*scopes), hospital.images["CT_small.dcm"]).content
    assert "receipt.json" in zipfile.ZipFile(io.BytesIO(dossier)).namelist()


def test_whoever_may_only_verify_gets_no_receipt_and_is_told_why(hospital: Any, url: str, key: Key):
    secret, image = key("verify", "review"), hospital.images["CT_small.dcm"]
    registered = hospital.registered["CT_small.dcm"].registration_id
    refused = httpx.get(f"{url}/v1/receipts/{registered}", headers={"Authorization": f"Bearer {secret}"})
    assert refused.status_code == 403
    dossier = post(url, secret, image).content
    archive = zipfile.ZipFile(io.BytesIO(dossier))
    assert "receipt.json" not in archive.namelist()
    assert json.loads(hospital.service.receipt(registered))["openings"]["pixel/1"]["key"] not in str(
        [archive.read(name) for name in archive.namelist()]
    )
    (note,) = json.loads(archive.read("report.json"))["notes"]
    assert note.startswith("No receipt is enclosed:") and "scope history or register" in note


def test_without_its_receipt_a_dossier_is_undetermined_and_not_broken(hospital: Any, url: str, key: Key):
    image = hospital.images["CT_small.dcm"]
    found = check_dossier(post(url, key("verify"), image).content, image, hospital.trust())
    assert (found.outcome, found.exit_code) == (Outcome.UNDETERMINED, 3)
    open_steps = [step for step in found.steps if step.status == "undetermined"]
    assert [step.name for step in open_steps] == ["registration", "receipt"]
    assert all("scope history or register" in step.detail for step in open_steps)


def test_a_report_on_an_unregistered_item_says_that_alone_of_its_receipt(hospital: Any, url: str, key: Key):
    answer = post(url, key("verify"), hospital.images["never-registered.png"], format="json")
    assert answer.json()["notes"] == ["No receipt is enclosed: no registration was found."]


def test_in_process_and_over_http_the_same_report_is_made(hospital: Any, client: Client):
    options: dict[str, Any] = {"format": "json", "name": "x", "picture": False}
    near = json.loads(hospital.service.reports.make(hospital.images["CT_small.dcm"], **options).content)
    far = json.loads(client.reports.make(hospital.images["CT_small.dcm"], **options).content)
    of_the_moment = ("checked_at", "enclosures")
    assert {k: v for k, v in near.items() if k not in of_the_moment} == {
        k: v for k, v in far.items() if k not in of_the_moment
    }


@pytest.mark.parametrize("scope", ["register", "history", "audit"])
def test_a_key_without_verify_makes_no_report(hospital: Any, url: str, key: Key, scope: str):
    with pytest.raises(NotAllowed):
        Client(url, key(scope)).reports.make(hospital.images["CT_small.dcm"])


@pytest.mark.parametrize("form", [{"question": "x" * (MOST_QUESTION + 1)}, {"name": "x" * (MOST_NAME + 1)}])
def test_a_text_that_is_too_long_is_refused_and_not_repeated(hospital: Any, url: str, key: Key, form: dict[str, str]):
    answer = post(url, key("verify"), hospital.images["CT_small.dcm"], **form)
    assert answer.status_code == 422
    assert "xxx" not in answer.text
    assert next(iter(form)) in answer.json()["detail"]
    with pytest.raises(InputError):
        hospital.service.reports.make(hospital.images["CT_small.dcm"], **form)


def test_an_empty_file_and_an_unknown_registration_are_refused(hospital: Any, client: Client):
    with pytest.raises(InputError, match="0 bytes"):
        client.reports.make(b"")
    with pytest.raises(NotFound):
        client.reports.make(hospital.images["patched.jpg"], against="0" * 32)


def test_a_file_that_is_no_image_gets_a_report_that_says_so(client: Client):
    made = client.reports.make(b"no image at all", format="json")
    assert (made.verdict, made.answer) == ("undetermined", "inconclusive")
    assert list(json.loads(made.content)["item"]["digests"]) == ["file/1"]


# the history as a file


def test_the_export_has_every_entry_newest_first(hospital: Any, client: Client):
    known = hospital.service.history(limit=1000).entries
    exported = [HistoryEntry.model_validate_json(line) for line in client.reports.history("jsonl").splitlines()]
    assert [entry.id for entry in exported] == [entry.id for entry in known]
    rows = list(csv.DictReader(io.StringIO(client.reports.history("csv").decode(), newline="")))
    assert [row["id"] for row in rows] == [entry.id for entry in known]
    assert "wrong patient's study" in {row["reason"] for row in rows}


def test_the_fhir_export_is_a_bundle(client: Client):
    found = json.loads(client.reports.history("fhir", kind="revoke"))
    Bundle.model_validate(found)
    assert [one["resource"]["resourceType"] for one in found["entry"]] == ["Provenance", "AuditEvent"]


def test_filters_are_those_of_the_history(hospital: Any, client: Client):
    one = hospital.registered["phantom.png"]
    found = client.reports.history("jsonl", registration=one.registration_id, state="final", until=None)
    assert [json.loads(line)["id"] for line in found.splitlines()] == [one.registration_id]
    assert client.reports.history("jsonl", since=one.registered_at.replace(year=2999)) == b""


def test_in_process_and_over_http_the_same_file_is_written(hospital: Any, client: Client):
    assert client.reports.history("fhir-r5") == hospital.service.reports.history("fhir-r5")


def test_the_file_is_named_and_of_its_own_type(url: str, key: Key):
    headers = {"Authorization": f"Bearer {key('history')}"}
    answer = httpx.get(f"{url}/v1/history/export", params={"format": "fhir"}, headers=headers)
    assert answer.headers["content-disposition"] == 'attachment; filename="medseal-history.fhir.json"'
    assert answer.headers["content-type"] == "application/fhir+json; fhirVersion=4.0"


def test_a_key_without_history_exports_nothing(url: str, key: Key):
    with pytest.raises(NotAllowed):
        Client(url, key("verify")).reports.history()


def test_a_registrar_that_is_not_there_is_an_error_and_no_file(client: Client):
    with pytest.raises(NotFound):
        client.reports.history(registrar="nobody")


def test_half_a_file_is_never_taken_for_a_whole_one(hospital: Any, client: Client, monkeypatch: pytest.MonkeyPatch):
    """The store fails after the first page: the answer breaks off, and the client says so."""
    from ledger.errors import StoreUnavailable
    from ledger.export import history

    whole = hospital.service.store.history
    asked: list[object] = []

    def fails(query: Any) -> Any:
        asked.append(query)
        if len(asked) > 1:
            raise StoreUnavailable("the disk has gone")
        return whole(query)

    monkeypatch.setattr(history, "PAGE", 2)
    monkeypatch.setattr(hospital.service.store, "history", fails)
    with pytest.raises(OutageError):
        client.reports.history("csv")
    assert len(asked) == 2
