"""Rules on the segments of a JPEG file: tables, tools, history, what is appended."""

from __future__ import annotations

import re
from itertools import islice

from detector.structure.jpeg_reading import APP0, APP1, APP2, APP13, COM, PROGRESSIVE, JpegFile
from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.thumbs import AGREES, likeness, opened
from detector.structure.told import (
    BY_A_LIBRARY,
    BY_AN_EDITOR,
    NOT_WHAT,
    WITH_A_HISTORY,
    creators,
    history_answer,
    software_answer,
)
from detector.structure.tools import converter_in

BOOK = Book("jpeg")
_ELSE = re.compile(rb"[^\0\xff\r\n \x1a]")  # more than padding
_MOST_COMMENTS, _MOST_BLOCKS = 50, 10_000
_MAKE, _MODEL, _SOFTWARE, _PROCESSING = 0x010F, 0x0110, 0x0131, 0x000B


def software_texts(file: JpegFile) -> list[str]:
    """Whatever a JPEG says of the programs that wrote it."""
    comments = [each.payload[:2000].decode("latin-1") for each in file.of(COM)[:_MOST_COMMENTS]]
    return [file.exif_text(_SOFTWARE), file.exif_text(_PROCESSING), *creators(file.xmp), *comments]


def camera(file: JpegFile) -> str:
    """Make and model as EXIF says them, or nothing."""
    return " ".join(part for part in (file.exif_text(_MAKE), file.exif_text(_MODEL)) if part)


@BOOK.rule(
    "editor",
    "No picture editor is named",
    Strength.NOTABLE,
    BY_AN_EDITOR,
)
def editor(file: JpegFile) -> Answer:
    """EXIF Software, XMP CreatorTool or a comment names an editor."""
    return software_answer(software_texts(file))


@BOOK.rule(
    "converter",
    "No converter or toolkit is named",
    Strength.INFORMATION,
    BY_A_LIBRARY,
)
def converter(file: JpegFile) -> Answer:
    """A comment or EXIF names a library that writes pictures."""
    texts = software_texts(file)
    if not any(texts):
        return Skip("the file names no software")
    name = converter_in(texts)
    return f"The metadata names {name}." if name else None


@BOOK.rule(
    "history",
    "No editing history",
    Strength.NOTABLE,
    WITH_A_HISTORY,
)
def history(file: JpegFile) -> Answer:
    """XMP Media Management: History, Ingredients, DerivedFrom."""
    return history_answer(file.xmp)


@BOOK.rule(
    "photoshop-resources",
    "No Photoshop resources",
    Strength.NOTABLE,
    Why(
        "Image resource blocks other than captions are written by Photoshop and by programs that work like it.",
        "Photoshop was used for cropping or for converting; some photo agencies' programs write such blocks.",
        NOT_WHAT,
    ),
)
def photoshop(file: JpegFile) -> Answer:
    """APP13 with 8BIM blocks beyond IPTC captions (0x0404, and the 0x0425 digest of them)."""
    raw = b"".join(each.payload for each in file.of(APP13, b"Photoshop 3.0\0"))
    if not raw:
        return Skip("the file has no segment APP13")
    marks = islice(re.finditer(b"8BIM", raw), _MOST_BLOCKS)
    blocks = {int.from_bytes(raw[at.end() : at.end() + 2], "big") for at in marks}
    beyond = blocks - {0x0404, 0x0425}
    return f"There are {len(beyond)} kinds of Photoshop image resources besides captions." if beyond else None


@BOOK.rule(
    "appended",
    "Nothing follows the picture",
    Strength.NOTABLE,
    Why(
        "Something lies behind the end of the picture, where no viewer looks.",
        "Telephones append depth maps and short films; some devices pad their files.",
        "What it is for is not known.",
    ),
)
def appended(file: JpegFile) -> Answer:
    """Bytes after EOI other than padding, unless a multi-picture index (APP2 MPF) announces them."""
    if file.end is None:
        return Skip("the end of the picture was not found")
    if file.of(APP2, b"MPF\0"):
        return Skip("the file announces several pictures (MPF)")
    if not _ELSE.search(file.data, file.end):
        return None
    what = "another JPEG picture" if b"\xff\xd8\xff" in file.data[file.end : file.end + 4096] else "data"
    return f"{len(file.data) - file.end:,} bytes follow the end of the picture: {what}."


