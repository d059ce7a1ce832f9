"""Rules on the quantisation tables and the colour marker of a JPEG file."""

from __future__ import annotations

import numpy as np

from detector.jpeg_tables import nearest_quality
from detector.structure.jpeg_reading import APP14, JpegFile
from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.tables import nearest_chroma

BOOK = Book("jpeg")


@BOOK.rule(
    "tables",
    "Quantisation tables are the usual ones",
    Strength.INFORMATION,
    Why(
        "The first table is not one of the hundred that most libraries write: an editor's, a camera's or a device's.",
        "Cameras, Photoshop and many capture stations have tables of their own.",
        "Tables do not tell an editor from a camera by themselves.",
    ),
)
def tables(file: JpegFile) -> Answer:
    """The luminance table is none of annex K scaled."""
    luma = _table(file, 0)
    if luma is None:
        return Skip("the file has no quantisation table")
    quality, standard = nearest_quality(np.maximum(np.array(luma, np.int64).reshape(8, 8), 1))
    return None if standard else f"The first quantisation table is non-standard; the nearest is quality {quality}."


@BOOK.rule(
    "table-pair",
    "Both quantisation tables are of one quality",
    Strength.NOTABLE,
    Why(
        "The tables for brightness and for colour are standard ones of two qualities: they were put together by hand.",
        "Some encoders let colour have a quality of its own.",
        "Nothing is said about the picture.",
    ),
)
def table_pair(file: JpegFile) -> Answer:
    """Standard luma quality against standard chroma quality."""
    luma, chroma = _table(file, 0), _table(file, 1)
    if luma is None or chroma is None:
        return Skip("there are no two tables")
    quality, standard = nearest_quality(np.maximum(np.array(luma, np.int64).reshape(8, 8), 1))
    colour = nearest_chroma(chroma)
    if not standard or colour is None or chroma == luma or quality in colour:
        return None
    return f"The table for brightness is that of quality {quality}, the one for colour that of {min(colour)}."


def _table(file: JpegFile, component: int) -> tuple[int, ...] | None:
    parts = file.frame.components if file.frame else ()
    return file.tables.get(parts[component][3]) if component < len(parts) else None


@BOOK.rule(
    "adobe-marker",
    "No Adobe colour marker",
    Strength.INFORMATION,
    Why(
        "The marker APP14 is written by Adobe's programs, and by libraries for pictures that are kept as RGB or CMYK.",
        "It is needed where colours are stored in another way than usual.",
        "It does not name the program.",
    ),
)
def adobe_marker(file: JpegFile) -> Answer:
    """APP14 Adobe."""
    return "There is an Adobe marker (APP14)." if file.of(APP14, b"Adobe") else None
