"""How the thresholds of the search for copies are set: by answers of models that have not seen the picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detector.duplicates.measures import NAMES
from detector.duplicates.model import ceiling
from detector.training.sift_copymove import out_of_fold, told_out_of_fold
from detector.workers import one_thread


def rows(seed: int = 1, count: int = 400) -> tuple[Any, Any, Any]:
    """Measures of pairs of regions, whether each is a copy, and the picture of each; two pairs a picture."""
    rng = np.random.default_rng(seed)
    copies = rng.random(count) < 0.5
    values = rng.normal(size=(count, len(NAMES))) * 0.3 + copies[:, None] * 0.6
    return values, copies, np.arange(count) // 2


def test_odds_out_of_fold_tell_copies_and_never_exceed_what_the_grain_allows() -> None:
    values, copies, owners = rows()
    odds = out_of_fold(values, copies, owners, 10.0)
    assert odds[copies].mean() > odds[~copies].mean() + 1
    allowed = [ceiling(dict(zip(NAMES, row, strict=True))) for row in values]
    assert (odds <= allowed).all()
    assert (odds == allowed).any()


def test_the_odds_of_a_picture_do_not_depend_on_what_it_is_held_for() -> None:
    values, copies, owners = rows()
    other = copies.copy()
    mine = owners // 2 % 5 == 0
    other[mine] = ~other[mine]
    before, after = (out_of_fold(values, labels, owners, 10.0) for labels in (copies, other))
    assert np.allclose(before[mine], after[mine])
    assert not np.allclose(before[~mine], after[~mine])


def test_sides_that_only_noise_tells_are_told_rightly_by_chance_alone() -> None:
    rng = np.random.default_rng(3)
    noise, turned = rng.normal(size=(300, 8)), np.where(rng.random(300) < 0.5, 1.0, -1.0)
    assert (told_out_of_fold(noise, turned, np.arange(300), 1.0) > 0).mean() == pytest.approx(0.5, abs=0.1)
    shown = noise + turned[:, None]
    assert (told_out_of_fold(shown, turned, np.arange(300), 1.0) > 0).mean() > 0.95


def test_one_thread_gives_the_threads_back_even_after_an_error() -> None:
    before = cv2.getNumThreads()
    with pytest.raises(ZeroDivisionError), one_thread():
        assert cv2.getNumThreads() == 1
        raise ZeroDivisionError
    assert cv2.getNumThreads() == before
