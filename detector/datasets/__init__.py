"""Reading pictures for training and judging: one contract for every kind of data set."""

from __future__ import annotations

from detector.datasets.contract import Example, Picture

__all__ = ["Example", "Picture"]
