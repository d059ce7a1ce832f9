"""Copy-move and splicing: a patch, turned or not, from one place into another."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detector.forge import blending
from detector.forge.ground import Ground, place
from detector.forge.shapes import Shape, soft
from detector.forge.site import Edit, NoPlace, Samples, Site, Values, edge_width

Matrix = npt.NDArray[np.float64]
_INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
_MOVES = ("translated", "rotated", "scaled", "mirrored", "skewed", "combined")
_MOVE_SHARES = (0.25, 0.2, 0.15, 0.15, 0.1, 0.15)


@dataclass(frozen=True)
class _Patch:
    """``matrix`` leads from places in the region to places in the source, both from the middle of their shapes."""

    move: str
    matrix: Matrix
    shape: Shape


def copy_move(site: Site, rng: np.random.Generator) -> Edit:
    """A copy from elsewhere in the picture, not overlapping; ``origin`` is where it came from."""
    patch = _patch(site, rng)
    box = _bounds(site.shape)
    region = site.shape[box]
    top, left = site.top + box[0].start, site.left + box[1].start
    corner = _source(site, patch, rng, avoid=(region, top, left))
    origin = np.zeros(site.picture.shape[:2], np.bool_)
    origin[corner[0] : corner[0] + patch.shape.shape[0], corner[1] : corner[1] + patch.shape.shape[1]] = patch.shape
    if (origin[top : top + region.shape[0], left : left + region.shape[1]] & region).any():
        raise NoPlace("the source touches the copy")
    new = _taken(site.picture, patch, corner, site, rng).astype(np.float32)
    operation = f"patch-{patch.move}"
    if patch.move != "translated" or rng.random() < 0.4:
        new, suffix = _fitted(site, new, rng)
        operation += suffix
    return Edit(new, soft(site.shape, edge_width(site, rng)), operation, origin)


def _source(site: Site, patch: _Patch, rng: np.random.Generator, avoid: tuple[Shape, int, int]) -> tuple[int, int]:
    """Where to copy from: in most draws the best in level of a few places, as one who forges would choose."""
    count = int(rng.choice((1, 3, 6), p=(0.35, 0.35, 0.3)))
    found = [place(site.ground, patch.shape, rng, avoid=avoid) for _ in range(count)]
    corners = [corner for corner in found if corner is not None]
    if not corners:
        raise NoPlace("no room for the source")
    wanted = float(site.old[blending.ring(site.shape, 3)].mean())
    rows, columns = patch.shape.shape

    def distance(corner: tuple[int, int]) -> float:
        box = site.picture[corner[0] : corner[0] + rows, corner[1] : corner[1] + columns]
        return abs(float(box[patch.shape].mean()) - wanted)

    return min(corners, key=distance)


def _fitted(site: Site, new: Values, rng: np.random.Generator) -> tuple[Values, str]:
    manner = rng.random()
    if manner < 0.35:
        return new, ""
    if manner < 0.7:
        return blending.levelled(site, new, float(rng.uniform(0.4, 1.0))), "-levelled"
    return blending.seamless(site, new), "-seamless"


def splice(site: Site, rng: np.random.Generator, donor: Samples, donor_ground: Ground) -> Edit:
    """A region of ``donor`` (rows, columns, samples): histogram matched, contrast reduced, its seam hidden."""
    patch = _patch(site, rng)
    corner = place(donor_ground, patch.shape, rng)
    if corner is None:
        raise NoPlace("no room in the donor")
    new = _as_samples(_taken(donor, patch, corner, site, rng).astype(np.float32), site.old.shape[2])
    target = site.old[site.shape] if rng.random() < 0.6 else site.old[site.shape | blending.ring(site.shape, 6)]
    matched = blending.histogram_matched(new, site.shape, target)
    # The pattern of the donor must survive: a full match in small flat regions would paint the target over itself.
    share = np.float32(rng.uniform(0.6, 1.0))
    scaled = (new - donor_ground.low) / donor_ground.span * site.ground.span + site.ground.low
    new = share * matched + (1 - share) * scaled
    middle = new[site.shape].mean(axis=0)
    new = np.asarray(middle + (new - middle) * rng.uniform(0.65, 1.0), np.float32)
    return _seamed(site, new, rng, "" if patch.move == "translated" else f"-{patch.move}")


def _seamed(site: Site, new: Values, rng: np.random.Generator, suffix: str) -> Edit:
    manner = rng.choice(("blurred", "seamless", "cloned"), p=(0.45, 0.3, 0.25))
    opacity = soft(site.shape, max(1.5, edge_width(site, rng)))
    if manner == "seamless":
        new = blending.seamless(site, new)
        opacity = soft(site.shape, float(rng.uniform(1.0, 3.0)))
    elif manner == "cloned":
        pasted = site.old + soft(site.shape, float(rng.uniform(1.0, 2.0)))[:, :, None] * (new - site.old)
        new, touched = blending.cloned_seam(site, pasted, rng)
        opacity = (site.shape | touched).astype(np.float32)
    return Edit(new, opacity, f"donor{suffix}-{manner}")


def _as_samples(values: Values, samples: int) -> Values:
    if values.shape[2] == samples:
        return values
    grey = values.mean(axis=2, keepdims=True)
    return np.repeat(grey, samples, axis=2)


def _patch(site: Site, rng: np.random.Generator) -> _Patch:
    move = str(rng.choice(_MOVES, p=_MOVE_SHARES))
    matrix = _matrix(move, rng)
    return _Patch(move, matrix, _moved(site.shape[_bounds(site.shape)], matrix))


def _matrix(move: str, rng: np.random.Generator) -> Matrix:
    if move == "combined":
        parts = rng.choice(("rotated", "scaled", "mirrored", "skewed"), size=2, replace=False)
        return _matrix(str(parts[0]), rng) @ _matrix(str(parts[1]), rng)
    if move == "rotated":
        angle = np.deg2rad(rng.uniform(5, 175) * rng.choice((-1, 1)))
        if rng.random() < 0.2:
            angle = np.deg2rad(90.0 * rng.choice((-1, 1, 2)))
        return np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    if move == "scaled":
        scale = np.exp(rng.uniform(0.05, 0.45) * rng.choice((-1, 1)))
        return np.diag((scale, scale * (1.0 if rng.random() < 0.6 else rng.uniform(0.85, 1.15))))
    if move == "mirrored":
        return np.diag((-1.0, 1.0)) if rng.random() < 0.7 else np.diag((1.0, -1.0))
    if move == "skewed":
        skew = rng.uniform(0.08, 0.35) * rng.choice((-1, 1))
        return np.array(((1.0, skew), (0.0, 1.0))) if rng.random() < 0.5 else np.array(((1.0, 0.0), (skew, 1.0)))
    return np.eye(2)


def _moved(shape: Shape, matrix: Matrix) -> Shape:
    """``shape`` as it lies in the source, in an array whose middle is the middle of the source."""
    if (matrix == np.eye(2)).all():
        return shape
    height, width = shape.shape
    reach = np.abs(matrix) @ np.array((width, height)) / 2
    columns, rows = (2 * np.ceil(reach).astype(int) + 3).tolist()
    inverse = np.linalg.inv(matrix)
    offset = _middle(shape) - inverse @ np.array(((columns - 1) / 2, (rows - 1) / 2))
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(shape.astype(np.uint8), np.column_stack((inverse, offset)), (columns, rows), flags=flags)
    return np.asarray(moved > 0)


def _taken(picture: Samples, patch: _Patch, corner: tuple[int, int], site: Site, rng: np.random.Generator) -> Samples:
    """The values of ``picture`` that belong into the site's box (height, width, samples)."""
    box = _bounds(site.shape)
    target = _middle(site.shape[box], box[1].start, box[0].start)
    source = _middle(patch.shape, corner[1], corner[0])
    plain = patch.move == "translated"
    interpolation = cv2.INTER_NEAREST if plain else int(rng.choice(_INTERPOLATIONS))
    matrix = np.column_stack((patch.matrix, source - patch.matrix @ target))
    height, width = site.shape.shape
    flags = interpolation | cv2.WARP_INVERSE_MAP
    taken = cv2.warpAffine(picture, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    patch_values: Samples = taken.reshape(height, width, picture.shape[2])
    return patch_values


def _middle(shape: Shape, left: int = 0, top: int = 0) -> npt.NDArray[np.float64]:
    """x and y of the middle of an array whose corner is at (left, top)."""
    return np.array((left + (shape.shape[1] - 1) / 2, top + (shape.shape[0] - 1) / 2))


def _bounds(shape: Shape) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(shape.any(axis=1)), np.flatnonzero(shape.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
