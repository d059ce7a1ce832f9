"""The seed paper's VGG baseline: a VGG16 network on the picture itself.

Source of the topology: K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
(2015), configuration D. The seed paper cites Reichman et al. for its use and gives no details. Ours: every width one
eighth of the original, input 128×128, trained from scratch, without ImageNet weights: a baseline of the same shape, not
the network whose figures the paper reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from detector.methods import networks
from detector.pictures import resize_map, to_rgb8
from detector.types import Evidence, Finding

if TYPE_CHECKING:
    from detector.types import HeatMap, Pixels

SIDE = 128
GRID = 6  # cells on each side of the occlusion map: 36 more runs of the network


class Vgg(networks.NetworkMethod):
    """``model`` takes (n, 128, 128, 3) and answers (n, 2): the shares of pristine and forged, adding up to 1."""

    name = "vgg"

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: log odds of *forged* by the network. ``heatmap``: occlusion (Zeiler and Fergus 2014), ours.

        Each cell of a 6×6 grid is painted in the picture's mean colour in turn; its heat is how far that lowers the
        log odds of *forged*, over the largest such fall; zeros where none lowers them. ``figures``: ``probability_raw``
        (not calibrated) and ``largest_fall`` (log odds).
        """
        del jpeg
        small = network_input(to_rgb8(pixels))
        shares = self._model.run(np.concatenate([small[np.newaxis], _occluded(small)]))[0][:, 1]
        odds = np.array([networks.log_odds(float(share)) for share in shares])
        falls = np.maximum(odds[0] - odds[1:], 0.0).reshape(GRID, GRID)
        largest = float(falls.max())
        figures = {"probability_raw": float(shares[0]), "largest_fall": largest}
        heatmap = _heat(falls, largest, (pixels.shape[0], pixels.shape[1]))
        return Evidence(float(odds[0]), heatmap, (_finding(float(shares[0])),), figures)


def network_input(rgb8: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(128, 128, 3) float32, 0..1: the picture's area means over 255."""
    small = cv2.resize(rgb8, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255.0)


def _occluded(small: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(36, 128, 128, 3): ``small`` with one cell after another in its mean colour, row by row."""
    edges = np.linspace(0, SIDE, GRID + 1).astype(int)
    copies = np.repeat(small[np.newaxis], GRID * GRID, axis=0)
    colour = small.mean(axis=(0, 1))
    for i in range(GRID * GRID):
        row, column = divmod(i, GRID)
        copies[i, edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = colour
    return copies


def _heat(falls: npt.NDArray[np.float64], largest: float, shape: tuple[int, int]) -> HeatMap:
    return resize_map(falls / largest if largest > 0 else falls, shape)


def _finding(share: float) -> Finding:
    return Finding(
        "vgg-network",
        f"The network puts {share:.0%} on forged by the picture's content (not calibrated).",
        "The picture, shrunk to 128×128, resembles the forged pictures in training.",
        "It sees content, not traces of editing; the map shows which parts its answer rests on, in 36 coarse cells.",
    )
