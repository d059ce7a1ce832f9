"""Where in an image another one was cut out, by samples or by stored leaves of tile/1; where two images differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ledger.core.digests.model import TileDigests
from ledger.core.digests.tiles import SIZE, tile_leaves
from ledger.core.images import DecodedImage, Layout

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

_MOST_PLACES = 1000
"""Places that are tried: a picture of one grey level fits everywhere."""

Place = tuple[int, int]


def crop_place(original: DecodedImage, crop: DecodedImage) -> Place | None:
    """The (x, y) at which every frame of ``original`` holds the same frame of ``crop``, sample by sample, or None.

    UnreadableImage for broken data in either.
    """
    one, other = original.layout, crop.layout
    same_kind = (one.samples, one.width, one.kind) == (other.samples, other.width, other.kind)
    if not same_kind or original.frames != crop.frames or other.rows > one.rows or other.columns > one.columns:
        return None
    places: list[Place] | None = None
    for whole, part in zip(original.read_frames(), crop.read_frames(), strict=True):
        if places is None:
            places = list(_places(whole, part))
        else:
            places = [place for place in places if _holds(whole, part, place)]
        if not places:
            return None
    return places[0] if places else None


def tile_crop_place(original: TileDigests, crop: DecodedImage) -> Place | None:
    """The (x, y), multiples of 32, at which the leaves of ``original`` bind every sample of ``crop``, or None.

    Only a crop that begins at a tile's corner, and ends at one or at the original's edge, can be found so.
    """
    layout = crop.layout
    kind = f"{layout.kind}/{layout.samples}/{layout.width}"
    if (original.size, original.frames, original.kind) != (SIZE, crop.frames, kind):
        return None
    places: list[Place] | None = None
    for index, frame in enumerate(crop.read_frames()):
        if places is None:
            places = list(_tile_places(original, frame, layout))
        places = [place for place in places if _bound(original, frame, index, layout, place)]
        if not places:
            return None
    return (places[0][1] * SIZE, places[0][0] * SIZE) if places else None


def _places(whole: Frame, part: Frame) -> Iterator[Place]:
    """Where ``part`` lies in ``whole``: the row of it with the most changes is looked for, the rest compared there."""
    row = int((part[:, 1:] != part[:, :-1]).any(axis=2).sum(axis=1).argmax())
    needle, step = part[row].tobytes(), part.shape[2] * part.itemsize
    tries = 0
    for y in range(whole.shape[0] - part.shape[0] + 1):
        line = whole[y + row].tobytes()
        at = line.find(needle)
        while at >= 0 and tries < _MOST_PLACES:
            if at % step == 0:
                tries += 1
                if _holds(whole, part, (at // step, y)):
                    yield at // step, y
            at = line.find(needle, at + step - at % step)


def _holds(whole: Frame, part: Frame, place: Place) -> bool:
    x, y = place
    there = whole[y : y + part.shape[0], x : x + part.shape[1]]
    # by bands: most places differ within the first
    bands = range(0, part.shape[0], SIZE)
    return all(np.array_equal(there[top : top + SIZE], part[top : top + SIZE]) for top in bands)


def _tile_places(original: TileDigests, frame: Frame, layout: Layout) -> Iterator[Place]:
    """The offsets, in tile rows and columns, at which the original has the most varied tile of ``frame``."""
    row, column = _most_varied(frame)
    tile = frame[row * SIZE : (row + 1) * SIZE, column * SIZE : (column + 1) * SIZE]
    found = 0
    for down in _offsets(original.rows, layout.rows):
        for right in _offsets(original.columns, layout.columns):
            at = 32 * ((row + down) * original.tile_columns + column + right)
            if tile_leaves(tile, 0, layout, (row + down, column + right)) == original.leaves[at : at + 32]:
                yield down, right
                found += 1
                if found == _MOST_PLACES:
                    return


def _offsets(whole: int, part: int) -> range:
    """The tile offsets at which ``part`` pixels begin and end where tiles of ``whole`` pixels do."""
    most = (whole - part) // SIZE
    if part % SIZE == 0:
        return range(most + 1)
    return range(most, most + 1) if part <= whole and (whole - part) % SIZE == 0 else range(0)


def _most_varied(frame: Frame) -> Place:
    rows, columns = -(-frame.shape[0] // SIZE), -(-frame.shape[1] // SIZE)
    changes = np.zeros((rows, columns))
    for row in range(rows):
        band = frame[row * SIZE : (row + 1) * SIZE]
        steps = (band[:, 1:] != band[:, :-1]).any(axis=2).sum(axis=0)
        for column in range(columns):
            changes[row, column] = steps[column * SIZE : (column + 1) * SIZE - 1].sum()
    best = int(changes.argmax())
    return best // columns, best % columns


def _bound(original: TileDigests, frame: Frame, index: int, layout: Layout, place: Place) -> bool:
    down, right = place
    columns = 32 * -(-layout.columns // SIZE)
    leaves = tile_leaves(frame, index, layout, place)
    for row in range(-(-layout.rows // SIZE)):
        at = 32 * ((index * original.tile_rows + row + down) * original.tile_columns + right)
        if original.leaves[at : at + columns] != leaves[row * columns : (row + 1) * columns]:
            return False
    return True


def differing_box(
    original: DecodedImage, derived: DecodedImage, ignored: Sequence[tuple[int, int, int, int]]
) -> tuple[int, int, int, int] | None:
    """The (x, y, width, height) that holds every pixel that differs in any frame outside the boxes ``ignored``.

    None when there is none. Both images have the same layout and number of frames.
    """
    differs = np.zeros((original.layout.rows, original.layout.columns), bool)
    for one, other in zip(original.read_frames(), derived.read_frames(), strict=True):
        differs |= (one != other).any(axis=2)
    for x, y, width, height in ignored:
        differs[y : y + height, x : x + width] = False
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not rows.size:
        return None
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1
