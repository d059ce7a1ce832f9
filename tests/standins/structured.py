"""Files made for the tests: a small scanner's DICOM object, pictures as PNG, JPEG and TIFF, and pieces of them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit

from detector.structure import inspect

ROOT = "1.3.12.2.1107.5.2"
CT = "1.2.840.10008.5.1.4.1.1.2"
Change = Callable[[Dataset], None]

EDITED = {0x0131: "Adobe Photoshop 25.1 (Windows)"}
TAKEN = {0x9003: "2024:05:02 09:00:00"}
CAMERA: dict[int, str | int] = {0x010F: "Canon", 0x0110: "EOS R5"}
HISTORY = '<xmpMM:History><rdf:li stEvt:action="saved" stEvt:softwareAgent="x"/></xmpMM:History>'


def scene(side: int = 128, seed: int = 5) -> npt.NDArray[np.uint8]:
    """A body on a dark ground with some organs and noise; 8 bits."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side - 0.5
    picture = 30 + 110 * (x**2 / 0.16 + y**2 / 0.1 < 1) + 45 * ((x - 0.15) ** 2 + (y + 0.05) ** 2 < 0.012)
    picture = picture - 60 * ((x + 0.2) ** 2 + (y - 0.05) ** 2 < 0.015) + 25 * np.sin(9 * x + 4 * y)
    return np.clip(picture + random.normal(0, 4, picture.shape), 2, 250).astype(np.uint8)


def deep(side: int = 128) -> npt.NDArray[np.uint16]:
    """The same in 12 bits."""
    random = np.random.default_rng(6)
    return np.clip(scene(side).astype(np.int32) * 12 + random.integers(0, 12, (side, side)), 1, 3900).astype(np.uint16)


def scanned(pixels: npt.NDArray[Any] | None = None) -> Dataset:
    """An object as a scanner makes it: every rule passes."""
    samples = deep() if pixels is None else pixels
    made = Dataset()
    made.SOPClassUID, made.Modality = CT, "CT"
    made.StudyInstanceUID, made.SeriesInstanceUID = f"{ROOT}.1", f"{ROOT}.1.2"
    made.SOPInstanceUID = f"{ROOT}.1.2.3"
    made.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    made.Manufacturer, made.SoftwareVersions = "ACME", "VA31"
    made.StudyDate = made.SeriesDate = made.AcquisitionDate = made.ContentDate = made.InstanceCreationDate = "20240502"
    made.StudyTime, made.SeriesTime, made.AcquisitionTime, made.ContentTime = "090000", "090100", "090200", "090210"
    made.PatientBirthDate, made.PatientAge = "19600502", "064Y"
    made.Rows, made.Columns = samples.shape[:2]
    made.SamplesPerPixel = 1 if samples.ndim == 2 else 3
    made.PhotometricInterpretation = "MONOCHROME2" if samples.ndim == 2 else "RGB"
    if samples.ndim == 3:
        made.PlanarConfiguration = 0
    made.BitsAllocated = 8 * samples.itemsize
    made.BitsStored = 8 if samples.itemsize == 1 else 12
    made.HighBit, made.PixelRepresentation = made.BitsStored - 1, 0
    made.PixelSpacing, made.ReconstructionDiameter = [2.0, 2.0], 2.0 * samples.shape[1]
    made.WindowCenter, made.WindowWidth = 1000, 2000
    made.PixelData = samples.tobytes()
    made["PixelData"].VR = "OB" if samples.itemsize == 1 else "OW"
    return made


def written(made: Dataset, syntax: str = ExplicitVRLittleEndian, **meta: str) -> bytes:
    """The object as a file; ``meta`` replaces what its file header says."""
    head = FileMetaDataset()
    head.FileMetaInformationGroupLength = 0
    head.TransferSyntaxUID = syntax
    head.MediaStorageSOPClassUID = made.get("SOPClassUID", CT)
    head.MediaStorageSOPInstanceUID = made.get("SOPInstanceUID", f"{ROOT}.9")
    head.ImplementationClassUID, head.ImplementationVersionName = f"{ROOT}.7", "ACME_31"
    for name, value in meta.items():
        setattr(head, name, value)
    made.file_meta = head
    file = io.BytesIO()
    made.preamble = bytes(128)
    dcmwrite(file, made)
    return file.getvalue()


def dicom(change: Change | None = None, pixels: npt.NDArray[Any] | None = None, **meta: str) -> bytes:
    """A scanner's file after ``change``."""
    made = scanned(pixels)
    if change is not None:
        change(made)
    return written(made, **meta)


