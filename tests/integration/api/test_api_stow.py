"""STOW-RS, by dicomweb-client and by hand, against a real server."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pydicom
import pytest
import requests
from dicomweb_client import DICOMwebClient
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from requests import HTTPError

from ledger.api.related import MalformedBody, _Splitter

STUDIES = "/v1/dicomweb/studies"
Bearer = Callable[[str], dict[str, str]]


def slice_of(study: str = "1.2.826.0.1.3680043.2.7") -> pydicom.Dataset:
    data_set = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data_set.StudyInstanceUID = study
    return data_set


def file_of(data_set: pydicom.Dataset) -> bytes:
    written = io.BytesIO()
    data_set.save_as(written)
    return written.getvalue()


def body_of(*parts: bytes, boundary: str = "b0und", kind: str = "application/dicom") -> dict[str, Any]:
    content = b"".join(f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode() + part + b"\r\n" for part in parts)
    content_type = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return {"content": content + f"--{boundary}--".encode(), "headers": {"Content-Type": content_type}}


def post(api: TestClient, bearer: dict[str, str], path: str = STUDIES, **request: Any) -> Any:
    return api.post(path, content=request["content"], headers=request["headers"] | bearer)


@pytest.fixture
def web(url: str, bearer: Bearer) -> DICOMwebClient:
    return DICOMwebClient(f"{url}/v1/dicomweb", headers=bearer("register"))


def test_a_dicomweb_client_registers_several_instances_at_once(web, ledger) -> None:
    sent = [slice_of() for _ in range(3)]
    told = web.store_instances(sent)
    assert {one.ReferencedSOPInstanceUID for one in told.ReferencedSOPSequence} == {s.SOPInstanceUID for s in sent}
    assert "FailedSOPSequence" not in told
    for one in sent:
        assert ledger.verify(file_of(one)).verdict == "authentic"


def test_a_dicomweb_client_can_name_the_study(web) -> None:
    mine = slice_of()
    assert len(web.store_instances([mine], study_instance_uid=mine.StudyInstanceUID).ReferencedSOPSequence) == 1
    with pytest.raises(HTTPError, match="409"):
        web.store_instances([slice_of("1.2.3")], study_instance_uid=mine.StudyInstanceUID)


def test_instances_that_fail_are_named_with_the_reason_and_the_others_are_registered(api, bearer) -> None:
    good, cut, other = slice_of(), slice_of(), slice_of("1.2.3")
    parts = (file_of(good), file_of(cut)[:-1000], file_of(other), b"no DICOM at all")
    answer = post(api, bearer("register"), f"{STUDIES}/{good.StudyInstanceUID}", **body_of(*parts))
    assert answer.status_code == 202
    assert answer.headers["content-type"] == "application/dicom+json"
    told = pydicom.Dataset.from_json(answer.json())
    assert [one.ReferencedSOPInstanceUID for one in told.ReferencedSOPSequence] == [good.SOPInstanceUID]
    assert [(one.ReferencedSOPInstanceUID, one.FailureReason) for one in told.FailedSOPSequence] == [
        (cut.SOPInstanceUID, 0xC000),
        (other.SOPInstanceUID, 0xA900),
    ]
    assert [one["00081197"]["Value"] for one in answer.json()["0008119A"]["Value"]] == [[0xC000]]


def test_a_fault_of_ours_at_one_instance_is_told_beside_what_was_stored(api, bearer, ledger, monkeypatch) -> None:
    good, bad = slice_of(), slice_of()
    register = ledger.register

    def faulty(data: bytes, **given: Any) -> Any:
        if bad.SOPInstanceUID.encode() in data:
            raise RuntimeError("ours")
        return register(data, **given)

    monkeypatch.setattr(ledger, "register", faulty)
    answer = post(api, bearer("register"), **body_of(file_of(good), file_of(bad)))
    assert answer.status_code == 202
    told = pydicom.Dataset.from_json(answer.json())
    assert [one.ReferencedSOPInstanceUID for one in told.ReferencedSOPSequence] == [good.SOPInstanceUID]
    assert [one.FailureReason for one in told.FailedSOPSequence] == [0x0110]


def test_when_nothing_is_registered_the_answer_is_409(api, bearer) -> None:
    assert post(api, bearer("register"), **body_of(b"nothing")).status_code == 409


def test_the_same_instances_again_are_a_success_and_no_second_entry(api, bearer, ledger) -> None:
    request = body_of(file_of(slice_of()))
    post(api, bearer("register"), **request)
    size = ledger.store.log_size(ledger.parts.registrar.id)
    assert post(api, bearer("register"), **request).status_code == 200
    assert ledger.store.log_size(ledger.parts.registrar.id) == size


def test_a_key_without_the_scope_register_is_refused_before_the_body_is_read(api, bearer) -> None:
    answer = post(api, bearer("verify"), **body_of(file_of(slice_of())))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "application/dicom"}, 415, "unsupported_media_type"),
        (
            {"Content-Type": 'multipart/related; type="application/dicom+json"; boundary=b'},
            415,
            "unsupported_media_type",
        ),
        ({"Content-Type": 'multipart/related; type="application/dicom"'}, 400, "malformed_body"),
        ({"Accept": "application/dicom+xml"}, 406, "not_acceptable"),
    ],
)
def test_another_request_than_stow_says_what_is_wrong_with_it(api, bearer, headers, status, code) -> None:
    request = body_of(b"x")
    request["headers"] |= headers
    answer = post(api, bearer("register"), **request)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_parts_of_another_type_are_refused(api, bearer) -> None:
    assert post(api, bearer("register"), **body_of(b"x", kind="text/plain")).status_code == 415


def test_a_body_that_breaks_off_is_malformed(api, bearer) -> None:
    request = body_of(b"nothing")
    request["content"] = request["content"][:-5]
    assert post(api, bearer("register"), **request).json()["code"] == "malformed_body"


def test_a_body_beyond_the_upload_limit_is_refused(url, bearer) -> None:
    request = body_of(bytes(9 << 20))
    answer = requests.post(
        url + STUDIES, request["content"], headers=request["headers"] | bearer("register"), timeout=60
    )
    assert answer.status_code == 413


@given(parts=st.lists(st.binary(max_size=300), max_size=5), cuts=st.lists(st.integers(1, 40), max_size=60))
def test_parts_come_out_as_they_went_in_however_the_body_is_cut(parts: list[bytes], cuts: list[int]) -> None:
    parts = [part.replace(b"\r\n--b0und", b"") for part in parts]
    content = body_of(*parts)["content"]
    splitter, found = _Splitter("b0und"), []
    for size in [*cuts, len(content)]:
        found += [part.content.read() for part in splitter.feed(content[:size])]
        content = content[size:]
    splitter.finish()
    assert found == parts


def test_headers_of_a_part_are_bounded() -> None:
    splitter = _Splitter("b")
    with pytest.raises(MalformedBody, match="headers"):
        list(splitter.feed(b"--b\r\n" + b"X-Long: " + bytes(20_000)))


def test_a_boundary_as_long_as_orthancs_is_taken_and_one_without_end_is_not(api, bearer) -> None:
    for length, status in ((73, 200), (201, 400)):
        answer = post(api, bearer("register"), **body_of(file_of(slice_of()), boundary="b" * length))
        assert answer.status_code == status
