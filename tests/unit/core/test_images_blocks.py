"""Sums over blocks are those of plain numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.images.blocks import block_sums


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.integers(0, 40), st.integers(1, 9), st.sampled_from("BbHhIi"))
@settings(max_examples=100, deadline=None)
def test_each_block_has_the_sum_of_its_values(seed: int, rows: int, columns: int, edge: int, kind: str) -> None:
    info = np.iinfo(kind)
    values = np.random.default_rng(seed).integers(info.min, info.max, (rows, columns), endpoint=True).astype(kind)
    for word in (np.int64, np.float64):
        found = block_sums(values, edge, word)
        assert found.shape == (rows // edge, columns // edge)
        for (row, column), total in np.ndenumerate(found):
            block = values[row * edge : (row + 1) * edge, column * edge : (column + 1) * edge]
            assert int(total) == sum(map(int, block.ravel()))
