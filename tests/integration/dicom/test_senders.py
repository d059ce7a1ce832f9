"""Real senders: dcmtk's programs and Orthanc against the listener; its rate; its sudden death."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from archive import OrthancServer
from pydicom.uid import JPEG2000Lossless, RLELossless
from pynetdicom import AE, AllStoragePresentationContexts, evt

from ledger.ingest.looking import Looking
from ledger.ingest.warming import warm
from ledger.service import Service
from ledger.settings import Settings

pytestmark = pytest.mark.needs_dcmtk


def dcmtk(name: str) -> str:
    """dcmtk's program: pynetdicom puts its own of the same name beside Python."""
    folders = [one for one in os.get_exec_path() if Path(one) != Path(sys.executable).parent]
    return shutil.which(name, path=os.pathsep.join(folders)) or name


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [dcmtk(str(words[0])), *map(str, words[1:])], capture_output=True, text=True, timeout=120, check=False
    )


def raw(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())


def compressed(syntax: str) -> Callable[[Path, Path], None]:
    def write(source: Path, target: Path) -> None:
        data_set = pydicom.dcmread(source)
        data_set.compress(syntax, generate_instance_uid=False)
        data_set.save_as(target)

    return write


def jpeg_ls(source: Path, target: Path) -> None:
    assert run("dcmcjpls", "+un", source, target).returncode == 0


@pytest.fixture
def capture(ward, tmp_path) -> Path:
    """One slice as the scanner has it."""
    path = tmp_path / "slice.dcm"
    ward.slice(1).save_as(path)
    return path


def test_echoscu_is_answered(ward) -> None:
    assert run("echoscu", "-aec", "MEDSEAL", "127.0.0.1", str(ward.port)).returncode == 0


@pytest.mark.parametrize(
    ("write", "proposes"),
    [(raw, "-xe"), (compressed(RLELossless), "-xr"), (compressed(JPEG2000Lossless), "-xv"), (jpeg_ls, "-xt")],
    ids=["raw", "rle", "jpeg-2000", "jpeg-ls"],
)
def test_a_slice_sent_in_any_transfer_syntax_verifies_as_the_captured_one(
    ward, capture, tmp_path, write, proposes
) -> None:
    sent = tmp_path / "sent.dcm"
    write(capture, sent)
    done = run("storescu", "-R", proposes, "-aet", "CT1", "-aec", "MEDSEAL", "127.0.0.1", str(ward.port), sent)
    assert done.returncode == 0, done.stderr
    syntax = pydicom.dcmread(sent, stop_before_pixels=True).file_meta.TransferSyntaxUID
    facts = ward.service.registration(ward.service.history(kind="register").entries[0].id).facts
    assert facts["transfer_syntax"] == syntax, "the sender transcoded"
    found = ward.service.verify(capture.read_bytes())
    assert found.verdict in ("authentic", "authentic-reencoded")
    assert found.accepted
    data_set_check = next(check for check in found.checks if check.number == 3)
    assert data_set_check.status == "passed" or data_set_check.figures, "what differs is not named"


def test_dcmsend_sends_a_folder_and_the_log_has_each_once(ward, tmp_path) -> None:
    for number in range(5):
        ward.slice(number).save_as(tmp_path / f"s{number}.dcm")
    done = run("dcmsend", "-aec", "MEDSEAL", "127.0.0.1", str(ward.port), *tmp_path.glob("s*.dcm"))
    assert done.returncode == 0, done.stderr
    assert ward.registered() == 5


@pytest.mark.needs_orthanc
def test_a_slice_forwarded_by_orthanc_verifies_as_the_captured_one(ward, capture, orthanc) -> None:
    forward(orthanc, capture.read_bytes())
    found = ward.service.verify(capture.read_bytes())
    assert found.verdict in ("authentic", "authentic-reencoded")
    assert found.accepted
    data_set_check = next(check for check in found.checks if check.number == 3)
    assert data_set_check.status == "passed" or data_set_check.figures, "what differs is not named"


@pytest.mark.needs_orthanc
def test_what_orthanc_changes_on_the_way_is_named_and_nothing_else(ward, capture, orthanc) -> None:
    forward(orthanc, capture.read_bytes(), Replace={"InstitutionName": "Elsewhere"}, Remove=["StudyID"])
    found = ward.service.verify(capture.read_bytes())
    check = next(check for check in found.checks if check.number == 3)
    assert found.verdict == "authentic-reencoded"
    assert [(one["name"], one["change"]) for one in check.figures["attributes"]] == [
        ("InstitutionName", "changed"),
        ("StudyID", "added"),
    ]


