"""Two small logistic models: is a match a copy or anatomy, and which side is the copy. Numbers in ``model.json``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from detector.duplicates.measures import NAMES
from detector.duplicates.telling import SIDE_NAMES
from detector.errors import WeightsUnusable

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

FILE = "model.json"
FORMAT = 1
_CROSSED = (
    "fine",
    "fine_quiet",
    "middle",
    "sharpness",
    "left_over",
    "left_finest",
    "log_area",
    "log_pairs",
    "two_ways",
)
_LIMIT = 3.0
_STEEP = 25.0
_LEAST_FINE, _LEAST_QUIET = 0.1, 0.05


@dataclass(frozen=True)
class Model:
    """``means`` and ``scales`` standardise ``measures.NAMES``; ``weights`` of :func:`expanded` and ``bias`` make the
    odds.

    ``side_scales`` and ``side_weights``: the same for ``telling.SIDE_NAMES``, without means and bias, so that the
    answer turns its sign when the regions change places. ``accepted``: odds from which a match is called a copy;
    ``telling_odds``: side odds from which, either way, a side is named.
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    side_scales: tuple[float, ...]
    side_weights: tuple[float, ...]
    accepted: float
    telling_odds: float

    def odds(self, values: Mapping[str, float]) -> float:
        """ln (copy / anatomy) of what was measured on a match."""
        row = expanded(np.array([[values[name] for name in NAMES]]), np.array(self.means), np.array(self.scales))
        return min(float((row @ np.array(self.weights))[0] + self.bias), ceiling(values))

    def side_odds(self, values: Mapping[str, float]) -> float:
        """ln (first is the copy / second is)."""
        row = side_row(np.array([[values[name] for name in SIDE_NAMES]]), np.array(self.side_scales))
        return float((row @ np.array(self.side_weights))[0])

    def save(self, path: Path) -> None:
        """Write it to ``path`` as JSON."""
        path.write_text(json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Model:
        """The model saved at ``path``; WeightsUnusable when it is missing, of another form, or holds no numbers."""
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            if body.pop("format") != FORMAT or set(body) != {each.name for each in fields(cls)}:
                raise ValueError("other fields or another format")
            numbers: dict[str, Any] = {
                key: tuple(map(float, value)) if isinstance(value, list) else float(value)
                for key, value in body.items()
            }
            made = cls(**numbers)
            made._check()
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise WeightsUnusable(f"expected a model of format {FORMAT} at {path}, found: {error}") from error
        return made

    def _check(self) -> None:
        wanted = (len(NAMES), len(NAMES), len(expanded_names()), len(SIDE_NAMES), len(SIDE_NAMES))
        lists = (self.means, self.scales, self.weights, self.side_scales, self.side_weights)
        if tuple(map(len, lists)) != wanted:
            raise ValueError(f"lists of {tuple(map(len, lists))} numbers, not {wanted}")
        numbers = [*sum(lists, ()), self.bias, self.accepted, self.telling_odds]
        if not all(map(math.isfinite, numbers)) or min(*self.scales, *self.side_scales) <= 0:
            raise ValueError("numbers out of range")


def expanded(rows: Values, means: Values, scales: Values) -> Values:
    """``rows`` (n, NAMES) standardised, clipped to ±3, then the products of the crossed ones: (n, expanded_names)."""
    unit = np.clip((rows - means) / scales, -_LIMIT, _LIMIT)
    crossed = unit[:, [NAMES.index(name) for name in _CROSSED]]
    upper = np.triu_indices(len(_CROSSED))
    return np.asarray(np.concatenate((unit, (crossed[:, :, None] * crossed[:, None, :])[:, *upper]), axis=1))


def ceiling(values: Mapping[str, float]) -> float:
    """What the odds may be at most: however large and well fitting, a match whose grain does not agree is no copy.

    The fitted weights were never shown phantoms and lattices, and follow their size and their many pairs astray.
    """
    fine, quiet = values["fine"] - _LEAST_FINE, values["fine_quiet"] - _LEAST_QUIET
    return _STEEP * min(fine, quiet, values["sharpness"])


def expanded_names() -> tuple[str, ...]:
    """What the columns of :func:`expanded` are."""
    pairs = [f"{a}*{b}" for i, a in enumerate(_CROSSED) for b in _CROSSED[i:]]
    return (*NAMES, *pairs)


def side_row(rows: Values, scales: Values) -> Values:
    """``rows`` (n, SIDE_NAMES) in units of ``scales``, clipped to ±3."""
    return np.asarray(np.clip(rows / scales, -_LIMIT, _LIMIT))
