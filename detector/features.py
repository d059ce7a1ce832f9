"""The declared feature vector of ``random_forest``: classic figures of one picture, by name.

Dilipkumar 2022 leaves the features open. Ours, in the order of ``FEATURE_NAMES``:

- error levels at quality 90 (:mod:`detector.ela`), grey: mean, deviation, median, 90th and 99th percentile, maximum,
  and the deviation, the 5th and the 95th percentile of the means of 8×8 blocks;
- the 59 uniform local binary patterns (:mod:`detector.texture`);
- grey-level co-occurrence at distance 1, 32 levels: 4 angles × 6 properties;
- 8×8 block DCT (blocks from the upper left corner): for three bands of the 63 AC coefficients along the zigzag (9, 19
  and 35 of them), the share that rounds to zero and the shares of the first digits 1 to 9 among the others;
- three residuals (second differences along rows, along columns, and the 5×5 square kernel of the spatial rich model):
  mean magnitude, deviation, skewness, kurtosis, and the mean and deviation of the logarithm of the block variance.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from detector import ela
from detector.texture import ANGLES, PROPERTY_NAMES, glcm, glcm_properties, lbp, lbp_histogram
from detector.windows import starts

Rgb8 = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

WHOLE = 1024 * 1024
TILE, TILES = 256, 4

_ELA = ("mean", "deviation", "median", "p90", "p99", "maximum", "block deviation", "block p5", "block p95")
_DIGITS = ("zero", *(f"digit {digit}" for digit in range(1, 10)))
_BANDS = {"low": slice(1, 10), "middle": slice(10, 29), "high": slice(29, 64)}
_MOMENTS = ("magnitude", "deviation", "skewness", "kurtosis", "log variance mean", "log variance deviation")
SQUARE_5 = np.array(
    [[-1, 2, -2, 2, -1], [2, -6, 8, -6, 2], [-2, 8, -12, 8, -2], [2, -6, 8, -6, 2], [-1, 2, -2, 2, -1]], np.float32
)
"""The square 5×5 kernel of the spatial rich model (Fridrich and Kodovský 2012); over 12 its centre is −1."""
_KERNELS = {
    "rows": np.array([[1, -2, 1]], np.float32) / 2,
    "columns": np.array([[1], [-2], [1]], np.float32) / 2,
    "square": SQUARE_5 / 12,
}

FEATURE_NAMES: tuple[str, ...] = (
    *(f"ela {name}" for name in _ELA),
    *(f"lbp {number}" for number in range(59)),
    *(f"glcm {45 * turn}° {name}" for turn in range(4) for name in PROPERTY_NAMES),
    *(f"dct {band} {name}" for band in _BANDS for name in _DIGITS),
    *(f"residual {kernel} {name}" for kernel in _KERNELS for name in _MOMENTS),
)


def feature_vector(rgb8: Rgb8) -> npt.NDArray[np.float32]:
    """The figures of ``rgb8`` (rows, columns, 3), at least 16×16: (len(FEATURE_NAMES),) float32, all finite.

    A picture of more than 1024² pixels is measured on a mosaic of 4×4 evenly spaced tiles of 256×256 in full resolution
    (each begins on a multiple of 16, so the block grid of a JPEG stays in place): shrinking it would remove the traces.
    """
    measured = _mosaic(rgb8) if rgb8.shape[0] * rgb8.shape[1] > WHOLE else rgb8
    grey = np.asarray(cv2.cvtColor(measured, cv2.COLOR_RGB2GRAY), np.uint8)
    parts = (
        _ela_figures(measured),
        lbp_histogram(lbp(grey), bins=59),
        glcm_properties(glcm(grey, (1,), ANGLES, 32)).reshape(-1),
        _digit_figures(grey),
        _residual_figures(grey),
    )
    return np.concatenate(parts).astype(np.float32)


def _mosaic(rgb8: Rgb8) -> Rgb8:
    tops, lefts = (starts(length, TILE, TILES) for length in rgb8.shape[:2])
    strips = [np.hstack([rgb8[top : top + TILE, left : left + TILE] for left in lefts]) for top in tops]
    return np.vstack(strips)


def _ela_figures(rgb8: Rgb8) -> Floats:
    levels = np.asarray(cv2.cvtColor(ela.error_levels(rgb8), cv2.COLOR_RGB2GRAY), np.uint8)
    reached = np.cumsum(np.bincount(levels.reshape(-1), minlength=256))
    median, p90, p99 = (int(np.searchsorted(reached, share * reached[-1])) for share in (0.5, 0.9, 0.99))
    blocks = _blocks(levels.astype(np.float32)).mean((1, 2))
    low, high = np.percentile(blocks, (5, 95))
    return np.array([levels.mean(), levels.std(), median, p90, p99, levels.max(), blocks.std(), low, high])


def _digit_figures(grey: Rgb8) -> Floats:
    blocks = _blocks(grey.astype(np.float32) - 128)
    basis = _dct_basis()
    coefficients = np.rint(abs(basis @ blocks @ basis.T)).astype(np.int32).reshape(-1, 64)[:, _zigzag()]
    digits = _FIRST_DIGIT[coefficients]
    return np.concatenate([_digit_shares(digits[:, band]) for band in _BANDS.values()])


def _digit_shares(digits: npt.NDArray[np.uint8]) -> Floats:
    """The share of zeros, then the shares of 1 to 9 among the digits that are not zero: (10,)."""
    counts = np.bincount(digits.reshape(-1), minlength=10).astype(np.float64)
    return np.concatenate([counts[:1] / counts.sum(), counts[1:] / max(float(counts[1:].sum()), 1.0)])


def _residual_figures(grey: Rgb8) -> Floats:
    samples = grey.astype(np.float32)
    residuals = (cv2.filter2D(samples, -1, kernel, borderType=cv2.BORDER_REFLECT_101) for kernel in _KERNELS.values())
    return np.concatenate([_moments(np.asarray(residual, np.float32)) for residual in residuals])


def _moments(residual: npt.NDArray[np.float32]) -> Floats:
    """Six figures; skewness and kurtosis are 0 for a residual without variance."""
    centred = residual - residual.mean()
    squares = centred * centred
    variance = float(squares.mean(dtype=np.float64))
    logs = np.log(_blocks(squares).mean((1, 2)) + 0.01)  # 0.01: a hundredth of a grey level squared, against log 0
    third = float((squares * centred).mean(dtype=np.float64)) / max(variance**1.5, 1e-6)
    fourth = float((squares * squares).mean(dtype=np.float64)) / max(variance**2, 1e-6)
    return np.array([abs(residual).mean(), variance**0.5, third, fourth, logs.mean(), logs.std()])


def _blocks(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The whole 8×8 blocks of ``samples`` from the upper left corner: (n, 8, 8)."""
    rows, columns = (side // 8 for side in samples.shape)
    return samples[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8).swapaxes(1, 2).reshape(-1, 8, 8)


def _dct_basis() -> npt.NDArray[np.float32]:
    """The orthonormal DCT-II of eight samples (ITU-T T.81, A.3.3): (frequency, sample)."""
    frequency, sample = np.mgrid[0:8, 0:8]
    basis = np.cos((2 * sample + 1) * frequency * np.pi / 16) / 2
    basis[0] /= np.sqrt(2)
    return np.asarray(basis, np.float32)


def _zigzag() -> npt.NDArray[np.int64]:
    """The place of each step of the zigzag (ITU-T T.81, figure A.6) in a flattened block: (64,)."""
    places = [(row, column) for row in range(8) for column in range(8)]
    places.sort(key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]))
    return np.array([row * 8 + column for row, column in places])


_FIRST_DIGIT = np.array([int(str(number)[0]) for number in range(2048)], np.uint8)
"""By magnitude; a coefficient of 8-bit samples is at most 1024."""