def dicom_jpeg(change: Change | None = None, codestream: bytes | None = None) -> bytes:
    """A scanner's 8-bit picture as JPEG baseline, with what the standard asks for said."""
    made = scanned(scene())
    raw = jpeg(scene(), quality=90) if codestream is None else codestream
    made.LossyImageCompression, made.LossyImageCompressionMethod = "01", "ISO_10918_1"
    made.LossyImageCompressionRatio = round(128 * 128 / len(raw), 2)
    made.DerivationDescription = "JPEG compression, quality 90"
    made.PixelData = encapsulate([raw])
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    if change is not None:
        change(made)
    return written(made, JPEGBaseline8Bit)


def put(**values: Any) -> Change:
    """Sets attributes."""

    def change(made: Dataset) -> None:
        for name, value in values.items():
            setattr(made, name, value)

    return change


def without(*names: str) -> Change:
    """Takes attributes out."""

    def change(made: Dataset) -> None:
        for name in names:
            delattr(made, name)

    return change


def jpeg(pixels: npt.NDArray[Any], **options: Any) -> bytes:
    """The picture as Pillow writes it."""
    return saved(Image.fromarray(pixels), "JPEG", **options)


def png(pixels: npt.NDArray[Any], **options: Any) -> bytes:
    """The picture as Pillow writes it."""
    return saved(Image.fromarray(pixels), "PNG", **options)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """An image as a file of that kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    """One segment of a JPEG file."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def with_segment(file: bytes, marker: int, payload: bytes) -> bytes:
    """The JPEG file with one more segment at its beginning."""
    return file[:2] + segment(marker, payload) + file[2:]


def chunk(name: str, body: bytes) -> bytes:
    """One chunk of a PNG file."""
    raw = name.encode() + body
    return struct.pack(">I", len(body)) + raw + struct.pack(">I", zlib.crc32(raw))


def with_chunk(file: bytes, name: str, body: bytes, *, late: bool = False) -> bytes:
    """The PNG file with one more chunk, after IHDR or (``late``) before IEND."""
    at = len(file) - 12 if late else 33
    return file[:at] + chunk(name, body) + file[at:]


def tiff_entries(order: str, entries: dict[int, str | int], thumbnail: bytes = b"") -> bytes:
    """A TIFF header with one directory of texts and numbers and, with ``thumbnail``, a second one that holds it."""

    def directory(at: int, said: dict[int, str | int], following: bool) -> bytes:
        body, extra = b"", b""
        place = at + 2 + 12 * len(said) + 4
        for tag, value in sorted(said.items()):
            if isinstance(value, int):
                body += struct.pack(f"{order}HHII", tag, 4, 1, value)
                continue
            text = value.encode() + b"\0"
            if len(text) <= 4:
                body += struct.pack(f"{order}HHI", tag, 2, len(text)) + text.ljust(4, b"\0")
            else:
                body += struct.pack(f"{order}HHII", tag, 2, len(text), place + len(extra))
                extra += text
        after = place + len(extra) if following else 0
        return struct.pack(f"{order}H", len(said)) + body + struct.pack(f"{order}I", after) + extra

    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    first = head + directory(8, entries, bool(thumbnail))
    if not thumbnail:
        return first
    length = len(directory(len(first), {0x0201: 0, 0x0202: 0}, following=False))
    places: dict[int, str | int] = {0x0201: len(first) + length, 0x0202: len(thumbnail)}
    return first + directory(len(first), places, following=False) + thumbnail


def with_exif(file: bytes, entries: dict[int, str | int], thumbnail: bytes = b"", order: str = "<") -> bytes:
    """The JPEG file with an EXIF segment in front."""
    return with_segment(file, 0xE1, b"Exif\0\0" + tiff_entries(order, entries, thumbnail))


def xmp(body: str) -> bytes:
    """An XMP packet's segment payload."""
    return b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + body.encode() + b"</x:xmpmeta>"


@dataclass(frozen=True)
class Scenario:
    """The rule's code, the file that triggers it, the twin, and the names they come under."""

    code: str
    what: str
    bad: Callable[[], bytes]
    twin: Callable[[], bytes]
    names: tuple[str, str] = ("", "")


def scenarios(kind: str, many: Iterable[Scenario]) -> list[Any]:
    """As pytest takes them: the rule's whole code, and the scenario."""
    return [pytest.param(f"{kind}-{one.code}", one, id=f"{kind}-{one.code}: {one.what}") for one in many]


def codes(file: bytes, name: str = "") -> set[str]:
    """The codes of what is found in a file."""
    return {finding.code for finding in inspect(file, name).findings}


def ended(file: bytes, name: str, code: str) -> str:
    """How the rule ended on the file."""
    return next(rule.state for rule in inspect(file, name).rules if rule.code == code)
