"""A disputed picture against the fingerprint of a registered frame: is it a copy, and what was changed in it?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ledger.core.change import Change, ChangedRegion, Transform
from ledger.core.trace.aligning import Agreement, Laid, after, agreement_of, in_window, lay_on, window_lay
from ledger.core.trace.cells import FRACTION, TILE
from ledger.core.trace.codes import CODE_BYTES, ORIENTATIONS, WINDOWS, oriented, registered_codes
from ledger.core.trace.lying import from_oriented, transform_of
from ledger.core.trace.noise import quantised, weigh
from ledger.core.trace.regions import changed_cells
from ledger.core.trace.sampling import means_of

if TYPE_CHECKING:
    from ledger.core.trace.cells import Cells
    from ledger.core.trace.sampling import Picture, Where

SURE_LOWER, SURE_REDUCED = 0.9, 0.82
"""A picture is a copy when the first quartile of its agreement (:mod:`ledger.core.trace.aligning`) reaches this;
changed regions do not lower it by much. Neighbouring slices stay below, but for moments of one moving picture. What was
reduced has lost texture in doing so, and the second value is enough of it."""
DARK_CLEAR, DARK_WHOLE = 0.85, 0.88
"""Or when what stands out by a grey level agrees, as is left of a nearly black picture, and so does the whole."""
COPY_LOWER, COPY_SHARE, COPY_CLEAR, COPY_WHOLE = 0.65, 0.7, 0.75, 0.915
"""Or when one of the first three is reached and so is the whole correlation, after heavy compression or of a nearly
black picture. The whole correlation of neighbouring slices lies below."""
REST_LOWER, REST_WHOLE, MOST_GONE = 0.95, 0.95, 0.3
"""Or when these are reached by what is left without its changed regions, of not more than this share of the frame. A
neighbouring slice differs all over, and what is left of it agrees no better."""
NEAR_LOWER, NEAR_SHARE, NEAR_WHOLE = 0.4, 0.55, 0.9
"""From here on it is too alike to say that it is none."""
_AS_NEAR = 16
_MOST_FITS = 4
_SAME_GREY = 1.5
_SEEN_LEVELS, _HIDDEN = 4.0, 4.0
"""The faintest change that is seen, and how many times the fingerprint's steps (as a deviation) it must be."""
LIMITS = (
    "Seen are changes of about half a percent of the picture and more, of four grey levels and more, in what the copy "
    "shows of the original. Smaller or fainter ones, and changes of colour alone, can hide behind compression and "
    "resizing; only the registered bytes or samples exclude them."
)


@dataclass(frozen=True)
class Fit:
    """How a picture fits a registered frame: ``laid`` as its orientation ``number``."""

    cells: Cells
    laid: Laid
    number: int
    rest: Agreement | None = None
    """How what is left agrees when the changed regions are taken out; None where that was not asked."""

    @property
    def copy(self) -> bool:
        """Whether the picture is a copy of the frame."""
        if self.rest is not None and self.rest.lower >= REST_LOWER and self.rest.whole >= REST_WHOLE:
            return True
        agreement = self.laid.agreement
        some = agreement.lower >= COPY_LOWER or agreement.share >= COPY_SHARE or agreement.clear >= COPY_CLEAR
        sure = agreement.lower >= (SURE_REDUCED if self.laid.reduced else SURE_LOWER)
        sure |= agreement.clear >= DARK_CLEAR and agreement.whole >= DARK_WHOLE
        return sure or (some and agreement.whole >= COPY_WHOLE)

    @property
    def quality(self) -> float:
        """Higher is a better fit."""
        agreement = self.laid.agreement
        dark = min(agreement.whole, agreement.clear)
        return max(agreement.lower, agreement.share - 0.05, dark - 0.3) + 0.1 * agreement.whole

    @property
    def same_grey(self) -> bool:
        """Whether the copy shows the registered sample values themselves, under no other window, gamma or depth."""
        registered = self.cells.values() + np.float32(self.cells.least / FRACTION)
        away = np.abs(self.laid.expected - registered)
        return bool(np.percentile(away, 95) <= _SAME_GREY * self.laid.unit)

    @property
    def near(self) -> bool:
        """Whether it is too alike to exclude that it is one."""
        agreement = self.laid.agreement
        dark = agreement.whole >= NEAR_WHOLE
        return agreement.lower >= NEAR_LOWER or agreement.share >= NEAR_SHARE or dark


