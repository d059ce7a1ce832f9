"""Sums over square blocks of a plane, in whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt


def block_sums(values: npt.NDArray[Any], edge: int, word: npt.DTypeLike) -> npt.NDArray[Any]:
    """The sum of each block of ``edge`` × ``edge`` values, counted in ``word``, which must hold it exactly.

    (rows // edge, columns // edge); what is left over at the right and lower edge is left out.
    """
    rows, columns = values.shape[0] // edge, values.shape[1] // edge
    # Whole rows first: adding those is what numpy does fast, and leaves an edge-th of the work for the columns.
    bands = values[: rows * edge, : columns * edge].reshape(rows, edge, columns * edge)
    return _added(_added(bands.swapaxes(0, 1), word).reshape(rows, columns, edge).transpose(2, 0, 1), word)


def _added(planes: npt.NDArray[Any], word: npt.DTypeLike) -> npt.NDArray[Any]:
    total: npt.NDArray[Any] = planes[0].astype(word)
    for plane in planes[1:]:
        total += plane
    return total
