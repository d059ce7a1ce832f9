"""What a registration costs, in gas an image, all included. Gas is exact, so these limits are no timings."""

from __future__ import annotations

import os
from typing import Any

import pytest

COUNTS = (1, 10, 100, 500)
OLD_SIZES = (0, 1_000, 1_000_000)


def register_gas(registry: Any, old_size: int, count: int) -> float:
    log = registry.new_log()
    if old_size:
        log.start_at(old_size)
    used: int = log.register([os.urandom(32) for _ in range(count)])["gasUsed"]
    return used / count


def anchor_gas(registry: Any, old_size: int, count: int) -> float:
    log = registry.new_log()
    log.start_at(old_size)
    used: int = log.anchor([os.urandom(32) for _ in range(count)])["gasUsed"]
    return used / count


def test_gas_an_image_stays_under_the_promised_limits(registry: Any, capsys: pytest.CaptureFixture[str]) -> None:
    register = {old: [register_gas(registry, old, count) for count in COUNTS] for old in OLD_SIZES}
    anchor = {old: anchor_gas(registry, old, 1_000) for old in OLD_SIZES[1:]}
    with capsys.disabled():
        print(f"\n{'old size':>10}" + "".join(f"{f'register {count}':>14}" for count in COUNTS) + "   anchor 1000")
        for old, row in register.items():
            cells = "".join(f"{value:14,.0f}" for value in row)
            print(f"{old:10,}{cells}" + (f"{anchor[old]:14,.0f}" if old in anchor else ""))
    for row in register.values():
        assert row[COUNTS.index(100)] <= 3_400
        assert row[COUNTS.index(500)] <= 2_900
    assert max(anchor.values()) <= 100


def test_the_worst_tree_costs_little_more(registry: Any) -> None:
    """2^20 - 1 leaves: twenty peaks to send, and the first new leaf closes them all."""
    assert register_gas(registry, 2**20 - 1, 100) <= 3_600