def fit_picture(cells: Cells, picture: Picture, number: int = 0, window: int = 0) -> Fit | None:
    """``picture`` (rows, columns; one value a pixel) laid on the frame; None when nothing of it can be compared.

    ``number`` and ``window`` are what the search says of orientation (:func:`codes.oriented`) and crop.
    """
    turned = oriented(picture, number)
    laid = lay_on(cells, turned, window_lay(cells, WINDOWS[window], turned.shape))
    return None if laid is None else Fit(cells, laid, number)


def best_fit(cells: Cells, picture: Picture, codes: bytes) -> Fit | None:
    """The best of the fits that a picture's 16 ``codes`` suggest; a symmetric picture has several orientations."""
    fits = [fit_picture(cells, picture, number, window) for number, window in _suggested(codes, cells)]
    best = max((fit for fit in fits if fit is not None), key=lambda fit: fit.quality, default=None)
    return best if best is None or best.copy or not best.near else _with_rest(best)


def _with_rest(fit: Fit) -> Fit:
    """``fit`` with the agreement of what is left when its changed regions, and what lies beside them, are taken out."""
    laid = in_window(fit.laid, fit.cells)
    found, _ = changed_cells(weigh(_without_rim(laid), fit.cells))
    inside = laid.sampled.inside
    left = inside & ~(cv2.dilate(found.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
    if not found.any() or left.sum() < (1 - MOST_GONE) * inside.sum():
        return fit
    return replace(fit, rest=agreement_of(fit.laid.expected, fit.laid.sampled.means, left, fit.laid.unit))


def _suggested(codes: bytes, cells: Cells) -> list[tuple[int, int]]:
    """Orientations and windows, nearest first: those about as near as the nearest, at most four."""
    asked = np.unpackbits(np.frombuffer(codes, np.uint8).reshape(-1, CODE_BYTES), axis=1)
    records = np.frombuffer(registered_codes(cells, 0), np.uint8).reshape(-1, CODE_BYTES + 2)
    kept = np.unpackbits(records[:, 2:], axis=1)
    distances = (asked[:, None, :] != kept[None, :, :]).sum(axis=2)
    nearest: dict[int, tuple[int, int]] = {}
    for query, window in np.argwhere(distances >= 0)[np.argsort(distances, axis=None, kind="stable")]:
        nearest.setdefault(int(query) % ORIENTATIONS, (int(distances[query, window]), int(window)))
    reach = min(distance for distance, _ in nearest.values()) + _AS_NEAR
    return [(number, window) for number, (distance, window) in nearest.items() if distance <= reach][:_MOST_FITS]


def change_of(fit: Fit, size: tuple[int, ...], frame: int = 0, tint: Picture | None = None) -> Change:
    """The change map of a copy of ``size`` (height, width), which is frame ``frame`` of its image and coloured as
    ``tint`` says (:meth:`ledger.core.trace.disputed.Disputed.tint`)."""
    fit = replace(fit, laid=in_window(fit.laid, fit.cells))
    cells, laid = fit.cells, fit.laid
    found, mass = changed_cells(weigh(_without_rim(laid), cells, _tints(fit, tint)))
    tiles = by_tiles(found)
    mask = _on_picture(tiles, fit, size)
    height, width = size[:2]
    agreement = laid.agreement
    limits = _limits_of(laid, cells)
    figures = {
        "agreement_quartile": round(agreement.lower, 4),
        "agreement_share": round(agreement.share, 4),
        "greatest_mass": round(mass, 1),
        "tile_pixels": TILE * cells.block,
        "changed_tiles": int(tiles.sum()),
        "tiles": int(tiles.size),
        "disputed_frame": frame,
        "same_grey": fit.same_grey,
    }
    transform = transform_of(cells, laid, fit.number, size, same_grey=fit.same_grey)
    percent = round(100 * float(mask.mean()), 4)
    return Change(
        "trace/1", cells.number, width, height, transform, percent, regions_of(mask), as_png(mask), limits, figures
    )


def _limits_of(laid: Laid, cells: Cells) -> str:
    """What cannot be seen, in this copy's own grey levels where its window is narrow."""
    hidden = _HIDDEN * quantised(laid, cells) / laid.unit
    if hidden <= _SEEN_LEVELS:
        return LIMITS
    return (
        f"{LIMITS} This copy's window is so narrow that a step of the fingerprint is several of its grey levels: here "
        f"changes of less than about {hidden:.0f} grey levels can hide."
    )


def _tints(fit: Fit, tint: Picture | None) -> Picture | None:
    """The tints by cells, (2, rows, columns)."""
    if tint is None:
        return None
    rows, columns = fit.cells.steps.shape
    return np.stack([means_of(oriented(each, fit.number), fit.laid.lay, (rows, columns)) for each in tint])


def foreign_frame(cells: Cells, size: tuple[int, ...], frame: int) -> Change:
    """The change map of a frame that is no copy of the registered one: all of it is changed."""
    mask = np.ones((int(size[0]), int(size[1])), bool)
    transform = Transform((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), ("another frame than the registered one",), 0.0)
    figures = {"disputed_frame": frame}
    return Change(
        "trace/1",
        cells.number,
        mask.shape[1],
        mask.shape[0],
        transform,
        100.0,
        regions_of(mask),
        as_png(mask),
        LIMITS,
        figures,
    )


def by_tiles(cells: Where) -> Where:
    """The tiles (4 × 4 cells) of which any cell is changed, as a tile/1 differs when any sample does."""
    rows, columns = -(-cells.shape[0] // TILE), -(-cells.shape[1] // TILE)
    padded = np.zeros((rows * TILE, columns * TILE), bool)
    padded[: cells.shape[0], : cells.shape[1]] = cells
    return np.array(padded.reshape(rows, TILE, columns, TILE).any(axis=(1, 3)))


def regions_of(mask: Where) -> tuple[ChangedRegion, ...]:
    """The connected regions of a mask (rows, columns), largest first."""
    count, _, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    found = []
    for x, y, width, height, area in facts[1:count].tolist():
        found.append(ChangedRegion(x, y, width, height, round(100 * area / mask.size, 4)))
    return tuple(sorted(found, key=lambda region: -region.area_percent))


def as_png(mask: Where) -> bytes:
    """The mask as a grey PNG, white where true."""
    octets: bytes = cv2.imencode(".png", mask.astype(np.uint8) * 255)[1].tobytes()
    return octets


def _without_rim(laid: Laid) -> Laid:
    """Without the outermost cells of a copy that was resized: a pixel there mixes what is beside the frame."""
    whole = np.allclose(laid.lay[:, :2], np.round(laid.lay[:, :2]), atol=1e-9)
    if whole:
        return laid
    inside = laid.sampled.inside
    inner = cv2.erode(np.pad(inside.astype(np.uint8), 1), np.ones((3, 3), np.uint8))[1:-1, 1:-1]
    return replace(laid, sampled=replace(laid.sampled, inside=np.array(inner, bool)))


def _on_picture(tiles: Where, fit: Fit, size: tuple[int, ...]) -> Where:
    """The changed tiles drawn on the disputed picture."""
    matrix = after(from_oriented(fit.number, size), fit.laid.lay)
    matrix[:, :2] *= TILE
    # A pixel of the mask is white when its centre lies in a changed tile.
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    size_of_mask = (int(size[1]), int(size[0]))
    warped = cv2.warpAffine(tiles.astype(np.uint8), shifted, size_of_mask, flags=cv2.INTER_NEAREST)
    return np.asarray(warped == 1)
