"""Edits beyond the benchmark's own, for training alone: so that a model does not learn one generator's look.

Synthetic lesions with or without matching grain, generated texture, local denoising, local recompression, coarser
levels, and medians. The benchmark's pictures never hold one of these.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from detector.forge import blending
from detector.forge.shapes import soft
from detector.forge.site import Edit, Site, Values, edge_width


def modify_wider(site: Site, rng: np.random.Generator) -> Edit:
    """One of the modifications of this file on the region."""
    name = str(rng.choice(tuple(_MODIFICATIONS)))
    return Edit(_MODIFICATIONS[name](site, rng), soft(site.shape, edge_width(site, rng)), name)


def remove_wider(site: Site, rng: np.random.Generator) -> Edit:
    """The region filled with generated texture: the spectrum of its surroundings at random phases, on a smooth base."""
    base = blending.smooth_fill(site)
    texture = _random_phase(site, rng) * float(rng.uniform(0.3, 1.1))
    if rng.random() < 0.4:
        texture = blending.blurred(texture, float(rng.uniform(0.4, 1.2)))
    name = "generated"
    new = base + texture
    if rng.random() < 0.4:
        new, name = new + blending.grain(site, rng), "generated-grain"
    return Edit(np.asarray(new, np.float32), soft(site.shape, float(rng.uniform(0.5, 5.0))), name)


def _random_phase(site: Site, rng: np.random.Generator) -> Values:
    """Texture (height, width, samples) with the magnitudes of the site's own detail and phases of noise."""
    detail = site.old - blending.blurred(site.old, float(rng.uniform(2.0, 6.0)))
    outside = ~site.shape
    if outside.any():
        spread = np.maximum(detail[outside].std(axis=0), 1e-3)
        detail = np.clip(detail, -3 * spread, 3 * spread)
    noise = np.fft.rfft2(rng.standard_normal(site.shape.shape))[:, :, None]
    spectrum = np.abs(np.fft.rfft2(detail, axes=(0, 1))) * np.exp(1j * np.angle(noise))
    return np.asarray(np.fft.irfft2(spectrum, s=site.shape.shape, axes=(0, 1)), np.float32)


def _lesion(site: Site, rng: np.random.Generator) -> Values:
    """A soft bump or hollow of a lesion's profile, on the tissue or in its place, with grain or smooth."""
    depth = soft(site.shape, float(rng.uniform(0.3, 1.0)) * max(3.0, 0.5 * float(np.sqrt(site.area))))
    bump = depth[:, :, None] ** float(rng.uniform(0.6, 2.0))
    strength = rng.uniform(0.06, 0.35) * rng.choice((-1, 1)) * site.ground.span
    base = site.old
    if rng.random() < 0.5:
        base = blending.blurred(site.old, float(rng.uniform(1.5, 5.0)))
        if rng.random() < 0.6:
            base = base + blending.grain(site, rng)
    return np.asarray(base + strength * bump, np.float32)


def _denoised(site: Site, rng: np.random.Generator) -> Values:
    """What a denoiser or a network's decoder leaves: edges stay, grain goes; in some draws grain is put back."""
    span = site.ground.span
    found = np.stack(
        [
            cv2.bilateralFilter(
                np.ascontiguousarray(one), 5, span * float(rng.uniform(0.03, 0.12)), rng.uniform(1.5, 4)
            )
            for one in site.old.transpose(2, 0, 1)
        ],
        axis=2,
    )
    return np.asarray(found + blending.grain(site, rng) if rng.random() < 0.35 else found, np.float32)


def _median(site: Site, rng: np.random.Generator) -> Values:
    size = int(rng.choice((3, 5)))
    planes = [cv2.medianBlur(np.ascontiguousarray(one), size) for one in site.old.transpose(2, 0, 1)]
    return np.stack(planes, axis=2)


def _recompressed(site: Site, rng: np.random.Generator) -> Values:
    """The region after a JPEG save of its own, on a grid of its own."""
    low, span = site.ground.low, site.ground.span
    levels = np.clip((site.old - low) * (255.0 / span), 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 92))]
    files = [cv2.imencode(".jpg", np.ascontiguousarray(one), quality)[1] for one in levels.transpose(2, 0, 1)]
    planes = [np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.float32) for file in files]
    return np.asarray(np.stack(planes, axis=2) * (span / 255.0) + low, np.float32)


def _coarser(site: Site, rng: np.random.Generator) -> Values:
    """The region in fewer levels, or with a curve of its own: what passes through another window or depth."""
    step = max(2.0, site.ground.span * float(rng.uniform(0.012, 0.04)))
    if rng.random() < 0.5:
        return np.asarray(np.round(site.old / step) * step, np.float32)
    share = np.clip((site.old - site.ground.low) / site.ground.span, 0.0, 1.0)
    curved = share ** float(np.exp(rng.uniform(0.15, 0.6) * rng.choice((-1, 1))))
    return np.asarray(curved * site.ground.span + site.ground.low, np.float32)


_MODIFICATIONS: dict[str, Callable[[Site, np.random.Generator], Values]] = {
    "lesion": _lesion,
    "denoised": _denoised,
    "median": _median,
    "recompressed": _recompressed,
    "coarser": _coarser,
}
