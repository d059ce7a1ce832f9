"""What is measured on a matched pair of regions: a copy agrees down to its grain, anatomy does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from detector.copymove.transform import mirrors
from detector.duplicates.comparing import Agreement, Part, disc, seen

if TYPE_CHECKING:
    from detector.duplicates.moves import Move
    from detector.duplicates.views import Floats, Mask, Views

NAMES = (
    "fine",
    "fine_quiet",
    "middle",
    "sharpness",
    "left_over",
    "left_finest",
    "log_area",
    "log_evidence",
    "log_pairs",
    "fall_off",
    "alive_share",
    "two_ways",
    "log_strength",
    "mirrored",
    "whole_pixels",
    "upright",
    "compact",
)
_SHIFTS = ((3, 0), (-3, 0), (0, 3), (0, -3), (2, 2), (-2, 2), (2, -2), (-2, -2))
_LEAST = 40
_GRAIN, _FINEST = 2.0, 0.8


def measure(views: Views, move: Move, agreement: Agreement) -> dict[str, float] | None:
    """The numbers of NAMES; None where too little of the region counts as evidence.

    ``fine`` and ``fine_quiet``: Fisher's z of the correlation of the fine parts, in all of the region and in its
    quieter half. ``middle``: the same of the middle band. ``sharpness``: ``fine`` less the highest at moves 3 pixels
    off: a copy fits in one place only, stripes and soft tissue in many. ``left_over``: ln of the grain left after one
    side is subtracted from the other, over the grain itself (independent grain: 0.35). ``left_finest``: the same of the
    finest grain, which is noise even where soft tissue agrees. ``log_area``: ln of the pixels
    compared. ``two_ways``: the share of them that varies in two directions, as outlines and ribs do not.
    ``fall_off``: how much less the band round the region agrees. ``compact``: 4π area / outline².
    """
    part, region = agreement.part, agreement.region
    fine, other = views.fine[part.box], seen(views.fine, part, flags=cv2.INTER_CUBIC)
    inside = region & views.alive[part.box] & ~np.isnan(other)
    area = int(np.count_nonzero(inside))
    if area < _LEAST:
        return None
    strength = views.strength[part.box]
    quiet = inside & (strength <= np.median(strength[inside]))
    light, moved = views.light[part.box], seen(views.light, part, flags=cv2.INTER_CUBIC)
    moved = np.where(np.isnan(moved), light, moved)
    z = fisher(fine, other, inside)
    return {
        "fine": z,
        "fine_quiet": fisher(fine, other, quiet),
        "middle": fisher(views.middle[part.box], seen(views.middle, part), inside),
        "sharpness": z - max(_off(views, part, inside, shift) for shift in _SHIFTS),
        "left_over": _left_over(light, moved, inside, _GRAIN),
        "left_finest": _left_over(light, moved, inside, _FINEST),
        "log_area": float(np.log(area)),
        "log_evidence": float(np.log1p(max(z, 0.0) * np.sqrt(area))),
        "log_pairs": float(np.log(move.pairs)),
        "fall_off": _fall_off(agreement),
        "alive_share": area / float(np.count_nonzero(region)),
        "two_ways": float(views.two_ways[part.box][inside].mean()),
        "log_strength": float(np.log(strength[inside].mean() + 0.1)),
        **_geometry(move, agreement),
    }


def fisher(one: Floats, two: Floats, inside: Mask) -> float:
    """Fisher's z of the correlation of ``one`` and ``two`` (no NaN) in ``inside``; 0 where either is constant."""
    first, second = one[inside].astype(np.float64), two[inside].astype(np.float64)
    known = ~np.isnan(second)
    first, second = first[known], second[known]
    if first.size < 8:
        return 0.0
    first, second = first - first.mean(), second - second.mean()
    power = float(np.sqrt((first @ first) * (second @ second)))
    return float(np.arctanh(np.clip(first @ second / power, -0.99, 0.99))) if power > 0 else 0.0


def _off(views: Views, part: Part, inside: Mask, shift: tuple[int, int]) -> float:
    moved = part.affine.copy()
    moved[:, 2] += moved[:, :2] @ shift
    return fisher(views.fine[part.box], seen(views.fine, Part(part.box, moved)), inside)


def _left_over(light: Floats, moved: Floats, inside: Mask, sigma: float) -> float:
    one, two = (values - cv2.GaussianBlur(values, (0, 0), sigma) for values in (light, moved))
    gap = float(np.std((one - two)[inside]))
    grain = float(np.sqrt(np.var(one[inside]) / 2 + np.var(two[inside]) / 2))
    return float(np.log((gap + 0.05) / (grain + 0.05)))


def _fall_off(agreement: Agreement) -> float:
    region = agreement.region.astype(np.uint8)
    near, far = cv2.dilate(region, disc(13)), cv2.dilate(region, disc(31))
    band = (far > 0) & (near == 0)
    inside = float(agreement.likeness[agreement.region].mean())
    return inside - (float(agreement.likeness[band].mean()) if band.any() else inside)


def _geometry(move: Move, agreement: Agreement) -> dict[str, float]:
    region = agreement.region
    contours, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = sum(cv2.arcLength(contour, True) for contour in contours)
    linear = move.affine[:, :2]
    upright = np.abs(np.abs(linear) - np.eye(2)).max() < 0.06
    whole = np.abs(move.affine - np.rint(move.affine)).max() < 1e-6
    size = float(np.sqrt(np.count_nonzero(region)))
    return {
        "mirrored": float(mirrors(move.affine)),
        "whole_pixels": float(whole),
        "upright": float(upright),
        "compact": float(4 * np.pi * size**2 / max(outline, 1.0) ** 2),
    }
