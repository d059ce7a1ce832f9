"""Making one forgery: a region, an operation, the mask; again elsewhere when nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detector.datasets.contract import FORGERIES
from detector.errors import UnreadablePicture, UnusableData
from detector.forge import shapes
from detector.forge.ground import Ground, place, survey
from detector.forge.modifying import modify
from detector.forge.removing import remove
from detector.forge.shapes import Shape
from detector.forge.site import Edit, NoPlace, Samples, Site, Values, site_at
from detector.forge.transplanting import copy_move, splice
from detector.forge.wider import modify_wider, remove_wider
from detector.types import Region

if TYPE_CHECKING:
    from detector.types import Mask, Pixels

SMALLEST, LARGEST = 0.003, 0.15
"""Bounds of the forged share of a picture."""
_LEAST_EDGE = 32
_LEAST_PIXELS = 16
_ATTEMPTS = 24
_VISIBLE = 0.006
"""The mean change in the mask, as a share of the picture's range of grey levels, that is a change: 1.5 of 255."""

Operation = Callable[[Site, np.random.Generator], Edit]


@dataclass(frozen=True)
class Forged:
    """A forged picture and the truth about it.

    ``pixels`` have the shape and dtype of the original. ``mask`` (rows, columns) holds every pixel that differs, and
    the few inside the forged region that kept their value by chance. ``origin`` (rows, columns) is where a copy-move
    was copied from, else None. ``forgery`` is one of FORGERIES, ``operation`` the detail (``patch-rotated``,
    ``inpaint-telea``), ``area`` the share of the mask in the picture, SMALLEST to LARGEST.
    """

    pixels: Pixels
    mask: Mask
    origin: Mask | None
    forgery: str
    operation: str
    area: float


def forge(
    pixels: Pixels,
    rng: np.random.Generator,
    *,
    kind: str | None = None,
    donor: Pixels | None = None,
    region: Region | None = None,
    wide: bool = False,
) -> Forged:
    """One forgery of ``pixels``, at their native resolution; the same generator state makes the same forgery.

    ``kind`` is one of FORGERIES, drawn if None (splicing only where there is a ``donor``, a picture of the same
    modality). ``region`` is the box to forge; without it a blob, box or freehand shape is drawn and put on the body.
    Alpha stays as it is. Values stay within those of the original. ``wide`` adds the edits of
    :mod:`detector.forge.wider` to modification and removal, in half of the draws.

    UnreadablePicture: not (rows, columns[, 1, 3 or 4]) of uint8 or uint16. UnusableData: under 32 pixels a side, one
    level only, splicing without a donor, or no visible forgery after 24 attempts.
    """
    samples = _samples(pixels)
    ground = _ground(samples, "a picture")
    name, operation = _operation(kind or _drawn(rng, donor), donor, wider=wide and rng.random() < 0.5)
    return _tried(pixels, rng, (name, operation), lambda attempt: _site(samples, ground, rng, region, attempt))


def forge_with(
    pixels: Pixels, rng: np.random.Generator, name: str, operation: Operation, bounds: tuple[float, float]
) -> Forged:
    """One forgery of ``pixels`` by ``operation``, called ``name``; the region's share is drawn from within ``bounds``.

    As :func:`forge` otherwise. What an operation changes beyond its region may lead out of ``bounds``.
    """
    samples = _samples(pixels)
    ground = _ground(samples, "a picture")
    return _tried(pixels, rng, (name, operation), lambda attempt: _site(samples, ground, rng, None, attempt, bounds))


def _tried(
    pixels: Pixels, rng: np.random.Generator, operation: tuple[str, Operation], site_of: Callable[[int], Site]
) -> Forged:
    """The first attempt that leads to a visible change."""
    for attempt in range(_ATTEMPTS):
        try:
            site = site_of(attempt)
            return _applied(pixels, site, operation[1](site, rng), operation[0])
        except NoPlace:
            continue
    raise UnusableData(
        f"expected a picture with room for {operation[0]}, found no place in {_ATTEMPTS} attempts",
        advice="Leave the picture out, or forge it in another way.",
    )


def _samples(pixels: Pixels) -> Samples:
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim not in (2, 3):
        raise UnreadablePicture(
            f"expected grey or colour of 8 or 16 bits, found {pixels.dtype} of shape {pixels.shape}"
        )
    samples = pixels.reshape(*pixels.shape[:2], -1)
    if samples.shape[2] not in (1, 3, 4):
        raise UnreadablePicture(f"expected 1, 3 or 4 samples a pixel, found {samples.shape[2]}")
    return samples[:, :, :3].copy()  # without alpha, contiguous as OpenCV wants it


