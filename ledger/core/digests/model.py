"""The values of a digest set and their compact form for the store."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from struct import calcsize, error, pack, unpack_from

from ledger.core.model import TraceRecord
from ledger.errors import InvalidDigest

DIGEST_NAMES = ("file/1", "pixel/1", "codestream/1", "dataset/1", "tile/1", "trace/1", "view/1")
_FORMS = {"sha256": re.compile(r"sha256:[0-9a-f]{64}"), "pdq": re.compile(r"pdq:[0-9a-f]{64}")}
_BLOB_MAGIC = b"medseal/details/1\n"
_TILE_HEAD = "<IIIIHB"
_LARGEST_BLOB = 1 << 28

Fact = str | int | bool


def format_digest(digest: bytes) -> str:
    """``sha256:`` and the 64 hexadecimal digits of 32 bytes."""
    return "sha256:" + digest.hex()


def parse_digest(name: str, value: str) -> bytes:
    """The 32 bytes of the digest ``value`` that goes by ``name`` (one of :data:`DIGEST_NAMES`).

    InvalidDigest for another name, and unless the value is ``sha256:`` (for view/1 ``pdq:``) and 64 lower-case
    hexadecimal digits.
    """
    if name not in DIGEST_NAMES:
        raise InvalidDigest(f"expected one of {', '.join(DIGEST_NAMES)}, found {name[:40]!r}")
    algorithm = "pdq" if name == "view/1" else "sha256"
    if not _FORMS[algorithm].fullmatch(value):
        raise InvalidDigest(f"expected {algorithm}: and 64 lower-case hex digits for {name}, found {value[:80]!r}")
    return bytes.fromhex(value.partition(":")[2])


@dataclass(frozen=True, slots=True)
class AttributeDigest:
    """One attribute of the header: its leaf hash in the tree of dataset/1 (32 bytes), without its value."""

    path: str
    name: str
    vr: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class TileDigests:
    """The leaf hashes of tile/1: 32 bytes each, by frame, then row of tiles, then column.

    ``size`` is the edge of a full tile in pixels, ``rows`` and ``columns`` those of a frame in pixels, ``kind`` the
    photometric class with samples and bytes a sample, as in ``monochrome/1/2``.
    """

    size: int
    frames: int
    rows: int
    columns: int
    kind: str
    leaves: bytes

    @property
    def tile_rows(self) -> int:
        """Rows of tiles in a frame; those at the lower edge may be cut."""
        return -(-self.rows // self.size)

    @property
    def tile_columns(self) -> int:
        """Columns of tiles in a frame; those at the right edge may be cut."""
        return -(-self.columns // self.size)


@dataclass(frozen=True, slots=True)
class DigestSet:
    """All digests of one image by name, and what they were made from without any value of the header.

    ``facts`` holds media_type, rows, columns, frames, samples, bits, signed, photometric, lossy, decoder and, where
    there is one, transfer_syntax, modality, view_quality, view_left_out or trace_left_out; never anything about a
    patient. ``trace`` is what trace/1 was made over, where it was asked for and has a meaning; ``packed`` is what
    :func:`pack_details` made of ``attributes`` and ``tiles``, where that was done already.
    """

    digests: Mapping[str, str]
    attributes: tuple[AttributeDigest, ...]
    tiles: TileDigests
    facts: Mapping[str, Fact]
    sop_instance_uid: str | None = None
    trace: TraceRecord | None = None
    study_instance_uid: str | None = None
    packed: bytes = field(default=b"", compare=False)

    def to_blob(self) -> bytes:
        """``attributes`` and ``tiles`` in a compact form that :meth:`from_blob` reads back."""
        return self.packed or pack_details(self.attributes, self.tiles)

    @staticmethod
    def from_blob(blob: bytes) -> tuple[tuple[AttributeDigest, ...], TileDigests]:
        """The attributes and tiles that :meth:`to_blob` wrote; InvalidDigest for anything else."""
        try:
            return _from_blob(blob)
        except (zlib.error, error, UnicodeDecodeError, ValueError):
            raise InvalidDigest("expected stored attribute and tile digests, found broken data") from None


def pack_details(attributes: tuple[AttributeDigest, ...], tiles: TileDigests) -> bytes:
    """The digests of attributes and tiles in a compact form that :meth:`DigestSet.from_blob` reads back."""
    kind = tiles.kind.encode()
    head = (tiles.frames, tiles.rows, tiles.columns, len(attributes), tiles.size, len(kind))
    parts = [pack(_TILE_HEAD, *head), kind]
    parts += [_packed(attribute.path, attribute.name, attribute.vr) for attribute in attributes]
    parts += [attribute.digest for attribute in attributes]
    parts.append(tiles.leaves)
    return _BLOB_MAGIC + zlib.compress(b"".join(parts), 1)


@lru_cache(maxsize=16384)
def _packed(*fields: str) -> bytes:
    """Text fields of an attribute in the blob; the images of a scanner have the same attributes."""
    return b"".join(pack("<H", len(one)) + one for one in (field.encode() for field in fields))


def _from_blob(blob: bytes) -> tuple[tuple[AttributeDigest, ...], TileDigests]:
    if not blob.startswith(_BLOB_MAGIC):
        raise ValueError("magic")
    inflater = zlib.decompressobj()
    data = inflater.decompress(blob[len(_BLOB_MAGIC) :], _LARGEST_BLOB)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("length")
    frames, rows, columns, count, size, length = unpack_from(_TILE_HEAD, data)
    pos = calcsize(_TILE_HEAD) + length
    kind = data[pos - length : pos].decode()
    fields: list[str] = []
    for _ in range(3 * count):
        length = unpack_from("<H", data, pos)[0]
        fields.append(data[pos + 2 : pos + 2 + length].decode())
        pos += 2 + length
    leaves = pos + 32 * count
    attributes = tuple(
        AttributeDigest(path, name, vr, data[pos + 32 * index : pos + 32 * index + 32])
        for index, (path, name, vr) in enumerate(zip(fields[::3], fields[1::3], fields[2::3], strict=True))
    )
    tiles = TileDigests(size, frames, rows, columns, kind, data[leaves:])
    if not size or len(tiles.leaves) != 32 * frames * tiles.tile_rows * tiles.tile_columns:
        raise ValueError("tiles")
    return attributes, tiles
