"""Decoded frames as the detector takes them: unsigned grey, RGB or RGBA of 8 or 16 bits, with their JPEG if any."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ledger.core.images.dicom_codecs import DECODED_TO_RGB
from ledger.core.images.model import CMYK, MONOCHROME_ALPHA, PALETTE, YBR, YBR_422, DecodedImage
from ledger.core.images.sniffing import JPEG

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.types import Pixels
    from ledger.core.images.model import Frame

MOST_FRAMES = 8
"""So many frames of a multi-frame image are examined unless the caller says otherwise."""


_COMPRESSED_WITH_LOSS = ("(0028,2110)", b"01")  # LossyImageCompression, PS3.3 C.7.6.1.1.5


@dataclass(frozen=True)
class FramePixels:
    """One frame, counted from 0; ``jpeg`` is the compressed frame when it came as 8-bit JPEG, else None.

    ``lossy``: of a DICOM file, it came compressed with loss in another way (JPEG 2000, near-lossless JPEG-LS), or the
    file says that it was compressed with loss before, and does not hold it as that JPEG.
    """

    number: int
    pixels: Pixels
    jpeg: bytes | None
    lossy: bool = False


def spread(frames: int, most: int = MOST_FRAMES) -> tuple[int, ...]:
    """The numbers of at most ``most`` of ``frames`` frames, evenly spaced; for one frame of many, the middle one."""
    count = min(frames, most)
    return tuple((2 * index + 1) * frames // (2 * count) for index in range(count))


def frame_pixels(image: DecodedImage, data: bytes, numbers: Collection[int] | None = None) -> Iterator[FramePixels]:
    """The frames with these ``numbers`` (all if None) in order; ``data`` is the file that ``image`` was decoded from.

    Pixels are (rows, columns) or (rows, columns, 3 or 4). Signed samples are shifted to start at 0 (order kept),
    depths under 8 bits stretched to 0..255, samples of 32 bits cut to their upper 16 used ones, palettes replaced
    by their colours, YBR and CMYK by RGB, the alpha of grey left out. "White is zero" stays as it is stored.
    ``jpeg`` is the file itself for a JPEG, the codestream for a DICOM frame of JPEG baseline. UnreadableImage, or
    LimitExceeded for want of memory, when a frame cannot be decoded; nothing is decoded past the last frame asked for.
    """
    wanted = set(range(image.frames) if numbers is None else numbers)
    lossy = _lossy(image)
    for number, (frame, jpeg) in enumerate(zip(image.read_frames(), _jpegs(image, data), strict=False)):
        if number in wanted:
            wanted.remove(number)
            yield FramePixels(number, detector_pixels(frame, image), jpeg, jpeg is None and lossy)
        if not wanted:
            return


def _lossy(image: DecodedImage) -> bool:
    declared = any((each.path, each.value) == _COMPRESSED_WITH_LOSS for each in image.read_attributes())
    return declared or (image.lossy and image.transfer_syntax is not None)


def _jpegs(image: DecodedImage, data: bytes) -> Iterator[bytes | None]:
    if image.media_type == JPEG:
        return iter((data,))
    if image.transfer_syntax in DECODED_TO_RGB and image.read_codestreams is not None:
        return image.read_codestreams()
    return repeat(None)


def detector_pixels(frame: Frame, image: DecodedImage) -> Pixels:
    """The samples of one frame (rows, columns, samples) in the form that :func:`frame_pixels` describes."""
    kind = image.layout.kind
    if kind == PALETTE:
        return _coloured(frame, image)
    samples = _deep(_unsigned(frame, image))
    if kind in (YBR, YBR_422):
        return _as_pixels(cv2.cvtColor(samples[:, :, [0, 2, 1]], cv2.COLOR_YCrCb2RGB))
    if kind == CMYK:
        return _without_black(samples)
    if kind == MONOCHROME_ALPHA or samples.shape[2] == 1:
        return _as_pixels(samples[:, :, 0])
    return samples


def _unsigned(frame: Frame, image: DecodedImage) -> Frame:
    """Samples from 0 upwards; their order is that of the file's values, signed or not."""
    word = frame.dtype.type
    if image.signed:
        sign, used = word(1 << image.bits - 1), (1 << image.bits) - 1
        frame = (frame + sign) & word(used)
    if image.bits < 8:
        frame = (frame.astype(np.uint16) * 255 // ((1 << image.bits) - 1)).astype(np.uint8)
    return frame


def _deep(samples: Frame) -> Pixels:
    """At most 16 bits a sample, the native byte order."""
    if samples.itemsize <= 2:
        return _as_pixels(samples.astype(np.uint8 if samples.itemsize == 1 else np.uint16, copy=False))
    surplus = max(0, int(samples.max()).bit_length() - 16)
    return _as_pixels((samples >> samples.dtype.type(surplus)).astype(np.uint16))


def _coloured(frame: Frame, image: DecodedImage) -> Pixels:
    indices = frame[:, :, 0].astype(np.int64)
    if image.palette is None:  # segmented tables are not read: the indices are the best picture there is
        return _as_pixels(_deep(frame)[:, :, 0])
    colours = image.palette
    return _as_pixels(colours[np.clip(indices - image.palette_first, 0, len(colours) - 1)])


def _without_black(samples: Pixels) -> Pixels:
    full = int(np.iinfo(samples.dtype).max)
    wide = full - samples.astype(np.int64)
    return _as_pixels((wide[:, :, :3] * wide[:, :, 3:] // full).astype(samples.dtype))


def _as_pixels(array: npt.NDArray[Any]) -> Pixels:
    made: Pixels = np.ascontiguousarray(array)
    return made
