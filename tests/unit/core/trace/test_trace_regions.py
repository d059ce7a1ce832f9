"""Which evidence makes a region."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ledger.core.trace.noise import Evidence
from ledger.core.trace.regions import LEAST_MASS, changed_cells

SHAPE = (60, 80)
Square = tuple[int, int, int]


def evidence(*squares: Square, strength: float = 8.2, tested: Any = None) -> Evidence:
    """Nothing but squares (row, column, edge) of this strength; each cell of 8.2 has a mass of 5."""
    near = np.zeros(SHAPE, np.float32)
    for row, column, edge in squares:
        near[row : row + edge, column : column + edge] = strength
    nothing = np.zeros(SHAPE, np.float32)
    return Evidence(near, near, near, near, nothing, nothing.copy(), np.ones(SHAPE, bool) if tested is None else tested)


def softened(edge: int, lack: float) -> Evidence:
    """Nothing but a square that lacks this much texture."""
    found = evidence()
    found.soft[20 : 20 + edge, 30 : 30 + edge] = lack
    return found


def test_without_evidence_nothing_is_changed() -> None:
    cells, mass = changed_cells(evidence())
    assert not cells.any()
    assert mass == 0


def test_a_strong_region_is_changed_and_holds_what_is_strong() -> None:
    cells, mass = changed_cells(evidence((20, 30, 6)))
    assert mass == pytest.approx(36 * 5, rel=0.01)
    assert cells[20:26, 30:36].all()
    assert cells.sum() <= 8 * 8


def test_a_region_of_less_than_the_least_mass_is_not_changed() -> None:
    cells, mass = changed_cells(evidence((20, 30, 2)))
    assert not cells.any()
    assert 0 < mass < LEAST_MASS


def test_however_large_weak_evidence_is_no_region() -> None:
    assert not changed_cells(evidence((10, 10, 40), strength=3.9))[0].any()


def test_where_lesser_regions_lie_all_over_more_is_asked_of_the_greatest() -> None:
    alone, crowd = (20, 30, 4), [(row, column, 2) for row in (2, 10, 40, 50) for column in range(2, 78, 8)]
    assert changed_cells(evidence(alone))[0].any()
    assert not changed_cells(evidence(alone, *crowd))[0].any()


def test_two_strong_regions_do_not_hide_each_other() -> None:
    cells, _ = changed_cells(evidence((10, 10, 6), (40, 60, 6)))
    assert cells[12, 12]
    assert cells[42, 62]
    assert not cells[30, 40]


def test_a_hole_in_a_region_is_filled() -> None:
    found = evidence((20, 30, 12))
    for each in (found.single, found.local, found.near, found.wide):
        each[24:28, 34:38] = 0
    assert changed_cells(found)[0][20:32, 30:42].all()


def test_what_was_not_tested_is_not_changed() -> None:
    tested = np.ones(SHAPE, bool)
    tested[:, 28:40] = False
    assert not changed_cells(evidence((20, 30, 6), tested=tested))[0].any()


def test_a_region_at_the_edge_is_changed_up_to_the_edge() -> None:
    assert changed_cells(evidence((0, 0, 6)))[0][:6, :6].all()


def test_a_region_that_lacks_texture_is_changed_though_no_mean_differs() -> None:
    cells, mass = changed_cells(softened(8, 4.0))
    assert cells[20:28, 30:38].all()
    assert mass > LEAST_MASS


@pytest.mark.parametrize(("edge", "lack"), [(3, 3.5), (30, 2.5)])
def test_a_small_region_or_one_that_lacks_little_is_not_changed(edge: int, lack: float) -> None:
    assert not changed_cells(softened(edge, lack))[0].any()


def test_a_region_with_more_texture_than_expected_is_no_softened_one() -> None:
    assert not changed_cells(softened(20, -8.0))[0].any()
