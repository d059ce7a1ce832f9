"""Rao and Ni: a network on patches whose first layer began as high-pass kernels, and a support vector machine.

Source: Y. Rao, J. Ni, *A deep learning approach to detection of splicing and copy-move forgeries in images*, IEEE WIFS
2016. The network turns a patch of 128×128×3 into 400 figures (and its own two shares); the figures of the patches that
are slid over the picture are pooled by their mean; the machine judges the pooled vector.
Ours, where the paper is open or for its cost on large pictures: patches begin on the 16-pixel grid, overlap by half, at
most 7×7, then further apart (from 512 pixels a side on; gaps from 896 on); a picture under 128 pixels a side is
continued by its reflection; of the mean and the greatest, pooling is by the mean, over all patches.
Deviations: C, gamma and Platt's curve are chosen on the held side in place of cross-validation, since the network has
seen the training side; the machine learns from nine patches a picture, on an even 3×3 grid.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from detector import svm
from detector.errors import WeightsUnusable
from detector.methods.networks import Network
from detector.pictures import to_rgb8, usable
from detector.serving import check_manifest, open_arrays, open_model
from detector.types import Applicability, Evidence, Finding, Region
from detector.windows import spread, starts

if TYPE_CHECKING:
    from detector.types import Pixels

SIDE, FIGURES = 128, 400
MOST = 7
_BATCH = 7

Rgb8 = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


class SrmCnnSvm:
    """``model`` takes (n, 128, 128, 3) in 0..1 and answers, in either order, (n, 2) pristine and forged, (n, 400)."""

    name = "srm_cnn_svm"

    def __init__(self, model: Network, machine: svm.Arrays, version: str) -> None:
        svm.check(machine, FIGURES)
        self._model, self._machine, self.version = model, machine, version

    @classmethod
    def load(cls, weights: Path) -> SrmCnnSvm:
        """The method with the network and the machine of the folder ``weights``; WeightsUnusable for others."""
        manifest = check_manifest(weights)
        return cls(open_model(weights, "model.tflite"), open_arrays(weights, "svm.npz"), str(manifest["version"]))

    def applicable(self, pixels: Pixels, jpeg: bytes | None) -> Applicability:
        """Any picture of 64 to 8192 pixels a side that is not constant."""
        del jpeg
        return usable(pixels)

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: the decision value of the machine for the mean of all patches' figures.

        ``heatmap``: the network's share of *forged* for each patch, in between linear. ``figures``: ``patches``,
        ``probability_raw`` (Platt's, of the picture), ``patch_highest`` and ``patch_median`` (0 to 1).
        """
        del jpeg
        rgb8 = to_rgb8(pixels)
        padded = at_least_a_patch(rgb8)
        tops, lefts = (starts(length, SIDE, MOST) for length in padded.shape[:2])
        shares, vectors = self._ask(padded, tops, lefts)
        decision = svm.decide(self._machine, vectors.mean(0, keepdims=True))
        figures = {
            "patches": float(len(shares)),
            "probability_raw": float(svm.probability(self._machine, decision)[0]),
            "patch_highest": float(shares.max()),
            "patch_median": float(np.median(shares)),
        }
        grid = shares.reshape(len(tops), len(lefts))
        down, right = divmod(int(grid.argmax()), len(lefts))
        region = _region(int(lefts[right]), int(tops[down]), rgb8)
        heatmap = spread(grid, tops, lefts, SIDE, (rgb8.shape[0], rgb8.shape[1]))
        return Evidence(float(decision[0]), heatmap, _findings(figures, region), figures)

    def _ask(
        self, rgb8: Rgb8, tops: npt.NDArray[np.int64], lefts: npt.NDArray[np.int64]
    ) -> tuple[Floats, npt.NDArray[np.float32]]:
        """The shares of *forged* (n,) and the figures (n, 400) of all patches, row by row."""
        corners = [(int(top), int(left)) for top in tops for left in lefts]
        shares, vectors = [], []
        for at in range(0, len(corners), _BATCH):
            outputs = self._model.run(patches(rgb8, corners[at : at + _BATCH]).astype(np.float32) / np.float32(255))
            by_width = {output.shape[-1]: output for output in outputs}
            if set(by_width) != {2, FIGURES}:
                raise WeightsUnusable(f"expected outputs of 2 and {FIGURES} figures, found {sorted(by_width)}")
            shares.append(by_width[2][:, 1])
            vectors.append(by_width[FIGURES])
        return np.concatenate(shares).astype(np.float64), np.concatenate(vectors)


def at_least_a_patch(rgb8: Rgb8) -> Rgb8:
    """``rgb8`` (rows, columns, 3), continued right and down by its reflection to at least 128 pixels a side."""
    rows, columns = (max(0, SIDE - length) for length in rgb8.shape[:2])
    return np.pad(rgb8, ((0, rows), (0, columns), (0, 0)), mode="symmetric") if rows or columns else rgb8


def patches(rgb8: Rgb8, corners: list[tuple[int, int]]) -> Rgb8:
    """(n, 128, 128, 3): the patches of ``rgb8`` that begin at those (row, column)."""
    return np.stack([rgb8[top : top + SIDE, left : left + SIDE] for top, left in corners])


def _region(left: int, top: int, rgb8: Rgb8) -> Region:
    """The patch there, cut to the picture."""
    return Region(left, top, min(SIDE, rgb8.shape[1] - left), min(SIDE, rgb8.shape[0] - top))


def _findings(figures: dict[str, float], region: Region) -> tuple[Finding, ...]:
    whole = Finding(
        "srm-picture",
        f"The machine puts {figures['probability_raw']:.0%} on forged, from {figures['patches']:.0f} patches.",
        "The noise residuals of the patches, taken together, resemble those of the forged pictures in training.",
        "A small edit hardly moves the mean of many patches; a resize or a strong save hides residuals.",
    )
    patch = Finding(
        "srm-patch",
        f"Highest patch: {figures['patch_highest']:.0%} (median {figures['patch_median']:.0%}, not calibrated).",
        "Residuals in this patch resemble those along forged borders.",
        "Sharp natural borders, burned-in letters and noise can look like a forged border.",
        region,
    )
    return whole, patch
