"""The pictures of a dossier: the item, and what was found in it, as PNG files."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator

import cv2
import numpy as np

from ledger.core.images import Limits, decode
from ledger.errors import InputError
from ledger.export.captions import CHANGED, ELA, HEAT, HEATMAP, HEATMASK, ITEM, MASK
from ledger.export.overlay import Picture, heat_overlay, overlay, png, rendered
from ledger.schemas import Change, DetectionPictures, Verification

LONGEST = 1200
"""The longer side of pictures made for looking at, at most. Masks and heat maps keep their own size."""


def pictures_of(image: bytes, found: Verification, limits: Limits) -> dict[str, bytes]:
    """PNG files by name; of an item that cannot be decoded none. ``found`` carries those that were asked for."""
    try:
        return dict(_pictures(image, found, limits))
    except InputError:
        return {}


def _pictures(image: bytes, found: Verification, limits: Limits) -> Iterator[tuple[str, bytes]]:
    yield ITEM, png(_reduced(rendered(image, _frame(image, found, limits), limits)))
    if found.change is not None and found.change.mask_png is not None:
        yield from _changed(image, found.change, found.change.mask_png, limits)
    detection = found.detection
    if detection is not None and detection.pictures is not None:
        yield from _traces(_reduced(rendered(image, detection.frame, limits)), detection.pictures)


def _frame(image: bytes, found: Verification, limits: Limits) -> int:
    if found.change is not None:
        return disputed_frame(found.change)
    return found.detection.frame if found.detection is not None else decode(image, limits).frames // 2


def disputed_frame(change: Change) -> int:
    """The frame of the disputed file that the map is of, counted from 0."""
    return int(change.figures.get("disputed_frame", change.frame))


def _changed(image: bytes, change: Change, mask_png: str, limits: Limits) -> Iterator[tuple[str, bytes]]:
    mask = b64decode(mask_png)
    yield MASK, mask
    if change.regions:
        over = overlay(image, mask, disputed_frame(change), limits)
        yield CHANGED, png(_reduced(_decoded(over)))


def _traces(picture: Picture, found: DetectionPictures) -> Iterator[tuple[str, bytes]]:
    heatmap, mask, ela = (b64decode(text) for text in (found.heatmap_png, found.mask_png, found.ela_png))
    yield HEAT, png(heat_overlay(picture, heatmap, mask))
    yield HEATMAP, heatmap
    yield HEATMASK, mask
    yield ELA, ela


def _decoded(data: bytes) -> Picture:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _reduced(picture: Picture) -> Picture:
    rows, columns = picture.shape[:2]
    scale = LONGEST / max(rows, columns)
    if scale >= 1:
        return picture
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
