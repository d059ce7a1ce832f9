"""Frames to look at, decoded in the dashboard. They decide nothing, and no verdict waits for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

MOST_PIXELS = 40_000_000
_MOST_SHOWN = 12_000_000
"""More pixels than this are reduced by whole blocks before they go to the browser."""
_LEVELS = 65_535
_NOT_DRAWN = "No preview: this file is incomplete, damaged, or of a kind that can't be drawn here"
_DICOM_MARK = slice(128, 132)
_KINDS = ("PNG", "JPEG", "TIFF")
"""Of all that Pillow reads; an MPO is opened as a JPEG. Some of the rest (EPS) would start another program."""
Samples = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


class NoPreview(Exception):
    """Raised with the reason, in words, when a file cannot be shown."""


@dataclass(frozen=True)
class Window:
    """A choice of what is black and what is white, in values: DICOM PS3.3 C.11.2.1.2 with its centre and width."""

    name: str
    centre: float
    width: float


@dataclass(frozen=True)
class Frame:
    """One frame as the viewer takes it.

    ``samples`` (rows, columns) or (rows, columns, 3), 8 or 16 bits, unsigned; a value is slope * sample + intercept, in
    ``unit``. The first of ``windows`` is the one to begin with; colour has none; ``shape`` is how they bend (DICOM
    PS3.3 C.11.2.1.3: linear, linear_exact, sigmoid). ``inverse``: low values are white.
    ``size`` is the frame's own width and height; ``samples`` have every ``step``-th of them, means of blocks.
    """

    samples: Samples
    number: int
    frames: int
    size: tuple[int, int]
    how: str
    windows: tuple[Window, ...] = ()
    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""
    inverse: bool = False
    shape: str = "linear"
    step: int = 1

    @property
    def colour(self) -> bool:
        return self.samples.ndim == 3

    @property
    def caption(self) -> str:
        """What one should know to read the picture, in one line."""
        which = f" · frame {self.number + 1} of {self.frames}" if self.frames > 1 else ""
        reduced = f" · shown reduced to 1/{self.step}" if self.step > 1 else ""
        return f"{self.size[0]} × {self.size[1]} pixels · {self.how}{which}{reduced}"

    @property
    def value_range(self) -> tuple[float, float]:
        """The lowest and highest value, in ``unit``."""
        ends = (self.slope * float(self.samples.min()) + self.intercept,
                self.slope * float(self.samples.max()) + self.intercept)  # fmt: skip
        return min(ends), max(ends)


def read_frame(data: bytes, number: int = 0) -> Frame:
    """The frame of that number, or the last when there are fewer. NoPreview for anything that cannot be shown."""
    try:
        frame = _dicom(data, number) if data[_DICOM_MARK] == b"DICM" else _raster(data, number)
    except NoPreview:
        raise
    except Exception as error:  # decoders raise whatever they like, and a picture is never required
        raise NoPreview(_NOT_DRAWN) from error
    return _reduced(frame)


def _dicom(data: bytes, number: int) -> Frame:
    from dashboard.components.frames_dicom import dicom_frame

    return dicom_frame(data, number)


def allow(pixels: int) -> None:
    """NoPreview when a frame of so many pixels is not decoded here."""
    if pixels > MOST_PIXELS:
        raise NoPreview(f"No preview: {pixels:,} pixels are more than the {MOST_PIXELS:,} that are drawn here")


def _raster(data: bytes, number: int) -> Frame:
    with Image.open(BytesIO(data), formats=_KINDS) as image:
        allow(image.width * image.height)
        frames = int(getattr(image, "n_frames", 1))
        number = min(number, frames - 1)
        image.seek(number)
        how = f"{image.format} {image.mode}"
        if image.mode.startswith(("I", "F")):
            return grey(np.asarray(image), number, frames, how)
        shown = image.convert("L" if image.mode in ("1", "L") else "RGB")
        windows = (PLAIN,) if shown.mode == "L" else ()
        return Frame(np.asarray(shown, np.uint8), number, frames, image.size, how, windows)


PLAIN = Window("As stored", 128.0, 256.0)
"""Of 8-bit grey: black is 0, white is 255."""


def grey(values: npt.NDArray[Any], number: int, frames: int, how: str) -> Frame:
    """A frame of grey values in whatever type: whole ones are kept exactly when their range allows."""
    samples, slope, intercept = packed(values)
    size = (values.shape[1], values.shape[0])
    frame = Frame(samples, number, frames, size, how, slope=slope, intercept=intercept)
    return replace(frame, windows=usual_windows(frame))


def packed(values: npt.NDArray[Any]) -> tuple[Samples, float, float]:
    """Unsigned samples of 8 or 16 bits with slope and intercept: exact for whole values that span under 65,536."""
    if values.dtype == np.uint8:
        return values, 1.0, 0.0
    known = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    if values.dtype.kind in "iu" and high - low <= _LEVELS:
        return (values.astype(np.int64) - int(low)).astype(np.uint16), 1.0, low
    slope = (high - low) / _LEVELS or 1.0
    steps = np.nan_to_num((values.astype(np.float64) - low) / slope, nan=0.0, posinf=_LEVELS, neginf=0.0)
    return np.rint(np.clip(steps, 0, _LEVELS)).astype(np.uint16), slope, low


def usual_windows(frame: Frame) -> tuple[Window, ...]:
    """Windows for grey that names none: the middle 99 percent of the samples, then the full range."""
    low, high = (frame.slope * float(edge) + frame.intercept for edge in np.percentile(frame.samples, (0.5, 99.5)))
    first, last = frame.value_range
    full = between("Full range", first, last)
    return (between("Middle 99 %", min(low, high), max(low, high)), full) if high != low else (full,)


def between(name: str, low: float, high: float) -> Window:
    """The window whose black is ``low`` and whose white is ``high``."""
    width = max(high - low, 0.0) + 1
    return Window(name, low + 0.5 + (width - 1) / 2, width)


def _reduced(frame: Frame) -> Frame:
    rows, columns = frame.samples.shape[:2]
    step = next(step for step in range(1, 64) if rows * columns <= _MOST_SHOWN * step * step)
    if step == 1:
        return frame
    means = blocks(frame.samples, step)
    kept: Samples = means.astype(np.uint8) if frame.samples.dtype == np.uint8 else means.astype(np.uint16)
    return replace(frame, samples=kept, step=step)


def blocks(samples: npt.NDArray[Any], step: int) -> npt.NDArray[np.float64]:
    """Means of blocks of ``step`` × ``step``; what is left over at the right and lower edge is dropped."""
    rows, columns = (side // step for side in samples.shape[:2])
    cut = samples[: rows * step, : columns * step]
    means: npt.NDArray[np.float64] = cut.reshape(rows, step, columns, step, *cut.shape[2:]).mean(axis=(1, 3))
    return means
