"""The seed paper's own system: error level analysis and a small convolutional network.

Source: the seed paper's detection module (RGB → JPEG at quality q → absolute difference → stretch by 255/max over all
channels → 128×128 → /255 → four convolution and pooling pairs → 4096 → 64 → 32 → 2, softmax).
The paper leaves open q, the order of difference and resize, and the interpolation. Ours: q = 90, the difference on the
full picture, then area means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from detector import ela
from detector.methods import networks
from detector.pictures import to_rgb8
from detector.types import Evidence, Finding

if TYPE_CHECKING:
    from detector.types import Pixels

SIDE = 128
HEAT_SIGMA = 8.0  # pixels, one JPEG block: single blocks must not decide a map


class ElaCnn(networks.NetworkMethod):
    """``model`` takes (n, 128, 128, 3) and answers (n, 2): the shares of pristine and forged, adding up to 1."""

    name = "ela_cnn"

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: log odds of *forged* by the network. ``heatmap``: the paper's localization, smoothed.

        The heat map is the brightness of the stretched error levels, smoothed over 8 pixels (ours) and scaled to its
        own maximum: a view of re-compression loss, in which edges and texture shine as well; the network has no part in
        it. ``figures``: ``probability_raw`` (not calibrated), ``ela_mean_percent`` (the paper's "percentage of
        forgery", which is no area) and ``ela_max`` (grey levels).
        """
        del jpeg
        levels = ela.error_levels(to_rgb8(pixels))
        share = float(self.probabilities(_input(levels)[np.newaxis])[0])
        mean, largest = ela.ela_mean_percent(levels), float(levels.max())
        figures = {"probability_raw": share, "ela_mean_percent": mean, "ela_max": largest}
        heatmap = ela.smooth_grey(levels, HEAT_SIGMA)
        return Evidence(networks.log_odds(share), heatmap, _findings(share, mean, largest), figures)

    def probabilities(self, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The network's share of *forged*, (n,), for (n, 128, 128, 3) inputs as :func:`network_input` makes them."""
        return self._model.run(inputs)[0][:, 1]


def network_input(rgb8: npt.NDArray[np.uint8], quality: int = ela.QUALITY) -> npt.NDArray[np.float32]:
    """(128, 128, 3) float32, 0..1: error levels of the whole picture, stretched by their maximum, area means.

    Stretching and area means commute; the means are not rounded to grey levels in between. All zeros without any loss.
    """
    return _input(ela.error_levels(rgb8, quality))


def _input(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return ela.shrunk(levels, SIDE) / np.float32(max(int(levels.max()), 1))


def _findings(share: float, mean: float, largest: float) -> tuple[Finding, ...]:
    network = Finding(
        "ela-network",
        f"The network puts {share:.0%} on forged by the picture's error levels (not calibrated).",
        "The pattern of re-compression loss, shrunk to 128×128; above one half: resembles that of forged pictures in "
        "training.",
        "Shrinking loses small edits, and a resize, noise or another save changes the pattern without any forgery.",
    )
    level = Finding(
        "ela-mean",
        f"ELA mean, seed paper: {mean:.3f} % (largest level {largest:.0f} of 255).",
        "How much the whole picture changes when it is saved as JPEG at quality 90 once more.",
        "It is not the share of the picture that was changed; it follows texture and earlier saves.",
    )
    return network, level
