"""The digest set: what identifies an image, domain-separated and versioned.

``u8``, ``u16`` and ``u32`` are little endian in all layouts; ``‖`` joins bytes; a Merkle root is that of RFC 9162
(leaf 0x00, node 0x01, SHA-256). The exact bytes of each digest stand in the module that makes it:
``pixel`` (pixel/1, codestream/1), ``dataset``, ``tiles``, ``view``; ``file/1`` is the plain SHA-256 of the bytes.
Importing this package is cheap; numpy and the decoders are imported by the first :func:`digest_set`.
"""

from __future__ import annotations

from ledger.core.digests.compare import (
    AttributeChange,
    TileComparison,
    compare_attributes,
    compare_tiles,
)
from ledger.core.digests.compute import digest_file, digest_set
from ledger.core.digests.details import changed_details
from ledger.core.digests.model import DIGEST_NAMES, AttributeDigest, DigestSet, TileDigests, parse_digest

__all__ = [
    "DIGEST_NAMES",
    "AttributeChange",
    "AttributeDigest",
    "DigestSet",
    "TileComparison",
    "TileDigests",
    "changed_details",
    "compare_attributes",
    "compare_tiles",
    "digest_file",
    "digest_set",
    "parse_digest",
]
