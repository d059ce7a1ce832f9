"""Errors leave the API as RFC 9457 problem details that say what to do and repeat nothing of the input."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from ledger import errors
from ledger.api.envelope import MAX_OTHER_BODY
from ledger.schemas import Problem

PATIENT = "Doe^Jane"
BATCH = "/v1/registrations/digests"


def problem(response: Any, status: int, code: str) -> Problem:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    found = Problem.model_validate(response.json())
    assert (found.status, found.code) == (status, code)
    assert found.advice
    assert len(response.headers["x-request-id"]) == 32
    return found


KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.LedgerError)]


def test_each_ledger_error_keeps_its_status_code_and_advice(serve, scripted, bearer) -> None:
    for kind in KINDS:
        scripted.script["audit"] = kind("expected one thing, found another")
        found = problem(serve().post("/v1/audits", headers=bearer("audit")), kind.status, kind.code)
        assert (found.detail, found.advice) == ("expected one thing, found another", kind.advice)


def test_an_outage_says_when_to_try_again(serve, scripted, bearer) -> None:
    scripted.script["audit"] = errors.ChainUnreachable("the node is down")
    assert int(serve().post("/v1/audits", headers=bearer("audit")).headers["retry-after"]) > 0


def test_an_unexpected_exception_shows_and_logs_no_internals(serve, scripted, bearer, capsys) -> None:
    scripted.script["audit"] = ValueError(f"cannot read {PATIENT}")
    response = serve().post("/v1/audits", headers=bearer("audit"))
    problem(response, 500, "internal_error")
    logged = "".join(capsys.readouterr())
    assert PATIENT not in response.text + logged
    assert response.headers["x-request-id"] in logged
    assert "ValueError" in logged


def test_a_log_line_has_the_route_and_nothing_that_was_sent(serve, scripted, bearer, capsys) -> None:
    scripted.script["register"] = errors.UnreadableImage("not an image")
    files = {"file": (f"{PATIENT}.dcm", b"secret pixels")}
    serve().post(f"/v1/registrations?name={PATIENT}", headers=bearer("register"), files=files)
    logged = "".join(capsys.readouterr())
    assert "/v1/registrations" in logged
    assert not any(sent in logged for sent in (PATIENT, "secret pixels", "ms_register", "name="))


@pytest.mark.parametrize(
    "body",
    [
        {"images": [{"digests": {"file/1": PATIENT}}]},
        {"images": [{"digests": {PATIENT: "sha256:" + "0" * 64}}]},
        {"images": [{"digests": {}, PATIENT: 1}]},
        {"images": PATIENT},
        {PATIENT: PATIENT},
        PATIENT,
    ],
)
def test_a_validation_error_names_the_field_and_never_the_value(serve, bearer, body) -> None:
    found = problem(serve().post(BATCH, json=body, headers=bearer("register")), 422, "invalid_request")
    assert found.detail.startswith("body")
    assert PATIENT not in found.model_dump_json()


def test_many_validation_errors_are_counted_and_not_listed(serve, bearer) -> None:
    body = {"images": [{"digests": {"file/1": "?"}}] * 9}
    found = problem(serve().post(BATCH, json=body, headers=bearer("register")), 422, "invalid_request")
    assert found.detail.endswith("and 4 more")


def test_broken_json_is_an_invalid_request(serve, bearer) -> None:
    headers = bearer("register") | {"Content-Type": "application/json"}
    problem(serve().post(BATCH, content=b'{"images": ' + PATIENT.encode(), headers=headers), 422, "invalid_request")


def test_an_unknown_path_and_a_wrong_method_are_problems(serve) -> None:
    problem(serve().get("/v2/registrations"), 404, "no_such_route")
    problem(serve().put("/v1/registrations"), 405, "method_not_allowed")


def test_a_declared_length_over_the_limit_is_refused_without_reading_the_body(serve, scripted, bearer) -> None:
    headers = bearer("register") | {
        "Content-Length": str(10**12),
        "Content-Type": "multipart/form-data; boundary=x",
    }
    problem(serve(max_upload_mb=1).post("/v1/registrations", content=b"--x", headers=headers), 413, "limit_exceeded")
    assert scripted.calls == []


def test_a_chunked_body_is_refused_as_soon_as_it_outgrows_the_limit(serve, bearer) -> None:
    taken: list[int] = []

    def chunks() -> Any:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="i"\r\n\r\n'
        for at in range(64):
            taken.append(at)
            yield bytes(64 * 1024)

    headers = bearer("register") | {"Content-Type": "multipart/form-data; boundary=x"}
    response = serve(max_upload_mb=1).post("/v1/registrations", content=chunks(), headers=headers)
    problem(response, 413, "limit_exceeded")


def test_json_has_a_limit_of_its_own(serve, bearer) -> None:
    headers = bearer("register") | {"Content-Type": "application/json"}
    response = serve().post(BATCH, content=b" " * (MAX_OTHER_BODY + 1), headers=headers)
    problem(response, 413, "limit_exceeded")


def test_the_number_of_parts_is_bounded(serve, scripted, bearer) -> None:
    two = [("file", ("a", b"1")), ("file", ("b", b"2"))]
    problem(serve().post("/v1/registrations", files=two, headers=bearer("register")), 400, "malformed_body")
    fields = {f"field{at}": "1" for at in range(20)}
    response = serve().post("/v1/registrations", data=fields, files={"file": ("a", b"1")}, headers=bearer("register"))
    problem(response, 400, "malformed_body")
    assert scripted.calls == []


def test_a_large_upload_is_spooled_to_disk_and_a_full_disk_is_named(serve, scripted, bearer, monkeypatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", full)
    files = {"file": ("a", bytes(3 << 20))}
    problem(serve().post("/v1/registrations", files=files, headers=bearer("register")), 507, "storage_full")
    assert scripted.calls == []


def test_an_empty_file_is_refused_before_the_ledger_sees_it(serve, scripted, bearer) -> None:
    scripted.script |= {"register": None, "verify": None}
    for path, scope in (("/v1/registrations", "register"), ("/v1/verifications", "verify")):
        response = serve().post(path, files={"file": ("a", b"")}, headers=bearer(scope))
        problem(response, 422, "empty_file")
    assert scripted.calls == []
