"""A file by itself over HTTP: its digests for those who read, its examination by each method for those who verify."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.client import Client
from ledger.errors import InputError, NotAllowed, OutageError
from ledger.service import Service
from ledger.settings import Settings


@pytest.fixture(scope="module")
def examining(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A ledger with the real detector."""
    with Service.open(Settings(data=tmp_path_factory.mktemp("examining") / "data", detector_seconds=120)) as service:
        yield service


@pytest.fixture
def reader(url: str, secrets: dict[str, str]) -> Iterator[Client]:
    with Client(url, secrets["history"]) as client:
        yield client


@pytest.fixture
def registrar(url: str, secrets: dict[str, str]) -> Iterator[Client]:
    with Client(url, secrets["register"]) as client:
        yield client


def test_who_reads_gets_the_digests_by_which_a_file_is_found(reader: Client, registrar: Client, images: Any) -> None:
    image = images.png()
    made = registrar.register(image)
    found = reader.examinations.digests(image)
    assert found.unreadable == ""
    assert [entry.id for entry in reader.history(digest=found.digests["pixel/1"]).entries] == [made.registration_id]


def test_digests_that_show_what_an_image_looks_like_are_left_out(registrar: Client, ct_slice: bytes) -> None:
    image = ct_slice
    told = registrar.register(image).digests
    assert "view/1" in told
    assert set(registrar.examinations.digests(image).digests) == set(told) - {"view/1", "trace/1"}


def test_of_a_file_that_is_no_image_the_digest_of_its_bytes_and_the_reason_are_given(reader: Client) -> None:
    found = reader.examinations.digests(b"no image")
    assert list(found.digests) == ["file/1"] and found.unreadable
    with pytest.raises(InputError) as caught:
        reader.examinations.digests(b"")
    assert caught.value.code == "empty_file"


def test_asking_for_digests_notes_no_verification(ledger: Service, registrar: Client, images: Any) -> None:
    image = images.png()
    made = registrar.register(image)
    registrar.examinations.digests(image)
    assert ledger.operations.verifications(made.registration_id) == []


def test_who_may_only_verify_gets_no_digests_and_who_may_only_read_no_examination(
    url: str, secrets: dict[str, str], reader: Client, images: Any
) -> None:
    with Client(url, secrets["verify"]) as verifier, pytest.raises(NotAllowed):
        verifier.examinations.digests(images.png())
    with pytest.raises(NotAllowed):
        reader.examinations.examine(images.png(), "vgg")


def test_a_detector_that_is_turned_off_is_said(url: str, secrets: dict[str, str], images: Any) -> None:
    with Client(url, secrets["verify"]) as client:
        for ask in (client.examinations.methods, lambda: client.examinations.examine(images.png(), "vgg")):
            with pytest.raises(OutageError) as caught:
                ask()
            assert caught.value.code == "detector_off"


def test_each_method_answers_by_name_and_an_unknown_one_is_an_error(examining: Service, ct_slice: bytes) -> None:
    methods = examining.examinations.methods()
    assert methods.default == "fusion" and methods.seconds == 120
    found = {name: examining.examinations.examine(ct_slice, name) for name in methods.names}
    assert {name: one.method for name, one in found.items()} == {name: name for name in methods.names}
    assert all(one.modality == "CT" and (one.reason or one.applicable) for one in found.values())
    with pytest.raises(InputError) as caught:
        examining.examinations.examine(ct_slice, "guess")
    assert caught.value.code == "unknown_method" and "keypoint_copymove" in str(caught.value)


def test_an_examination_is_the_same_over_http(examining: Service, ct_slice: bytes) -> None:
    _, key = examining.keys.create("reviewer", ["verify"])
    with TestClient(create_app(examining, Settings(data=Path("unused")))) as api:
        asked = {"headers": {"Authorization": f"Bearer {key}"}, "files": {"file": ("x", ct_slice)}}
        answer = api.post("/v1/examinations", data={"method": "ela_cnn"}, **asked)
        assert answer.status_code == 200
        here = examining.examinations.examine(ct_slice, "ela_cnn").model_dump(mode="json")
        assert answer.json() | {"seconds": 0} == here | {"seconds": 0}
        assert api.post("/v1/examinations", data={"method": "guess"}, **asked).status_code == 422


@pytest.fixture
def ct_slice() -> bytes:
    from pydicom.data import get_testdata_file

    return Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
