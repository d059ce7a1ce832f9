"""When a batch is due, and what replacing one may cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.batching import BatchPolicy
from ledger.core.model import Attempt
from ledger.ports import Pending

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
POLICY = BatchPolicy(max_entries=10, max_seconds=5.0, fee_bump_percent=15)


def attempt(price: int, *, sent: bool = True) -> Attempt:
    return Attempt("0x", b"", 0, 1, b"", price, NOW, NOW if sent else None)


@pytest.mark.parametrize(
    ("count", "age", "urgent", "due"),
    [(9, 4.9, False, False), (10, 0.0, False, True), (1, 5.0, False, True), (1, 0.0, True, True)],
)
def test_many_old_or_urgent_entries_are_due(count: int, age: float, urgent: bool, due: bool) -> None:
    assert POLICY.due(Pending(3, 3 + count, NOW - timedelta(seconds=age), urgent), NOW) is due


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_replacement_offers_clearly_more_and_never_far_above_the_market(offered: int, market: int) -> None:
    price = POLICY.replacement_price([attempt(offered)], market)
    if price is None:
        assert offered * 1.15 + 1 >= 10 * market
    else:
        assert market <= price <= 10 * max(market, 1) and price > offered * 1.149


def test_what_no_node_took_is_offered_again_at_the_market() -> None:
    assert POLICY.replacement_price([attempt(50, sent=False)], 20) == 20
    assert POLICY.replacement_price([attempt(100), attempt(150, sent=False)], 20) == 116
