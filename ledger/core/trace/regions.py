"""From evidence to regions: what is said to be changed is a connected region, never a lone cell.

A region begins where the evidence is strong, and its *mass* is what it holds above the threshold, summed. Only masses
of at least ``LEAST_MASS`` count; ``medseal bench altered`` prints how many pristine copies have one nevertheless.
Around such a region weaker evidence is taken in, gaps are closed and holes filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from ledger.core.trace.noise import Evidence
    from ledger.core.trace.sampling import Where

STRONG = 4.0
LEAST_MASS = 28.0
_WEAK = 3.0
_MOST = 12.0
_SCATTERED = 0.75
_MOST_SCATTERED = 600.0
_SOFT, _SOFTER = 2.6, 1.6
"""A mean lack of texture that begins a region, and one that belongs to it."""
_SOFT_WEIGHT = 1.5
_ENERGY_WEIGHT = 0.7
_ELLIPSE = cv2.MORPH_ELLIPSE


def changed_cells(evidence: Evidence) -> tuple[Where, float]:
    """The changed cells (rows, columns), and the greatest mass of any region, counted or not."""
    labels, masses = _masses(evidence)
    kept = np.isin(labels, 1 + np.flatnonzero(masses >= _wanted(masses)))
    greatest = float(masses.max()) if masses.size else 0.0
    return (_grown(evidence, kept) if kept.any() else kept), greatest


def _wanted(masses: npt.NDArray[np.float64]) -> float:
    """The mass that counts: more where lesser regions lie all over the picture, as after heavy compression; but no
    more than such regions come to, so that many edits cannot hide each other."""
    lesser = masses[masses < 0.5 * masses.max(initial=0.0)]
    return LEAST_MASS + min(_SCATTERED * float(lesser.sum()), _MOST_SCATTERED)


def _masses(evidence: Evidence) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    near, wide, energy = evidence.near, evidence.wide, evidence.energy
    hot = (near > STRONG) | (evidence.local > 1.6 * STRONG) | (energy > 1.3 * STRONG) | (wide > 1.3 * STRONG)
    hot = (hot | (evidence.soft > _SOFT)) & evidence.tested
    closed = cv2.morphologyEx(hot.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(closed, connectivity=8)
    weight = np.clip(np.maximum(np.maximum(near, wide), _ENERGY_WEIGHT * energy) - 0.8 * STRONG, 0, _MOST)
    weight = np.maximum(weight, np.clip(_SOFT_WEIGHT * (evidence.soft - _SOFTER), 0, _MOST))
    masses = np.bincount(labels.ravel(), weights=weight.ravel(), minlength=count)
    return labels, masses[1:].astype(np.float64)


def _grown(evidence: Evidence, kept: Where) -> Where:
    weak = (np.abs(evidence.single) > _WEAK) | (evidence.near > 1.2 * _WEAK) | (evidence.energy > 1.5 * _WEAK)
    weak |= evidence.soft > _SOFTER
    weak = (weak & evidence.tested) | kept
    padded = np.pad(weak.astype(np.uint8), 5)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, cv2.getStructuringElement(_ELLIPSE, (5, 5)))[5:-5, 5:-5]
    around = cv2.dilate(kept.astype(np.uint8), cv2.getStructuringElement(_ELLIPSE, (9, 9)))
    _, labels = cv2.connectedComponents(closed & around)
    wanted = np.setdiff1d(np.unique(labels[kept]), [0])
    return _filled(np.isin(labels, wanted)) | kept


def _filled(cells: Where) -> Where:
    padded = np.pad(cells.astype(np.uint8), 1)
    cv2.floodFill(padded, None, (0, 0), 2)
    filled: Where = padded[1:-1, 1:-1] != 2
    return filled
