"""A real Orthanc that sends by DICOMweb: its plugin's STOW-RS against a real API."""

from __future__ import annotations

from typing import Any

import pytest
from archive import DICOMWEB, OrthancServer, slice_of

from ledger.service import Service

pytestmark = [
    pytest.mark.needs_orthanc,
    pytest.mark.skipif(
        not DICOMWEB.is_file(),
        reason=f"Orthanc's plugin for DICOMweb is missing ({DICOMWEB}; Debian: orthanc-dicomweb)",
    ),
]


def stow(archive: OrthancServer, *instances: str) -> Any:
    return archive.http.post("/dicom-web/servers/medseal/stow", json={"Resources": instances, "Synchronous": True})


def test_slices_that_orthanc_sends_by_stow_verify_as_the_captured_ones(
    ledger: Service, url: str, register_key: str, orthanc: Any
) -> None:
    archive = orthanc(web=(f"{url}/v1/dicomweb/", register_key))
    slices = [slice_of(number) for number in range(61_000, 61_003)]
    done = stow(archive, *map(archive.put, slices))
    assert done.status_code == 200, done.text
    for one in slices:
        found = ledger.verify(one)
        assert found.verdict in ("authentic", "authentic-reencoded")
        assert found.accepted


def test_a_key_that_may_not_register_makes_orthancs_sending_fail(ledger: Service, url: str, orthanc: Any) -> None:
    reader = ledger.keys.create("reader", ["history"])[1]
    archive = orthanc(web=(f"{url}/v1/dicomweb/", reader))
    one = slice_of(61_010)
    assert stow(archive, archive.put(one)).status_code >= 400
    assert ledger.verify(one).verdict == "unregistered"
