"""Copies are told from other pictures, and how they lie is said in words and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from ledger.core.change import Transform
from ledger.core.trace.cells import Cells, cells_of
from ledger.core.trace.codes import disputed_codes, oriented
from ledger.core.trace.comparing import Fit, best_fit, change_of, fit_picture

Picture = Any


def cells(picture: Picture) -> Cells:
    found = cells_of(picture, 0)
    assert found is not None
    return found


def fitted(original: Picture, copy: Picture) -> Fit:
    """The fit that the copy's own codes lead to."""
    values = np.ascontiguousarray(copy).astype(np.float32)
    fit = best_fit(cells(original), values, disputed_codes(values))
    assert fit is not None
    return fit


def laid(original: Picture, copy: Picture) -> Transform:
    return change_of(fitted(original, copy), copy.shape).transform


def place(transform: Transform, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = transform.matrix
    return a * x + b * y + c, d * x + e * y + f


GREY = "another grey scale (gamma, window or palette)"

# What becomes of a picture of 180 rows and 240 columns, where its point (x, y) comes to lie, and the words for it.
Place = Callable[[float, float], tuple[float, float]]
COPIES: dict[str, tuple[Callable[[Any, Picture], Picture], Place, tuple[str, ...]]] = {
    "jpeg 50": (lambda made, p: made.jpeg(p, 50), lambda x, y: (x, y), ()),
    "jpeg 70": (lambda made, p: made.jpeg(p, 70), lambda x, y: (x, y), ()),
    "jpeg 90": (lambda made, p: made.jpeg(p, 90), lambda x, y: (x, y), ()),
    "half": (lambda made, p: made.resized(p, 0.5), lambda x, y: (x / 2, y / 2), ("resized to 0.5",)),
    "three quarters": (
        lambda made, p: made.resized(p, 0.75),
        lambda x, y: (0.75 * x, 0.75 * y),
        ("resized to 0.75",),
    ),
    "crop": (
        lambda _, p: p[10:170, 20:231],
        lambda x, y: (x - 20, y - 10),
        ("cropped: 78 % of the registered frame is shown",),
    ),
    "90 clockwise": (
        lambda _, p: np.rot90(p, 3),
        lambda x, y: (180 - y, x),
        ("turned by 90 degrees clockwise",),
    ),
    "180": (lambda _, p: np.rot90(p, 2), lambda x, y: (240 - x, 180 - y), ("turned by 180 degrees",)),
    "270 clockwise": (lambda _, p: np.rot90(p), lambda x, y: (y, 240 - x), ("turned by 90 degrees counter-clockwise",)),
    "flip": (lambda _, p: p[:, ::-1], lambda x, y: (240 - x, y), ("mirrored",)),
    "transposed": (lambda _, p: p.T, lambda x, y: (y, x), ("turned by 90 degrees clockwise", "mirrored")),
    "inverted": (lambda _, p: 255 - p, lambda x, y: (x, y), ("inverted, or white and black exchanged in display",)),
    "gamma": (lambda _, p: (255 * (p / 255) ** 0.6).astype(np.uint8), lambda x, y: (x, y), ()),
    "window": (
        lambda _, p: np.clip((p - 70.0) * 2, 0, 255).astype(np.uint8),
        lambda x, y: (x, y),
        ("another window, contrast or depth",),
    ),
    "half, turned, jpeg": (
        lambda made, p: made.jpeg(made.resized(np.rot90(p), 0.5), 70),
        lambda x, y: (y / 2, (240 - x) / 2),
        ("resized to 0.5", "turned by 90 degrees counter-clockwise"),
    ),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_a_copy_and_is_said_to_lie_where_it_does(pictures: Any, name: str) -> None:
    changed, where, words = COPIES[name]
    original = pictures.made(1)
    copy = changed(pictures, original)
    fit = fitted(original, copy)
    assert fit.copy
    transform = change_of(fit, copy.shape).transform
    assert tuple(word for word in transform.words if word != GREY) == words
    for x, y in ((20.0, 10.0), (60.0, 90.0), (200.0, 40.0), (230.0, 170.0)):
        assert place(transform, x, y) == pytest.approx(where(x, y), abs=1)


def test_a_gamma_is_called_another_grey_scale_and_a_picture_as_it_was_or_inverted_is_not(pictures: Any) -> None:
    original = pictures.made(1)
    assert GREY in laid(original, COPIES["gamma"][0](pictures, original)).words
    assert laid(original, original).words == ()
    assert GREY not in laid(original, 255 - original).words


@pytest.mark.parametrize("degrees", [3, -3])
def test_a_tilted_copy_is_a_copy_and_its_matrix_is_the_tilt(pictures: Any, degrees: float) -> None:
    original = pictures.made(2)
    copy = pictures.tilted(original, degrees)
    assert fitted(original, copy).copy
    transform = laid(original, copy)
    tilts = [float(word.split()[2]) for word in transform.words if word.startswith("tilted by")]
    assert tilts == [pytest.approx(3, abs=0.2)]
    turn = "counter-clockwise" if degrees > 0 else "clockwise"
    assert any(word.endswith(f"degrees {turn}") for word in transform.words)
    angle = np.radians(degrees)
    for x, y in ((60.0, 50.0), (180.0, 130.0), (120.0, 90.0)):
        across, down = x - 120, y - 90
        turned = (
            120 + across * np.cos(angle) + down * np.sin(angle),
            90 - across * np.sin(angle) + down * np.cos(angle),
        )
        assert place(transform, x, y) == pytest.approx(turned, abs=1)


@pytest.mark.parametrize("change", ["written over", "pasted in"])
def test_a_copy_that_was_changed_in_a_fifth_of_it_is_known_by_the_rest(pictures: Any, change: str) -> None:
    original, other = pictures.made(1), pictures.made(9)
    copy = original.copy()
    if change == "pasted in":
        copy[60:130, 60:180] = other[60:130, 60:180]
    else:
        for row in (24, 48):
            cv2.putText(copy, "PATIENT 0042 R", (4, row), cv2.FONT_HERSHEY_SIMPLEX, 0.55, 255, 1)
    assert fitted(original, copy).copy


@pytest.mark.parametrize("seed", range(4))
def test_the_rest_of_a_neighbouring_slice_is_no_copy(pictures: Any, seed: int) -> None:
    one, other = (pictures.made(10 * seed + k, anatomy=seed, moved=2 * k) for k in (1, 2))
    other[40:80, 50:110] = 200
    assert not fitted(one, other).copy


def test_a_stretched_copy_is_named_with_both_factors(pictures: Any) -> None:
    original = pictures.made(1)
    copy = cv2.resize(original, (192, 162), interpolation=cv2.INTER_AREA)
    assert laid(original, copy).words == ("stretched: 0.8 across and 0.9 down",)


@pytest.mark.parametrize("seed", range(3))
def test_a_small_change_leaves_a_copy_a_copy(pictures: Any, seed: int) -> None:
    original = pictures.made(seed)
    changed, _ = pictures.lesion(original, 90, 120, 25)
    fit = fitted(original, pictures.jpeg(changed, 70))
    assert fit.copy
    assert fit.number == 0


def test_a_copy_of_deep_samples_shown_through_a_window_is_a_copy(pictures: Any) -> None:
    deep = (pictures.made(1).astype(np.int32) * 16 - 1000).astype(np.int16)
    shown = np.clip((deep.astype(np.float64) + 200) / 6, 0, 255).astype(np.uint8)
    assert fitted(deep, pictures.jpeg(shown, 80)).copy


@pytest.mark.parametrize("seed", range(4))
def test_another_picture_of_the_same_kind_is_neither_a_copy_nor_near(pictures: Any, seed: int) -> None:
    other = pictures.made(100 + seed).astype(np.float32)
    fit = fit_picture(cells(pictures.made(seed)), other)
    assert fit is None or not (fit.copy or fit.near)


@pytest.mark.parametrize("moved", [0, 3, 6])
def test_a_neighbouring_slice_is_neither_a_copy_nor_near(pictures: Any, moved: int) -> None:
    for seed in range(2):
        neighbour = pictures.made(50, anatomy=seed, moved=moved)
        assert np.corrcoef(pictures.made(seed).ravel(), neighbour.ravel())[0, 1] > 0.5
        fit = fit_picture(cells(pictures.made(seed)), neighbour.astype(np.float32))
        assert fit is None or not (fit.copy or fit.near)


def test_a_picture_of_noise_is_no_copy(pictures: Any) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (180, 240)).astype(np.float32)
    fit = fit_picture(cells(pictures.made(1)), noise)
    assert fit is None or not fit.near


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (16, 16), (40, 7)])
def test_a_tiny_picture_is_answered_and_is_no_copy(pictures: Any, size: tuple[int, int]) -> None:
    tiny = np.random.default_rng(1).uniform(0, 255, size).astype(np.float32)
    fit = best_fit(cells(pictures.made(1)), tiny, disputed_codes(tiny))
    assert fit is None or not fit.copy


