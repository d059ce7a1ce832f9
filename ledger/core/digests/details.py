"""The details kept beside a registration, held against the digests that its entry commits to."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.core.digests.model import DigestSet, format_digest
from ledger.core.images import Layout
from ledger.errors import InvalidDigest


def changed_details(blob: bytes, digests: Mapping[str, str]) -> tuple[str, ...]:
    """The names among dataset/1 and tile/1 that the details in ``blob`` do not lead to; both if it can't be read."""
    from ledger.core.digests.dataset import dataset_digest
    from ledger.core.digests.tiles import tile_digest

    try:
        attributes, tiles = DigestSet.from_blob(blob)
        kind, samples, width = tiles.kind.rsplit("/", 2)
        layout = Layout(tiles.rows, tiles.columns, int(samples), int(width), kind)
        found = {
            "dataset/1": format_digest(dataset_digest(attributes)),
            "tile/1": format_digest(tile_digest(tiles.leaves, tiles.frames, layout)),
        }
    except (InvalidDigest, ValueError):
        return ("dataset/1", "tile/1")
    return tuple(name for name, digest in found.items() if digests.get(name) != digest)
