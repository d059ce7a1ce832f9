"""Bytes in, decoded image out: DICOM, PNG, JPEG and TIFF under limits that hold before anything is decoded.

Importing this package is cheap; numpy, Pillow, OpenCV and pydicom are imported by the first :func:`decode`.
"""

from __future__ import annotations

from ledger.core.images.decoding import decode
from ledger.core.images.model import Attribute, DecodedImage, Layout, Limits
from ledger.core.images.sniffing import sniff

__all__ = ["Attribute", "DecodedImage", "Layout", "Limits", "decode", "sniff"]
