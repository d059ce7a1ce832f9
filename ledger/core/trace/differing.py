"""Exact change maps: tile by tile against tile/1, and sample by sample against the original itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ledger.core.change import Basis, Change, Transform
from ledger.core.trace.comparing import as_png, regions_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from ledger.core.digests import TileComparison, TileDigests
    from ledger.core.images import DecodedImage
    from ledger.core.trace.sampling import Where

_SAME = Transform((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (), 100.0)
_TILES = "Every changed sample is seen; its place is known by tiles of 32 pixels."
_SAMPLES = "Every changed sample is seen."


def tile_change(compared: TileComparison, tiles: TileDigests) -> Change:
    """The change map of the frame with most changed tiles; of frame 0 when none is changed."""
    frames = [tile[0] for tile in compared.changed]
    frame = max(set(frames), key=frames.count) if frames else 0
    mask = np.zeros((tiles.rows, tiles.columns), bool)
    for number, x, y, width, height in compared.changed:
        if number == frame:
            mask[y : y + height, x : x + width] = True
    figures = {"changed_tiles": len(frames), "changed_frames": len(set(frames)), "tile_pixels": tiles.size}
    return _change("tile/1", frame, mask, _TILES, figures)


def exact_change(original: DecodedImage, disputed: DecodedImage) -> Change | None:
    """The samples that differ in the frame where most do; None unless both have one shape and came without loss."""
    if original.layout != disputed.layout or original.frames != disputed.frames or original.lossy or disputed.lossy:
        return None
    best, frame, changed = np.zeros((original.layout.rows, original.layout.columns), bool), 0, 0
    for number, (one, other) in enumerate(zip(original.read_frames(), disputed.read_frames(), strict=False)):
        mask = _differ(one, other)
        changed += bool(mask.any())
        if mask.sum() > best.sum():
            best, frame = mask, number
    return _change("original", frame, best, _SAMPLES, {"changed_frames": changed})


def _differ(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> Where:
    mask: Where = (one != other).any(axis=2)
    return mask


def _change(basis: Basis, frame: int, mask: Where, limits: str, figures: dict[str, int]) -> Change:
    height, width = mask.shape
    figures = {**figures, "disputed_frame": frame}
    percent = round(100 * float(mask.mean()), 4)
    return Change(basis, frame, width, height, _SAME, percent, regions_of(mask), as_png(mask), limits, figures)
