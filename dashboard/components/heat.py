"""The detector's pictures for the page: the heat map over the image, and the view of error levels."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter, UnidentifiedImageError

from dashboard.components.preview import NoPreview
from ledger.schemas import DetectionPictures

_MOST_SIDE = 2048
_STOPS = (0.0, 0.5, 1.0)
_RAMP = ((255, 224, 64), (255, 140, 0), (204, 0, 32))
"""Yellow, orange, red at the stops: readable on grey, and darker as suspicion rises."""
_EDGE = (0, 229, 255)


def heat_over(picture: Image.Image, pictures: DetectionPictures, opacity: float) -> Image.Image:
    """``picture`` under the heat map (``opacity`` 0 to 1 at its hottest; cold is transparent), marked area outlined.

    NoPreview when the server's pictures cannot be read.
    """
    heat = _shares(picture_of(pictures.heatmap_png).convert("L").resize(picture.size, Image.Resampling.BILINEAR))
    colour = np.stack([np.interp(heat, _STOPS, [stop[i] for stop in _RAMP]) for i in range(3)], axis=-1)
    cover = (heat * opacity)[:, :, np.newaxis]
    below = np.asarray(picture.convert("RGB"), dtype=np.float64)
    mixed = below * (1 - cover) + colour * cover
    if opacity > 0:
        mask = picture_of(pictures.mask_png).convert("L").resize(picture.size, Image.Resampling.NEAREST)
        mixed[inner_border(mask)] = _EDGE
    return Image.fromarray(np.rint(mixed).astype(np.uint8))


def ela_view(pictures: DetectionPictures, size: tuple[int, int]) -> Image.Image:
    """The error levels in the size of the image's own picture; NoPreview when they cannot be read."""
    return picture_of(pictures.ela_png).convert("RGB").resize(size, Image.Resampling.BILINEAR)


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


def _shares(grey: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(grey, dtype=np.float64) / 255


def inner_border(mask: Image.Image, width: int = 2) -> npt.NDArray[np.bool_]:
    """The inner border, ``width`` pixels wide, of what a grey mask marks."""
    core = mask.filter(ImageFilter.MinFilter(2 * width + 1))
    border: npt.NDArray[np.bool_] = np.asarray(mask, dtype=bool) & ~np.asarray(core, dtype=bool)
    return border
