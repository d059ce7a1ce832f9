"""Partial receipts: what proves that a crop, or an image with parts blacked out, belongs to a registered image.

A partial receipt is canonical JSON (RFC 8785), byte for byte, with these fields:

- ``type`` ``medseal/partial/1``
- ``receipt``: the receipt, with the opening of ``tile/1`` and no other
- ``image``: the registered image's ``frames``, ``rows``, ``columns``, ``samples`` a pixel, ``width`` in bytes of a
  sample, and ``kind``, its photometric class: what tile/1 hashes beside the samples (see ``digests.tiles``)
- ``frame``, counted from 0; ``part``: ``crop`` or ``redacted``
- ``boxes``: lists of x, y, width and height in tiles of 32 × 32 pixels; of a crop the one box that is shown, of a
  redacted frame the hidden ones, in the one order and form of :func:`boxes_of`
- ``proof``: the nodes of :mod:`ledger.core.multiproof` for the shown tiles, joined, in hex

The shown samples are not in it: they come from the picture beside it, which ``partial_making`` writes.

Its limit: the hashes of the tiles that are not shown carry no salt. Whoever can guess a hidden tile completely, flat
black or a name in a known font on black, can confirm the guess where the hash of that tile alone is in ``proof``; and
the opening of ``tile/1`` lets whoever has the whole image confirm that it is this one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

from ledger.core.entry import canonical
from ledger.core.fields import Fields
from ledger.core.images import Layout, Limits
from ledger.core.merkle import HASH_SIZE
from ledger.core.receipt import Receipt
from ledger.core.receipt import parse as parse_receipt
from ledger.errors import InputError, InvalidEntry, InvalidReceipt

TYPE = "medseal/partial/1"
TILE = 32
MAX_PARTIAL_BYTES = 8 << 20
MAX_TILES = 1 << 17
"""Of one frame: those of 11 000 × 11 000 pixels."""
MAX_NODES = 1 << 16
_FIELDS = {"type", "receipt", "image", "frame", "part", "boxes", "proof"}
_IMAGE_FIELDS = {"frames", "rows", "columns", "samples", "width", "kind"}
_MARK = b'"type":"medseal/partial/'

Kind = Literal["crop", "redacted"]
Tile = tuple[int, int]
"""Row and column of a tile in its frame."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner; in pixels or in tiles, as said where it is used."""

    x: int
    y: int
    width: int
    height: int

    def within(self, columns: int, rows: int) -> bool:
        """Whether it has an area and lies inside a frame of that size."""
        fits = self.x + self.width <= columns and self.y + self.height <= rows
        return min(self.x, self.y) >= 0 and min(self.width, self.height) >= 1 and fits

    def tiles(self) -> set[Tile]:
        """The tiles of a box in tiles."""
        across = range(self.x, self.x + self.width)
        return {(row, column) for row in range(self.y, self.y + self.height) for column in across}


