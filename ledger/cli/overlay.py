"""The overlay of a change map: the disputed picture in 8 bits, what was changed tinted and outlined in red."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ledger.core.images import decode
from ledger.core.images.model import MONOCHROME_INVERTED
from ledger.errors import UnreadableImage
from ledger.pixels import frame_pixels, spread

if TYPE_CHECKING:
    import numpy.typing as npt

    from ledger.core.images import Limits

_RED = (0, 0, 255)
"""Blue, green, red: the order of OpenCV."""
_TINT = 0.35


def overlay(image: bytes, mask: bytes, frame: int, limits: Limits) -> bytes:
    """A colour PNG of the frame numbered ``frame`` of the file ``image`` (the middle one if it has fewer frames), red
    where the PNG ``mask`` is white.

    UnreadableImage when the mask is not one of that frame, InputError when the image cannot be decoded.
    """
    picture = _rendered(image, frame, limits)
    white = cv2.imdecode(np.frombuffer(mask, np.uint8), cv2.IMREAD_GRAYSCALE)
    if white is None or white.shape != picture.shape[:2]:
        found = "no picture" if white is None else f"{white.shape[1]}×{white.shape[0]} pixels"
        size = f"{picture.shape[1]}×{picture.shape[0]} pixels"
        raise UnreadableImage(f"expected a mask of {size}, found {found}", code="mask_unusable")
    changed = white > 127
    picture[changed] = (picture[changed] * (1 - _TINT) + np.array(_RED) * _TINT).astype(np.uint8)
    outlines, _ = cv2.findContours(changed.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, _RED, max(1, max(white.shape) // 512))
    return bytes(cv2.imencode(".png", picture)[1])


def _rendered(image: bytes, frame: int, limits: Limits) -> npt.NDArray[np.uint8]:
    """The frame in blue, green and red; samples of more than 8 bits stretched over those that are there."""
    decoded = decode(image, limits)
    (number,) = (frame,) if frame < decoded.frames else spread(decoded.frames, 1)
    samples = next(frame_pixels(decoded, image, (number,))).pixels
    if samples.dtype != np.uint8:
        least, most = int(samples.min()), int(samples.max())
        samples = ((samples - least) * (255.0 / max(1, most - least))).astype(np.uint8)
    if decoded.layout.kind == MONOCHROME_INVERTED:
        samples = 255 - samples
    planes = (samples,) * 3 if samples.ndim == 2 else (samples[:, :, 2], samples[:, :, 1], samples[:, :, 0])
    return np.stack(planes, axis=2).astype(np.uint8, copy=False)
