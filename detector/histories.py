"""Save histories: what happens to a picture before and after an edit, drawn once and applied to both twins.

====  =============================================================================================================
A     JPEG at quality 70..95, edit or no edit, JPEG at 75..98; the second grid aligned with the first or shifted
B1    edit or no edit, then PNG or DICOM; no loss; 16-bit pictures keep 16 bit
B2    lossless original, edit or no edit, JPEG once at 75..98
C     as A or B1 up to the edit, then in random combination a screenshot-like crop, a resize by 0.5..0.9 and noise,
      and at last JPEG at 60..90
====  =============================================================================================================

Where a forger's program is left open, the choices are ours: JPEG is written by Pillow (4:4:4, 4:2:2 or 4:2:0, Huffman
tables optimised or not) or by OpenCV, so that no encoder's look is tied to a class or a history. Alpha is dropped.
For JPEG, 16-bit samples become 8-bit ones by one window per twin pair.

A picture that carries an earlier lossy save (``traced``) is no lossless original at its native resolution. B1, B2 and
a C without a first JPEG therefore shrink it first by area to 0.4..0.6, where 8×8 blocks no longer fit any grid; if its
shorter side would fall below ``SMALLEST``, only A and a C of A are open to it (:func:`possible`). In A the half of
such pictures is shrunk too; the rest keep their older save below the first one, as files do in practice.
Pictures of more than ``LARGEST`` pixels a side (after shrinking) are cut to that round the body's centre.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from detector.datasets.contract import HISTORIES
from detector.errors import UnusableData
from detector.saving import Jpeg, encode, reopened, save_lossless, through_webp

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.types import Mask, Pixels

SMALLEST, LARGEST = 192, 1024
FIRST, LAST, TRAVELLED = (70, 95), (75, 98), (60, 90)
_WINDOW = (0.5, 99.8)


@dataclass(frozen=True)
class Plan:
    """Everything that is drawn for one pair of twins.

    ``box`` (left, top, width, height) in pixels of the file; ``shrink`` the factor after it; ``window`` the 16-bit
    samples that become 0 and 255, None keeps the depth; ``first`` the JPEG before the edit; ``shift`` rows and columns
    cut off at top and left after it; ``crop`` (left, top, width, height) as shares of the picture, ``resize`` a
    factor, ``noise`` a standard deviation in grey levels of 255: after the edit, in this order; ``last`` the final
    JPEG, or a lossless ``container``, png or dicom. ``again``, a JPEG straight after the edit, and ``webp``, the
    quality of a WebP before the last save, are None but in training (:mod:`detector.widening`).
    """

    history: str
    box: tuple[int, int, int, int]
    shrink: float | None = None
    window: tuple[float, float] | None = None
    first: Jpeg | None = None
    shift: tuple[int, int] = (0, 0)
    crop: tuple[float, float, float, float] | None = None
    resize: float | None = None
    noise: float | None = None
    noise_seed: int = 0
    last: Jpeg | None = None
    container: str = "png"
    again: Jpeg | None = None
    webp: int | None = None

    @property
    def first_quality(self) -> int | None:
        """The quality of the first JPEG save of all; None when the picture never was a JPEG."""
        made = self.first or self.last
        return made.quality if made else None

    @property
    def last_quality(self) -> int | None:
        """The quality of the file; None when it is lossless."""
        return self.last.quality if self.last else None


@dataclass(frozen=True)
class Saved:
    """A finished file and what became of its masks (of the file's rows and columns)."""

    data: bytes
    suffix: str
    mask: Mask | None
    origin: Mask | None


def possible(pixels: Pixels, *, traced: bool) -> tuple[str, ...]:
    """The histories open to this picture: all, or A and C when it is traced and too small to be shrunk first."""
    return HISTORIES if not traced or _shrinkable(pixels) else ("A", "C")


def draw(rng: np.random.Generator, history: str, pixels: Pixels, *, traced: bool = False) -> Plan:
    """A plan of that history for a picture as :func:`detector.datasets.reading.read_picture` gives it.

    Depends on ``rng``, the history and the untouched picture alone. UnusableData when the history is unknown, or is
    not :func:`possible`.
    """
    if history not in possible(pixels, traced=traced):
        raise UnusableData(f"expected a history of {possible(pixels, traced=traced)}, found {history[:20]!r}")
    resaved = history == "A" or (history == "C" and (rng.random() < 0.5 or (traced and not _shrinkable(pixels))))
    shrunk = traced and _shrinkable(pixels) and (not resaved or rng.random() < 0.5)
    shrink = float(rng.uniform(0.4, 0.6)) if shrunk else None
    if shrink is not None:
        shrink = max(shrink, min(0.6, SMALLEST / min(pixels.shape[:2])))
    box = _box(rng, pixels, LARGEST if shrink is None else int(LARGEST / shrink))
    plan = Plan(history, box, shrink, container=str(rng.choice(["png", "dicom"])))
    if history != "B1":
        plan = replace(plan, window=_window(_cut(pixels, box)))
    if resaved:
        shift = (0, 0) if rng.random() < 0.5 else (int(rng.integers(8)), int(rng.integers(8)))
        plan = replace(plan, first=Jpeg.draw(rng, *FIRST), shift=shift)
    if history == "C":
        return _travelling(rng, plan, min(pixels.shape[:2]) * (shrink or 1))
    return plan if history == "B1" else replace(plan, last=Jpeg.draw(rng, *LAST))


def before(pixels: Pixels, plan: Plan) -> Pixels:
    """The picture as it is when the edit begins, or does not: cut, shrunk, windowed, saved for the first time."""
    picture = _cut(pixels[..., :3] if pixels.ndim == 3 else pixels, plan.box)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[..., 0]
    if plan.shrink is not None:
        rows, columns = picture.shape[:2]
        size = (round(columns * plan.shrink), round(rows * plan.shrink))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    if plan.window is not None and picture.dtype != np.uint8:
        low, high = plan.window
        scaled = (picture.astype(np.float32) - low) * (255 / (high - low))
        picture = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    if plan.first is not None:
        picture = reopened(encode(picture, plan.first))
    down, right = plan.shift
    return np.ascontiguousarray(picture[down:, right:])


def lent(pixels: Pixels, plan: Plan) -> Pixels:
    """A donor as the splicer has it: cut, shrunk and windowed like the picture it goes into, with no JPEG between."""
    box = _box(np.random.default_rng(0), pixels, LARGEST if plan.shrink is None else int(LARGEST / plan.shrink))
    window = None if plan.window is None and plan.history == "B1" else _window(_cut(pixels, box))
    return before(pixels, replace(plan, box=box, window=window, first=None, shift=(0, 0)))


def fitted(plan: Plan, mask: Mask) -> Plan:
    """The plan with its crop moved so that it holds the whole edit, or left out where it cannot.

    ``mask`` is as :func:`before` left the picture. Both twins must use the fitted plan.
    """
    if plan.crop is None or not mask.any():
        return plan
    left, top, width, height = plan.crop
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    x = _held(left, width, columns[0] / mask.shape[1], (columns[-1] + 1) / mask.shape[1])
    y = _held(top, height, rows[0] / mask.shape[0], (rows[-1] + 1) / mask.shape[0])
    return replace(plan, crop=None if x is None or y is None else (x, y, width, height))


def after(pixels: Pixels, mask: Mask | None, origin: Mask | None, plan: Plan) -> Saved:
    """The file that the picture ends as, edited or not, and the masks as they lie in it."""
    picture, masks = pixels if plan.again is None else reopened(encode(pixels, plan.again)), [mask, origin]
    if plan.crop is not None:
        box = _crop_box(plan.crop, pixels.shape[:2])
        picture = _cut(picture, box)
        masks = [None if found is None else _cut(found, box) for found in masks]
    if plan.resize is not None:
        rows, columns = picture.shape[:2]
        size = (max(1, round(columns * plan.resize)), max(1, round(rows * plan.resize)))
        how = cv2.INTER_AREA if plan.resize < 1 else cv2.INTER_CUBIC
        picture = cv2.resize(picture, size, interpolation=how)
        masks = [None if found is None else _resized(found, size) for found in masks]
    if plan.noise is not None:
        grains = np.random.default_rng(plan.noise_seed).normal(0, plan.noise, picture.shape)
        picture = np.clip(np.rint(picture + grains), 0, 255).astype(np.uint8)
    if plan.webp is not None:
        picture = through_webp(picture, plan.webp)
    if plan.last is not None:
        return Saved(encode(picture, plan.last), ".jpg", masks[0], masks[1])
    data, suffix = save_lossless(picture, plan.container)
    return Saved(data, suffix, masks[0], masks[1])


def _travelling(rng: np.random.Generator, plan: Plan, shorter: float) -> Plan:
    crop = resize = noise = None
    while crop is None and resize is None and noise is None and rng.random() < 0.9:
        if rng.random() < 0.4:
            width, height = rng.uniform(0.7, 0.95, 2)
            crop = (rng.uniform(0, 1 - width), rng.uniform(0, 1 - height), float(width), float(height))
        if rng.random() < 0.5:
            factor = float(max(rng.uniform(0.5, 0.9), 128 / (0.7 * shorter)))
            resize = factor if factor < 1 else None
        if rng.random() < 0.4:
            noise = float(rng.uniform(0.5, 3))
    seed = int(rng.integers(2**32))
    last = Jpeg.draw(rng, *TRAVELLED)
    return replace(plan, crop=crop, resize=resize, noise=noise, noise_seed=seed, last=last)


def _shrinkable(pixels: Pixels) -> bool:
    return bool(min(pixels.shape[:2]) * 0.6 >= SMALLEST)


def _box(rng: np.random.Generator, pixels: Pixels, most: int) -> tuple[int, int, int, int]:
    rows, columns = pixels.shape[:2]
    width, height = min(columns, most), min(rows, most)
    if (width, height) == (columns, rows):
        return 0, 0, columns, rows
    across, down = _body(pixels)
    wander = rng.uniform(-0.1, 0.1, 2) * most
    left = int(np.clip(across - width / 2 + wander[0], 0, columns - width))
    top = int(np.clip(down - height / 2 + wander[1], 0, rows - height))
    return left, top, width, height


def _body(pixels: Pixels) -> tuple[float, float]:
    rows, columns = pixels.shape[:2]
    grey = pixels.astype(np.float32) if pixels.ndim == 2 else pixels[..., :3].mean(axis=2, dtype=np.float32)
    small = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA)
    bright = small > (float(small.min()) + float(small.mean())) / 2
    down, across = np.nonzero(bright) if bright.any() else np.nonzero(~bright)
    return (float(across.mean()) + 0.5) * columns / 64, (float(down.mean()) + 0.5) * rows / 64


def _window(pixels: Pixels) -> tuple[float, float] | None:
    if pixels.dtype == np.uint8:
        return None
    low, high = np.percentile(pixels[..., :3] if pixels.ndim == 3 else pixels, _WINDOW)
    return float(low), float(max(high, low + 1))


def _held(start: float, length: float, least: float, most: float) -> float | None:
    if most - least > length - 0.02:
        return None
    return float(np.clip(min(start, least - 0.01), max(0.0, most + 0.01 - length), 1 - length))


def _crop_box(crop: tuple[float, float, float, float], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    left, top, width, height = crop
    rows, columns = shape[:2]
    return int(left * columns), int(top * rows), max(1, round(width * columns)), max(1, round(height * rows))


def _cut(pixels: npt.NDArray[Any], box: tuple[int, int, int, int]) -> Any:
    left, top, width, height = box
    return np.ascontiguousarray(pixels[top : top + height, left : left + width])


def _resized(mask: Mask, size: tuple[int, int]) -> Mask:
    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) >= 0.5, np.bool_)
