"""Coloured copies: what their colours may excuse, and what not."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from ledger.core.change import Change
from ledger.core.images import Limits, decode
from ledger.core.trace.cells import cells_of
from ledger.core.trace.codes import disputed_codes
from ledger.core.trace.comparing import best_fit, change_of
from ledger.core.trace.disputed import Disputed


def png(pixels: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def compared(original: Any, copy: bytes) -> Change:
    """The change map of the file ``copy`` against a grey ``original``."""
    cells, disputed = cells_of(original, 0), Disputed(decode(copy, Limits()))
    picture = disputed.picture(0)
    assert cells is not None
    assert picture is not None
    fit = best_fit(cells, picture, disputed_codes(picture))
    assert fit is not None
    return change_of(fit, picture.shape, 0, disputed.tint(0))


@pytest.mark.parametrize("tint", [0, 3, 40])
def test_an_edit_is_seen_in_whatever_colour_it_is_painted(pictures: Any, tint: int) -> None:
    original = pictures.made(4, size=(300, 400))
    edited, where = pictures.lesion(original, 150, 200, edge=60, grey=50)
    coloured = np.stack([edited] * 3, axis=-1).astype(int)
    coloured[..., 0][where] += tint
    coloured[..., 2][where] -= tint
    change = compared(original, png(np.clip(coloured, 0, 255).astype(np.uint8)))
    assert change.changed_percent > 50 * where.mean()


def test_a_copy_tinted_as_a_whole_is_not_changed(pictures: Any) -> None:
    original = pictures.made(5, size=(300, 400))
    warm = np.stack([original * factor for factor in (1.0, 0.97, 0.9)], axis=-1)
    assert not compared(original, png(warm.astype(np.uint8))).regions


def test_the_tint_of_a_grey_frame_is_none_and_of_a_coloured_one_the_span_of_its_channels() -> None:
    grey = np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)
    assert Disputed(decode(png(grey), Limits())).tint(0) is None
    coloured = np.stack([grey // 2, grey, np.full_like(grey, 9)], axis=-1)
    found = Disputed(decode(png(coloured), Limits())).tint(0)
    assert found is not None
    assert (found[0] == coloured.max(axis=-1).astype(int) - coloured.min(axis=-1)).all()


def test_only_colours_at_an_end_of_the_scale_may_have_been_cut_off() -> None:
    pixels = np.full((64, 64, 3), 128, np.uint8)
    pixels[:32, :32] = (255, 100, 100)
    pixels[32:, 32:] = (200, 100, 100)
    found = Disputed(decode(png(pixels), Limits())).tint(0)
    assert found is not None
    assert found[1][:32, :32].min() == 155
    assert not found[1][32:, 32:].any()


def test_a_narrow_window_of_a_deep_frame_is_no_change(pictures: Any) -> None:
    grain = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 1, (300, 400)), (0, 0), 1.0)
    deep = (pictures.made(3, size=(300, 400)).astype(int) * 12 + 60 * grain / grain.std()).astype(np.int64)
    middle = float(np.median(deep))
    shown = np.clip((deep - middle + 250) / 500 * 255, 0, 255).astype(np.uint8)
    assert not compared(deep, png(pictures.jpeg(shown, 90))).regions
