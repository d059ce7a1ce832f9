"""Which attributes and which tiles differ between a registered image and a presented one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.core.digests.model import AttributeDigest, TileDigests


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute that the presented image has more, has less, or has with another value."""

    path: str
    name: str
    change: Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class TileComparison:
    """``changed`` lists (frame, x, y, width, height) in pixels; when not ``comparable``, ``reason`` says why."""

    comparable: bool
    reason: str
    changed: tuple[tuple[int, int, int, int, int], ...]


def compare_attributes(
    registered: Sequence[AttributeDigest], presented: Sequence[AttributeDigest]
) -> list[AttributeChange]:
    """The differences, ordered by path; empty when both have the same attributes with the same values."""
    before = {attribute.path: attribute for attribute in registered}
    after = {attribute.path: attribute for attribute in presented}
    found: list[AttributeChange] = []
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            found.append(AttributeChange(path, before[path].name, "removed"))
        elif path not in before:
            found.append(AttributeChange(path, after[path].name, "added"))
        elif before[path].digest != after[path].digest:
            found.append(AttributeChange(path, after[path].name, "changed"))
    return found


def compare_tiles(registered: TileDigests, presented: TileDigests) -> TileComparison:
    """The tiles whose samples differ; not comparable when frames, size or kind of sample differ."""
    for field in ("frames", "rows", "columns", "kind", "size"):
        before, after = getattr(registered, field), getattr(presented, field)
        if before != after:
            return TileComparison(False, f"{field} differ: registered {before}, presented {after}", ())
    if registered.leaves == presented.leaves:
        return TileComparison(True, "", ())
    changed = [
        start // 32
        for start in range(0, len(registered.leaves), 32)
        if registered.leaves[start : start + 32] != presented.leaves[start : start + 32]
    ]
    return TileComparison(True, "", tuple(_place(registered, number) for number in changed))


def _place(tiles: TileDigests, number: int) -> tuple[int, int, int, int, int]:
    frame, within = divmod(number, tiles.tile_rows * tiles.tile_columns)
    row, column = divmod(within, tiles.tile_columns)
    x, y = column * tiles.size, row * tiles.size
    return frame, x, y, min(tiles.size, tiles.columns - x), min(tiles.size, tiles.rows - y)
