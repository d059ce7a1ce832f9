"""Rules on a TIFF file: tools, dates, layers, several pictures in one file."""

from __future__ import annotations

import re

from detector.structure.ifd import Directory
from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.pictures import jpeg_past, samples
from detector.structure.rules_exif import apart, exif_date
from detector.structure.thumbs import AGREES, likeness, opened
from detector.structure.tiff_reading import (
    COMPRESSION,
    DATE,
    DESCRIPTION,
    HEIGHT,
    HOST,
    JPEG_COMPRESSIONS,
    LAYERS,
    PHOTOSHOP,
    SOFTWARE,
    SUBFILE,
    TAKEN,
    WIDTH,
    TiffFile,
)
from detector.structure.told import NOT_WHAT, WITH_A_HISTORY, creators, history_answer, software_answer
from detector.structure.tools import converter_in

BOOK = Book("tiff")


def _texts(file: TiffFile) -> list[str]:
    described = file.text(DESCRIPTION)[:2000]
    marked = "ImageJ" if described.startswith("ImageJ=") else described
    return [file.text(SOFTWARE), file.text(HOST), marked, *creators(file.xmp)]


@BOOK.rule(
    "editor",
    "No picture editor is named",
    Strength.NOTABLE,
    Why(
        "The file was opened and saved by a program made for changing pictures.",
        "Editors also crop, turn, annotate and convert; ImageJ is what laboratories look at pictures with.",
        NOT_WHAT,
    ),
)
def editor(file: TiffFile) -> Answer:
    """Software, HostComputer, ImageDescription, XMP."""
    return software_answer(_texts(file))


@BOOK.rule(
    "converter",
    "No converter or toolkit is named",
    Strength.INFORMATION,
    Why(
        "A library or converter wrote this file; it is not as a device first wrote it.",
        "Nearly every exported picture went through one.",
        NOT_WHAT,
    ),
)
def converter(file: TiffFile) -> Answer:
    """Software or description names a library."""
    name = converter_in([*_texts(file), "matlab" if file.text(SOFTWARE).startswith("MATLAB") else ""])
    if name is None and re.match(r"tifffile|libtiff", file.text(SOFTWARE)):
        name = "a library"
    return f"The metadata names {name}." if name else None


@BOOK.rule(
    "history",
    "No editing history",
    Strength.NOTABLE,
    WITH_A_HISTORY,
)
def history(file: TiffFile) -> Answer:
    """XMP in tag 700."""
    return history_answer(file.xmp)


@BOOK.rule(
    "layers",
    "No layers",
    Strength.NOTABLE,
    Why(
        "The file holds an editor's layers beside the picture: it was put together from several.",
        "A caption or an arrow is a layer as well.",
        "What the layers show is not looked at.",
    ),
)
def layers(file: TiffFile) -> Answer:
    """ImageSourceData (tag 37724), as Photoshop writes it."""
    return "The file holds layers of a picture editor (ImageSourceData)." if file.has(LAYERS) else None


@BOOK.rule(
    "photoshop-resources",
    "No Photoshop resources",
    Strength.NOTABLE,
    Why(
        "Image resource blocks are written by Photoshop and by programs that work like it.",
        "Photoshop was used for cropping or for converting.",
        NOT_WHAT,
    ),
)
def photoshop(file: TiffFile) -> Answer:
    """Tag 34377."""
    return "The file holds Photoshop image resources." if file.has(PHOTOSHOP) else None


@BOOK.rule(
    "changed-later",
    "Written when it was taken",
    Strength.NOTABLE,
    Why(
        "The date of the last change lies after the date of taking: some program wrote the file again.",
        "Copying or converting sets this date.",
        "Dates are whatever the program wrote; clocks of devices are often wrong.",
    ),
)
def changed_later(file: TiffFile) -> Answer:
    """DateTime against DateTimeOriginal."""
    changed, taken = exif_date(file.text(DATE)), exif_date(file.text(TAKEN))
    if changed is None or taken is None:
        return Skip("the file does not hold both dates")
    later = (changed - taken).total_seconds()
    return f"The file was changed {apart(later)} after the picture was taken, by its dates." if later > 120 else None


@BOOK.rule(
    "several-pictures",
    "One picture in the file",
    Strength.INFORMATION,
    Why(
        "The file holds pictures of several sizes; a viewer shows the first.",
        "Pyramids of slide scanners, thumbnails and multi-page files are made so.",
        "What the others show is compared only where they are marked as reduced.",
    ),
)
def several(file: TiffFile) -> Answer:
    """Directories of other sizes than the first."""
    sizes = {_size(each) for each in file.pages}
    return f"The file holds {len(file.pages)} pictures of {len(sizes)} sizes." if len(sizes) > 1 else None


@BOOK.rule(
    "thumbnail",
    "The reduced picture shows the picture",
    Strength.STRONG,
    Why(
        "A picture that is marked as the reduced version of the first shows what the first was when it was made.",
        "A program cropped or redrew the picture and left the old one as it was.",
        "What is smaller than a few of its pixels does not show.",
    ),
)
def thumbnail(file: TiffFile) -> Answer:
    """A page with NewSubfileType 1 against the first page."""
    reduced = next((at for at, each in enumerate(file.pages) if at and (each.number(SUBFILE) or 0) & 1), None)
    if reduced is None:
        return Skip("the file holds no reduced picture")
    small, large = opened(file.data, ("TIFF",), reduced), opened(file.data, ("TIFF",))
    found = likeness(small, large) if small is not None and large is not None else None
    if found is None:
        return Skip("the pictures cannot be compared")
    if found.correlation < AGREES:
        return f"The reduced picture shows something else (correlation {found.correlation:.2f}; the same: above 0.95)."
    return "The reduced picture shows the same, but for one part that differs." if found.part else None


@BOOK.rule(
    "jpeg-past",
    "No trace of an earlier JPEG",
    Strength.INFORMATION,
    Why(
        "The pixels show the block grid of a JPEG: the picture was a JPEG before it was saved without loss.",
        "Data sets and archives are often converted from JPEG; some devices write JPEG only.",
        "It does not say what happened between.",
    ),
)
def past(file: TiffFile) -> Answer:
    """DCT traces in the pixels of the first page."""
    if file.pages and file.pages[0].number(COMPRESSION) in JPEG_COMPRESSIONS:
        return Skip("the picture is kept as JPEG")
    if file.pages and (file.pages[0].number(258) or 1) != 8:
        return Skip("the picture has not 8 bits a sample")
    return jpeg_past(samples(file.data, ("TIFF",), "RGB"))


def _size(page: Directory) -> tuple[int | None, int | None]:
    return page.number(WIDTH), page.number(HEIGHT)
