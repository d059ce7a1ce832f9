"""Steps 1 to 3 of Dixit & Dixit (2022): the boundary, blobs, corner points, and a binary descriptor at each point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Grey = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]

MOST_POINTS = 3000
PATCH = 31
"""Side of the square that a descriptor sees, in pixels of its level; ORB's own default."""
_BINBOOST_256 = 302
_BINBOOST_SIGHT = 6.25
FINE, PLAIN, COARSE = 0.65, 1.0, 1.25
"""How many times larger than PATCH the seen square is in the picture; FINE for small copies, COARSE for scaled ones."""
_BLOB_SIGMA = 2.0
_LEAST_BLOB = 0.4
_CORNER_QUALITY = 1e-4
_LEAST_SPACING = 3.0


def boundary(grey: Grey) -> npt.NDArray[np.bool_]:
    """Step 1: the inner boundary of the picture made binary by Otsu's threshold; (rows, columns)."""
    _, binary = cv2.threshold(cv2.GaussianBlur(grey, (0, 0), 1.0), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    eroded = cv2.erode(binary, np.ones((3, 3), np.uint8))
    return np.asarray(binary != eroded)


def superimposed(grey: Grey) -> Floats:
    """The picture at equal local contrast with its boundary raised by one local standard deviation; float32.

    Equal local contrast is our addition: it lets quiet tissue yield points beside loud bones and letters.
    """
    flat = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.8)
    mean = cv2.GaussianBlur(flat, (0, 0), 8.0)
    deviation = np.sqrt(cv2.GaussianBlur((flat - mean) ** 2, (0, 0), 8.0))
    return np.asarray((flat - mean) / (deviation + 1.0) + boundary(grey), np.float32)


def blobs(grey: Grey) -> npt.NDArray[np.uint8]:
    """Step 2: 255 around blobs, where the Laplacian of Gaussian (sigma 2 pixels) is not negligible; else 0."""
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _BLOB_SIGMA)
    response = np.abs(cv2.Laplacian(smooth, cv2.CV_32F)) * _BLOB_SIGMA**2
    found = (response > _LEAST_BLOB).astype(np.uint8) * 255
    return np.asarray(cv2.dilate(found, np.ones((5, 5), np.uint8)))


def corners(grey: Grey) -> Floats:
    """Step 2: at most MOST_POINTS good features to track inside the blobs; (n, 2) float32 x and y.

    Their least distance grows with the area to cover, so that the points spread over all of it.
    """
    where = blobs(grey)
    spacing = max(_LEAST_SPACING, 0.7 * float(np.sqrt(np.count_nonzero(where) / MOST_POINTS)))
    found = cv2.goodFeaturesToTrack(superimposed(grey), MOST_POINTS, _CORNER_QUALITY, spacing, mask=where)
    return np.zeros((0, 2), np.float32) if found is None else np.asarray(found, np.float32).reshape(-1, 2)


def angles(grey: Grey, places: Floats) -> Floats:
    """The direction of the intensity centroid in a disc of PATCH pixels round each place, in degrees 0 to 360."""
    reach = PATCH // 2
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    disc = rows**2 + columns**2 <= reach**2
    picture = grey.astype(np.float32)
    x, y = np.rint(places).astype(int).T
    across = cv2.filter2D(picture, cv2.CV_32F, columns * disc)[y, x]
    down = cv2.filter2D(picture, cv2.CV_32F, rows * disc)[y, x]
    return np.asarray(np.degrees(np.arctan2(down, across)) % 360.0, np.float32)


def _resized(grey: Grey, ratio: float) -> Grey:
    if ratio == PLAIN:
        return grey
    size = (round(grey.shape[1] / ratio), round(grey.shape[0] / ratio))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA if ratio > 1 else cv2.INTER_CUBIC), np.uint8)


def descriptor() -> tuple[str, Any, float]:
    """The name of the descriptor of 256 bits, what computes it, and the key point's size at which it sees PATCH.

    BinBoost where the installed OpenCV has it (opencv-contrib builds), else ORB in its place.
    """
    contrib: Any = getattr(cv2, "xfeatures2d", None)
    if hasattr(contrib, "BoostDesc_create"):
        # It sees a square of 6.25 times the key point's size.
        return "BinBoost", contrib.BoostDesc_create(_BINBOOST_256), PATCH / _BINBOOST_SIGHT
    return "ORB", cv2.ORB.create(edgeThreshold=2, patchSize=PATCH, nlevels=1), float(PATCH)


def describe(grey: Grey, places: Floats, ratio: float) -> Floats:
    """Step 3: the :func:`descriptor` at ``places`` (n, 2), seen through a patch ``ratio`` times larger.

    (n, 256) float32. Bits are -1 and 1, so that a product counts equal bits; all are 0 at places too near the border.
    """
    small = _resized(grey, ratio)
    scaled = np.asarray((places + 0.5) * (np.array(small.shape[::-1]) / grey.shape[::-1]) - 0.5, np.float32)
    bits = np.zeros((len(places), 256), np.float32)
    reach = PATCH // 2 + 1
    inside = np.all((scaled >= reach) & (scaled < np.array(small.shape[::-1]) - reach), axis=1)
    if not inside.any():
        return bits
    _, extractor, size = descriptor()
    wanted = [
        cv2.KeyPoint(float(x), float(y), size, float(turn), 1.0, 0, int(index))
        for (x, y), turn, index in zip(
            scaled[inside], angles(small, scaled[inside]), np.flatnonzero(inside), strict=True
        )
    ]
    made, codes = extractor.compute(small, wanted)
    if made:
        bits[[point.class_id for point in made]] = np.unpackbits(codes, axis=1).astype(np.float32) * 2.0 - 1.0
    return bits


def describe_mirrored(grey: Grey, places: Floats, ratio: float) -> Floats:
    """As :func:`describe`, but how each place looks in the picture mirrored left to right."""
    turned = places * np.array([-1.0, 1.0], np.float32) + np.array([grey.shape[1] - 1, 0], np.float32)
    return describe(np.ascontiguousarray(grey[:, ::-1]), np.asarray(turned, np.float32), ratio)
