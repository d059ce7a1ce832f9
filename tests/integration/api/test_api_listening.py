"""A listener before a ledger that is behind a server: medseal listen --server."""

from __future__ import annotations

from collections.abc import Iterator

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage, StorageCommitmentPushModel

from ledger.client import Client
from ledger.ingest.dicom.listener import Listener
from ledger.settings import Settings


@pytest.fixture
def sender() -> AE:
    ae = AE(ae_title="CT1")
    ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    ae.add_requested_context(StorageCommitmentPushModel)
    return ae


@pytest.fixture
def listening() -> Iterator[object]:
    started: list[Listener] = []

    def start(address: str, key: str) -> int:
        started.append(Listener(Client(address, key), Settings(dicom_port=0, dicom_peers="")))
        started[-1].start()
        return started[-1].port

    yield start
    for listener in started:
        listener.stop(5)


def slice_of() -> pydicom.Dataset:
    data_set = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return data_set


def test_what_is_sent_is_registered_behind_the_server_and_commitment_is_not_offered(
    sender, listening, url, secrets, ledger
) -> None:
    size = ledger.store.log_size(ledger.parts.registrar.id)
    association = sender.associate("127.0.0.1", listening(url, secrets["register"]), ae_title="MEDSEAL")
    assert association.send_c_store(slice_of()).Status == 0x0000
    assert [one.abstract_syntax for one in association.rejected_contexts] == [StorageCommitmentPushModel]
    association.release()
    assert ledger.store.log_size(ledger.parts.registrar.id) == size + 1


@pytest.mark.parametrize("trouble", ["no server", "wrong key"])
def test_a_server_that_refuses_is_out_of_resources_so_that_the_sender_keeps_the_image(
    sender, listening, url, secrets, trouble
) -> None:
    address = "http://127.0.0.1:9" if trouble == "no server" else url
    association = sender.associate("127.0.0.1", listening(address, secrets["verify"]), ae_title="MEDSEAL")
    assert association.send_c_store(slice_of()).Status == 0xA700
    association.release()
