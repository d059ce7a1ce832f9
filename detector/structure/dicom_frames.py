"""One frame of a DICOM file as stored samples, and what its compressed form says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from detector.structure.dicom_reading import PIXELS, DicomFile
from detector.structure.jpeg_reading import SOS, JpegFile, read_jpeg
from detector.structure.thumbs import MOST_PIXELS

ROWS, COLUMNS, SAMPLES, FRAMES = 0x00280010, 0x00280011, 0x00280002, 0x00280008
ALLOCATED, STORED, HIGH, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103
PHOTOMETRIC, PLANAR = 0x00280004, 0x00280006
DCT_SYNTAXES = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"})
J2K_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 92, 93, 201, 202, 203))
RLE_SYNTAX = "1.2.840.10008.1.2.5"
_PLUGINS = {**dict.fromkeys(J2K_SYNTAXES, "pylibjpeg"), RLE_SYNTAX: "pydicom"}
_WORDS = {8: 1, 16: 2, 32: 4}


@dataclass(frozen=True)
class Shape:
    """The geometry that the header claims."""

    rows: int
    columns: int
    samples: int
    frames: int
    allocated: int
    stored: int
    signed: bool
    photometric: str

    @property
    def frame_bits(self) -> int:
        """Bits of one uncompressed frame as PS3.5 section 8 and PS3.3 C.7.6.3 lay it out."""
        halved = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return self.rows * self.columns * halved * self.allocated


@dataclass(frozen=True)
class Codestream:
    """What a compressed frame says: its size, depth and components; ``lossy`` None where it does not say."""

    bytes: int
    rows: int
    columns: int
    precision: int
    components: int
    lossy: bool | None
    jpeg: JpegFile | None = None


def shape(file: DicomFile) -> Shape:
    """The header's geometry, with what PS3.3 takes where something is not said."""
    return Shape(
        file.whole(ROWS),
        file.whole(COLUMNS),
        file.whole(SAMPLES, 1),
        max(1, file.whole(FRAMES, 1)),
        file.whole(ALLOCATED),
        file.whole(STORED),
        file.whole(SIGNED) == 1,
        file.text(PHOTOMETRIC),
    )


def encapsulated(file: DicomFile) -> bool:
    """Whether the pixel data is compressed."""
    found = file.top.get(PIXELS)
    return found is not None and found.open


