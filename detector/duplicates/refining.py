"""A move brought to where the texture agrees best: by ECC, or onto whole pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from detector.copymove.transform import on_whole_pixels
from detector.duplicates.comparing import Agreement, agree, part_of, seen
from detector.duplicates.moves import Move, plausible

if TYPE_CHECKING:
    from detector.copymove.transform import Affine
    from detector.duplicates.views import Views

_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-3)
_LEAST_SIDE = 12


def refined(views: Views, move: Move) -> tuple[Move, Agreement] | None:
    """The best of the move as it is, refined, and on whole pixels, with its agreement; None where nothing agrees."""
    first = agree(views, move)
    if first is None:
        return None
    found = [(move, first)]
    for affine in (_by_correlation(views, move.affine, first), _snapped(move)):
        if affine is not None and not np.allclose(affine, move.affine):
            other = Move(affine, move.seeds, move.pairs)
            agreement = agree(views, other)
            if agreement is not None:
                found.append((other, agreement))
    return max(found, key=lambda each: _worth(views, each[1]))


def _worth(views: Views, agreement: Agreement) -> float:
    """The fine texture that agrees: the sum of products over the region, over the root of its size."""
    one = views.fine[agreement.part.box]
    two = seen(views.fine, agreement.part)
    inside = agreement.region & ~np.isnan(two)
    size = np.count_nonzero(inside)
    return float((one[inside] * two[inside]).sum() / np.sqrt(size)) if size else 0.0


def _snapped(move: Move) -> Affine | None:
    after = move.seeds @ move.affine[:, :2].T + move.affine[:, 2]
    return on_whole_pixels(move.affine, np.asarray(np.column_stack((move.seeds, after)), np.float32))


def _by_correlation(views: Views, affine: Affine, agreement: Agreement) -> Affine | None:
    """ECC (Evangelidis and Psarakis 2008) on the middle band; None where it does not converge or leaves the place."""
    rows, columns = np.nonzero(agreement.region)
    top, left = int(rows.min()), int(columns.min())
    bottom, right = int(rows.max()) + 1, int(columns.max()) + 1
    if min(bottom - top, right - left) < _LEAST_SIDE:
        return None
    corner = (agreement.part.box[0].start + top, agreement.part.box[1].start + left)
    box = (slice(corner[0], corner[0] + bottom - top), slice(corner[1], corner[1] + right - left))
    part = part_of(affine, box)
    mask = agreement.region[top:bottom, left:right].astype(np.uint8) * 255
    template = np.ascontiguousarray(views.middle[box])
    start = part.affine.astype(np.float32)
    try:
        _, ended = cv2.findTransformECC(template, views.middle, start, cv2.MOTION_AFFINE, _STOP, mask, 3)
    except cv2.error:
        return None
    better = np.asarray(ended, np.float64)
    better[:, 2] -= better[:, :2] @ (corner[1], corner[0])
    middle = np.array((corner[1] + (right - left) / 2, corner[0] + (bottom - top) / 2))
    strayed = np.hypot(*((better - affine)[:, :2] @ middle + (better - affine)[:, 2]))
    return better if plausible(better) and strayed < 8.0 else None
