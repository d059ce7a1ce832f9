"""Telling the kind of a file from its first bytes."""

from __future__ import annotations

from ledger.errors import UnreadableImage, UnsupportedImage

DICOM = "application/dicom"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"II\x2a\x00", TIFF),
    (b"MM\x00\x2a", TIFF),
)


def sniff(data: bytes) -> str:
    """The media type that the first bytes show; the DICOM prefix wins because its preamble is free text.

    UnreadableImage for an empty file, UnsupportedImage for anything that is not DICOM (Part 10), PNG, JPEG or TIFF.
    """
    if not data:
        raise UnreadableImage("expected an image, found an empty file")
    if data[128:132] == b"DICM":
        return DICOM
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature):
            return media_type
    raise UnsupportedImage(f"expected DICOM, PNG, JPEG or TIFF, found a file that begins with {data[:4].hex()}")
