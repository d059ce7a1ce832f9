"""DICOM images: header to layout, pixel data to frames of stored samples.

Sources: DICOM PS3.3 C.7.6.3 (Image Pixel module), PS3.5 section 8 and annex A (pixel data and transfer syntaxes).

Archives hold uncompressed pixel data that is longer than the header asks for. Less than one frame of excess is padding:
it is no sample, shown by no viewer, and bound by file/1 alone. A whole frame more contradicts the number of frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ledger.core.images import dicom_codecs, dicom_parse, dicom_values
from ledger.core.images.dicom_header import Header, canonical
from ledger.core.images.dicom_palette import palette
from ledger.core.images.dicom_parse import text
from ledger.core.images.dicom_unused import UnusedBits
from ledger.core.images.model import PALETTE, RGB, YBR_422, Attribute, DecodedImage, Layout, Limits
from ledger.core.images.sniffing import DICOM
from ledger.errors import UnreadableImage

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

_NATIVE = frozenset(
    (dicom_parse.IMPLICIT_LITTLE, dicom_parse.EXPLICIT_LITTLE, dicom_parse.EXPLICIT_BIG, dicom_parse.DEFLATED)
)


def read(data: bytes, limits: Limits) -> DecodedImage:
    """The image of a Part 10 file; see :func:`ledger.core.images.decode`."""
    file = dicom_parse.parse(data, limits)
    dicom_parse.require_supported(file.transfer_syntax, _NATIVE | dicom_codecs.SUPPORTED)
    header = Header(file.elements, file.transfer_syntax)
    layout = header.layout
    if file.transfer_syntax in dicom_codecs.DECODED_TO_RGB and layout.samples == 3:
        layout = Layout(layout.rows, layout.columns, 3, layout.width, RGB)
    limits.check(layout, header.frames)
    native = file.transfer_syntax in _NATIVE
    unused = UnusedBits(header)
    colours, first = palette(header.by_tag) if layout.kind == PALETTE else (None, 0)
    return DecodedImage(
        media_type=DICOM,
        layout=layout,
        frames=header.frames,
        bits=header.stored,
        signed=header.signed,
        decoder="native" if native else dicom_codecs.decoder_name(file.transfer_syntax),
        read_attributes=partial(_attributes, file),
        read_frames=_native(header, unused) if native else partial(dicom_codecs.frames, header, layout, unused),
        read_codestreams=partial(dicom_codecs.codestreams, header) if header.syntax in dicom_codecs.LOSSY else None,
        read_unused=unused.attributes,
        palette=colours,
        palette_first=first,
        transfer_syntax=file.transfer_syntax,
        modality=_identifier(text(header.by_tag.get(0x00080060)), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ", 16),
        sop_instance_uid=_identifier(text(header.by_tag.get(0x00080018)), "0123456789.", 64),
        study_instance_uid=_identifier(text(header.by_tag.get(0x0020000D)), "0123456789.", 64),
    )


def _attributes(file: dicom_parse.File) -> tuple[Attribute, ...]:
    found = dicom_values.attributes(file.elements, jpeg_2000=file.transfer_syntax in dicom_codecs.JPEG_2000)
    if not file.trailing:
        return found
    return (*found, Attribute("dicom:trailing", "trailing data", "UNDEFINED", file.trailing))


def _identifier(found: str, alphabet: str, longest: int) -> str | None:
    # Only what has the form of an identifier may travel in facts and error messages.
    return found if 0 < len(found) <= longest and not set(found) - set(alphabet) else None


def _native(header: Header, unused: UnusedBits) -> Callable[[], Iterator[Frame]]:
    """The reader of uncompressed frames; UnreadableImage for pixel data too short or longer by a frame."""
    pixels, layout = header.pixels, header.layout
    if pixels.value is None:
        raise UnreadableImage("expected uncompressed pixel data, found fragments")
    samples = layout.rows * layout.columns * (2 if layout.kind == YBR_422 else layout.samples)
    expected = (samples * header.frames * header.allocated + 7) // 8
    if not 0 <= len(pixels.value) - expected < _padding(header, samples):
        raise UnreadableImage(f"expected {expected} bytes of pixel data, found {len(pixels.value)}")
    value: memoryview | bytes = pixels.value
    if not pixels.little and layout.width == 1 and pixels.vr == "OW":
        value = dicom_values.swapped(bytes(value), 2)
    return partial(_native_frames, header, value, samples, unused)


def _padding(header: Header, samples: int) -> int:
    """Fewer bytes than this behind the last frame are padding."""
    if header.layout.kind == YBR_422:
        return 2  # half as much again is what a frame without subsampling takes: not padding but another layout
    return max(2, samples * header.allocated // 8)


def _native_frames(header: Header, value: memoryview | bytes, samples: int, unused: UnusedBits) -> Iterator[Frame]:
    if header.allocated == 1:
        yield from _bit_frames(header, value, samples)
        return
    width = header.layout.width
    word = np.dtype(f"{'<' if header.pixels.little else '>'}u{width}")
    for index in range(header.frames):
        frame = np.frombuffer(value, word, samples, index * samples * width)
        words = _arranged(frame, header).astype(f"<u{width}", copy=False)
        found = canonical(words, bits=header.stored, shift=header.high + 1 - header.stored, signed=header.signed)
        unused.look(index, words, found, header.allocated)
        yield found


def _bit_frames(header: Header, value: memoryview | bytes, samples: int) -> Iterator[Frame]:
    octets = np.frombuffer(value, np.uint8)
    for index in range(header.frames):
        first = index * samples
        window = octets[first // 8 : (first + samples + 7) // 8]
        bits = np.unpackbits(window, bitorder="little")[first % 8 : first % 8 + samples]
        yield bits.reshape(header.layout.rows, header.layout.columns, 1)


def _arranged(frame: Frame, header: Header) -> Frame:
    layout = header.layout
    rows, columns = layout.rows, layout.columns
    if layout.kind == YBR_422:
        # Y1 Y2 Cb Cr for two neighbours (PS3.3 C.7.6.3.1.2): both get the shared colour difference.
        pairs = frame.reshape(-1, 4)
        pixels = np.empty((pairs.shape[0], 2, 3), frame.dtype)
        pixels[:, 0, 0], pixels[:, 1, 0] = pairs[:, 0], pairs[:, 1]
        pixels[:, :, 1], pixels[:, :, 2] = pairs[:, 2, None], pairs[:, 3, None]
        return pixels.reshape(rows, columns, 3)
    if header.planar and layout.samples > 1:
        return frame.reshape(layout.samples, rows, columns).transpose(1, 2, 0)
    return frame.reshape(rows, columns, layout.samples)
