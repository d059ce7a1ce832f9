"""Reading picture files for the detector: samples as they are stored, and the JPEG bytes where there are any."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from detector.datasets import dicom
from detector.datasets.contract import Picture
from detector.datasets.sizes import MOST_PIXELS, check_png, check_size, tiff_sizes
from detector.errors import UnreadablePicture

if TYPE_CHECKING:
    from detector.types import Mask, Pixels

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".dcm", ".dicom"})
JPEG_START = b"\xff\xd8\xff"
# Formats whose 16-bit and alpha samples Pillow would narrow.
_PNG = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*")


def read_picture(path: Path, frame: int | None = None, *, shown: bool = False) -> Picture:
    """The picture in the file as (rows, columns) or (rows, columns, 3 or 4) of uint8 or uint16.

    Stored values, not displayed ones: no window, no inversion of MONOCHROME1, no turning by EXIF. Signed samples are
    shifted up by half their container's range; palettes, YCbCr and CMYK become RGB. Of several frames or pages, number
    ``frame`` (from 0) is read; None takes the middle one (number // 2). ``jpeg`` holds the file's bytes when it is a
    JPEG, or the frame's codestream when it is a DICOM file in JPEG Baseline.

    A DICOM palette gives 8-bit colours, and segmented tables none: the indices are the picture then, as whoever
    serves the detector reads them. ``shown`` gives the colours of every table at its full depth instead, as an editor
    has them. UnreadablePicture for anything else, and for more than ``sizes.MOST_PIXELS``, which are not decoded.
    """
    try:
        return _read(path.read_bytes(), frame, shown)
    except UnreadablePicture as error:
        raise UnreadablePicture(f"{path}: {error}") from error
    except OSError as error:
        raise UnreadablePicture(f"{path}: expected a file that can be read, found: {error}") from error


def read_mask(path: Path) -> Mask:
    """(rows, columns), true where the picture in the file is brighter than half of its own maximum; alpha is ignored.

    So 0/1, 0/255 and slightly compressed masks all read alike. UnreadablePicture as in :func:`read_picture`.
    """
    pixels = read_picture(path).pixels
    grey = pixels if pixels.ndim == 2 else pixels[..., :3].max(axis=2)
    return np.asarray(grey > int(grey.max()) / 2, dtype=np.bool_)


def _read(data: bytes, frame: int | None, shown: bool) -> Picture:
    if dicom.is_dicom(data):
        return dicom.read(data, frame, shown=shown)
    if data.startswith(JPEG_START):
        return Picture(_checked(_by_pillow(data, frame)), data)
    pixels = None
    if data.startswith(_PNG):
        check_png(data)
        pages = _by_opencv(data)
        pixels = _in_order(pages[chosen(frame, len(pages))]) if pages else None
    elif data.startswith(_TIFF):
        sizes = tiff_sizes(data)
        page = chosen(frame, len(sizes))
        check_size(*sizes[page])
        pages = _by_opencv(data, range=(page, page + 1))
        pixels = _in_order(pages[0]) if pages else None
    return Picture(_checked(_by_pillow(data, frame) if pixels is None else pixels))


def _by_opencv(data: bytes, **which: tuple[int, int]) -> Sequence[npt.NDArray[np.generic]]:
    """The pages, or those ``which`` names; none where OpenCV cannot read them."""
    try:
        return cv2.imdecodemulti(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED, **which)[1]
    except cv2.error:
        return ()


def _in_order(pixels: npt.NDArray[Any]) -> npt.NDArray[np.generic]:
    if pixels.ndim == 2 or pixels.shape[2] < 3:
        return np.asarray(pixels)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA))


def _by_pillow(data: bytes, frame: int | None) -> npt.NDArray[np.generic]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            check_size(*image.size)
            image.seek(chosen(frame, getattr(image, "n_frames", 1)))
            check_size(*image.size)
            if image.mode in ("L", "RGB", "RGBA", "I;16", "I;16B", "I;16L"):
                return np.asarray(image)
            grey = image.mode in ("1", "L")
            return np.asarray(image.convert("L" if grey else "RGBA" if "transparency" in image.info else "RGB"))
    except Image.DecompressionBombError as error:
        raise UnreadablePicture(f"expected 1 to {MOST_PIXELS} pixels, found: {str(error)[:120]}") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise UnreadablePicture(f"expected PNG, JPEG, TIFF or DICOM, found: {str(error)[:120]}") from error


def chosen(frame: int | None, frames: int) -> int:
    """The number of the frame to read: ``frame``, or the middle one. UnreadablePicture when there is none such."""
    if frame is None:
        return frames // 2
    if not 0 <= frame < frames:
        raise UnreadablePicture(f"expected a frame from 0 to {frames - 1}, found {frame}")
    return frame


def _checked(pixels: npt.NDArray[np.generic]) -> Pixels:
    fits = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    if not fits or pixels.size == 0:
        raise UnreadablePicture(f"expected (rows, columns) or (rows, columns, 3 or 4), found {pixels.shape}")
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize == 2:
        return pixels.astype(np.uint16)
    raise UnreadablePicture(f"expected samples of 8 or 16 bit without sign, found {pixels.dtype}")
