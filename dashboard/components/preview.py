"""A picture to look at, made in the dashboard. It decides nothing, and no verdict waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from dashboard.components.checks import Tile

_MOST_PIXELS = 40_000_000
_LONGEST = 1024
_SHORTEST = 512
_NOT_DRAWN = "No preview: this file is incomplete, damaged, or of a kind that can't be drawn here"
_DICOM_MARK = slice(128, 132)


class NoPreview(Exception):
    """Raised with the reason, in words, when a file cannot be shown."""


@dataclass(frozen=True)
class Preview:
    """An RGB picture of one frame, its longer side 512 to 1024 pixels, and what one should know to read it.

    ``size`` is the frame's own width and height in pixels.
    """

    picture: Image.Image
    caption: str
    frame: int
    frames: int
    size: tuple[int, int]


def make_preview(data: bytes, tiles: Sequence[Tile] = (), frame: int | None = None) -> Preview:
    """The frame asked for (or the first changed one, or the first) with the changed tiles drawn as boxes.

    Raises NoPreview for anything that cannot be shown.
    """
    chosen = frame if frame is not None else min((tile[0] for tile in tiles), default=0)
    try:
        picture, frames, how = _dicom(data, chosen) if _is_dicom(data) else _raster(data, chosen)
    except NoPreview:
        raise
    except Exception as error:  # decoders raise whatever they like, and a preview is never required
        raise NoPreview(_NOT_DRAWN) from error
    size = picture.size
    picture = _sized(picture)
    boxes = [tile[1:] for tile in tiles if tile[0] == chosen]
    _outline(picture, boxes, picture.width / size[0], picture.height / size[1])
    which = f" · frame {chosen + 1} of {frames}" if frames > 1 else ""
    return Preview(picture, f"{size[0]} × {size[1]} pixels · {how}{which}", chosen, frames, size)


def _sized(picture: Image.Image) -> Image.Image:
    longer = max(picture.size)
    scale = min(_LONGEST, max(_SHORTEST, longer)) / longer
    wide, high = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((wide, high), Image.Resampling.BILINEAR)


def _is_dicom(data: bytes) -> bool:
    return data[_DICOM_MARK] == b"DICM"


def _raster(data: bytes, frame: int) -> tuple[Image.Image, int, str]:
    with Image.open(BytesIO(data)) as image:
        _allow(image.width * image.height)
        frames = int(getattr(image, "n_frames", 1))
        image.seek(min(frame, frames - 1))
        how = f"{image.format} {image.mode}"
        if image.mode.startswith(("I", "F")):
            return window(np.asarray(image, dtype=np.float64), None, None), frames, how
        return image.convert("RGB"), frames, how


def _dicom(data: bytes, frame: int) -> tuple[Image.Image, int, str]:
    import pydicom
    from pydicom.pixels import apply_modality_lut, pixel_array

    header = pydicom.dcmread(BytesIO(data))
    rows, columns = int(header.Rows), int(header.Columns)
    _allow(rows * columns)
    frames = int(header.get("NumberOfFrames", 1) or 1)
    samples = pixel_array(header, index=min(frame, frames - 1))
    modality = str(header.get("Modality", "DICOM"))
    if samples.ndim == 3:
        return Image.fromarray(_eight_bit(samples)).convert("RGB"), frames, f"DICOM {modality}"
    values = np.asarray(apply_modality_lut(samples, header), dtype=np.float64)
    centre, width = _first(header.get("WindowCenter")), _first(header.get("WindowWidth"))
    inverse = header.PhotometricInterpretation == "MONOCHROME1"
    picture = window(values, centre, width, inverse=inverse)
    level = f", window {width:.0f} level {centre:.0f}" if centre is not None and width else ""
    return picture, frames, f"DICOM {modality}{level}"


def _first(value: Any) -> float | None:
    if value is None or value == "":
        return None
    return float(value) if isinstance(value, int | float | str) else float(value[0])


def _allow(pixels: int) -> None:
    if pixels > _MOST_PIXELS:
        raise NoPreview(f"No preview: {pixels:,} pixels are more than the {_MOST_PIXELS:,} that are drawn here")


def _eight_bit(samples: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if samples.dtype == np.uint8:
        return samples
    return np.clip(samples.astype(np.float64) * (255.0 / max(float(samples.max()), 1.0)), 0, 255).astype(np.uint8)


def window(
    values: npt.NDArray[np.float64], centre: float | None, width: float | None, *, inverse: bool = False
) -> Image.Image:
    """Grey values by the linear window of DICOM PS3.3 C.11.2.1.2; the 0.5 to 99.5 percentiles where none is given."""
    if centre is None or not width or width <= 1:
        low, high = (float(edge) for edge in np.percentile(values, (0.5, 99.5)))
    else:
        low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    grey = np.clip((values - low) / max(high - low, 1e-9), 0, 1) * 255
    return Image.fromarray((255 - grey if inverse else grey).astype(np.uint8)).convert("RGB")


def _outline(picture: Image.Image, boxes: Sequence[tuple[int, ...]], across: float, down: float) -> None:
    """Amber inside ink: visible on black and on white."""
    pen = ImageDraw.Draw(picture)
    for x, y, width, height in boxes:
        corner = (x * across, y * down, (x + width) * across - 1, (y + height) * down - 1)
        if corner[2] > corner[0] and corner[3] > corner[1]:
            pen.rectangle(corner, outline="#12303a", width=7)
            pen.rectangle(corner, outline="#ffb000", width=5)