def test_a_copy_is_a_better_fit_than_a_neighbouring_slice(pictures: Any) -> None:
    original, neighbour = pictures.made(1), pictures.made(50, anatomy=1, moved=3)
    copy = fit_picture(cells(original), pictures.jpeg(original, 50).astype(np.float32))
    other = fit_picture(cells(original), neighbour.astype(np.float32))
    assert copy is not None
    assert other is None or copy.quality > other.quality + 0.3


def test_a_symmetric_picture_with_one_lesion_is_laid_the_right_way_round(pictures: Any) -> None:
    half = pictures.made(1, size=(180, 120))
    original, _ = pictures.lesion(np.hstack((half, half[:, ::-1])), 90, 60)
    for number in range(8):
        turned = oriented(original, number)
        fit = fitted(original, pictures.jpeg(turned, 80))
        assert (oriented(turned, fit.number) == original).all()
        assert not change_of(fit, turned.shape).regions


def test_nothing_is_said_of_the_grey_scale_where_the_samples_are_the_registered_ones(pictures: Any) -> None:
    original = pictures.made(6)
    fit = fit_picture(cells(original), original.astype(np.float32))
    assert fit is not None
    assert fit.laid.tone.rival is not None
    bent = replace(fit, laid=replace(fit.laid, tone=fit.laid.tone.rival))
    assert bent.laid.tone.free
    assert bent.same_grey
    assert change_of(bent, original.shape).transform.words == ()
    brighter = fit_picture(cells(original), np.clip(original * 1.4 + 9, 0, 255).astype(np.float32))
    assert brighter is not None
    assert not brighter.same_grey
    assert len(change_of(brighter, original.shape).transform.words) == 1