def test_two_hundred_slices_over_one_association_lose_nothing(ward, tmp_path, capsys) -> None:
    slices = tmp_path / "slices"
    slices.mkdir()
    for number in range(200):
        large_slice(ward, number).save_as(slices / f"{number:03}.dcm")
    ward.service.parts.look = looking = Looking()  # as medseal listen does it
    warm(looking)
    plain = rate_of(slices, receiver_that_only_stores(tmp_path))
    ours = rate_of(slices, ward.port)
    looking.close()
    with capsys.disabled():
        said = f"{ours:.0f} a second registered, {plain:.0f} only stored ({ours / plain:.0%})"
        print(f"\n200 CT slices of 512 x 512 over one association: {said}")
    assert ward.registered() == 200


def test_killed_in_the_middle_of_an_association_and_sent_again_leaves_no_gap_and_no_double(
    founded, make_slice, tmp_path, listening
) -> None:
    folder = Path(shutil.copytree(founded, tmp_path / "data"))
    slices = tmp_path / "slices"
    slices.mkdir()
    for number in range(60):
        make_slice(number).save_as(slices / f"{number:03}.dcm")
    process, port = listening(folder)
    sender = subprocess.Popen(storescu(slices, port), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == "stored" and (stored := stored_in(folder)) >= 10:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert sender.wait(60) != 0
    assert 10 <= stored < 60
    process, port = listening(folder)
    assert subprocess.run(storescu(slices, port), capture_output=True, timeout=120, check=False).returncode == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    with Service.open(Settings(data=folder, detector="none")) as service:
        registrations = service.history(kind="register", limit=1000).entries
        assert len(registrations) == 60
        assert service.anchor_pending(60)
        for path in slices.iterdir():
            assert service.verify(path.read_bytes()).accepted
        assert service.audit().consistent


# what it takes


def large_slice(make: Any, number: int) -> pydicom.Dataset:
    data_set: pydicom.Dataset = make.slice(number)
    row, column = np.mgrid[0:512, 0:512]
    body = 1000 * np.exp(-((row - 256) ** 2 + (column - 256) ** 2) / (512 * (20 + number % 40)))
    samples = body + np.random.default_rng(number).normal(0, 20, (512, 512))
    data_set.Rows = data_set.Columns = 512
    data_set.PixelData = samples.astype(np.int16).tobytes()
    return data_set


def storescu(folder: Path, port: int) -> list[str]:
    return [dcmtk("storescu"), "-R", "-xe", "-aec", "MEDSEAL", "+sd", "127.0.0.1", str(port), str(folder)]


def rate_of(folder: Path, port: int) -> float:
    """Objects a second."""
    began = time.monotonic()
    done = run(*storescu(folder, port))
    assert done.returncode == 0, done.stderr
    return len(list(folder.iterdir())) / (time.monotonic() - began)


def receiver_that_only_stores(folder: Path) -> int:
    """The port of a pynetdicom receiver that writes each object to the disk, as durably as a database does."""

    def write(event: evt.Event) -> int:
        with (folder / f"{event.request.AffectedSOPInstanceUID}.dcm").open("wb") as file:
            file.write(event.encoded_dataset())
            file.flush()
            os.fsync(file.fileno())
        return 0x0000

    ae = AE(ae_title="MEDSEAL")
    ae.supported_contexts = AllStoragePresentationContexts
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, write)])
    assert server is not None
    return int(server.server_address[1])


def stored_in(folder: Path) -> int:
    with sqlite3.connect(folder / "medseal.db") as connection:
        return int(connection.execute("SELECT size FROM log").fetchone()[0]) - 1


@pytest.fixture
def listening() -> Iterator[Callable[[Path], tuple[subprocess.Popen[str], int]]]:
    """Starts ``medseal listen`` on a data folder; the process and its port."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path) -> tuple[subprocess.Popen[str], int]:
        command = [str(Path(sys.executable).with_name("medseal")), "listen", "--port", "0", "--data", str(folder)]
        environment = os.environ | {"MEDSEAL_DETECTOR": "none"}
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        started.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("{") and json.loads(line)["event"] == "listening":
                process.stderr.readline()
                return process, int(json.loads(line)["port"])
        raise AssertionError("did not listen")

    yield start
    for process in started:
        process.kill()
        process.wait()


def forward(orthanc: OrthancServer, image: bytes, **changes: Any) -> None:
    """The image is stored in Orthanc, which then sends it on; ``changes`` are what Orthanc's modification takes."""
    instance = orthanc.put(image)
    if changes:
        keep = {"Keep": ["SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"], "Force": True}
        changed = orthanc.http.post(f"/instances/{instance}/modify", json=changes | keep).content
        orthanc.http.delete(f"/instances/{instance}")
        instance = orthanc.put(changed)
    done = orthanc.http.post("/modalities/receiver/store", content=instance).json()
    assert done["FailedInstancesCount"] == 0


@pytest.fixture
def orthanc(tmp_path, ward) -> Iterator[OrthancServer]:
    made = OrthancServer(tmp_path / "orthanc", ward.port, forwards=False).start()
    yield made
    made.kill()
