"""A real Orthanc server, started by a test on free ports, and DICOM slices to put into it."""

from __future__ import annotations

import io
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from running import free_port

DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
USER, PASSWORD = "reader", "a password of the test's own"
_FORWARD = """
function OnStoredInstance(instanceId, tags, metadata, origin)
  SendToModality(instanceId, 'receiver')
end
"""


def slice_of(number: int, series: str = "1.2.826.0.1.3680043.9.1", patient: str = "Mustermann^Max") -> bytes:
    """A CT slice of 128 × 128 pixels whose pixels and instance are this number's own."""
    path = get_testdata_file("CT_small.dcm")
    assert isinstance(path, str)
    made = pydicom.dcmread(path)
    pixels = np.random.default_rng(number).integers(0, 2000, (128, 128), dtype=np.int16)
    made.PixelData = pixels.tobytes()
    made.SOPInstanceUID = generate_uid(entropy_srcs=[series, str(number)])
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.SeriesInstanceUID, made.StudyInstanceUID = series, series + ".1"
    made.PatientName = patient
    written = io.BytesIO()
    made.save_as(written)
    return written.getvalue()


def _web_settings(web: tuple[str, str] | None) -> Mapping[str, Any]:
    if web is None:
        return {}
    known = {"Url": web[0], "HttpHeaders": {"Authorization": f"Bearer {web[1]}"}}
    return {"Plugins": [str(DICOMWEB)], "DicomWeb": {"Enable": True, "Servers": {"medseal": known}}}


class OrthancServer:
    """Orthanc on loopback with a user, in a folder of its own; with ``receiver`` (a port) it forwards all it gets, or
    with ``forwards`` false what it is told to.

    With ``web`` (the address of a DICOMweb service and a key for it) it has its plugin for DICOMweb, which knows that
    service as ``medseal``.
    """

    def __init__(
        self,
        folder: Path,
        receiver: int | None = None,
        web: tuple[str, str] | None = None,
        *,
        forwards: bool = True,
    ) -> None:
        self.folder = folder
        self.http_port, self.dicom_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        self._config = folder / "orthanc.json"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "forward.lua").write_text(_FORWARD)
        self._config.write_text(json.dumps({**self._settings(receiver, forwards), **_web_settings(web)}))
        self._process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=self.url, auth=(USER, PASSWORD), timeout=30)

    def _settings(self, receiver: int | None, forwards: bool) -> Mapping[str, Any]:
        return {
            "Name": "test archive",
            "StorageDirectory": str(self.folder / "storage"),
            "IndexDirectory": str(self.folder / "storage"),
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {USER: PASSWORD},
            "Plugins": [],
            "DicomModalities": {"receiver": ["MEDSEAL", "127.0.0.1", receiver or 1]},
            "LuaScripts": [str(self.folder / "forward.lua")] if receiver and forwards else [],
            "DicomScuTimeout": 3,
            "ConcurrentJobs": 1,
        }

    def start(self) -> OrthancServer:
        """It answers when this returns."""
        program = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, str(self._config)], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.http.get("/system").raise_for_status()
                return self
            except httpx.HTTPError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """The process is gone; what it holds stays in its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            self._process = None

    def kill(self) -> None:
        """The process is gone at once; stopping in order takes it seconds."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def put(self, data: bytes) -> str:
        """Stores a DICOM file through the REST API; Orthanc's id of the instance."""
        answer = self.http.post("/instances", content=data)
        answer.raise_for_status()
        return str(answer.json()["ID"])

    def wait_for_forwards(self, known: int = 0) -> int:
        """Returns when all forwards have ended, and more jobs have than ``known``; how many jobs have ended. One job
        takes all forwards of a moment."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            states = [str(job["State"]) for job in self.http.get("/jobs", params={"expand": ""}).json()]
            if len(states) > known and all(state in ("Success", "Failure") for state in states):
                return len(states)
            time.sleep(0.2)
        raise AssertionError("the forwards did not end")
