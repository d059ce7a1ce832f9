"""DICOM pictures (PS3.3 C.7.6.3) for the detector, read by pydicom."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.encaps import get_frame
from pydicom.pixels import apply_color_lut, pixel_array

from detector.datasets.contract import Picture
from detector.datasets.sizes import check_size
from detector.errors import UnreadablePicture

if TYPE_CHECKING:
    from detector.types import Pixels

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
LOSSY_SYNTAXES = frozenset(
    {
        JPEG_BASELINE,
        "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.81",
        "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.4.203",
    }
)


def is_dicom(data: bytes) -> bool:
    """Whether the bytes have the preamble and prefix of a DICOM file (PS3.10, 7.1)."""
    return data[128:132] == b"DICM"


def header(path: Path) -> Any:
    """The attributes before the pixels, which are not read; UnreadablePicture when the file is no DICOM file."""
    try:
        return pydicom.dcmread(path, stop_before_pixels=True)
    except Exception as error:
        raise UnreadablePicture(f"expected a DICOM file, found: {str(error)[:120]}") from error


def lossy(attributes: Any) -> bool:
    """Whether the file says that its pixels were ever compressed with loss: by its syntax, or in (0028,2110)."""
    syntax = str(attributes.file_meta.get("TransferSyntaxUID", ""))
    return syntax in LOSSY_SYNTAXES or str(attributes.get("LossyImageCompression", "00")) == "01"


def read(data: bytes, frame: int | None, *, shown: bool = False) -> Picture:
    """As :func:`detector.datasets.reading.read_picture`, for the bytes of a DICOM file."""
    try:
        dataset = pydicom.dcmread(io.BytesIO(data))
        frames = int(dataset.get("NumberOfFrames") or 1)
        index = frames // 2 if frame is None else frame
        if not 0 <= index < frames:
            raise UnreadablePicture(f"expected a frame from 0 to {frames - 1}, found {frame}")
        check_size(int(dataset.Columns), int(dataset.Rows))
        stored = pixel_array(dataset, index=index)
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            stored = apply_color_lut(stored, dataset) if shown else _coloured(stored, dataset)
        return Picture(_unsigned(stored), _codestream(dataset, index, frames))
    except UnreadablePicture:
        raise
    except Exception as error:  # pydicom's decoders raise whatever their libraries raise
        raise UnreadablePicture(f"expected a DICOM picture, found: {str(error)[:120]}") from error


def _coloured(stored: npt.NDArray[Any], dataset: Any) -> npt.NDArray[Any]:
    """(rows, columns, 3) of 8 bits (PS3.3 C.7.6.3.1.5); the indices where tables are segmented or not there.

    Not by pydicom's own function: with entries of 8 bits it takes indices of 16 bits modulo 256.
    """
    if "RedPaletteColorLookupTableData" not in dataset:
        return stored
    colours = np.stack([_table(dataset, colour) for colour in ("Red", "Green", "Blue")], axis=1)
    first = int(dataset.RedPaletteColorLookupTableDescriptor[1]) & 0xFFFF
    return np.asarray(colours[np.clip(stored.astype(np.int64) - first, 0, len(colours) - 1)])


def _table(dataset: Any, colour: str) -> npt.NDArray[np.uint8]:
    """The entries of one colour: the upper half of 16 bits, or 8 bits, which some files store as words."""
    entries, _, bits = (int(part) for part in dataset[f"{colour}PaletteColorLookupTableDescriptor"].value)
    entries = entries or 1 << 16
    data: bytes = dataset[f"{colour}PaletteColorLookupTableData"].value
    if bits != 16 and len(data) < 2 * entries:
        return np.frombuffer(data, np.uint8, entries)
    little = dataset.file_meta.TransferSyntaxUID.is_little_endian
    words = np.frombuffer(data, "<u2" if little else ">u2", entries)
    return (words >> (8 if bits == 16 else 0)).astype(np.uint8)


def _codestream(dataset: Any, index: int, frames: int) -> bytes | None:
    if str(dataset.file_meta.get("TransferSyntaxUID", "")) != JPEG_BASELINE:
        return None
    found: bytes = get_frame(dataset.PixelData, index, number_of_frames=frames)
    return found if found.startswith(b"\xff\xd8\xff") else None


def _unsigned(stored: npt.NDArray[Any]) -> Pixels:
    if stored.dtype.kind not in "iu" or stored.ndim not in (2, 3):
        raise UnreadablePicture(f"expected whole numbers in rows and columns, found {stored.dtype} {stored.shape}")
    if stored.dtype.itemsize == 1:
        return (stored.astype(np.int16) + (128 if stored.dtype.kind == "i" else 0)).astype(np.uint8)
    if stored.dtype.itemsize == 2:
        return (stored.astype(np.int32) + (32768 if stored.dtype.kind == "i" else 0)).astype(np.uint16)
    least = int(stored.min())
    if int(stored.max()) - least > 65535:
        raise UnreadablePicture("expected a range of values that fits 16 bit, found a larger one")
    return (stored.astype(np.int64) - least).astype(np.uint16)
