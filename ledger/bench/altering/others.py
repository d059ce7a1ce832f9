"""What a user would do without MedSeal, on the same files.

*PDQ alone*: the nearest registered hash, a match within 31 bits of 256 as its authors advise. *pHash alone*: 64 bits of
the cosine transform, a match within 10. *Plain difference*: the original is kept and known; the copy is stretched to
its size, both are blurred (3 × 3), and pixels that differ by more than 16 levels count, in regions of 0.1 % and more.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from ledger.bench.altering.pixels import Eight, Where

PDQ_BITS, PHASH_BITS = 31, 10
_LEVELS = 16
_LEAST_SHARE = 0.001
_SIDE, _KEPT = 32, 8

Hashes = npt.NDArray[np.uint8]
"""(rows, bytes)."""


def pdq(grey: Eight) -> bytes:
    """32 bytes; of a picture reduced to about 512 pixels, as PDQ's own tools do."""
    import pdqhash

    factor = min(1.0, 512 / max(grey.shape))
    if factor < 1:
        grey = np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    bits, _ = pdqhash.compute(np.repeat(grey[:, :, None], 3, axis=2))
    return np.packbits(bits).tobytes()


def phash(grey: Eight) -> bytes:
    """8 bytes: which of the 64 lowest frequencies of the picture at 32 × 32 are above their median."""
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_KEPT, :_KEPT].ravel()
    return np.packbits(low > np.median(low[1:])).tobytes()


def nearest(asked: bytes, hashes: Hashes, most: int) -> int | None:
    """The row of the nearest hash within ``most`` bits; the first of several; None when all are farther."""
    distances = np.bitwise_count(hashes ^ np.frombuffer(asked, np.uint8)).sum(axis=1)
    row = int(np.argmin(distances))
    return row if distances[row] <= most else None


def as_rows(hashes: Sequence[bytes]) -> Hashes:
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(len(hashes), -1)


def difference(original: Eight, copy: Eight) -> Where:
    """Where the copy differs, in pixels of the original."""
    height, width = original.shape
    stretched = copy if copy.shape == original.shape else cv2.resize(copy, (width, height))
    far = cv2.absdiff(cv2.blur(original, (3, 3)), cv2.blur(np.asarray(stretched, np.uint8), (3, 3))) > _LEVELS
    _, labels, facts, _ = cv2.connectedComponentsWithStats(far.astype(np.uint8), connectivity=8)
    large = facts[:, cv2.CC_STAT_AREA] >= _LEAST_SHARE * original.size
    large[0] = False
    return np.asarray(large[labels], np.bool_)
