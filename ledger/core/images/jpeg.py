"""JPEG files and frames: 8-bit baseline, extended and progressive (ITU-T T.81), decoded by libjpeg through Pillow."""

from __future__ import annotations

from functools import lru_cache, partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from ledger.core.images import codestreams as streams
from ledger.core.images.ifd import exif_attributes
from ledger.core.images.model import CMYK, MONOCHROME, RGB, Attribute, DecodedImage, Layout, Limits
from ledger.core.images.sniffing import JPEG
from ledger.errors import UnreadableImage, UnsupportedImage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.core.images.model import Frame

_KINDS = {1: MONOCHROME, 3: RGB, 4: CMYK}
_READ = frozenset((0xC0, 0xC1, 0xC2))
_ADOBE_PLAIN = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"


@lru_cache
def decoder() -> str:
    """Name and version of the JPEG decoder: two decoders may differ by one grey level."""
    import PIL
    from PIL import features

    return f"pillow {PIL.__version__} libjpeg-turbo {features.version_feature('libjpeg_turbo')}"


def read(data: bytes, limits: Limits) -> DecodedImage:
    """The image of a JPEG file; see :func:`ledger.core.images.decode`."""
    found = list(streams.segments(data))
    layout = _layout(found)
    limits.check(layout, 1)
    return DecodedImage(
        media_type=JPEG,
        layout=layout,
        frames=1,
        bits=8,
        signed=False,
        decoder=decoder(),
        read_attributes=partial(tuple, tuple(_attributes(data, found))),
        read_frames=partial(_frames, data, layout),
        read_codestreams=lambda: iter((streams.stripped(data, found),)),
    )


def decode_baseline(data: bytes, layout: Layout, *, plain_rgb: bool) -> Frame:
    """The samples of one frame, colour as RGB; UnreadableImage when it declares another shape than ``layout``.

    ``plain_rgb`` says that the components are RGB although no marker says so, as in DICOM with that photometric
    interpretation: a JFIF or Adobe marker still wins.
    """
    found = list(streams.segments(data))
    declared = _layout(found)
    # Not the photometric class: a grey frame may count from white to black, which only the data set says.
    if _shown(declared) != _shown(layout):
        raise UnreadableImage(f"expected a frame of {_shown(layout)}, found {_shown(declared)}")
    if plain_rgb and layout.samples == 3 and not any(s.payload[:4] in (b"JFIF", b"Adob") for s in found):
        data = data[:2] + _ADOBE_PLAIN + data[2:]
    return next(_frames(data, layout))


def _shown(layout: Layout) -> str:
    return f"{layout.rows}×{layout.columns}×{layout.samples} of {8 * layout.width} bits"


def _layout(found: list[streams.Segment]) -> Layout:
    marker, shape = streams.jpeg_shape(found)
    if marker not in _READ or shape.precision != 8 or shape.samples not in _KINDS:
        raise UnsupportedImage(
            f"expected an 8-bit baseline or progressive JPEG of 1, 3 or 4 components, "
            f"found process {marker:#x} with {shape.precision} bits and {shape.samples} components"
        )
    return Layout(shape.rows, shape.columns, shape.samples, 1, _KINDS[shape.samples])


def _frames(data: bytes, layout: Layout) -> Iterator[Frame]:
    from PIL.JpegImagePlugin import JpegImageFile

    # The class instead of Image.open: that one has its own pixel limit, which would answer with its own exception.
    yield samples_of(JpegImageFile(BytesIO(data)), layout)


def samples_of(image: Any, layout: Layout) -> Frame:
    """The pixels of a Pillow image as (rows, columns, samples); truncated data is an error, never grey."""
    from PIL import ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    image.load()
    return np.asarray(image).reshape(layout.rows, layout.columns, layout.samples)


def _attributes(data: bytes, found: list[streams.Segment]) -> Iterator[Attribute]:
    counts: dict[str, int] = {}
    for segment in found:
        if not (streams.APP0 <= segment.marker < 0xF0 or segment.marker == streams.COM):
            continue
        if segment.payload.startswith(b"Exif\0\0") and "exif" not in counts:
            counts["exif"] = 1
            yield from exif_attributes(segment.payload[6:])
            continue
        name = "COM" if segment.marker == streams.COM else f"APP{segment.marker - streams.APP0}"
        index = counts[name] = counts.get(name, -1) + 1
        yield Attribute(f"jpeg:{name}" + (f"[{index}]" if index else ""), name, "UNDEFINED", segment.payload)
    trailing = data[found[-1].end :]
    if trailing:
        yield Attribute("jpeg:trailing", "trailing data", "UNDEFINED", trailing)