def frame_bytes(file: DicomFile) -> bytes | None:
    """The compressed middle frame; None where frames cannot be told apart."""
    frames, parts = shape(file).frames, file.fragments[1:]
    if frames == 1:
        wanted = parts
    elif len(parts) == frames:
        wanted = parts[frames // 2 : frames // 2 + 1]
    else:
        return None
    return b"".join(file.data[offset : offset + length] for offset, length in wanted) or None


def codestream(file: DicomFile) -> Codestream | None:
    """What the compressed middle frame says of itself; None where there is none or it is of no known kind.

    ValueError where it has more than is inspected, each time at once.
    """
    if "codestream" not in file.cache:
        raw = frame_bytes(file) if encapsulated(file) else None
        try:
            file.cache["codestream"] = None if raw is None else _codestream(raw)
        except ValueError as error:
            file.cache["codestream"] = error
    found = file.cache["codestream"]
    if isinstance(found, ValueError):
        raise ValueError(*found.args)
    return found if isinstance(found, Codestream) else None


def stored_samples(file: DicomFile) -> npt.NDArray[Any] | None:
    """(rows, columns, samples) the middle frame's words as stored, signed where the header says so; cached.

    None where the frame is too large, missing, or of a kind that is not decoded here.
    """
    if "samples" not in file.cache:
        try:
            file.cache["samples"] = _decoded(file)
        except Exception:  # noqa: BLE001  decoders raise whatever they like for damaged frames
            file.cache["samples"] = None
    found = file.cache["samples"]
    return found if isinstance(found, np.ndarray) else None


def _decoded(file: DicomFile) -> npt.NDArray[Any] | None:
    said = shape(file)
    count = said.rows * said.columns * said.samples
    if not 0 < count <= MOST_PIXELS or said.samples not in (1, 3, 4) or said.allocated not in _WORDS:
        return None
    return _compressed(file, said) if encapsulated(file) else _native(file, said)


def _native(file: DicomFile, said: Shape) -> npt.NDArray[Any] | None:
    found, size = file.top.get(PIXELS), said.frame_bits // 8
    if found is None or said.photometric == "YBR_FULL_422":
        return None
    start = found.offset + size * (said.frames // 2)
    if start + size > found.offset + found.length:
        return None
    kind = np.dtype(f"{file.order}{'i' if said.signed else 'u'}{_WORDS[said.allocated]}")
    flat = np.frombuffer(file.data, kind, size // kind.itemsize, start)
    if said.samples > 1 and file.whole(PLANAR) == 1:
        return flat.reshape(said.samples, said.rows, said.columns).transpose(1, 2, 0)
    return flat.reshape(said.rows, said.columns, said.samples)


def _compressed(file: DicomFile, said: Shape) -> npt.NDArray[Any] | None:
    """By Pillow (JPEG) or a decoder that reports errors (JPEG 2000, RLE); GDCM ends the process on damaged frames, so
    JPEG lossless and JPEG-LS, which it alone decodes, are not decoded here."""
    raw, told, plugin = frame_bytes(file), codestream(file), _PLUGINS.get(file.syntax)
    if raw is None or (file.syntax != RLE_SYNTAX and told is None):
        return None
    if told is not None and (told.rows, told.columns, told.components) != (said.rows, said.columns, said.samples):
        return None  # a decoder would make room for whatever the codestream claims
    if file.syntax in DCT_SYNTAXES:
        pixels = _by_pillow(raw)
    elif plugin is not None:
        pixels = _by_plugin(file, said, raw, plugin)
    else:
        return None
    return pixels.reshape(said.rows, said.columns, said.samples)


def _by_pillow(raw: bytes) -> npt.NDArray[Any]:
    with Image.open(BytesIO(raw), formats=("JPEG",)) as image:
        return np.asarray(image)


def _by_plugin(file: DicomFile, said: Shape, raw: bytes, plugin: str) -> npt.NDArray[Any]:
    from pydicom.encaps import encapsulate
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    pixels, _ = get_decoder(UID(file.syntax)).as_array(
        encapsulate([raw]),
        index=0,
        raw=True,
        decoding_plugin=plugin,
        rows=said.rows,
        columns=said.columns,
        samples_per_pixel=said.samples,
        number_of_frames=1,
        bits_allocated=said.allocated,
        bits_stored=said.stored,
        photometric_interpretation=said.photometric,
        pixel_representation=int(said.signed),
        planar_configuration=file.whole(PLANAR),
        pixel_keyword="PixelData",
    )
    return np.asarray(pixels)


def _codestream(raw: bytes) -> Codestream | None:
    at = raw.find(b"\xff\x4f\xff\x51", 0, 512)
    if at >= 0:
        return _jpeg2000(raw, at)
    if raw[:2] != b"\xff\xd8":
        return None
    read = read_jpeg(raw)
    frame = read.frame
    if frame is None:
        return None
    if frame.marker == 0xF7:
        scan = read.of(SOS)
        near = scan[0].payload[1 + 2 * scan[0].payload[0]] if scan and scan[0].payload else 0
        lossy = near > 0
    else:
        lossy = frame.marker not in (0xC3, 0xC7, 0xCB, 0xCF)
    return Codestream(len(raw), frame.height, frame.width, frame.precision, len(frame.components), lossy, read)


def _jpeg2000(raw: bytes, at: int) -> Codestream:
    """SIZ and COD of a JPEG 2000 codestream (ITU-T T.800, annex A.5 and A.6.1)."""
    x1, y1, x0, y0 = (int.from_bytes(raw[at + 8 + 4 * n : at + 12 + 4 * n], "big") for n in range(4))
    components, depth = int.from_bytes(raw[at + 40 : at + 42], "big"), raw[at + 42 : at + 43]
    cod = raw.find(b"\xff\x52", at, at + 65536)
    transform = raw[cod + 13 : cod + 14] if cod >= 0 else b""
    precision = (depth[0] & 0x7F) + 1 if depth else 0
    lossy = True if transform == b"\0" else None  # the reversible transform may be cut short as well
    return Codestream(len(raw), y1 - y0, x1 - x0, precision, components, lossy)


@cache
def syntax_is_lossy(syntax: str) -> bool | None:
    """Whether files of this transfer syntax are always compressed with loss (True), never (False), or may be (None)."""
    if syntax in DCT_SYNTAXES:
        return True
    may = {"1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.93", "1.2.840.10008.1.2.4.203"}
    return None if syntax in may else False
