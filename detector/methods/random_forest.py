"""The seed paper's random-forest baseline: 300 trees on classic figures of the picture.

Source: the seed paper cites Dilipkumar 2022 for a ``RandomForestClassifier(n_estimators=300)``. The features are left
open; ours are declared in :mod:`detector.features`. A deviation: trees end at depth 12 and leaves hold at least 3
pictures, where scikit-learn's defaults, and so the source, grow them to the end. The publication has no localization:
the heat map is ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from detector import forest
from detector.features import FEATURE_NAMES, feature_vector
from detector.methods.networks import log_odds
from detector.pictures import to_rgb8, usable
from detector.serving import check_manifest, open_arrays
from detector.types import Applicability, Evidence, Finding, Region
from detector.windows import spread, starts

if TYPE_CHECKING:
    from detector.types import Pixels

WINDOWS = 7
SMALLEST_WINDOW, LARGEST_WINDOW = 64, 256


class RandomForest:
    """The forest ``arrays`` (see :mod:`detector.forest`) over the figures ``FEATURE_NAMES``."""

    name = "random_forest"

    def __init__(self, arrays: forest.Arrays, version: str) -> None:
        forest.check(arrays, len(FEATURE_NAMES))
        self._arrays, self.version = arrays, version

    @classmethod
    def load(cls, weights: Path) -> RandomForest:
        """The method with the forest of the folder ``weights``; WeightsUnusable when it is not what it should be."""
        manifest = check_manifest(weights)
        return cls(open_arrays(weights, "model.npz"), str(manifest["version"]))

    def applicable(self, pixels: Pixels, jpeg: bytes | None) -> Applicability:
        """Any picture of 64 to 8192 pixels a side that is not constant."""
        del jpeg
        return usable(pixels)

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: log odds of the mean leaf probability of *forged* for the whole picture.

        ``heatmap`` (ours): the same forest asked about windows of the picture, in between linear. The window's side is
        a quarter of the picture's shorter side, 64 to 256; at most 7×7 of them, evenly spaced.
        ``figures``: ``probability_raw`` (not calibrated), ``window_highest`` and ``window_median`` (0 to 1),
        ``window_side`` (pixels).
        """
        del jpeg
        rgb8 = to_rgb8(pixels)
        tops, lefts, side = _windows(rgb8)
        vectors = [feature_vector(rgb8)]
        vectors += [feature_vector(rgb8[top : top + side, left : left + side]) for top in tops for left in lefts]
        shares = forest.predict(self._arrays, np.stack(vectors))
        share, grid = float(shares[0]), shares[1:].reshape(len(tops), len(lefts))
        down, right = divmod(int(grid.argmax()), len(lefts))
        region = Region(int(lefts[right]), int(tops[down]), side, side)
        figures = {
            "probability_raw": share,
            "window_highest": float(grid.max()),
            "window_median": float(np.median(grid)),
            "window_side": float(side),
        }
        heatmap = spread(grid, tops, lefts, side, (rgb8.shape[0], rgb8.shape[1]))
        return Evidence(log_odds(share), heatmap, _findings(figures, region), figures)


def _windows(rgb8: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Tops, lefts and the side of the windows."""
    rows, columns = rgb8.shape[:2]
    side = min(max(min(rows, columns) // 4, SMALLEST_WINDOW), LARGEST_WINDOW) // 16 * 16
    return starts(rows, side, WINDOWS), starts(columns, side, WINDOWS), side


def _findings(figures: dict[str, float], region: Region) -> tuple[Finding, ...]:
    whole = Finding(
        "forest-picture",
        f"{figures['probability_raw']:.0%} of the forest's vote is for forged (not calibrated).",
        "Texture, error levels, DCT digits and residuals of the whole picture resemble the forged ones in training.",
        "The figures follow the save history of a file more than its content; a small edit hardly moves them.",
    )
    window = Finding(
        "forest-window",
        f"Highest vote of a window: {figures['window_highest']:.0%} (median {figures['window_median']:.0%}).",
        "This part of the picture differs most in the direction of the forged pictures.",
        "The forest was trained on whole pictures; a plain part can stand out without any change.",
        region,
    )
    return whole, window
