"""Rules on what a PNG file says of itself in texts and dates."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.png_reading import PngFile
from detector.structure.rules_exif import apart
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

BOOK = Book("png")
_DATE = re.compile(r"(\d{4})[-:](\d\d)[-:](\d\d)[T ](\d\d):(\d\d):(\d\d)")
_XMP = "XML:com.adobe.xmp"
_PARAMETERS = ("parameters", "prompt", "workflow", "Dream", "sd-metadata", "invokeai_metadata")


@BOOK.rule(
    "editor",
    "No picture editor is named",
    Strength.NOTABLE,
    BY_AN_EDITOR,
)
def editor(file: PngFile) -> Answer:
    """Texts and XMP name an editor, or hold Adobe ImageReady's mark."""
    texts = [f"{key} {value[:2000]}" for key, value in file.texts.items() if key != _XMP]
    texts += creators(file.texts.get(_XMP, ""))
    if any("adobe imageready" in text.lower() for text in texts):
        return "A text says “Adobe ImageReady”, which Photoshop writes."
    return software_answer(texts)


@BOOK.rule(
    "converter",
    "No converter or toolkit is named",
    Strength.INFORMATION,
    BY_A_LIBRARY,
)
def converter(file: PngFile) -> Answer:
    """Texts name a library that writes pictures."""
    if not file.texts:
        return Skip("the file holds no texts")
    name = converter_in(f"{key} {value[:2000]}" for key, value in file.texts.items())
    if name is None and any(key.startswith("date:") for key in file.texts):
        name = "ImageMagick (by the dates it leaves)"
    return f"The metadata names {name}." if name else None


@BOOK.rule(
    "generator",
    "No generator's settings",
    Strength.STRONG,
    Why(
        "Programs that make pictures from words keep words and settings in the file; they are here.",
        "A program of another kind uses the same keyword for its own settings.",
        "Whether all of the picture or a part was generated is not said.",
    ),
)
def generator(file: PngFile) -> Answer:
    """The text chunks of image generators: prompt, steps, sampler, seed."""
    said = [file.texts[key] for key in _PARAMETERS if key in file.texts]
    if not said:
        return None
    words = {word for text in said for word in re.findall(r"(?i)\b(sampler|steps|seed|cfg|denoise|prompt)", text)}
    if len({word.lower() for word in words}) < 2:
        return None
    return "A text holds the settings of a picture generator (" + ", ".join(sorted(words)[:4]) + ")."


@BOOK.rule(
    "history",
    "No editing history",
    Strength.NOTABLE,
    WITH_A_HISTORY,
)
def history(file: PngFile) -> Answer:
    """XMP in iTXt."""
    return history_answer(file.texts.get(_XMP, ""))


@BOOK.rule(
    "changed-later",
    "Written when it was made",
    Strength.NOTABLE,
    Why(
        "The date of the last change lies after the date of making: some program wrote the picture again.",
        "Copying or converting sets this date; clocks of devices are often wrong.",
        NOT_WHAT,
    ),
)
def changed_later(file: PngFile) -> Answer:
    """tIME against a creation time in the texts."""
    made, changed = _made(file), _changed(file)
    if made is None or changed is None:
        return Skip("the file does not hold both dates")
    later = (changed - made).total_seconds()
    return f"The file was changed {apart(later)} after it was made, by its own dates." if later > 86_400 else None


def _changed(file: PngFile) -> datetime | None:
    raw = file.body("tIME")
    if len(raw) != 7:
        return None
    month, day, hour, minute, second = raw[2:]
    try:
        return datetime(int.from_bytes(raw[:2], "big"), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _made(file: PngFile) -> datetime | None:
    said = (file.texts.get(key, "") for key in ("Creation Time", "date:create", "create-date", "CreationTime"))
    found = next((match for text in said if (match := _DATE.search(text))), None)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
