"""A listener before a ledger that is behind a server: medseal listen --server."""

from __future__ import annotations

import queue
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import CTImageStorage, StorageCommitmentPushModel, StorageCommitmentPushModelInstance

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
def listening(tmp_path) -> Iterator[Callable[..., Listener]]:
    """Starts a listener before the server, each on the same data folder of its own."""
    started: list[Listener] = []

    def start(address: str, key: str, peers: str = "") -> Listener:
        settings = Settings(data=tmp_path, dicom_port=0, dicom_peers=peers)
        started.append(Listener(Client(address, key), settings))
        started[-1].start()
        return started[-1]

    yield start
    for listener in started:
        listener.stop(5)


@pytest.fixture
def reports() -> Iterator[tuple[int, queue.Queue[tuple[int, pydicom.Dataset]]]]:
    """The port where the sender itself listens, and the reports that it got there."""
    got: queue.Queue[tuple[int, pydicom.Dataset]] = queue.Queue()

    def take(event: evt.Event) -> tuple[int, None]:
        got.put((event.event_type, event.event_information))
        return 0x0000, None

    ae = AE(ae_title="CT1")
    ae.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, take)])
    assert server is not None
    yield server.server_address[1], got
    server.shutdown()


def slice_of() -> pydicom.Dataset:
    data_set = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return data_set


def asked(association: Association, *instances: str) -> int:
    information = pydicom.Dataset()
    information.TransactionUID = generate_uid()
    information.ReferencedSOPSequence = []
    for instance in instances:
        item = pydicom.Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CTImageStorage, instance
        information.ReferencedSOPSequence.append(item)
    status, _ = association.send_n_action(
        information, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    return int(status.Status)


def test_what_is_sent_is_registered_behind_the_server(sender, listening, url, secrets, ledger) -> None:
    size = ledger.store.log_size(ledger.parts.registrar.id)
    association = sender.associate("127.0.0.1", listening(url, secrets["register"]).port, ae_title="MEDSEAL")
    assert association.send_c_store(slice_of()).Status == 0x0000
    association.release()
    assert ledger.store.log_size(ledger.parts.registrar.id) == size + 1


def test_commitment_is_reported_once_the_entry_behind_the_server_is_final(
    sender, listening, url, secrets, ledger, reports
) -> None:
    port, got = reports
    sent = slice_of()
    listener = listening(url, secrets["register"], f"CT1@127.0.0.1:{port}")
    association = sender.associate("127.0.0.1", listener.port, ae_title="MEDSEAL")
    assert association.send_c_store(sent).Status == 0x0000
    assert asked(association, sent.SOPInstanceUID, "1.2.3.4.5") == 0x0000
    association.release()
    with pytest.raises(queue.Empty):
        got.get(timeout=2.5)  # the log has it, no block yet
    ledger.anchor_pending(60)
    kind, told = got.get(timeout=20)
    assert kind == 2
    assert [one.ReferencedSOPInstanceUID for one in told.ReferencedSOPSequence] == [sent.SOPInstanceUID]
    assert [(one.ReferencedSOPInstanceUID, one.FailureReason) for one in told.FailedSOPSequence] == [
        ("1.2.3.4.5", 0x0112)
    ]


def test_a_request_survives_a_restart_of_the_listener_and_an_outage_of_the_server(
    sender, listening, url, secrets, ledger, reports, tmp_path
) -> None:
    port, got = reports
    sent = slice_of()
    listener = listening(url, secrets["register"], f"CT1@127.0.0.1:{port}")
    association = sender.associate("127.0.0.1", listener.port, ae_title="MEDSEAL")
    assert association.send_c_store(sent).Status == 0x0000
    assert asked(association, sent.SOPInstanceUID) == 0x0000
    association.release()
    listener.stop(5)
    ledger.anchor_pending(60)
    deaf = listening("http://127.0.0.1:9", secrets["register"], f"CT1@127.0.0.1:{port}")
    with pytest.raises(queue.Empty):
        got.get(timeout=2.5)  # an outage is no answer
    deaf.stop(5)
    listening(url, secrets["register"], f"CT1@127.0.0.1:{port}")
    kind, told = got.get(timeout=20)
    assert kind == 1
    assert [one.ReferencedSOPInstanceUID for one in told.ReferencedSOPSequence] == [sent.SOPInstanceUID]
    wait_until_erased(tmp_path)


def wait_until_erased(folder: Path) -> None:
    (path,) = (folder / "capture").glob("listen-*.sqlite")
    deadline = time.monotonic() + 15
    with closing(sqlite3.connect(path)) as kept:
        while kept.execute("SELECT count(*) FROM request").fetchone()[0]:
            assert time.monotonic() < deadline, "the request and its UIDs are still there"
            time.sleep(0.05)


@pytest.mark.parametrize("trouble", ["no server", "wrong key"])
def test_a_server_that_refuses_is_out_of_resources_so_that_the_sender_keeps_the_image(
    sender, listening, url, secrets, trouble
) -> None:
    address = "http://127.0.0.1:9" if trouble == "no server" else url
    association = sender.associate("127.0.0.1", listening(address, secrets["verify"]).port, ae_title="MEDSEAL")
    assert association.send_c_store(slice_of()).Status == 0xA700
    association.release()
