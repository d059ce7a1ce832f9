"""The one way into the readers, and the one place that turns their failures into the error tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ledger.core.images.model import Attribute, DecodedImage, Limits
from ledger.core.images.sniffing import DICOM, JPEG, PNG, sniff
from ledger.errors import InputError, LimitExceeded, UnreadableImage

if TYPE_CHECKING:
    from ledger.core.images.model import Frame


def decode(data: bytes, limits: Limits = Limits()) -> DecodedImage:
    """The image in ``data``: header read, every limit checked, samples not yet decoded.

    UnreadableImage, UnsupportedImage or LimitExceeded; no other exception leaves this function, or the frames and
    attributes of its answer. No message repeats a value of the file's header other than sizes, counts and identifiers
    of formats.
    """
    limits.check_size(len(data))
    media_type = sniff(data)
    read = _reader(media_type)
    try:
        image = read(data, limits)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  the readers of four formats fail in too many ways to list
        raise _unreadable(media_type, error) from None
    attributes = partial(_attributes, image)
    return replace(image, read_frames=lambda: _guarded(image), read_attributes=attributes)


def _reader(media_type: str) -> Callable[[bytes, Limits], DecodedImage]:
    # Each reader imports numpy and its decoder, which hash-only callers must not pay for.
    if media_type == DICOM:
        from ledger.core.images import dicom

        return dicom.read
    if media_type == PNG:
        from ledger.core.images import png

        return png.read
    if media_type == JPEG:
        from ledger.core.images import jpeg

        return jpeg.read
    from ledger.core.images import tiff

    return tiff.read


def _guarded(image: DecodedImage) -> Iterator[Frame]:
    shape = (image.layout.rows, image.layout.columns, image.layout.samples)
    count = 0
    try:
        for frame in image.read_frames():
            if frame.shape != shape or frame.itemsize != image.layout.width:
                raise UnreadableImage(f"expected a frame of {shape}, found {frame.shape}")
            count += 1
            yield frame
    except (InputError, GeneratorExit):
        raise
    except Exception as error:  # noqa: BLE001  as above
        raise _unreadable(image.media_type, error) from None
    if count != image.frames:
        raise UnreadableImage(f"expected {image.frames} frames, found {count}")


def _attributes(image: DecodedImage) -> tuple[Attribute, ...]:
    try:
        return image.read_attributes()
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  as above
        raise _unreadable(image.media_type, error) from None


def _unreadable(media_type: str, error: Exception) -> InputError:
    # The text of a foreign error may quote the file, and the file may hold a patient's name.
    if isinstance(error, MemoryError):
        return LimitExceeded(f"expected an image that fits into memory, found a larger one of type {media_type}")
    return UnreadableImage(f"expected a complete {media_type}, found broken data ({type(error).__name__})")
