"""Pictures of a file in 8 bits: plain, under a change map, under the detector's heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from ledger.core.images import decode
from ledger.core.images.model import MONOCHROME_INVERTED
from ledger.errors import UnreadableImage
from ledger.pixels import frame_pixels, spread

if TYPE_CHECKING:
    from ledger.core.images import Limits

Picture = npt.NDArray[np.uint8]

_RED = (0, 0, 255)
"""Blue, green, red: the order of OpenCV."""
_CYAN = (255, 229, 0)
_TINT = 0.35
_COVER = 0.6
_STOPS = (0.0, 0.5, 1.0)
_RAMP = ((64, 224, 255), (0, 140, 255), (32, 0, 204))
"""Yellow, orange, red at the stops."""


def overlay(image: bytes, mask: bytes, frame: int, limits: Limits) -> bytes:
    """A colour PNG of the frame numbered ``frame`` of the file ``image`` (the middle one if it has fewer frames), red
    where the PNG ``mask`` is white.

    UnreadableImage when the mask is not one of that frame, InputError when the image cannot be decoded.
    """
    picture = rendered(image, frame, limits)
    white = cv2.imdecode(np.frombuffer(mask, np.uint8), cv2.IMREAD_GRAYSCALE)
    if white is None or white.shape != picture.shape[:2]:
        found = "no picture" if white is None else f"{white.shape[1]}×{white.shape[0]} pixels"
        size = f"{picture.shape[1]}×{picture.shape[0]} pixels"
        raise UnreadableImage(f"expected a mask of {size}, found {found}", code="mask_unusable")
    changed = white > 127
    picture[changed] = (picture[changed] * (1 - _TINT) + np.array(_RED) * _TINT).astype(np.uint8)
    _outline(picture, changed, _RED)
    return png(picture)


def heat_overlay(picture: Picture, heatmap: bytes, mask: bytes) -> Picture:
    """``picture`` under the detector's heat map, a grey PNG of any size, yellow to red as suspicion rises; what the PNG
    ``mask`` marks is outlined. UnreadableImage when either is no picture."""
    rows, columns = picture.shape[:2]
    heat = _grey(heatmap, "heat map")
    share = cv2.resize(heat, (columns, rows), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
    ramp = np.stack([np.interp(share, _STOPS, [colour[at] for colour in _RAMP]) for at in range(3)], axis=2)
    cover = (share * _COVER)[:, :, np.newaxis]
    under: Picture = np.rint(picture * (1 - cover) + ramp * cover).astype(np.uint8)
    marked = cv2.resize(_grey(mask, "mask"), (columns, rows), interpolation=cv2.INTER_NEAREST)
    _outline(under, marked > 127, _CYAN)
    return under


def png(picture: Picture) -> bytes:
    """The picture as a PNG."""
    return bytes(cv2.imencode(".png", picture)[1])


def _outline(picture: Picture, marked: npt.NDArray[np.bool_], colour: tuple[int, int, int]) -> None:
    outlines, _ = cv2.findContours(marked.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, colour, max(1, max(marked.shape) // 512))


def _grey(data: bytes, what: str) -> Picture:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if found is None:
        raise UnreadableImage(f"expected a {what} as PNG, found no picture", code="mask_unusable")
    return np.asarray(found, np.uint8)


def rendered(image: bytes, frame: int, limits: Limits) -> Picture:
    """The frame, rows × columns × (blue, green, red); samples of more than 8 bits stretched over those that are there.

    InputError when the image cannot be decoded.
    """
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