@BOOK.rule(
    "cut-short",
    "The picture is whole",
    Strength.NOTABLE,
    Why(
        "The end of the picture is missing, so a program that is no encoder wrote or cut this file.",
        "A transfer broke off, or the device's power did.",
        "Nothing is said about what is there.",
    ),
)
def cut_short(file: JpegFile) -> Answer:
    """No EOI marker."""
    return "The end marker of the picture is missing." if file.end is None else None


@BOOK.rule(
    "camera-claim",
    "A camera's file is made as cameras make them",
    Strength.NOTABLE,
    Why(
        "EXIF names a camera, but the picture is encoded as cameras do not encode: it was encoded anew since.",
        "Web services and viewers that turn or shrink keep EXIF while they encode anew.",
        NOT_WHAT,
    ),
)
def camera_claim(file: JpegFile) -> Answer:
    """Make and Model with progressive encoding, or with a library's comment."""
    if not camera(file) or file.frame is None:
        return Skip("the file names no camera")
    if file.frame.marker in PROGRESSIVE:
        return "EXIF names a camera, and the picture is progressive, which cameras do not write."
    name = converter_in([each.payload[:200].decode("latin-1") for each in file.of(COM)[:_MOST_COMMENTS]])
    return f"EXIF names a camera, and a comment names {name}." if name else None


@BOOK.rule(
    "segment-order",
    "Segments stand in a device's order",
    Strength.INFORMATION,
    Why(
        "A JFIF segment stands before EXIF: a library wrote the file and put the old metadata back in.",
        "Any lossless turn or upload does this; EXIF and JFIF each want to be first.",
        NOT_WHAT,
    ),
)
def segment_order(file: JpegFile) -> Answer:
    """APP0 JFIF before APP1 Exif."""
    jfif, exif = file.of(APP0, b"JFIF\0"), file.of(APP1, b"Exif\0\0")
    if not exif:
        return Skip("the file has no EXIF")
    return "A JFIF segment stands before EXIF." if jfif and jfif[0].offset < exif[0].offset else None


@BOOK.rule(
    "thumbnail",
    "The thumbnail shows the picture",
    Strength.STRONG,
    Why(
        "The thumbnail kept in the metadata shows what the picture looked like when the thumbnail was made.",
        "A program cropped or redrew the picture and left the old thumbnail as it was.",
        "Thumbnails are small: what is smaller than a few of their pixels does not show.",
    ),
)
def thumbnail(file: JpegFile) -> Answer:
    """The EXIF thumbnail (IFD1) against the picture, in any orientation."""
    small = _exif_thumbnail(file)
    if small is None:
        return Skip("the file has no thumbnail in EXIF")
    return thumbnail_answer(small, ("JPEG",), file.data, ("JPEG",), "thumbnail")


def thumbnail_answer(
    small: bytes, small_formats: tuple[str, ...], large: bytes, large_formats: tuple[str, ...], what: str
) -> Answer:
    """What is to be said of a small picture beside a large one."""
    first, second = opened(small, small_formats), opened(large, large_formats)
    if first is None or second is None:
        return Skip(f"the {what} or the picture cannot be decoded")
    found = likeness(first, second)
    if found is None:
        return Skip(f"the {what} or the picture is too small or too flat")
    if found.correlation < AGREES:
        return f"The {what} shows another picture (correlation {found.correlation:.2f}; the same gives above 0.95)."
    return f"The {what} shows the same picture, but for one part of it that differs." if found.part else None


def _exif_thumbnail(file: JpegFile) -> bytes | None:
    for each in file.exif:
        start, length = each.number(0x0201), each.number(0x0202)
        if start and length and file.exif_data[start : start + 2] == b"\xff\xd8":
            return file.exif_data[start : start + length]
    return None