@dataclass(frozen=True, slots=True)
class Part:
    """Which tiles of which frame of an image are shown. ``boxes`` are in tiles: the crop, or the hidden ones."""

    layout: Layout
    frames: int
    frame: int
    kind: Kind
    boxes: tuple[Box, ...]

    @property
    def tile_rows(self) -> int:
        """Rows of tiles in a frame."""
        return -(-self.layout.rows // TILE)

    @property
    def tile_columns(self) -> int:
        """Columns of tiles in a frame."""
        return -(-self.layout.columns // TILE)

    @property
    def leaves(self) -> int:
        """How many leaves tile/1 has: the tiles of all frames."""
        return self.frames * self.tile_rows * self.tile_columns

    @property
    def picture(self) -> Box:
        """The place of the picture in its frame, in pixels: the crop, or the whole of a redacted frame."""
        whole = Box(0, 0, self.layout.columns, self.layout.rows)
        return self.pixels(self.boxes[0]) if self.kind == "crop" else whole

    def pixels(self, box: Box) -> Box:
        """``box``, in tiles, as pixels of the frame; tiles at its right and lower edge may be cut."""
        x, y = box.x * TILE, box.y * TILE
        width = min(box.width * TILE, self.layout.columns - x)
        return Box(x, y, width, min(box.height * TILE, self.layout.rows - y))

    def hidden(self) -> list[Box]:
        """The hidden boxes of a redacted frame, in pixels; none of a crop, which has no room for them."""
        return [self.pixels(box) for box in self.boxes] if self.kind == "redacted" else []

    def shown(self) -> list[Tile]:
        """The shown tiles, in the order of their leaves."""
        boxed = set[Tile]().union(*(box.tiles() for box in self.boxes))
        if self.kind == "redacted":
            boxed = Box(0, 0, self.tile_columns, self.tile_rows).tiles() - boxed
        return sorted(boxed)

    def leaf_index(self, tile: Tile) -> int:
        """The place of a tile of this frame among the leaves of tile/1."""
        row, column = tile
        return (self.frame * self.tile_rows + row) * self.tile_columns + column


@dataclass(frozen=True)
class Partial:
    """A parsed partial receipt; nothing in it is verified yet."""

    receipt: Receipt
    part: Part
    proof: tuple[bytes, ...]


def is_partial(data: bytes) -> bool:
    """Whether ``data`` says that it is a partial receipt of any version: canonical JSON has ``type`` at its end."""
    return _MARK in data[-64:]


def boxes_of(tiles: Collection[Tile]) -> tuple[Box, ...]:
    """The one way to write a set of tiles as boxes in tiles.

    Neighbours in a row make a run; runs of the same place and width in rows below each other make a box. Boxes are
    sorted by y, then x, and no two overlap.
    """
    boxes: list[Box] = []
    above: dict[tuple[int, int], int] = {}
    for row, line in groupby(sorted(tiles), key=itemgetter(0)):
        here: dict[tuple[int, int], int] = {}
        for x, width in _runs(column for _, column in line):
            number = above.get((x, width))
            if number is not None and boxes[number].y + boxes[number].height == row:
                boxes[number] = Box(x, boxes[number].y, width, boxes[number].height + 1)
            else:
                number = len(boxes)
                boxes.append(Box(x, row, width, 1))
            here[x, width] = number
        above = here
    return tuple(boxes)


def _runs(columns: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and sum(runs[-1]) == column:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((column, 1))
    return runs


def dump(receipt: bytes, part: Part, proof: list[bytes]) -> bytes:
    """The partial receipt as the bytes to store; ``receipt`` holds the opening of tile/1 alone."""
    layout = part.layout
    image = {
        "frames": part.frames,
        "rows": layout.rows,
        "columns": layout.columns,
        "samples": layout.samples,
        "width": layout.width,
        "kind": layout.kind,
    }
    value = {
        "type": TYPE,
        "receipt": json.loads(receipt),
        "image": image,
        "frame": part.frame,
        "part": part.kind,
        "boxes": [[box.x, box.y, box.width, box.height] for box in part.boxes],
        "proof": b"".join(proof).hex(),
    }
    return canonical(value)


def parse(data: bytes) -> Partial:
    """The partial receipt in ``data``. InvalidReceipt for anything that is not exactly one; no proof is checked."""
    fields = Fields(_load(data), "partial receipt", _FIELDS, InvalidReceipt)
    if fields.text("type") != TYPE:
        raise InvalidReceipt(f"expected type {TYPE}, found {fields.text('type')[:40]!r}")
    receipt = parse_receipt(canonical(fields.mapping("receipt")))
    if receipt.openings.keys() != {"tile/1"}:
        raise InvalidReceipt(f"expected the opening of tile/1 alone, found {len(receipt.openings)} openings")
    nodes = fields.raw("proof")
    if len(nodes) % HASH_SIZE or len(nodes) > MAX_NODES * HASH_SIZE:
        raise InvalidReceipt(f"expected at most {MAX_NODES} nodes of {HASH_SIZE} bytes, found {len(nodes)} bytes")
    proof = tuple(nodes[start : start + HASH_SIZE] for start in range(0, len(nodes), HASH_SIZE))
    return Partial(receipt, _part(fields), proof)


def _load(data: bytes) -> Any:
    if len(data) > MAX_PARTIAL_BYTES:
        raise InvalidReceipt(f"expected at most {MAX_PARTIAL_BYTES} bytes, found {len(data)}")
    try:
        value = json.loads(data)
        same = canonical(value) == data
    except (ValueError, RecursionError, InvalidEntry) as error:
        raise InvalidReceipt(f"expected JSON: {str(error)[:120]}") from error
    if not same:
        raise InvalidReceipt("expected canonical JSON (RFC 8785), found another form: the file was changed")
    return value


def _part(fields: Fields) -> Part:
    image = Fields(fields.get("image"), "image", _IMAGE_FIELDS, InvalidReceipt)
    rows, columns, samples, width = (image.number(name) for name in ("rows", "columns", "samples", "width"))
    layout = Layout(rows, columns, samples, width, image.text("kind"))
    frames, frame = image.number("frames"), fields.number("frame")
    check_size(layout, frames, frame)
    if not layout.kind.isascii() or not 0 < len(layout.kind) <= 40 or layout.width > 4 or layout.samples > 4:
        raise InvalidReceipt("expected samples of a known kind, found another")
    kind = fields.text("part")
    if kind not in ("crop", "redacted"):
        raise InvalidReceipt(f"expected a part of crop or redacted, found {kind[:20]!r}")
    boxes = tuple(_box(item) for item in fields.objects("boxes"))
    part = Part(layout, frames, frame, "crop" if kind == "crop" else "redacted", boxes)
    _check_boxes(part)
    return part


def check_size(layout: Layout, frames: int, frame: int) -> None:
    """Nothing happens when a part of ``frame`` of such an image can have a partial receipt; InvalidReceipt if not."""
    try:
        Limits().check(layout, frames)
    except InputError as error:
        raise InvalidReceipt(str(error), advice=error.advice) from error
    tiles = -(-layout.rows // TILE) * -(-layout.columns // TILE)
    if tiles > MAX_TILES:
        raise InvalidReceipt(f"expected at most {MAX_TILES} tiles a frame, found {tiles}")
    if frame >= frames:
        raise InvalidReceipt(f"expected a frame from 0 to {frames - 1}, found {frame}")


def _box(value: Any) -> Box:
    if not isinstance(value, list) or len(value) != 4 or any(type(item) is not int for item in value):
        raise InvalidReceipt(f"expected a box as x, y, width and height, found {str(value)[:40]}")
    return Box(*value)


def _check_boxes(part: Part) -> None:
    """Two partial receipts that show the same are the same bytes, and boxes cost no more than the frame has tiles."""
    total = part.tile_rows * part.tile_columns
    if not all(box.within(part.tile_columns, part.tile_rows) for box in part.boxes):
        raise InvalidReceipt("expected boxes of tiles inside the frame, found one outside")
    area = sum(box.width * box.height for box in part.boxes)
    if part.kind == "crop":
        if len(part.boxes) != 1:
            raise InvalidReceipt(f"expected one box of a crop, found {len(part.boxes)}")
    elif not 0 < area < total:
        raise InvalidReceipt(f"expected some of {total} tiles hidden and some shown, found {area} hidden")
    elif boxes_of(set[Tile]().union(*(box.tiles() for box in part.boxes))) != part.boxes:
        raise InvalidReceipt("expected hidden boxes in their one order and form, found another")
