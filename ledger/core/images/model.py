"""What a decoded image is, and the limits it must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.errors import LimitExceeded, UnreadableImage

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Frame = npt.NDArray[np.unsignedinteger[Any]]

MONOCHROME = "monochrome"
MONOCHROME_INVERTED = "monochrome-inverted"
MONOCHROME_ALPHA = "monochrome-alpha"
RGB = "rgb"
RGBA = "rgba"
PALETTE = "palette"
YBR = "ybr"
YBR_422 = "ybr-422"
CMYK = "cmyk"


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of every frame of an image.

    ``samples`` a pixel, ``width`` bytes a sample (1, 2 or 4), ``kind`` the photometric class.
    """

    rows: int
    columns: int
    samples: int
    width: int
    kind: str

    @property
    def frame_bytes(self) -> int:
        """Bytes of one decoded frame."""
        return self.rows * self.columns * self.samples * self.width


@dataclass(frozen=True, slots=True)
class Limits:
    """What an image may declare. All are checked before the first sample is decoded.

    ``max_pixels`` counts rows × columns of one frame; ``max_bytes`` also bounds the inflated size of a deflated
    DICOM data set and of all compressed text in a PNG; ``max_decoded_bytes`` counts the samples of all frames.
    """

    max_bytes: int = 1 << 30
    max_pixels: int = 100_000_000
    max_frames: int = 10_000
    max_decoded_bytes: int = 4 << 30

    def check_size(self, found: int, what: str = "the file") -> None:
        """Nothing happens when ``found`` bytes are allowed; LimitExceeded otherwise."""
        if found > self.max_bytes:
            raise LimitExceeded(f"expected at most {self.max_bytes} bytes, found {found} in {what}")

    def check(self, layout: Layout, frames: int) -> None:
        """Nothing happens when the declared sizes are positive and allowed.

        LimitExceeded when they are too large, UnreadableImage when one of them is not positive.
        """
        if min(layout.rows, layout.columns, layout.samples, layout.width, frames) < 1:
            raise UnreadableImage(
                f"expected an image of at least one pixel, found {layout.rows} rows, {layout.columns} columns, "
                f"{layout.samples} samples, {frames} frames"
            )
        pixels = layout.rows * layout.columns
        for found, limit, unit in (
            (pixels, self.max_pixels, "pixels a frame"),
            (frames, self.max_frames, "frames"),
            (layout.frame_bytes * frames, self.max_decoded_bytes, "decoded bytes"),
        ):
            if found > limit:
                raise LimitExceeded(f"expected at most {limit} {unit}, found {found}")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One normalised attribute of the header.

    ``path`` is unique within the image, ``name`` is for people, ``vr`` the kind of value as it is hashed.
    """

    path: str
    name: str
    vr: str
    value: bytes


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An image whose header is read and checked; its samples are decoded frame by frame on demand.

    ``read_frames`` yields each frame once, in order, as an array (rows, columns, samples) of unsigned little-endian
    words of ``layout.width`` bytes; signed samples are two's complement. It raises UnreadableImage for broken data.
    ``read_codestreams`` yields the compressed frames of lossy data, and is None for all other data.
    ``read_attributes`` gives the normalised header, made anew by each call: who hands frames on can do so before.
    ``read_unused`` gives, once all frames are read, what is stored beside their samples.
    ``palette`` has shape (entries, 3), 8 bit, when ``layout.kind`` is ``palette`` and the file holds a plain one.
    """

    media_type: str
    layout: Layout
    frames: int
    bits: int
    signed: bool
    decoder: str
    read_attributes: Callable[[], tuple[Attribute, ...]]
    read_frames: Callable[[], Iterator[Frame]]
    read_codestreams: Callable[[], Iterator[bytes]] | None = None
    read_unused: Callable[[], tuple[Attribute, ...]] = tuple
    palette: Frame | None = None
    transfer_syntax: str | None = None
    modality: str | None = None
    sop_instance_uid: str | None = None
    study_instance_uid: str | None = None
    palette_first: int = 0

    @property
    def lossy(self) -> bool:
        """Whether the samples depend on the decoder, so that only the compressed frames identify them."""
        return self.read_codestreams is not None
