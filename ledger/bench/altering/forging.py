"""One altered version of an original, with its true mask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from detector.errors import DetectorError
from detector.forge import Forged, forge
from ledger.bench.altering.pixels import Pixels, Where

CLASSES: Mapping[str, tuple[str, str | None]] = {
    "copy-move": ("copy-move", None),
    "splice": ("splicing", None),
    "inpaint": ("removal", None),
    "brightness": ("modification", "brightness"),
    "blur": ("modification", "blur"),
}
"""The classes, each as ``detector.forge`` names it: the kind, and the operation where only one will do."""
LEAST, MOST = 0.005, 0.15
_DRAWS = 60


@dataclass(frozen=True)
class Altered:
    """``mask`` (rows, columns) is what was changed by an alteration of the class ``kind``."""

    pixels: Pixels
    mask: Where
    kind: str


def alter(pixels: Pixels, kind: str, donor: Pixels | None, rng: np.random.Generator) -> Altered | None:
    """An alteration of 0.5 to 15 % of the area; None where none could be made in 60 draws.

    Without a donor a splice is a copy-move.
    """
    kind = "copy-move" if kind == "splice" and donor is None else kind
    forgery, operation = CLASSES[kind]
    for _ in range(_DRAWS):
        try:
            made = forge(pixels, rng, kind=forgery, donor=donor)
        except DetectorError:
            continue
        if LEAST <= made.area <= MOST and operation in (None, made.operation):
            return Altered(made.pixels, _where(made), kind)
    return None


def _where(made: Forged) -> Where:
    return np.asarray(made.mask, np.bool_)
