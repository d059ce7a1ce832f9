"""Sample images: registered on the first start of ``medseal up``, with copies to try in ``DATA/samples``.

``python -m ledger.samples FOLDER`` registers them through the API of ``MEDSEAL_SERVER``. The DICOM files are the ones
that pydicom packages for its tests; the pictures are drawn here.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import RLELossless

from ledger.client import Client
from ledger.errors import LedgerError
from ledger.settings import Settings

Pixels = npt.NDArray[np.uint8]

DICOM_SAMPLES = ("CT_small.dcm", "MR_small.dcm", "SC_rgb_small_odd.dcm")
_README = """Try these, in the dashboard or with `medseal verify FILE` (add --server URL or --data DIR):

registered/            the originals: authentic
ct-reencoded-rle.dcm   CT_small.dcm with its pixels compressed without loss (RLE): authentic-reencoded
ct-tampered.dcm        CT_small.dcm with a bright spot painted in: altered
never-registered.png   a picture that was never registered: unregistered, or what the forgery detector makes of it
"""


def registered_samples() -> dict[str, bytes]:
    """The images that are registered, by file name; the same bytes each time."""
    files = {name: _packaged(name) for name in DICOM_SAMPLES}
    chest = _phantom(seed=1)
    files["phantom.png"] = _encoded(".png", chest.astype(np.uint16) * 257)
    files["phantom.jpg"] = _encoded(".jpg", chest, cv2.IMWRITE_JPEG_QUALITY, 90)
    return files


def copies_to_try() -> dict[str, bytes]:
    """Images that are not registered themselves, by file name: re-encoded, tampered with, unknown."""
    return {
        "ct-reencoded-rle.dcm": _changed_ct(lambda image: image.compress(RLELossless, generate_instance_uid=False)),
        "ct-tampered.dcm": _changed_ct(_paint_a_spot),
        "never-registered.png": _encoded(".png", _phantom(seed=3)),
    }


def install(folder: Path, register: Callable[[str, bytes], None]) -> int:
    """All samples are registered and ``folder`` holds them and the copies; how many were registered.

    The folder appears whole, after the last registration, so that an interrupted first start tries again.
    """
    samples = registered_samples()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".samples-") as temporary:
        made = Path(temporary) / "samples"
        _write(made / "registered", samples)
        _write(made, copies_to_try())
        (made / "README.txt").write_text(_README)
        for name, data in samples.items():
            register(name, data)
        if folder.exists():
            shutil.rmtree(folder)
        made.replace(folder)
    return len(samples)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _packaged(name: str) -> bytes:
    path = get_testdata_file(name, download=False)
    if not isinstance(path, str):
        raise LedgerError(f"pydicom's packaged test file {name} is missing", advice="Run scripts/setup again.")
    return Path(path).read_bytes()


def _changed_ct(change: Callable[[pydicom.Dataset], object]) -> bytes:
    image = pydicom.dcmread(io.BytesIO(_packaged("CT_small.dcm")))
    change(image)
    out = io.BytesIO()
    image.save_as(out)
    return out.getvalue()


def _paint_a_spot(image: pydicom.Dataset) -> None:
    samples = image.pixel_array.copy()
    cv2.circle(samples, (78, 52), 5, int(samples.max()), thickness=-1)
    image.PixelData = samples.tobytes()


def _phantom(seed: int) -> Pixels:
    """A drawn slice, 256×256 grey: an oval body with two dark oval fields, a bright column, and noise.

    Each seed draws another body: two drawings of one body are a picture and its altered copy.
    """
    other = 12 * (seed - 1)
    noise = np.random.default_rng(seed).normal(0, 4, (256, 256))
    slice_ = np.zeros((256, 256), np.uint8)
    cv2.ellipse(slice_, (128, 128), (110 - other, 90 + other), 0, 0, 360, 120, -1)
    for x in (84 + other // 2, 172 - other // 2):
        cv2.ellipse(slice_, (x, 122 - other), (30 - other // 2, 52), 0, 0, 360, 40, -1)
    cv2.circle(slice_, (128, 176 + other), 16, 220, -1)
    cv2.circle(slice_, (84 + 8 * seed, 110), 5, 150, -1)
    blurred: Pixels = np.clip(cv2.GaussianBlur(slice_, (5, 5), 0) + noise, 0, 255).astype(np.uint8)
    return blurred


def _encoded(kind: str, pixels: npt.NDArray[np.uint8 | np.uint16], *options: int) -> bytes:
    done, data = cv2.imencode(kind, pixels, list(options))
    if not done:
        raise LedgerError(f"OpenCV could not write {kind}")
    return data.tobytes()


def main() -> int:
    """Register through the server of the settings; 0, or 3 with the reason on standard error."""
    settings = Settings()
    key = settings.api_key.get_secret_value() if settings.api_key else None
    try:
        with Client(settings.server or f"http://127.0.0.1:{settings.api_port}", key) as client:
            count = install(Path(sys.argv[1]), lambda name, data: _register(client, name, data))
    except LedgerError as error:
        sys.stderr.write(f"error: {error} ({error.code})\n       {error.advice}\n")
        return 3
    sys.stdout.write(f"{count} sample images are registered; copies to try are in {sys.argv[1]}\n")
    return 0


def _register(client: Client, name: str, data: bytes) -> None:
    client.register(data, idempotency_key=f"sample {name}")


if __name__ == "__main__":
    sys.exit(main())
