"""Made images and digests to measure with."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from ledger.errors import LedgerError

_SIDE = 512


def slices(count: int) -> list[bytes]:
    """``count`` CT slices of 512 × 512 samples of 16 bits, uncompressed DICOM: pydicom's packaged slice, four times
    as large, each with its own noise and UID. Half a megabyte each; different ones each time."""
    path = get_testdata_file("CT_small.dcm", download=False)
    if not isinstance(path, str):
        raise LedgerError("pydicom's packaged CT_small.dcm is missing", advice="Run scripts/setup again.")
    small = pydicom.dcmread(Path(path))
    times = _SIDE // small.Rows
    large = np.kron(small.pixel_array, np.ones((times, times), small.pixel_array.dtype))
    return [_slice(path, large) for _ in range(count)]


def _slice(path: str, samples: np.ndarray) -> bytes:
    image = pydicom.dcmread(Path(path))
    noise = np.random.default_rng().integers(0, 16, samples.shape, samples.dtype)
    image.PixelData = (samples + noise).tobytes()
    image.Rows, image.Columns = samples.shape
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    written = io.BytesIO()
    image.save_as(written)
    return written.getvalue()


def digests() -> dict[str, str]:
    """The digest set that an uncompressed image has, of no image at all."""
    named = {name: f"sha256:{os.urandom(32).hex()}" for name in ("file/1", "pixel/1", "dataset/1", "tile/1")}
    return named | {"view/1": f"pdq:{os.urandom(32).hex()}"}


def digest_batch(count: int, *, urgent: bool = False) -> bytes:
    """The body of a registration of ``count`` new images by digest."""
    return json.dumps({"images": [{"digests": digests()} for _ in range(count)], "urgent": urgent}).encode()
