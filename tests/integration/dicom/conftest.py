"""A ledger in a folder with a DICOM listener before it, and senders' files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import structlog
from committing import Reports
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import CTImageStorage, StorageCommitmentPushModel, Verification  # type: ignore[attr-defined]

from ledger.ingest.dicom.listener import Listener
from ledger.service import Service
from ledger.settings import Settings

CT = str(get_testdata_file("CT_small.dcm"))


def dicom_bytes(data_set: pydicom.Dataset) -> bytes:
    file = BytesIO()
    data_set.save_as(file)
    return file.getvalue()


def make_slice_of(number: int = 0, study: str = "1.2.826.0.1.3680043.2.1", **attributes: Any) -> pydicom.Dataset:
    """A CT slice of its own: other samples, another instance."""
    data_set = pydicom.dcmread(CT)
    samples = data_set.pixel_array.copy()
    samples[number % 128, (number // 128) % 128] += 1 + number
    data_set.PixelData = samples.astype(np.int16).tobytes()
    data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data_set.StudyInstanceUID = study
    for name, value in attributes.items():
        setattr(data_set, name, value)
    return data_set


class Scanner:
    """A sender on this machine, by pynetdicom."""

    def __init__(self, port: int, ae_title: str = "CT1") -> None:
        self.port = port
        self.ae_title = ae_title

    def open(self, *syntaxes: str, sop_class: str = CTImageStorage, **options: Any) -> Association:
        ae = AE(ae_title=self.ae_title)
        ae.add_requested_context(Verification)
        ae.add_requested_context(sop_class, list(syntaxes) or None)
        return ae.associate("127.0.0.1", self.port, ae_title=options.pop("called", "MEDSEAL"), **options)

    def send(self, *data_sets: pydicom.Dataset, **options: Any) -> list[int]:
        """The status of each, over one association."""
        first = data_sets[0]
        association = self.open(first.file_meta.TransferSyntaxUID, sop_class=first.SOPClassUID, **options)
        assert association.is_established
        statuses = [association.send_c_store(one).Status for one in data_sets]
        association.release()
        return statuses


class Ward:
    """One ledger with its listener."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        given = {"detector": "none", "dicom_port": 0, "dicom_peers": "", **settings}
        self.settings = Settings(data=folder, **given)
        self.service = Service.open(self.settings)
        self.listen()

    def listen(self) -> None:
        self.listener = Listener(self.service, self.settings, commitments=self.service.commitments)
        self.listener.start()
        self.port = self.listener.port

    def restart(self) -> None:
        """Listener and ledger end and come back, on another port."""
        self.close()
        self.service = Service.open(self.settings)
        self.listen()

    def scanner(self, ae_title: str = "CT1") -> Scanner:
        return Scanner(self.port, ae_title)

    def slice(self, number: int = 0, **attributes: Any) -> pydicom.Dataset:
        return make_slice_of(number, **attributes)

    def registered(self) -> int:
        return self.service.store.log_size(self.service.parts.registrar.id) - 1

    def close(self) -> None:
        self.listener.stop(5)
        self.service.close()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with keys, chain, contract and registrar, to be copied."""
    folder = tmp_path_factory.mktemp("founded") / "data"
    Service.open(Settings(data=folder, detector="none")).close()
    return folder


@pytest.fixture(scope="session")
def make_slice() -> Callable[..., pydicom.Dataset]:
    """Makes a CT slice of its own for each number."""
    return make_slice_of


@pytest.fixture
def open_ward(tmp_path: Path, founded: Path) -> Iterator[Callable[..., Ward]]:
    opened: list[Ward] = []

    def make(**settings: Any) -> Ward:
        folder = Path(shutil.copytree(founded, tmp_path / f"data{len(opened)}"))
        opened.append(Ward(folder, **settings))
        return opened[-1]

    yield make
    for ward in opened:
        ward.close()


@pytest.fixture
def ward(open_ward: Callable[..., Ward]) -> Ward:
    return open_ward()


@pytest.fixture
def log_lines() -> Iterator[list[dict[str, Any]]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def sender_port(reports: Reports) -> Iterator[int]:
    """Where the sender itself listens for reports."""
    ae = AE(ae_title="CT1")
    ae.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, reports.take)])
    assert server is not None
    yield server.server_address[1]
    server.shutdown()
