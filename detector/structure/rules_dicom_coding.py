"""Rules on lossy compression: what the header says of it against what is there (PS3.3 C.7.6.1.1.5)."""

from __future__ import annotations

import re

import numpy as np

from detector.jpeg_tables import nearest_quality
from detector.structure.dicom_frames import DCT_SYNTAXES, codestream, encapsulated, shape, stored_samples
from detector.structure.dicom_reading import DicomFile
from detector.structure.jpeg_reading import APP1, APP13, COM, JpegFile
from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.pictures import jpeg_past
from detector.structure.rules_dicom_pixels import grey
from detector.structure.told import NOT_WHAT
from detector.structure.tools import converter_in, editor_in

BOOK = Book("dicom")
_LOSSY, _RATIO, _METHOD, _DERIVATION = 0x00282110, 0x00282112, 0x00282114, 0x00082111
_QUALITY = re.compile(r"(?i)\bq(?:uality)?(?:\s*factor)?\s*[=:]?\s*(\d{1,3})\b")


@BOOK.rule(
    "lossy-undeclared",
    "Lossy compression is declared",
    Strength.INFORMATION,
    Why(
        "The picture is compressed with loss, and the header does not say so, as the standard asks.",
        "Many gateways and converters forget the attribute.",
        NOT_WHAT,
    ),
)
def undeclared(file: DicomFile) -> Answer:
    """The codestream loses, and Lossy Image Compression is not 01."""
    told = codestream(file)
    if told is None or not told.lossy:
        return Skip("the picture is not compressed with loss, or does not say so")
    if file.text(_LOSSY) == "01":
        return None
    return "The pixel data is compressed with loss; the header does not say so."


@BOOK.rule(
    "lossy-denied",
    "A denied lossy compression left no traces",
    Strength.NOTABLE,
    Why(
        "The header says never compressed with loss, or says nothing, and the samples show the block grid of a JPEG.",
        "A picture was converted from JPEG, for teaching or by a device that works so, and the attribute "
        "was forgotten.",
        "The traces say nothing about what happened between.",
    ),
)
def denied(file: DicomFile) -> Answer:
    """DCT traces in samples that are stored without loss while 0028,2110 is not 01."""
    if file.text(_LOSSY) == "01":
        return Skip("the header declares lossy compression")
    told = codestream(file)
    if encapsulated(file) and (told is None or told.lossy is not False):
        return Skip("the pixel data is, or may be, compressed with loss itself")
    words = stored_samples(file)
    if words is None:
        return Skip("the pixel data is not decoded here")
    if words.itemsize == 1 and words.shape[2] == 3:
        return jpeg_past(words.astype(np.uint8))
    pixels = grey(file)
    if pixels is None:
        return Skip("the picture is of another kind")
    return jpeg_past(
        np.clip(pixels - int(pixels.min()), 0, 65535).astype(np.uint8 if words.itemsize == 1 else np.uint16)
    )


@BOOK.rule(
    "lossy-withdrawn",
    "The lossy flag agrees with ratio and method",
    Strength.STRONG,
    Why(
        "The header says never compressed with loss and states the ratio or method of a lossy "
        "compression: the flag was set back, which the standard forbids.",
        "A converter fills in what it finds without thought.",
        NOT_WHAT,
    ),
)
def withdrawn(file: DicomFile) -> Answer:
    """Lossy Image Compression 00 beside a ratio above 1 or a method."""
    if file.text(_LOSSY) != "00":
        return Skip("the header does not deny lossy compression")
    ratio = max(file.numbers(_RATIO), default=0.0)
    if ratio > 1.0 or file.text(_METHOD):
        return "The header denies lossy compression, and states its ratio or its method."
    return None


@BOOK.rule(
    "ratio",
    "The declared ratio is the compression's",
    Strength.INFORMATION,
    Why(
        "The picture is compressed far more or far less than the header says: it was encoded anew since.",
        "Some writers state the ratio they asked for, or count bits in another way.",
        NOT_WHAT,
    ),
)
def ratio(file: DicomFile) -> Answer:
    """The last Lossy Image Compression Ratio against size, by allocated and by stored bits, within a factor of 2."""
    told, said, claimed = codestream(file), shape(file), file.numbers(_RATIO)
    if told is None or not told.lossy or not claimed or claimed[-1] < 1 or said.frames > 1:
        return Skip("there is no single frame compressed with loss and a ratio")
    pixels = said.rows * said.columns * said.samples / 8
    real = [pixels * bits / told.bytes for bits in (said.allocated, said.stored) if bits]
    if any(0.5 <= one / claimed[-1] <= 2.0 for one in real):
        return None
    return f"The header says a ratio of {claimed[-1]:.3g}; the picture is compressed {real[0]:.3g} to 1."


@BOOK.rule(
    "quality",
    "The declared quality is the tables'",
    Strength.NOTABLE,
    Why(
        "The description of the derivation states another JPEG quality than the tables have: it was "
        "encoded anew since.",
        "Qualities of different programs do not mean the same.",
        NOT_WHAT,
    ),
)
def quality(file: DicomFile) -> Answer:
    """Derivation Description “quality N” against the first table, within 8."""
    told, said = codestream(file), _QUALITY.search(file.text(_DERIVATION))
    if file.syntax not in DCT_SYNTAXES or told is None or told.jpeg is None or not told.jpeg.tables or said is None:
        return Skip("there is no JPEG with a declared quality")
    steps = np.maximum(np.array(next(iter(told.jpeg.tables.values())), np.int64).reshape(8, 8), 1)
    found, claimed = nearest_quality(steps)[0], int(said[1])
    if abs(found - claimed) <= 8:
        return None
    return f"The header says that the picture was compressed at quality {claimed}; its tables are those of {found}."


@BOOK.rule(
    "frame-metadata",
    "The compressed picture brings no file's metadata",
    Strength.NOTABLE,
    Why(
        "The compressed picture holds metadata as of a JPEG file: it was a file of its own before it was put in here.",
        "Photographs of skin, eye or endoscopy are put into DICOM so.",
        NOT_WHAT,
    ),
)
def frame_metadata(file: DicomFile) -> Answer:
    """EXIF, XMP, Photoshop segments, or a comment of an editor or converter within the codestream."""
    told = codestream(file)
    if told is None or told.jpeg is None:
        return Skip("the picture is not a JPEG")
    found = [name for name, there in _foreign(told.jpeg) if there]
    return f"The JPEG in the file holds {', '.join(found)}." if found else None


def _foreign(jpeg: JpegFile) -> list[tuple[str, bool]]:
    comments = [each.payload[:500].decode("latin-1") for each in jpeg.of(COM)]
    return [
        ("EXIF", bool(jpeg.of(APP1, b"Exif\0\0"))),
        ("XMP", bool(jpeg.xmp)),
        ("Photoshop resources", bool(jpeg.of(APP13, b"Photoshop"))),
        ("a picture editor's comment", editor_in(comments) is not None),
        ("a converter's comment", converter_in([c for c in comments if "lead" not in c.lower()]) is not None),
    ]
