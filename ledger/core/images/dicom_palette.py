"""The palette of a DICOM image (PS3.3 C.7.6.3.1.5 and .6), for renderings only: indices are what is hashed."""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING

import numpy as np

from ledger.core.images.dicom_parse import Element

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

_DESCRIPTOR, _DATA = 0x00281101, 0x00281201


def palette(by_tag: dict[int, Element]) -> tuple[Frame | None, int]:
    """Colours of shape (entries, 3), 8 bit, and the index of the first; (None, 0) for missing or segmented tables."""
    channels: list[Frame] = []
    first = 0
    for offset in range(3):
        descriptor, table = by_tag.get(_DESCRIPTOR + offset), by_tag.get(_DATA + offset)
        if descriptor is None or table is None or descriptor.value is None or table.value is None:
            return None, 0
        if len(descriptor.value) != 6:
            return None, 0
        entries, first, bits = unpack_from("<3H" if descriptor.little else ">3H", descriptor.value)
        channel = _channel(table, entries or 1 << 16, bits)
        if channel is None or (channels and len(channel) != len(channels[0])):
            return None, 0
        channels.append(channel)
    return np.stack(channels, axis=1), first


def _channel(table: Element, entries: int, bits: int) -> Frame | None:
    value = bytes(table.value or b"")
    if bits == 16 or len(value) >= 2 * entries:
        words = np.frombuffer(value[: 2 * entries], "<u2" if table.little else ">u2")
        return (words >> (8 if bits == 16 else 0)).astype(np.uint8) if len(words) == entries else None
    octets = np.frombuffer(value, np.uint8)
    if not table.little and table.vr in ("OW", "US"):
        octets = octets[: len(octets) // 2 * 2].reshape(-1, 2)[:, ::-1].reshape(-1)
    return octets[:entries].copy() if len(octets) >= entries else None
