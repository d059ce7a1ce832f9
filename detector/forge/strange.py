"""Regions generated in ways that no training picture was: what a detector meets that knows other generators.

Used by :mod:`detector.evaluation.generated` alone, never for training, so that the check stays one.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from detector.forge import blending
from detector.forge.bands import matched_texture, nodule
from detector.forge.exemplar import exemplar
from detector.forge.ground import Ground, place
from detector.forge.shapes import Shape, soft
from detector.forge.site import Edit, NoPlace, Samples, Site, Values
from detector.forge.solving import biharmonic, cloned

Generator = Callable[[Site, np.random.Generator], Edit]
_TISSUE = 0.7
"""So much of a region must be brighter than what divides the picture from its air (Otsu 1979)."""
_EVEN = 0.2
"""The largest standard deviation around a region, in ranges of grey levels, grain blurred: none cuts through a bone."""


def on_tissue(generator: Generator) -> Generator:
    """``generator``, refusing places that no one who forges would choose: in air, or across strong edges."""

    def generate(site: Site, rng: np.random.Generator) -> Edit:
        threshold = _threshold(site.picture)
        if (site.old[site.shape] > threshold).mean() < _TISSUE:
            raise NoPlace("the region is in air")
        if blending.blurred(site.old, 1.5)[blending.ring(site.shape, 4)].std() > _EVEN * site.ground.span:
            raise NoPlace("the region lies across an edge")
        return generator(site, rng)

    return generate


def _threshold(picture: Samples) -> float:
    low, high = float(picture.min()), float(picture.max())
    levels = np.clip((picture - low) * (255.0 / max(high - low, 1.0)), 0, 255).astype(np.uint8)
    found, _ = cv2.threshold(levels.reshape(levels.shape[0], -1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return low + float(found) * (high - low) / 255.0


def plate(site: Site, rng: np.random.Generator) -> Edit:
    """The biharmonic filling; in half of the draws with the grain of another place of the picture."""
    new, name = biharmonic(site.old, site.shape), "biharmonic"
    if rng.random() < 0.5:
        new, name = new + _borrowed_grain(site, rng), "biharmonic-grain"
    return Edit(new, site.shape.astype(np.float32), name)


def _borrowed_grain(site: Site, rng: np.random.Generator) -> Values:
    """What a blur takes away at a place of the body that is, of twelve, nearest in level to the site's."""
    wanted = float(site.old[blending.ring(site.shape, 3)].mean())
    corners = [place(site.ground, np.ones_like(site.shape), rng) for _ in range(12)]
    boxes = [_box(site, *corner) for corner in corners if corner is not None]
    if not boxes:
        raise NoPlace("no place to take grain from")
    best = min(boxes, key=lambda box: abs(float(box[site.shape].mean()) - wanted))
    return np.asarray(best - blending.blurred(best, 1.5), np.float32)


def _box(site: Site, top: int, left: int) -> Values:
    rows, columns = site.shape.shape
    return site.picture[top : top + rows, left : left + columns].astype(np.float32)


def patches(site: Site, rng: np.random.Generator) -> Edit:
    """Patches of a wide window around the region that agree with each other, blended in half of the draws."""
    wide, hole, inner = _window(site)
    blended = bool(rng.random() < 0.5)
    new = np.stack([exemplar(one, hole, rng, blended=blended)[inner] for one in wide.transpose(2, 0, 1)], 2)
    name = "exemplar-blended" if blended else "exemplar-single"
    return Edit(np.asarray(new, np.float32), soft(site.shape, float(rng.uniform(0.0, 1.5))), name)


def _window(site: Site) -> tuple[Values, Shape, tuple[slice, slice]]:
    """The site with as much again on every side, the region in it, and where in it the site lies."""
    rows, columns = site.shape.shape
    top, left = max(0, site.top - rows // 2), max(0, site.left - columns // 2)
    wide = site.picture[top : site.top + rows + rows // 2, left : site.left + columns + columns // 2]
    inner = np.s_[site.top - top : site.top - top + rows, site.left - left : site.left - left + columns]
    hole = np.zeros(wide.shape[:2], np.bool_)
    hole[inner] = site.shape
    return wide.astype(np.float32), hole, inner


def bands(site: Site, rng: np.random.Generator) -> Edit:
    """Texture with matched bands on a smooth base, and a nodule in it."""
    texture = np.stack([matched_texture(one, site.shape, rng) for one in site.old.transpose(2, 0, 1)], 2)
    strength = rng.uniform(0.04, 0.2) * rng.choice((-1, 1)) * site.ground.span
    new = blending.smooth_fill(site) + texture + np.float32(strength) * nodule(site.shape, rng)[:, :, None]
    return Edit(np.asarray(new, np.float32), soft(site.shape, float(rng.uniform(0.5, 3.0))), "bands-nodule")


def poisson(donor: Samples, ground: Ground) -> Generator:
    """A part of ``donor``, of another patient, enlarged or reduced, turned and cloned in exactly."""

    def generate(site: Site, rng: np.random.Generator) -> Edit:
        if donor.shape[2] != site.old.shape[2]:
            raise NoPlace("a donor of other colours")
        corner = _alike(donor, ground, site, rng)
        mixed = bool(rng.random() < 0.5)
        source = _lent(donor, corner, site, rng) * np.float32(site.ground.span / ground.span)
        new = cloned(site.old, source, site.shape, mixed=mixed)
        return Edit(new, site.shape.astype(np.float32), "poisson-mixed" if mixed else "poisson")

    return generate


def _alike(donor: Samples, ground: Ground, site: Site, rng: np.random.Generator) -> tuple[int, int]:
    """The corner, of twelve on the donor's body, whose box is nearest to the region's surroundings in level."""
    rows, columns = site.shape.shape
    corners = [place(ground, np.ones_like(site.shape), rng) for _ in range(12)]
    kept = [corner for corner in corners if corner is not None]
    if not kept:
        raise NoPlace("no room in the donor")
    wanted = (float(site.old[blending.ring(site.shape, 3)].mean()) - site.ground.low) / site.ground.span

    def distance(corner: tuple[int, int]) -> float:
        box = donor[corner[0] : corner[0] + rows, corner[1] : corner[1] + columns]
        return abs((float(box.mean()) - ground.low) / ground.span - wanted)

    return min(kept, key=distance)


def _lent(donor: Samples, corner: tuple[int, int], site: Site, rng: np.random.Generator) -> Values:
    """The donor around the corner's box at another scale and angle, resampled once."""
    rows, columns = site.shape.shape
    turn = cv2.getRotationMatrix2D(
        (corner[1] + columns / 2, corner[0] + rows / 2), float(rng.uniform(-25, 25)), float(rng.uniform(0.75, 1.4))
    )
    turn[:, 2] -= corner[1], corner[0]
    how = int(rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)))
    found = cv2.warpAffine(
        donor.astype(np.float32), turn, (columns, rows), flags=how, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.reshape(found, site.old.shape)


GENERATORS: dict[str, Generator] = {"biharmonic": plate, "exemplar": patches, "bands": bands}
"""By name, those that need nothing but the picture; ``poisson`` needs a donor, the diffusion network its training."""