def _ground(samples: Samples, what: str) -> Ground:
    if min(samples.shape[:2]) < _LEAST_EDGE:
        found = f"{samples.shape[0]}×{samples.shape[1]}"
        raise UnusableData(f"expected {what} of at least {_LEAST_EDGE} pixels a side, found {found}")
    ground = survey(samples)
    if ground is None:
        raise UnusableData(f"expected {what} with something on it, found one level only")
    return ground


def _drawn(rng: np.random.Generator, donor: Pixels | None) -> str:
    return str(rng.choice([kind for kind in FORGERIES if donor is not None or kind != "splicing"]))


def _operation(kind: str, donor: Pixels | None, wider: bool) -> tuple[str, Operation]:
    simple: dict[str, Operation] = {"copy-move": copy_move, "modification": modify, "removal": remove}
    if wider:
        simple |= {"modification": modify_wider, "removal": remove_wider}
    if kind in simple:
        return kind, simple[kind]
    if kind != "splicing":
        raise UnusableData(f"expected a forgery of {', '.join(FORGERIES)}, found {kind[:40]!r}")
    if donor is None:
        raise UnusableData("expected a donor picture for splicing, found none", advice="Give a donor of the modality.")
    samples = _samples(donor)
    ground = _ground(samples, "a donor")
    return kind, lambda site, rng: splice(site, rng, samples, ground)


def _site(
    samples: Samples,
    ground: Ground,
    rng: np.random.Generator,
    region: Region | None,
    attempt: int,
    bounds: tuple[float, float] = (SMALLEST, LARGEST),
) -> Site:
    if region is not None:
        if (
            min(region.x, region.y) < 0
            or region.x + region.width > ground.columns
            or (region.y + region.height > ground.rows or min(region.width, region.height) < 4)
        ):
            raise UnusableData(f"expected a region of 4 pixels or more within the picture, found {region}")
        shape = shapes.fill(rng, region.width, region.height)
        return site_at(samples, ground, shape, region.y, region.x)
    total = ground.rows * ground.columns
    # Large regions are rarer, never more than a third of the body; the longer the search, the smaller.
    smallest, largest = bounds[0], min(0.9 * bounds[1], 0.35 * float(ground.body.mean())) * 0.9**attempt
    share = np.exp(rng.uniform(np.log(1.25 * smallest), np.log(max(largest, 1.5 * smallest))))
    shape = shapes.draw(rng, max(share * total, 1.5 * _LEAST_PIXELS))
    corner = place(ground, shape, rng)
    if corner is None:
        raise NoPlace("the shape fits nowhere on the body")
    return site_at(samples, ground, shape, *corner)


def _applied(pixels: Pixels, site: Site, edit: Edit, kind: str) -> Forged:
    """The forgery of ``edit``; NoPlace when hardly anything changed or the area is out of bounds."""
    old = site.old.astype(site.picture.dtype)
    mixed: Values = site.old + edit.opacity[:, :, None] * (edit.new - site.old)
    low, high = float(site.picture.min()), float(site.picture.max())
    new = _words(np.clip(mixed, low, high), site.picture)
    changed = (new != old).any(axis=2)
    inside = changed | (edit.opacity >= 0.5)
    area = float(np.count_nonzero(inside)) / (site.ground.rows * site.ground.columns)
    if not _visible(site, new, inside, changed) or not SMALLEST <= area <= LARGEST:
        raise NoPlace("hardly a change, or out of bounds")
    forged, mask = pixels.copy(), np.zeros(pixels.shape[:2], np.bool_)
    box = np.s_[site.top : site.top + inside.shape[0], site.left : site.left + inside.shape[1]]
    forged.reshape(*pixels.shape[:2], -1)[box][:, :, :3] = new
    mask[box] = inside
    return Forged(forged, mask, edit.origin, kind, edit.operation, area)


def _words(values: Values, picture: Samples) -> Samples:
    rounded = np.round(values)
    return rounded.astype(np.uint8) if picture.dtype == np.uint8 else rounded.astype(np.uint16)


def _visible(site: Site, new: Samples, inside: Shape, changed: Shape) -> bool:
    if np.count_nonzero(inside) < _LEAST_PIXELS or np.count_nonzero(changed) < 0.5 * np.count_nonzero(inside):
        return False
    difference = cv2.absdiff(new.astype(np.float32), site.old).reshape(site.old.shape)
    return float(difference[inside].mean()) >= max(_VISIBLE * site.ground.span, 1.0)
