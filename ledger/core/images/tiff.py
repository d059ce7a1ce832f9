"""TIFF 6.0: pages as frames, read by Pillow (libtiff), 16-bit colour by OpenCV.

What the samples mean (bits, format, photometric interpretation, reference levels) is an attribute, for two files with
the same samples and another meaning look different. Bytes behind all that the directories point to are an attribute
too; bytes in gaps between are bound by file/1 alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from struct import pack
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ledger.core.images.ifd import Directory, chain, extent, nested, order
from ledger.core.images.jpeg import samples_of
from ledger.core.images.model import (
    CMYK,
    MONOCHROME,
    MONOCHROME_ALPHA,
    MONOCHROME_INVERTED,
    PALETTE,
    RGB,
    RGBA,
    Attribute,
    DecodedImage,
    Layout,
    Limits,
)
from ledger.core.images.sniffing import TIFF
from ledger.errors import UnreadableImage, UnsupportedImage

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

_WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _STRIP_SIZES = 273, 274, 277, 279
_COLOUR_MAP, _TILE_OFFSETS, _TILE_SIZES, _SUB_DIRECTORIES, _EXTRA, _FORMAT = 320, 324, 325, 330, 338, 339
_ROWS_PER_STRIP, _PLANAR, _TILE_WIDTH, _TILE_LENGTH, _JPEG_TABLES = 278, 284, 322, 323, 347
_COMPRESSIONS = frozenset((1, 2, 3, 4, 5, 7, 8, 32773, 32946))
_JPEG_COMPRESSION = 7
# What describes the storage of the samples, which pixel/1 and codestream/1 bind in a form of their own.
_STRUCTURE = frozenset(
    (_WIDTH, _LENGTH, _COMPRESSION, 266, _STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_SIZES)
) | {*(_PLANAR, 292, 293, 317, _TILE_WIDTH, _TILE_LENGTH, _TILE_OFFSETS, _TILE_SIZES, _JPEG_TABLES)}
_KINDS = {
    (0, 1): MONOCHROME_INVERTED,
    (1, 1): MONOCHROME,
    (1, 2): MONOCHROME_ALPHA,
    (2, 3): RGB,
    (2, 4): RGBA,
    (3, 1): PALETTE,
    (5, 4): CMYK,
    (6, 3): RGB,
}
_GREY_DEPTHS = (1, 8, 16, 32)
_DEPTHS = {MONOCHROME: _GREY_DEPTHS, MONOCHROME_INVERTED: _GREY_DEPTHS, RGB: (8, 16), RGBA: (8, 16)}


class Page(NamedTuple):
    """What must be the same on every page for them to be the frames of one image; tag values of TIFF 6.0."""

    layout: Layout
    bits: int
    signed: bool
    photometric: int
    compression: int


def read(data: bytes, limits: Limits) -> DecodedImage:
    """The image of a TIFF file whose pages are of one kind; UnsupportedImage for pyramids and mixed pages."""
    directories = chain(data, limits.max_frames)
    if not directories:
        raise UnreadableImage("expected at least one page, found none")
    pages = {_page(entries, len(data)) for entries in directories}
    if len(pages) != 1:
        raise UnsupportedImage("expected pages of one size and kind, found different ones")
    page = pages.pop()
    limits.check(page.layout, len(directories))
    upright = _without_orientation(data, directories)
    return DecodedImage(
        media_type=TIFF,
        layout=page.layout,
        frames=len(directories),
        bits=page.bits,
        signed=page.signed,
        decoder=_decoder(page),
        read_attributes=partial(tuple, tuple(_attributes(data, directories))),
        read_frames=partial(_frames, upright, page, len(directories)),
        read_codestreams=partial(_codestreams, data, directories) if page.compression == _JPEG_COMPRESSION else None,
        palette=_palette(directories[0]) if page.layout.kind == PALETTE else None,
    )


def _page(entries: Directory, size: int) -> Page:
    if _SUB_DIRECTORIES in entries:
        raise UnsupportedImage("expected plain pages, found pages with sub-images")
    samples = _one(entries, _SAMPLES, 1)
    bits = _same(entries, _BITS, 1)
    sample_format = _same(entries, _FORMAT, 1)
    photometric, compression = _one(entries, _PHOTOMETRIC, -1), _one(entries, _COMPRESSION, 1)
    kind = _KINDS.get((photometric, samples))
    if kind is None or compression not in _COMPRESSIONS or sample_format not in (1, 2):
        raise UnsupportedImage(
            f"expected integer grey, palette, RGB or CMYK samples, found photometric {photometric} with {samples} "
            f"samples, format {sample_format}, compression {compression}"
        )
    depths = _DEPTHS.get(kind, (8,))
    if bits not in depths or (photometric == 6 and compression != _JPEG_COMPRESSION):
        raise UnsupportedImage(f"expected {depths} bits a sample, found {bits} in {kind}")
    if kind in (RGBA, MONOCHROME_ALPHA) and _one(entries, _EXTRA, 2 if kind == RGBA else 0) != 2:
        raise UnsupportedImage("expected an extra sample that is plain alpha, found another one")
    _check_extents(entries, size)
    layout = Layout(_one(entries, _LENGTH, 0), _one(entries, _WIDTH, 0), samples, max(1, bits // 8), kind)
    return Page(layout, bits, sample_format == 2, photometric, compression)


def _one(entries: Directory, tag: int, default: int) -> int:
    if tag not in entries:
        return default
    values = entries[tag].numbers()
    if len(values) != 1:
        raise UnreadableImage(f"expected one value in entry {tag}, found {len(values)}")
    return values[0]


def _same(entries: Directory, tag: int, default: int) -> int:
    values = set(entries[tag].numbers()) if tag in entries else {default}
    if len(values) != 1:
        raise UnsupportedImage(f"expected one value for all samples in entry {tag}, found {len(values)}")
    return values.pop()


def _check_extents(entries: Directory, size: int) -> None:
    for offset, length in _extents(entries):
        if offset + length > size:
            raise UnreadableImage(f"expected {length} bytes of samples, found {max(0, size - offset)}")


def _extents(entries: Directory) -> list[tuple[int, int]]:
    """Where the strips or tiles stand and how long they are; UnreadableImage unless each has both."""
    pairs = ((_STRIP_OFFSETS, _STRIP_SIZES), (_TILE_OFFSETS, _TILE_SIZES))
    found = [(entries[a].numbers(), entries[b].numbers()) for a, b in pairs if a in entries and b in entries]
    if len(found) != 1 or len(found[0][0]) != len(found[0][1]):
        raise UnreadableImage("expected strips or tiles with offsets and sizes, found something else")
    return list(zip(*found[0], strict=True))


def _without_orientation(data: bytes, directories: list[Directory]) -> bytes:
    # Pillow turns the picture by this entry; the stored samples are wanted, and the entry is an attribute.
    patched = bytearray(data)
    for entries in directories:
        if _ORIENTATION in entries:
            position = entries[_ORIENTATION].position
            patched[position : position + 2] = (1).to_bytes(2, "little" if order(data) == "<" else "big")
    return bytes(patched)


def _by_opencv(page: Page) -> bool:
    return page.layout.samples > 1 and page.bits == 16


def _decoder(page: Page) -> str:
    if _by_opencv(page):
        import cv2

        return f"opencv {cv2.__version__}"
    import PIL
    from PIL import features

    return f"pillow {PIL.__version__} libtiff {features.version('libtiff')}"


def _frames(data: bytes, page: Page, count: int) -> Iterator[Frame]:
    if _by_opencv(page):
        for index in range(count):
            yield _opencv_frame(data, page, index)
        return
    from PIL.TiffImagePlugin import TiffImageFile

    image = TiffImageFile(BytesIO(data))
    for index in range(count):
        image.seek(index)
        if (image.height, image.width) != (page.layout.rows, page.layout.columns):
            raise UnreadableImage("expected pages of one size, found different ones")
        frame = samples_of(image, page.layout)
        if page.photometric == 0 and page.bits <= 8:
            # Pillow turns "white is zero" round; undone, since the stored samples are wanted.
            frame = frame ^ frame.dtype.type(True if page.bits == 1 else 255)
        yield _words(frame, page)


def _words(frame: Frame, page: Page) -> Frame:
    width = page.layout.width
    wanted = np.dtype(f"<{'i' if page.signed else 'u'}{width}")
    if page.bits > 8 and frame.dtype.itemsize < width:
        raise UnreadableImage(f"expected samples of {page.bits} bits, found {8 * frame.dtype.itemsize}")
    return np.ascontiguousarray(frame.astype(wanted, copy=False)).view(f"<u{width}")


def _opencv_frame(data: bytes, page: Page, index: int) -> Frame:
    import cv2

    done, found = cv2.imdecodemulti(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED, range=(index, index + 1))
    samples = page.layout.samples
    if not done or found[0].dtype.itemsize != 2 or found[0].ndim != 3 or found[0].shape[2] != samples:
        raise UnsupportedImage(f"expected 16-bit samples that OpenCV reads, found {samples} it does not")
    channels = [2, 1, 0, 3][:samples]
    return np.ascontiguousarray(found[0][:, :, channels]).view("<u2")


def _codestreams(data: bytes, directories: list[Directory]) -> Iterator[bytes]:
    """What the samples of each page of JPEG strips or tiles are decoded from; the layout is in ``digests.pixel``."""
    for entries in directories:
        width, length = _one(entries, _WIDTH, 0), _one(entries, _LENGTH, 0)
        if _TILE_WIDTH in entries:
            part = (_one(entries, _TILE_WIDTH, 0), _one(entries, _TILE_LENGTH, 0))
        else:
            part = (width, min(length, _one(entries, _ROWS_PER_STRIP, length)))
        others = (_one(entries, _SAMPLES, 1), _one(entries, _PLANAR, 1), _one(entries, _PHOTOMETRIC, 0))
        tables = entries[_JPEG_TABLES].value if _JPEG_TABLES in entries else b""
        parts = [tables, *(data[offset : offset + size] for offset, size in _extents(entries))]
        yield b"tiff" + pack("<7I", width, length, *part, *others) + b"".join(pack("<I", len(p)) + p for p in parts)


def _trailing(data: bytes, directories: list[Directory]) -> bytes:
    ends = [extent(data, order(data), entries) for entries in directories]
    ends += [offset + size for entries in directories for offset, size in _extents(entries)]
    return data[max(ends) :].rstrip(b"\0")  # writers of several pages align the end with zeros


def _palette(entries: Directory) -> Frame | None:
    words = np.array(entries[_COLOUR_MAP].numbers() if _COLOUR_MAP in entries else (), np.uint16)
    if not len(words) or len(words) % 3:
        return None
    return (words.reshape(3, -1).T >> 8).astype(np.uint8)


def _attributes(data: bytes, directories: list[Directory]) -> Iterator[Attribute]:
    for index, entries in enumerate(directories):
        for attribute in nested(data, order(data), entries, "tiff", _STRUCTURE):
            if index:
                path = f"page[{index}].{attribute.path}"
                yield Attribute(path, attribute.name, attribute.vr, attribute.value)
            else:
                yield attribute
    trailing = _trailing(data, directories)
    if trailing:
        yield Attribute("tiff:trailing", "trailing data", "UNDEFINED", trailing)
