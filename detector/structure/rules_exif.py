"""Rules on the EXIF data of a JPEG file: dates and sizes (Exif 2.32)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from detector.structure.jpeg_reading import JpegFile
from detector.structure.model import Answer, Book, Skip, Strength, Why

BOOK = Book("jpeg")
_CHANGED, _TAKEN, _DIGITISED = 0x0132, 0x9003, 0x9004
_WIDTH, _HEIGHT = 0xA002, 0xA003
_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_LARGEST = 65_535  # pixels a side (T.81, table B.2); a larger number is some other text, and not quoted
_SAME = 120.0  # seconds between taking and writing that a device may need


def exif_date(text: str) -> datetime | None:
    """A date as EXIF and TIFF write it, or None where it is none."""
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)  # the zone is unknown, and the same for all
    except ValueError:
        return None


def apart(seconds: float) -> str:
    """A span in words; nothing more exact, since dates may tell who the patient is."""
    for unit, size in (("years", 31_557_600), ("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


@BOOK.rule(
    "changed-later",
    "Written when it was taken",
    Strength.NOTABLE,
    Why(
        "The date of the last change lies after the date of taking: some program wrote the file again.",
        "Viewers that turn a picture or add a caption set this date.",
        "Dates in EXIF are whatever the program wrote; clocks of devices are often wrong.",
    ),
)
def changed_later(file: JpegFile) -> Answer:
    """DateTime against DateTimeOriginal."""
    changed, taken = exif_date(file.exif_text(_CHANGED)), exif_date(file.exif_text(_TAKEN))
    if changed is None or taken is None:
        return Skip("EXIF does not hold both dates")
    later = (changed - taken).total_seconds()
    return f"EXIF says that the file was changed {apart(later)} after the picture was taken." if later > _SAME else None


@BOOK.rule(
    "date-order",
    "Dates in EXIF are in order",
    Strength.NOTABLE,
    Why(
        "A picture cannot have been digitised or written before it was taken: a date was set by hand.",
        "A device's clock was set between, or a program wrote local and universal time side by side.",
        "Which of the dates is wrong is not known.",
    ),
)
def date_order(file: JpegFile) -> Answer:
    """DateTimeOriginal later than DateTime or DateTimeDigitized by more than a day."""
    taken = exif_date(file.exif_text(_TAKEN))
    others = [exif_date(file.exif_text(tag)) for tag in (_CHANGED, _DIGITISED)]
    known = [each for each in others if each is not None]
    if taken is None or not known:
        return Skip("EXIF does not hold two dates")
    early = max((taken - each).total_seconds() for each in known)
    return f"EXIF says that the picture was written {apart(early)} before it was taken." if early > 86_400 else None


@BOOK.rule(
    "exif-size",
    "EXIF says the picture's size",
    Strength.NOTABLE,
    Why(
        "EXIF holds another size than the picture has: it was cropped or resized since EXIF was written.",
        "Web services that shrink pictures keep EXIF as it was.",
        "What was cut off is not known.",
    ),
)
def exif_size(file: JpegFile) -> Answer:
    """PixelXDimension and PixelYDimension against SOF, either way round."""
    width, height = file.exif_number(_WIDTH), file.exif_number(_HEIGHT)
    if not width or not height or file.frame is None:
        return Skip("EXIF does not hold the size")
    real = (file.frame.width, file.frame.height)
    if sorted((width, height)) == sorted(real):
        return None
    said = f"{width}×{height} pixels" if max(width, height) <= _LARGEST else "a size that no JPEG file has"
    return f"EXIF says {said}; the picture has {real[0]}×{real[1]}."
