r"""dataset/1: the header, attribute by attribute.

Layout::

    dataset/1 = SHA-256("medseal/dataset/1\n" ‖ u32 attributes ‖ root of the leaves in ascending order of their paths)
    leaf      = SHA-256(00 ‖ "medseal/dataset/1\n" ‖ text(path) ‖ text(vr) ‖ u32 length ‖ value)
    text      = u16 length ‖ UTF-8

Paths are ordered by their UTF-8 bytes. The pixel data is one attribute more: path ``(7FE0,0010)`` in DICOM and
``pixels`` elsewhere, VR ``digest``, its value the ASCII text of codestream/1 or, where there is none, of pixel/1. How
values are normalised: DICOM in ``ledger.core.images.dicom_values``; PNG chunk types, JPEG segments, TIFF and EXIF
fields under ``png:``, ``jpeg:``, ``tiff:``, ``exif:``, ``gps:`` in the readers there. Bytes behind the end of an image
are the attribute ``png:trailing``, ``jpeg:trailing``, ``tiff:trailing`` or ``dicom:trailing``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from struct import Struct

from ledger.core.digests.model import AttributeDigest
from ledger.core.images import Attribute
from ledger.core.merkle import root
from ledger.errors import UnreadableImage

DOMAIN = b"medseal/dataset/1\n"
_LEAF = b"\0" + DOMAIN
_U16, _U32 = Struct("<H").pack, Struct("<I").pack


def attribute_digests(attributes: Iterable[Attribute]) -> tuple[AttributeDigest, ...]:
    """The leaves, ordered by path; UnreadableImage when two attributes have one path."""
    found = sorted(map(_leaf, attributes), key=attrgetter("path"))  # code points sort as their UTF-8 bytes do
    if len({attribute.path for attribute in found}) != len(found):
        raise UnreadableImage("expected each attribute once, found one twice")
    return tuple(found)


def dataset_digest(attributes: tuple[AttributeDigest, ...]) -> bytes:
    """dataset/1 over leaves in the order of :func:`attribute_digests`."""
    leaves = [attribute.digest for attribute in attributes]
    return sha256(DOMAIN + _U32(len(leaves)) + root(leaves)).digest()


def _leaf(attribute: Attribute) -> AttributeDigest:
    head = _head(attribute.path, attribute.vr) + _U32(len(attribute.value))
    digest = sha256(head + attribute.value).digest()
    return AttributeDigest(attribute.path, attribute.name, attribute.vr, digest)


@lru_cache(maxsize=16384)
def _head(path: str, vr: str) -> bytes:
    """What comes before the length of the value; the images of a scanner have the same attributes."""
    return _LEAF + b"".join(_U16(len(one)) + one for one in (path.encode(), vr.encode()))
