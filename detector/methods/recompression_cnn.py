"""A network on the difference between a picture and its recompression, after Ali et al. (Electronics 2022).

Source: S. S. Ali et al., "Image Forgery Detection Using Deep Learning by Recompressing Images", Electronics 11 (2022)
403: conv 32@3×3, 32@3×3, 32@7×7 → 2×2 max-pool → dense 256 → two sigmoid outputs, the larger of which decides.
Ours where the paper leaves it open: quality 98, the absolute difference on the full picture, then area means to
128×128, and one fixed gain for all pictures (a difference of 16 grey levels or more is 1), since differences at
quality 98 are a few grey levels. A deviation: what is shipped has the dense layer's matrix, once trained, replaced
by its nearest product of rank 16 (truncated singular value decomposition): 1.9 million weights, not 28.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from detector import ela
from detector.methods import networks
from detector.pictures import to_rgb8
from detector.types import Evidence, Finding

if TYPE_CHECKING:
    from detector.types import HeatMap, Pixels

SIDE = 128
QUALITY = 98
FULL = 16.0  # grey levels of difference that become 1
HEAT_SIDE, HEAT_FULL = 17, 4.0  # pixels of the mean; grey levels of mean difference that become 1


class RecompressionCnn(networks.NetworkMethod):
    """``model`` takes (n, 128, 128, 3) and answers (n, 2): two independent sigmoids, pristine and forged."""

    name = "recompression_cnn"

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: log odds of the forged output less those of the pristine one. ``heatmap``: local loss.

        The heat map is ours: the mean difference in a 17×17 window over 4 grey levels, clipped at 1; the network has
        no part in it. ``figures``: both outputs and ``difference_mean`` in grey levels.
        """
        del jpeg
        levels = ela.error_levels(to_rgb8(pixels), QUALITY)
        pristine, forged = (float(share) for share in self._model.run(_input(levels)[np.newaxis])[0][0])
        figures = {"pristine_raw": pristine, "forged_raw": forged, "difference_mean": float(levels.mean())}
        score = networks.log_odds(forged) - networks.log_odds(pristine)
        return Evidence(score, _heat(levels), (_finding(pristine, forged),), figures)


def network_input(rgb8: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(128, 128, 3) float32, 0..1: area means of the absolute difference at quality 98, over 16 and clipped."""
    return _input(ela.error_levels(rgb8, QUALITY))


def _input(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return np.asarray(np.clip(ela.shrunk(levels, SIDE) / FULL, 0.0, 1.0), np.float32)


def _heat(levels: npt.NDArray[np.uint8]) -> HeatMap:
    grey = cv2.cvtColor(levels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = np.asarray(cv2.blur(grey, (HEAT_SIDE, HEAT_SIDE)), np.float32)
    mean /= HEAT_FULL
    return np.clip(mean, 0.0, 1.0, out=mean)


def _finding(pristine: float, forged: float) -> Finding:
    return Finding(
        "recompression-network",
        f"The network answers {forged:.2f} for forged and {pristine:.2f} for pristine (not calibrated).",
        "What the picture loses at JPEG quality 98, shrunk to 128×128, resembles that of the forged ones in training.",
        "Saves, resizing and noise change this loss without any forgery; small edits vanish in the shrinking.",
    )
