"""Removal: the region is filled from its surroundings."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from detector.forge import blending
from detector.forge.shapes import Shape, soft
from detector.forge.site import Edit, NoPlace, Site, Values

_OPERATIONS = ("inpaint-telea", "inpaint-navier-stokes", "inpaint-texture", "inpaint-smooth")
_SHARES = (0.3, 0.25, 0.3, 0.15)
_SLOW = 12_000
"""Pixels above which the two fills of OpenCV work on a reduced copy."""
_PIECES = 30
_CANDIDATES = 64
_COMPARED = 256
"""Known pixels by which a piece is chosen, at most."""


def remove(site: Site, rng: np.random.Generator) -> Edit:
    """The region filled by one of four algorithms: Telea 2004 and Navier-Stokes (Bertalmío 2001) by OpenCV,
    patches of the surroundings (after Efros and Freeman 2001), or a smooth membrane with grain.
    """
    name = str(rng.choice(_OPERATIONS, p=_SHARES))
    if name == "inpaint-texture":
        new = _texture(site, rng)
    elif name == "inpaint-smooth":
        new = blending.smooth_fill(site) + blending.grain(site, rng)
    else:
        new = _inpaint(site, cv2.INPAINT_TELEA if name == "inpaint-telea" else cv2.INPAINT_NS, rng)
        if rng.random() < 0.5:
            new, name = new + blending.grain(site, rng), f"{name}-grain"
    return Edit(np.asarray(new, np.float32), soft(site.shape, float(rng.uniform(0.0, 2.5))), name)


def _inpaint(site: Site, algorithm: int, rng: np.random.Generator) -> Values:
    height, width = site.shape.shape
    factor = min(1.0, (_SLOW / site.area) ** 0.5)
    size = max(8, round(width * factor)), max(8, round(height * factor))
    values, hole = site.old, site.shape.astype(np.uint8)
    if factor < 1.0:
        values = blending.resized(values, *size, cv2.INTER_AREA)
        hole = (cv2.resize(site.shape.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    radius = float(rng.integers(2, 6))
    # Sixteen bits of the box's own range: the depth of OpenCV's fill that loses nothing of an 8- or 12-bit picture.
    low, span = float(values.min()), max(float(np.ptp(values)), 1.0)
    words = np.round((values - low) * (65535.0 / span)).astype(np.uint16)
    filled = np.stack(
        [cv2.inpaint(np.ascontiguousarray(one), hole, radius, algorithm) for one in words.transpose(2, 0, 1)], 2
    )
    found = filled.astype(np.float32) * np.float32(span / 65535.0) + np.float32(low)
    return found if factor == 1.0 else blending.resized(found, width, height, cv2.INTER_CUBIC)


def _texture(site: Site, rng: np.random.Generator) -> Values:
    """Filled from the edge inwards with square pieces of the surroundings that continue what is there."""
    side = int(np.clip(np.sqrt(site.area / _PIECES), 5, min(site.shape.shape) // 3)) | 1
    corners = _sources(site.shape, side)
    values, hole = site.old.copy(), site.shape.copy()
    open_places = _inwards(site.shape)
    while len(open_places):
        y, x = open_places[0].tolist()
        box = _window(hole.shape, y, x, side)
        wanted, missing = values[box], hole[box]
        chosen = corners[rng.integers(len(corners), size=_CANDIDATES)]
        values[box] = np.where(missing[:, :, None], _continuing(site.old, chosen, wanted, ~missing), wanted)
        hole[box] = False
        open_places = open_places[hole[open_places[:, 0], open_places[:, 1]]]
    return values


def _continuing(old: Values, corners: npt.NDArray[np.int64], wanted: Values, known: Shape) -> Values:
    """The piece of ``old`` that agrees best with the known pixels of ``wanted``, raised to their level."""
    side = known.shape[0]
    y, x = np.nonzero(known)
    step = len(y) // _COMPARED + 1
    y, x = y[::step], x[::step]
    target = wanted[y, x]
    looked_at = old[corners[:, :1] + y, corners[:, 1:] + x]
    best = int(((looked_at - target) ** 2).sum(axis=(1, 2)).argmin())
    top, left = corners[best]
    piece = old[top : top + side, left : left + side]
    shift = (target - looked_at[best]).mean(axis=0) if len(y) else np.float32(0.0)
    return np.asarray(piece + shift, np.float32)


def _inwards(shape: Shape) -> npt.NDArray[np.int64]:
    """Rows and columns (n, 2) of the region, from its edge to its middle."""
    depth = cv2.distanceTransform(np.pad(shape, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    places = np.argwhere(shape)
    return places[np.argsort(depth[shape], kind="stable")]


def _sources(shape: Shape, side: int) -> npt.NDArray[np.int64]:
    """Corners (n, 2) of all windows outside the region; NoPlace when there are too few to choose from."""
    total = cv2.boxFilter(shape.astype(np.float32), -1, (side, side), normalize=False, anchor=(0, 0))
    inside = total[: shape.shape[0] - side + 1, : shape.shape[1] - side + 1]
    corners = np.argwhere(inside < 0.5)
    if len(corners) < 16:
        raise NoPlace("no surroundings to take pieces from")
    return corners


def _window(bounds: tuple[int, ...], y: int, x: int, side: int) -> tuple[slice, slice]:
    top = min(max(y - side // 2, 0), bounds[0] - side)
    left = min(max(x - side // 2, 0), bounds[1] - side)
    return slice(top, top + side), slice(left, left + side)
