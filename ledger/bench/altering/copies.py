"""The copies: what happens to a picture on its way to whoever disputes it, and the truth about what is left of it.

A copy is a *tone* (how samples become 8-bit levels), perhaps burned-in text, a *geometry*, and a file: PNG, or JPEG
of a quality (Pillow, 4:2:0). Samples of more than 8 bits become 8-bit ones by a window from their 0.5th to their 99.5th
percentile. The transform ``window`` is the linear one of DICOM PS3.3 C.11.2, of greyscale pictures only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detector.saving import Jpeg, encode, save_lossless
from ledger.bench.altering.pixels import Eight, Pixels, Where, coloured, exported, in_levels, luma, shown_range

Matrix = npt.NDArray[np.float64]
"""(2, 3): from a place in the original, in pixels from its corner, to the same place in the copy."""
Tone = Callable[[Pixels], Eight]
Random = np.random.Generator
_LINES = ("PATIENT 0042  R", "23.11.2026 11:48")
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TEXT_SHARE = 0.4
"""The share of the width that a line of burned-in text takes."""


@dataclass(frozen=True)
class Recipe:
    """One transform; ``group`` says which target it has."""

    name: str
    group: str
    words: str
    tone: Callable[[Pixels, Random], Tone]
    geometry: Callable[[Eight, Random], tuple[Eight, Matrix]]
    quality: int | None = None
    text: bool = False


@dataclass(frozen=True)
class Copy:
    """A disputed file. ``truth`` (rows, columns of the original) is where it differs visibly from the original's
    rendering, in the part it shows; ``delta`` the mean difference there in grey levels of 255; ``area`` its share of
    that part, 0 to 1."""

    data: bytes
    matrix: Matrix
    size: tuple[int, int]
    truth: Where
    delta: float
    area: float


def applies(recipe: Recipe, original: Pixels) -> bool:
    """Whether the transform is one that this picture can get."""
    return recipe.name != "window" or not coloured(original)


def make(recipe: Recipe, original: Pixels, changed: Pixels, mask: Where, rng: Random) -> Copy:
    """The copy of ``changed``, which differs from ``original`` within ``mask``."""
    tone = recipe.tone(original, rng)
    before = tone(original)
    picture = before if changed is original else tone(changed)
    first, second = luma(before), luma(picture)
    # What both show as black, or as white, cannot be seen to differ.
    truth = mask & ~((first == second) & ((second == 0) | (second == 255)))
    if recipe.text:
        picture, text = _written(picture)
        truth = truth | text
    turned, matrix = recipe.geometry(picture, rng)
    shown = _shown(truth.shape, matrix, turned.shape)
    truth = truth & shown
    difference = np.abs(luma(picture).astype(np.int32) - first)[truth]
    data = save_lossless(turned, "png")[0] if recipe.quality is None else encode(turned, Jpeg(recipe.quality))
    size = (turned.shape[0], turned.shape[1])
    delta = float(difference.mean()) if difference.size else 0.0
    return Copy(data, matrix, size, truth, delta, float(truth.sum() / max(1, shown.sum())))


def _shown(shape: tuple[int, ...], matrix: Matrix, size: tuple[int, ...]) -> Where:
    """The pixels of the original of ``shape`` that a copy of ``size`` shows."""
    back = cv2.invertAffineTransform(matrix)
    (left, top), (right, bottom) = np.sort(back @ np.array([[0, size[1]], [0, size[0]], [1, 1]]), axis=1).T
    shown = np.zeros(shape[:2], bool)
    shown[max(0, round(top)) : round(bottom), max(0, round(left)) : round(right)] = True
    return shown


def _written(picture: Eight) -> tuple[Eight, Where]:
    """Two lines of white text in the upper left corner, and their boxes."""
    height, width = picture.shape[:2]
    written, boxes = picture.copy(), np.zeros((height, width), bool)
    scale = _TEXT_SHARE * width / cv2.getTextSize(_LINES[0], _FONT, 1.0, 2)[0][0]
    colour, stroke = (255,) * (1 if picture.ndim == 2 else 3), max(1, round(1.6 * scale))
    bottom = height // 40
    for line in _LINES:
        (wide, high), _ = cv2.getTextSize(line, _FONT, scale, stroke)
        bottom += round(1.5 * high)
        cv2.putText(written, line, (width // 40, bottom), _FONT, scale, colour, stroke, cv2.LINE_AA)
        boxes[max(0, bottom - high) : bottom + 1, width // 40 : width // 40 + wide] = True
    return written, boxes


def _export(original: Pixels, _rng: Random) -> Tone:
    shown = shown_range(original)
    return lambda pixels: exported(pixels, shown)


def _window(original: Pixels, rng: Random) -> Tone:
    low, high = np.percentile(luma(original), [rng.uniform(2, 15), rng.uniform(85, 99)])
    width = max(float(high - low), 4.0)
    centre = float(low) + width / 2

    def tone(pixels: Pixels) -> Eight:
        linear = ((pixels.astype(np.float32) - (centre - 0.5)) / (width - 1) + 0.5) * 255
        return in_levels(linear)

    return tone


def _gamma(original: Pixels, rng: Random) -> Tone:
    shown, power = shown_range(original), rng.uniform(0.6, 1.6)
    table = (255 * (np.arange(256) / 255.0) ** power + 0.5).astype(np.uint8)
    return lambda pixels: table[exported(pixels, shown)]


def _inverted(original: Pixels, _rng: Random) -> Tone:
    shown = shown_range(original)
    return lambda pixels: 255 - exported(pixels, shown)


def _as_is(picture: Eight, _rng: Random) -> tuple[Eight, Matrix]:
    return picture, np.eye(2, 3)


def _resized(factor: float) -> Callable[[Eight, Random], tuple[Eight, Matrix]]:
    def geometry(picture: Eight, _rng: Random) -> tuple[Eight, Matrix]:
        height, width = picture.shape[:2]
        size = (round(width * factor), round(height * factor))
        matrix = np.array([[size[0] / width, 0.0, 0.0], [0.0, size[1] / height, 0.0]])
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), matrix

    return geometry


def _cropped(picture: Eight, rng: Random) -> tuple[Eight, Matrix]:
    height, width = picture.shape[:2]
    rows, columns = int(0.95 * height), int(0.95 * width)
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    part = np.ascontiguousarray(picture[top : top + rows, left : left + columns])
    return part, np.array([[1.0, 0.0, -left], [0.0, 1.0, -top]])


def _turned(picture: Eight, rng: Random) -> tuple[Eight, Matrix]:
    height, width = picture.shape[:2]
    quarters = int(rng.integers(1, 4))
    matrix = {
        1: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, width]]),
        2: np.array([[-1.0, 0.0, width], [0.0, -1.0, height]]),
        3: np.array([[0.0, -1.0, height], [1.0, 0.0, 0.0]]),
    }[quarters]
    return np.ascontiguousarray(np.rot90(picture, quarters)), matrix


def _mirrored(picture: Eight, _rng: Random) -> tuple[Eight, Matrix]:
    matrix = np.array([[-1.0, 0.0, picture.shape[1]], [0.0, 1.0, 0.0]])
    return np.ascontiguousarray(picture[:, ::-1]), matrix


RECIPES = (
    Recipe("none", "edit", "PNG, nothing else", _export, _as_is),
    Recipe("q90", "mild", "JPEG, quality 90", _export, _as_is, 90),
    Recipe("q70", "mild", "JPEG, quality 70", _export, _as_is, 70),
    Recipe("q50", "strong", "JPEG, quality 50", _export, _as_is, 50),
    Recipe("r75", "mild", "resized to 0.75", _export, _resized(0.75)),
    Recipe("r50", "strong", "resized to 0.5", _export, _resized(0.5)),
    Recipe("r75q70", "mild", "resized to 0.75, JPEG 70", _export, _resized(0.75), 70),
    Recipe("r50q50", "strong", "resized to 0.5, JPEG 50", _export, _resized(0.5), 50),
    Recipe("window", "tone", "another window", _window, _as_is),
    Recipe("gamma", "tone", "gamma 0.6 to 1.6", _gamma, _as_is),
    Recipe("text", "edit", "burned-in text", _export, _as_is, text=True),
    Recipe("crop", "turned", "cropped by 5 %", _export, _cropped),
    Recipe("rotate", "turned", "turned by 90, 180 or 270 degrees", _export, _turned),
    Recipe("flip", "turned", "mirrored", _export, _mirrored),
    Recipe("invert", "turned", "inverted", _inverted, _as_is),
)
"""All transforms in the order of the tables."""
