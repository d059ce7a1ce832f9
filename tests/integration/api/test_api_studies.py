"""Studies over HTTP, by the client."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from ledger.client import Client
from ledger.core.images.identity import instance_key, study_key
from ledger.errors import NotAllowed, NotFound


@pytest.fixture
def client(url: str, secrets: dict[str, str]) -> Callable[[str], Client]:
    return lambda scope: Client(url, secrets[scope])


def test_a_study_is_closed_and_a_copy_compared_over_http(client) -> None:
    uid, instances = generate_uid(), []
    for _ in range(2):
        data_set = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        data_set.SOPInstanceUID, data_set.StudyInstanceUID = generate_uid(), uid
        file = BytesIO()
        data_set.save_as(file)
        client("register").register(file.getvalue())
        instances.append(instance_key(data_set.SOPInstanceUID))
    closed = client("register").studies.close(study_key(uid))
    assert (closed.count, closed.created) == (2, True)
    assert not client("register").studies.close(study_key(uid)).created
    found = client("verify").studies.verify(study_key(uid), instances[:1])
    assert (found.result, len(found.missing)) == ("differs", 1)


def test_an_unknown_study_is_not_found_and_a_wrong_key_not_allowed(client) -> None:
    with pytest.raises(NotFound):
        client("register").studies.close(study_key("1.2.3.4"))
    with pytest.raises(NotAllowed):
        client("verify").studies.close(study_key("1.2.3.4"))
