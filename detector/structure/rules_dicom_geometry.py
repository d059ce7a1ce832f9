"""Rules on a DICOM file's header against the shape of its pixel data (PS3.3 C.7.6.3, PS3.5 section 8)."""

from __future__ import annotations

from detector.structure.dicom_frames import (
    HIGH,
    codestream,
    encapsulated,
    shape,
)
from detector.structure.dicom_reading import PIXELS, DicomFile
from detector.structure.model import Answer, Book, Skip, Strength, Why

BOOK = Book("dicom")
_SPACING, _DIAMETER = 0x00280030, 0x00181100
_PALETTE = 0x00281201
_ONE_SAMPLE = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})
_THREE = frozenset(
    {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "HSV"}
)


@BOOK.rule(
    "length",
    "Pixel data is as long as the header says",
    Strength.NOTABLE,
    Why(
        "Rows, columns, depth or number of frames do not belong to this pixel data: one of them was put in later.",
        "Some devices pad their pixel data; a transfer broke off.",
        "Which of the two is wrong is not known.",
    ),
)
def length(file: DicomFile) -> Answer:
    """Native pixel data: rows × columns × samples × bits × frames, and one byte of padding."""
    found, said = file.top.get(PIXELS), shape(file)
    if found is None or encapsulated(file):
        return Skip("there is no uncompressed pixel data")
    if not said.frame_bits:
        return Skip("the header does not say the picture's size")
    wanted = -(-said.frame_bits * said.frames // 8)
    if wanted <= found.length <= wanted + wanted % 2:
        return None
    return f"The header asks for {wanted:,} bytes of pixel data; there are {found.length:,}."


@BOOK.rule(
    "codestream-size",
    "The compressed picture has the header's size",
    Strength.STRONG,
    Why(
        "The compressed picture says another size, depth or number of samples than the header: one was "
        "put in the other's place.",
        "A gateway compressed the picture and left the header; some devices count colours in another way.",
        "Which of the two is wrong is not known.",
    ),
)
def codestream_size(file: DicomFile) -> Answer:
    """Rows, columns, components of SOF or SIZ against the header; more precision than is allocated."""
    told, said = codestream(file), shape(file)
    if told is None:
        return Skip("there is no compressed picture that says its size")
    first, second = (told.rows, told.columns, told.components), (said.rows, said.columns, said.samples)
    if first != second:
        names = (f"{c}×{r} with {s} samples" for r, c, s in (second, first))
        return "The header says {}, the compressed picture {}.".format(*names)
    if told.precision > said.allocated:
        return f"The compressed picture has {told.precision} bits, the header allocates {said.allocated}."
    return None


@BOOK.rule(
    "frame-count",
    "As many compressed frames as the header says",
    Strength.NOTABLE,
    Why(
        "The offset table lists another number of frames than the header: frames were taken out or put in.",
        "Some writers leave the table as it was when they split a file.",
        "Without an offset table nothing is said.",
    ),
)
def frame_count(file: DicomFile) -> Answer:
    """Entries of the basic offset table against Number of Frames; fewer fragments than frames."""
    if not encapsulated(file) or not file.fragments:
        return Skip("there is no compressed pixel data")
    listed, frames = file.fragments[0][1] // 4, shape(file).frames
    if listed and listed != frames:
        return f"The header says {frames} frames; the offset table lists {listed}."
    parts = len(file.fragments) - 1
    return f"The header says {frames} frames; there are {parts} fragments." if parts < frames else None


@BOOK.rule(
    "photometric",
    "Photometric interpretation fits the samples",
    Strength.NOTABLE,
    Why(
        "The header's kind of colour does not go with its number of samples: the picture was exchanged "
        "for one of another kind.",
        "A converter wrote a wrong header.",
        "Nothing is said about the picture.",
    ),
)
def photometric(file: DicomFile) -> Answer:
    """MONOCHROME and PALETTE with one sample, the others with three; a palette where one is claimed."""
    said = shape(file)
    if not said.photometric:
        return Skip("the header does not say it")
    wanted = 1 if said.photometric in _ONE_SAMPLE else 3 if said.photometric in _THREE else None
    if wanted is not None and said.samples != wanted:
        return f"The header says {said.photometric} with {said.samples} samples a pixel; it has {wanted}."
    if said.photometric == "PALETTE COLOR" and _PALETTE not in file.top and 0x00281221 not in file.top:
        return "The header says PALETTE COLOR, and there is no palette."
    return None


@BOOK.rule(
    "bits",
    "Bits stored, allocated and high bit go together",
    Strength.NOTABLE,
    Why(
        "More bits are stored than allocated, or the high bit is not the last stored one: the header was "
        "written by hand.",
        "Old devices kept other data in spare bits.",
        "Nothing is said about the picture.",
    ),
)
def bits(file: DicomFile) -> Answer:
    """PS3.5 section 8.1.1: high bit = bits stored − 1, bits stored ≤ bits allocated."""
    said, high = shape(file), file.whole(HIGH, -1)
    if not said.allocated or not said.stored:
        return Skip("the header does not say them")
    if said.stored > said.allocated:
        return f"{said.stored} bits are stored in {said.allocated} allocated ones."
    return f"{said.stored} bits are stored and the high bit is {high}." if high not in (-1, said.stored - 1) else None


@BOOK.rule(
    "spacing",
    "Pixel spacing fits the field of view",
    Strength.NOTABLE,
    Why(
        "Rows times pixel spacing is not the reconstruction diameter: the picture was cropped, padded or resized.",
        "Some devices state the diameter of the scan instead, or crop themselves.",
        "Nothing is said about the picture.",
    ),
)
def spacing(file: DicomFile) -> Answer:
    """Pixel spacing times the longer side against Reconstruction Diameter, within 3 %."""
    between, diameter, said = file.numbers(_SPACING), file.number(_DIAMETER), shape(file)
    if len(between) != 2 or not diameter or diameter <= 0 or not said.rows:
        return Skip("the header does not hold both")
    covered = max(said.rows * between[0], said.columns * between[1])
    if abs(covered / diameter - 1.0) <= 0.03:
        return None
    return (
        f"The picture covers {covered:.0f} mm by its pixel spacing; the reconstruction diameter is {diameter:.0f} mm."
    )
