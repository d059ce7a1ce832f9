"""Compressed DICOM frames to samples, each transfer syntax by one pinned decoder (DICOM PS3.5 section 8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ledger.core.images import codestreams as streams
from ledger.core.images.dicom_fragments import compressed
from ledger.core.images.dicom_header import Header, canonical
from ledger.core.images.dicom_unused import UnusedBits
from ledger.core.images.jpeg import decode_baseline
from ledger.core.images.lossless_jpeg import JPEG_LS, LOSSLESS, prepared
from ledger.core.images.model import Layout
from ledger.errors import UnreadableImage, UnsupportedImage

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

RLE = "1.2.840.10008.1.2.5"
_UID = "1.2.840.10008.1.2.4."
_BASELINE = frozenset((_UID + "50", _UID + "51"))
_LOSSLESS_JPEG = frozenset((_UID + "57", _UID + "70"))
_JPEG_LS = frozenset((_UID + "80", _UID + "81"))
JPEG_2000 = frozenset((_UID + "90", _UID + "91", _UID + "201", _UID + "202", _UID + "203"))
SUPPORTED = _BASELINE | _LOSSLESS_JPEG | _JPEG_LS | JPEG_2000 | {RLE}
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
    """Each frame of :data:`LOSSY` data without trailing padding; JPEG frames also without data for applications."""
    for frame in compressed(header):
        if header.syntax in _BASELINE:
            labelled_rgb = header.photometric == "RGB"
            yield streams.stripped(frame, list(streams.segments(frame)), labelled_rgb=labelled_rgb)
        else:
            bare = frame.rstrip(b"\0")
            yield bare if bare.endswith(b"\xff\xd9") else frame


def frames(header: Header, layout: Layout, unused: UnusedBits) -> Iterator[Frame]:
    """The samples of each frame, decoded one at a time; ``unused`` looks at those of lossless data."""
    for index, frame in enumerate(compressed(header)):
        if header.syntax in _BASELINE:
            plain_rgb = header.photometric == "RGB"
            yield decode_baseline(frame, layout, plain_rgb=plain_rgb)
        else:
            words, precision = _decoded(frame, header)
            bits, shift = min(precision, header.stored), header.high + 1 - header.stored
            found = canonical(words, bits=bits, shift=shift, signed=header.signed)
            if header.syntax not in LOSSY:
                unused.look(index, words, found, precision)
            yield found


def _decoded(frame: bytes, header: Header) -> tuple[Frame, int]:
    """The words of one frame as the codestream holds them, and how many bits of each it holds."""
    from pydicom.encaps import encapsulate
    from pydicom.pixels import get_decoder

    precision = _precision(frame, header)
    if header.syntax in _LOSSLESS_JPEG | _JPEG_LS:
        frame = prepared(frame, LOSSLESS if header.syntax in _LOSSLESS_JPEG else JPEG_LS)
    decoder, plugin = get_decoder(header.syntax), _plugin(header.syntax)
    if plugin not in decoder.available_plugins:
        raise UnsupportedImage(f"expected the decoder {plugin}, found that it is not installed")
    options = _options(header, precision)
    buffer, facts = _run(decoder, encapsulate([frame], has_bot=False), plugin, options)
    layout = header.layout
    words = np.frombuffer(buffer, f"<u{options['bits_allocated'] // 8}")
    if words.size != layout.rows * layout.columns * layout.samples:
        raise UnreadableImage(f"expected {layout.frame_bytes} decoded bytes, found {words.nbytes}")
    if facts.get("planar_configuration") and layout.samples > 1:
        arranged = words.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
    else:
        arranged = words.reshape(layout.rows, layout.columns, layout.samples)
    return arranged.astype(f"<u{layout.width}"), precision


def _options(header: Header, precision: int) -> dict[str, Any]:
    # Decoders are told what the codestream says, unsigned and without colour conversion: GDCM ends the process when
    # the data set's words contradict the codestream, and sign and unused bits are settled afterwards for all alike.
    layout = header.layout
    allocated = header.allocated if header.syntax == RLE else 8 * _container(precision)
    return {
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": layout.samples,
        "number_of_frames": 1,
        "bits_allocated": allocated,
        "bits_stored": precision,
        "pixel_representation": 0,
        "photometric_interpretation": "RGB" if layout.samples == 3 else "MONOCHROME2",
        "planar_configuration": 0,
        "pixel_keyword": "PixelData",
    }


def _container(precision: int) -> int:
    return 1 if precision <= 8 else 2 if precision <= 16 else 4


def _run(decoder: Any, src: bytes, plugin: str, options: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    try:
        buffer, facts = decoder.as_buffer(src, index=0, decoding_plugin=plugin, **options)
    except BaseException as error:
        # The RLE decoder is Rust; its panics are no Exception, and their class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableImage("expected RLE data of the declared size, found broken data") from None
    return buffer, facts


def _precision(frame: bytes, header: Header) -> int:
    """Bits a sample in the codestream.

    UnreadableImage when the codestream's own header declares another size than the data set, so that no decoder
    allocates what the limits have not seen.
    """
    layout = header.layout
    if header.syntax == RLE:
        return header.allocated
    if header.high != header.stored - 1:
        raise UnsupportedImage(f"expected high bit {header.stored - 1} in a codestream, found {header.high}")
    if header.syntax in JPEG_2000:
        shape = streams.j2k_shape(frame)
    else:
        _, shape = streams.jpeg_shape(list(streams.segments(frame)))
    if (shape.rows, shape.columns, shape.samples) != (layout.rows, layout.columns, layout.samples):
        raise UnreadableImage(
            f"expected a frame of {layout.rows}×{layout.columns}×{layout.samples}, "
            f"found {shape.rows}×{shape.columns}×{shape.samples}"
        )
    if shape.precision > 8 * layout.width:
        raise UnsupportedImage(f"expected at most {8 * layout.width} bits a sample, found {shape.precision}")
    return shape.precision
