"""A ledger with registered images on the embedded chain, a detector that answers as told, and dossiers of images."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from running import an_api

from ledger.api.app import create_app
from ledger.bootstrap import prepare
from ledger.core.detection import Detection, TraceFinding, TracePictures
from ledger.samples import copies_to_try, registered_samples
from ledger.schemas import Registration
from ledger.service import Service
from ledger.settings import Settings


def png(samples: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", samples)[1])


def suspicious() -> Detection:
    """What a detector says that found something, with pictures."""
    heat = np.zeros((64, 64), np.uint8)
    heat[20:40, 20:40] = 255
    return Detection(
        method="ela_cnn",
        version="1",
        applicable=True,
        reason="large enough",
        regime="lossless",
        band="altered",
        seconds=0.05,
        frame=0,
        frames=1,
        examined=1,
        width=64,
        height=64,
        score=2.5,
        probability=0.91,
        area_percent=9.8,
        area_interval=(2.0, 14.0),
        ela_mean_percent=0.143,
        findings=(TraceFinding("ela", "One part stands out.", "As pasted parts do.", "Edges do.", (20, 20, 20, 20)),),
        rates={
            "regime": "all", "auc": 0.63, "low": 0.55, "high": 0.7, "n_pristine": 120, "n_forged": 120,
            "false_alarm": 0.05, "false_alarm_high": 0.106, "caught": 0.4, "miss": 0.1, "miss_high": 0.17,
        },
        pictures=TracePictures(png(heat), png(heat), png(np.dstack([heat] * 3))),
        weights="77" * 32,
    )  # fmt: skip


@dataclass
class ScriptedDetector:
    """Answers every image as told: *altered* unless a test says otherwise."""

    answer: Detection = field(default_factory=suspicious)

    def examine(self, image: bytes, *, pictures: bool = False) -> Detection:
        return self.answer if pictures else replace(self.answer, pictures=None)

    def warm(self) -> None:
        """Nothing to load."""


@dataclass(frozen=True)
class Hospital:
    """The ledger, its settings, its images by name, and the registrations of those that are registered."""

    service: Service
    settings: Settings
    images: dict[str, bytes]
    registered: dict[str, Registration]

    def trust(self) -> bytes:
        return self.service.trust().encode()

    def dossier(self, name: str, **options: object) -> bytes:
        """The dossier of the image of that name."""
        return self.service.reports.make(self.images[name], name=name, **options).content  # type: ignore[arg-type]


def patched_jpeg(original: bytes) -> bytes:
    """A JPEG of a picture in which one part was copied to another place."""
    samples = cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_GRAYSCALE).copy()
    samples[96:128, 80:112] = samples[40:72, 120:152]
    return bytes(cv2.imencode(".jpg", samples, [cv2.IMWRITE_JPEG_QUALITY, 70])[1])


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """Made once for all tests of this folder; none of them changes what it holds."""
    settings = Settings(data=tmp_path_factory.mktemp("reports") / "data", registrar_name="St. Example Hospital")
    originals = registered_samples()
    withdrawn = png(np.random.default_rng(5).integers(0, 255, (64, 96), np.uint8))
    images = {**originals, **copies_to_try(), "withdrawn.png": withdrawn}
    images |= {"patched.jpg": patched_jpeg(originals["phantom.png"]), "broken.png": originals["phantom.png"][:900]}
    with Service(prepare(settings), ScriptedDetector()) as service:
        registered = {name: service.register(data) for name, data in originals.items()}
        registered["withdrawn.png"] = service.register(withdrawn)
        _revoke(service, registered["withdrawn.png"])
        assert service.anchor_pending(60)
        yield Hospital(service, settings, images, registered)


def _revoke(service: Service, registration: Registration) -> None:
    from ledger.schemas import StatementRequest

    said = StatementRequest(kind="revoke", reason="wrong patient's study", author="Radiology QA")
    service.state_request(registration.registration_id, said)


@pytest.fixture(scope="session")
def url(hospital: Hospital) -> Iterator[str]:
    """The address of a real server over the hospital."""
    with an_api(create_app(hospital.service, hospital.settings)) as url:
        yield url


@pytest.fixture(scope="session")
def key(hospital: Hospital) -> Callable[..., str]:
    """Makes a key with these scopes; its secret."""
    return lambda *scopes: hospital.service.keys.create("test", list(scopes))[1]


@pytest.fixture
def repacked() -> Callable[..., bytes]:
    """A dossier with some parts replaced (None: left out), its manifest and signature as they were."""

    def make(dossier: bytes, **changes: bytes | None) -> bytes:
        import zipfile

        named = {name.replace("_", "."): data for name, data in changes.items()}
        file = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(dossier)) as old, zipfile.ZipFile(file, "w") as new:
            parts = {info.filename: old.read(info) for info in old.infolist()} | named
            for name, data in parts.items():
                if data is not None:
                    new.writestr(name, data)
        return file.getvalue()

    return make


@pytest.fixture(scope="session")
def folder(hospital: Hospital) -> Path:
    """The hospital's data folder."""
    return Path(hospital.settings.data)


@pytest.fixture(scope="session")
def dossiers(hospital: Hospital) -> dict[str, bytes]:
    """A dossier of an image of each verdict, by the image's name."""
    names = ("CT_small.dcm", "ct-reencoded-rle.dcm", "ct-tampered.dcm", "patched.jpg", "withdrawn.png")
    return {name: hospital.dossier(name) for name in (*names, "never-registered.png", "broken.png")}


@pytest.fixture
def altered(dossiers: dict[str, bytes]) -> bytes:
    """The dossier of an altered copy: the one with the most parts."""
    return dossiers["patched.jpg"]
