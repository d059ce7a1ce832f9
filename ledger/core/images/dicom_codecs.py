"""Compressed DICOM pixel data: fragments to frames, frames to samples, each transfer syntax by one pinned decoder.

Sources: DICOM PS3.5 annex A.4 (encapsulation, offset tables) and section 8.2 (native and encapsulated formats).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from struct import unpack
from typing import TYPE_CHECKING, Any

import numpy as np

from ledger.core.images import codestreams as streams
from ledger.core.images.dicom_header import Header, canonical
from ledger.core.images.jpeg import decode_baseline
from ledger.core.images.model import Layout
from ledger.errors import UnreadableImage, UnsupportedImage

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

RLE = "1.2.840.10008.1.2.5"
_UID = "1.2.840.10008.1.2.4."
_BASELINE = frozenset((_UID + "50", _UID + "51"))
_LOSSLESS_JPEG = frozenset((_UID + "57", _UID + "70"))
_JPEG_LS = frozenset((_UID + "80", _UID + "81"))
_JPEG_2000 = frozenset((_UID + "90", _UID + "91", _UID + "201", _UID + "202", _UID + "203"))
SUPPORTED = _BASELINE | _LOSSLESS_JPEG | _JPEG_LS | _JPEG_2000 | {RLE}
LOSSY = _BASELINE | {_UID + "81", _UID + "91", _UID + "203"}
DECODED_TO_RGB = _BASELINE


def decoder_name(syntax: str) -> str:
    """Name and version of the decoder pinned for a compressed transfer syntax."""
    if syntax in _BASELINE:
        from ledger.core.images.jpeg import decoder

        return decoder()
    return _package_version({"gdcm": "python-gdcm"}.get(_plugin(syntax), "pylibjpeg-" + _library(syntax)))


def _plugin(syntax: str) -> str:
    return "gdcm" if syntax in _LOSSLESS_JPEG | _JPEG_LS else "pylibjpeg"


def _library(syntax: str) -> str:
    return "rle" if syntax == RLE else "openjpeg"


@lru_cache
def _package_version(package: str) -> str:
    from importlib.metadata import version

    return f"{package} {version(package)}"


def codestreams(header: Header) -> Iterator[bytes]:
    """Each compressed frame without trailing padding; JPEG frames without application data and comments."""
    for frame in _compressed(header):
        if header.syntax in _BASELINE | _LOSSLESS_JPEG:
            yield streams.stripped(frame, list(streams.segments(frame)))
        else:
            bare = frame.rstrip(b"\0")
            yield bare if header.syntax != RLE and bare.endswith(b"\xff\xd9") else frame


def frames(header: Header, layout: Layout) -> Iterator[Frame]:
    """The samples of each frame, decoded one at a time."""
    for frame in _compressed(header):
        if header.syntax in _BASELINE:
            plain_rgb = header.photometric == "RGB"
            yield decode_baseline(frame, layout, plain_rgb=plain_rgb)
        else:
            yield canonical(_decoded(frame, header), header)


def _compressed(header: Header) -> Iterator[bytes]:
    fragments = header.pixels.fragments
    if fragments is None or len(fragments) < 2:
        raise UnreadableImage("expected fragments of compressed pixel data, found none")
    table, parts = fragments[0], fragments[1:]
    if header.frames == 1:
        yield b"".join(parts)
    elif len(parts) == header.frames:
        yield from map(bytes, parts)
    elif len(table) or 0x7FE00001 in header.by_tag:
        yield from _by_offsets(parts, _offsets(header, table))
    else:
        yield from _by_end_markers(parts)


def _offsets(header: Header, table: memoryview) -> tuple[int, ...]:
    extended = header.by_tag.get(0x7FE00001)
    if extended is not None and extended.value is not None and len(extended.value) == 8 * header.frames:
        return unpack(f"<{header.frames}Q", extended.value)
    if len(table) != 4 * header.frames:
        raise UnreadableImage(f"expected an offset table of {header.frames} frames, found {len(table)} bytes")
    return unpack(f"<{header.frames}I", table)


def _by_offsets(parts: tuple[memoryview, ...], offsets: tuple[int, ...]) -> Iterator[bytes]:
    starts: dict[int, int] = {}
    position = 0
    for index, part in enumerate(parts):
        starts[position] = index
        position += 8 + len(part)
    indices = [starts.get(offset, -1) for offset in offsets] + [len(parts)]
    if indices[0] != 0 or any(first >= second for first, second in pairwise(indices)):
        raise UnreadableImage("expected frames that begin with a fragment, found other offsets")
    for first, second in pairwise(indices):
        yield b"".join(parts[first:second])


def _by_end_markers(parts: tuple[memoryview, ...]) -> Iterator[bytes]:
    """Frames without an offset table: each ends with the fragment that ends with EOI or EOC (FF D9)."""
    gathered = b""
    for part in parts:
        gathered += bytes(part)
        if gathered.rstrip(b"\0").endswith(b"\xff\xd9"):
            yield gathered
            gathered = b""
    if gathered:
        raise UnreadableImage("expected the end of the last frame, found the end of the pixel data")


def _decoded(frame: bytes, header: Header) -> Frame:
    from pydicom.encaps import encapsulate
    from pydicom.pixels import get_decoder

    layout = header.layout
    container = _checked_container(frame, header)
    decoder, plugin = get_decoder(header.syntax), _plugin(header.syntax)
    if plugin not in decoder.available_plugins:
        raise UnsupportedImage(f"expected the decoder {plugin}, found that it is not installed")
    buffer, facts = _run(decoder, encapsulate([frame], has_bot=False), header, plugin)
    width = int(facts["bits_allocated"]) // 8
    words = np.frombuffer(buffer, f"<{'i' if header.signed else 'u'}{width}")
    if words.size != layout.rows * layout.columns * layout.samples or width < container:
        raise UnreadableImage(f"expected {layout.frame_bytes} decoded bytes, found {words.nbytes}")
    if int(facts.get("planar_configuration", 0)) and layout.samples > 1:
        arranged = words.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
    else:
        arranged = words.reshape(layout.rows, layout.columns, layout.samples)
    return arranged.astype(f"<i{layout.width}" if header.signed else f"<u{layout.width}").view(f"<u{layout.width}")


def _run(decoder: Any, src: bytes, header: Header, plugin: str) -> tuple[bytes, dict[str, int]]:
    layout = header.layout
    try:
        buffer, facts = decoder.as_buffer(
            src,
            index=0,
            decoding_plugin=plugin,
            rows=layout.rows,
            columns=layout.columns,
            samples_per_pixel=layout.samples,
            number_of_frames=1,
            bits_allocated=header.allocated,
            bits_stored=header.stored,
            pixel_representation=int(header.signed),
            photometric_interpretation=header.photometric,
            planar_configuration=int(header.planar),
            pixel_keyword="PixelData",
        )
    except BaseException as error:
        # The RLE decoder is Rust; its panics are no Exception, and their class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableImage(f"expected {layout.frame_bytes} decoded bytes, found broken RLE data") from None
    return buffer, facts


def _checked_container(frame: bytes, header: Header) -> int:
    """The least width in bytes of a decoded sample.

    UnreadableImage when the codestream's own header declares another size than the data set, so that no decoder
    allocates what the limits have not seen.
    """
    if header.syntax == RLE:
        return header.layout.width
    if header.syntax in _JPEG_2000:
        shape = streams.j2k_shape(frame)
    else:
        _, shape = streams.jpeg_shape(list(streams.segments(frame)))
    layout = header.layout
    if (shape.rows, shape.columns, shape.samples) != (layout.rows, layout.columns, layout.samples):
        raise UnreadableImage(
            f"expected a frame of {layout.rows}×{layout.columns}×{layout.samples}, "
            f"found {shape.rows}×{shape.columns}×{shape.samples}"
        )
    if shape.precision > 8 * layout.width:
        raise UnsupportedImage(f"expected at most {8 * layout.width} bits a sample, found {shape.precision}")
    return (shape.precision + 7) // 8
