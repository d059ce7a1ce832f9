"""What can be laid over the picture: the change map, the detector's heat map, its error levels, and the regions."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from dashboard.components.change import ordered, percent
from dashboard.components.checks import changed_tiles
from dashboard.components.frames import MOST_PIXELS, NoPreview
from dashboard.words import OPEN_MAP
from ledger.schemas import Change, Detection, Verification

_MOST_SIDE = 2048
"""Of the detector's pictures."""
_MOST_MASK = 4_000_000
_MOST_REGIONS = 400
Kind = Literal["change", "heat", "levels"]

MARKED, HEAT, LEVELS = "Change map", "Heat map", "Error levels (ELA)"
LEGENDS = {
    "change": "Red inside an amber line: differs from the registered original.",
    "heat": "Yellow to dark red: more suspicious to the method. Cyan line: the marked area.",
    "levels": "What each place loses when the picture is saved as a JPEG once more (quality 90), stretched to its"
    " brightest. Edges and texture shine in pristine pictures as well.",
}


@dataclass(frozen=True)
class Layer:
    """A picture over the frame of that number, stretched over the whole of it.

    ``samples`` (rows, columns) or (rows, columns, 3) of 8 bits; ``marked`` the area that a line is drawn round;
    ``opacity`` 0 to 100 at first, ``on`` whether it is shown at first; ``legend`` says how to read it.
    """

    kind: Kind
    label: str
    samples: npt.NDArray[np.uint8]
    frame: int
    opacity: int
    on: bool
    legend: str
    marked: npt.NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Place:
    """A box on the frame of that number, in its pixels, with the words of its button."""

    label: str
    x: int
    y: int
    width: int
    height: int
    frame: int


def change_layer(change: Change, frame: int) -> Layer | None:
    """The change map as a layer of ``frame``; None when nothing is marked or no mask was sent.

    NoPreview when the mask cannot be read, has another size than the change map says, or too many pixels.
    """
    data = mask_bytes(change)
    if data is None or not change.regions:
        return None
    try:
        image = Image.open(BytesIO(data), formats=["PNG"])
        if image.size != (change.width, change.height) or image.width * image.height > MOST_PIXELS:
            raise NoPreview("The server's mask has another size than expected")
        marked = np.asarray(image.convert("L"), dtype=bool)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise NoPreview("The server's mask can't be read") from error
    return Layer("change", MARKED, _kept(marked), frame, 50, True, LEGENDS["change"])


def mask_bytes(change: Change) -> bytes | None:
    """The mask as the PNG that the server made; None when it was not sent. NoPreview when it is no base64."""
    if change.mask_png is None:
        return None
    try:
        return b64decode(change.mask_png, validate=True)
    except (Base64Error, ValueError) as error:
        raise NoPreview("The server's mask can't be read") from error


def _kept(marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """The mask as 0 and 255, reduced where it is very large so that one marked pixel stays visible."""
    rows, columns = marked.shape
    step = next(step for step in range(1, 64) if rows * columns <= _MOST_MASK * step * step)
    if step > 1:
        wide = np.pad(marked, ((0, -rows % step), (0, -columns % step)))
        parts = wide.reshape(wide.shape[0] // step, step, wide.shape[1] // step, step)
        return np.asarray(parts.any(axis=(1, 3)), np.uint8) * np.uint8(255)
    return marked.astype(np.uint8) * np.uint8(255)


def detector_layers(detection: Detection | None) -> list[Layer]:
    """Heat map and error levels; the map of an undecided answer looks like a finding and is none: it is off at first.

    NoPreview when the server's pictures cannot be read.
    """
    if detection is None or detection.pictures is None:
        return []
    heat, marked, levels = (
        picture_of(one).convert(mode)
        for one, mode in (
            (detection.pictures.heatmap_png, "L"),
            (detection.pictures.mask_png, "L"),
            (detection.pictures.ela_png, "RGB"),
        )
    )
    decided = detection.band != "inconclusive"
    number, said = detection.frame, LEGENDS["heat"] if decided else f"{OPEN_MAP} {LEGENDS['heat']}"
    return [
        Layer("heat", HEAT, np.asarray(heat), number, 60, decided, said, np.asarray(marked)),
        Layer("levels", LEVELS, np.asarray(levels), number, 100, False, LEGENDS["levels"]),
    ]


def picture_of(base64_png: str) -> Image.Image:
    """The PNG in this text; NoPreview when it is none, or larger than the server sends them."""
    try:
        image = Image.open(BytesIO(b64decode(base64_png, validate=True)), formats=["PNG"])
        if max(image.size) > _MOST_SIDE:
            raise NoPreview("The server's heat map is larger than expected")
        image.load()
    except (Base64Error, UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise NoPreview("The server's heat map can't be read") from error
    return image


def places(verification: Verification, change_frame: int) -> list[Place]:
    """Changed regions (numbered as in their table) or, without a change map, changed tiles; then places of findings."""
    found = verification.change
    listed = [*_regions(found, change_frame)] if found is not None else [*_tiles(verification)]
    return [*listed[:_MOST_REGIONS], *_findings(verification.detection)]


def _regions(change: Change, frame: int) -> Iterator[Place]:
    for number, one in enumerate(ordered(change.regions), 1):
        yield Place(f"{number} · {percent(one.area_percent)}", one.x, one.y, one.w, one.h, frame)


def _tiles(verification: Verification) -> Iterator[Place]:
    for number, (frame, x, y, width, height) in enumerate(changed_tiles(verification), 1):
        yield Place(f"Tile {number}", x, y, width, height, frame)


def _findings(detection: Detection | None) -> Iterator[Place]:
    for number, one in enumerate(detection.findings if detection else (), 1):
        if one.region is not None and detection is not None:
            yield Place(f"Finding {number}", *one.region, detection.frame)
