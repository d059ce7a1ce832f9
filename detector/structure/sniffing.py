"""Which kind of file bytes are, by how they begin; and which kind a name promises."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

DICOM, JPEG, PNG, TIFF, OTHER = "dicom", "jpeg", "png", "tiff", "other"
_HEADS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"II+\x00", TIFF),
    (b"MM\x00+", TIFF),
)
ENDINGS: Mapping[str, str] = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), JPEG),
    ".png": PNG,
    **dict.fromkeys((".tif", ".tiff"), TIFF),
    **dict.fromkeys((".dcm", ".dicom", ".dic"), DICOM),
    **dict.fromkeys((".bmp", ".gif", ".webp", ".heic", ".jp2", ".pdf"), OTHER),
}
"""Only endings that promise one kind: DICOM files have any name, or none."""
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00", b"\x00\x08")


def kind_of(data: bytes) -> str:
    """DICOM with its preamble, or without one when it begins with a plausible element; a TIFF preamble is DICOM."""
    if data[128:132] == b"DICM":
        return DICOM
    found = next((kind for head, kind in _HEADS if data.startswith(head)), OTHER)
    return DICOM if found == OTHER and _bare_dicom(data) else found


def promised(name: str) -> str | None:
    """The kind that the ending of ``name`` promises; None where it promises none."""
    return ENDINGS.get(PurePath(name).suffix.lower())


def _bare_dicom(data: bytes) -> bool:
    """Whether a data set begins here without preamble: a low group, a small element, a length that fits."""
    if len(data) < 16 or data[:2] not in _FIRST_GROUPS:
        return False
    little = data[:2] != b"\x00\x08"
    element = int.from_bytes(data[2:4], "little" if little else "big")
    length = int.from_bytes(data[4:8], "little" if little else "big")
    explicit = data[4:6].isalpha() and data[4:6].isupper()
    return element <= 0x0100 and (explicit or length < 256)
