"""The detector's measured error rates with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from ledger.core.detection import ModalityRates
from ledger.export.model import ByModality, ErrorRates, Rate
from ledger.schemas import Detection, Verification
from ledger.schemas.likelihood import TESTED

_LEVEL = 0.95
_STEPS = 60
_RATES = (
    ("Pristine pictures called altered (false alarms)", "false_alarm", "n_pristine"),
    ("Forgeries called altered (found)", "caught", "n_forged"),
    ("Forgeries called no-trace (missed)", "miss", "n_forged"),
    ("Pristine pictures called no-trace", "cleared", "n_pristine"),
)
_NOTHING = "every answer is inconclusive"
"""In the detector's note: no answer rests on such files, so nothing can be said wrongly of them."""
_INTERVALS = (
    "Intervals of shares are those of Clopper and Pearson, which take the pictures as independent; pictures of one"
    " source are not quite, so the true intervals are somewhat wider. "
) + TESTED
Measured = Mapping[str, float | int | str]


def error_rates(found: Verification) -> tuple[ErrorRates | None, str]:
    """The rates behind the detector's answer, or None and why there are none."""
    detection = found.detection
    if detection is None or not detection.applicable:
        return None, "The forgery detector gave no answer on this item, so no error rates of it apply."
    if not detection.rates:
        return None, "The forgery detector stated no error rates."
    measured = detection.rates
    note = str(measured.get("note", ""))
    rates = () if _NOTHING in note else tuple(_rates(measured))
    regime = str(measured.get("regime", "unknown"))
    where = "files of all save histories together" if regime == "all" else f"files of the save history {regime}"
    auc = tuple(measured.get(name) for name in ("auc", "low", "high"))
    measured_on = f"held-out {where}, single pictures"
    modalities = _by_modality(detection)
    return ErrorRates(detection.regime, measured_on, rates, _numbers(auc), note, _INTERVALS, modalities), ""


def clopper_pearson(hits: int, total: int) -> tuple[float, float]:
    """The exact 95 % interval of a share (Clopper and Pearson 1934); (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    tail = (1 - _LEVEL) / 2
    low = 0.0 if hits == 0 else _rising(lambda p: 1 - _at_most(hits - 1, total, p) >= tail)
    high = 1.0 if hits == total else _rising(lambda p: _at_most(hits, total, p) <= tail)
    return low, high


def _by_modality(found: Detection) -> ByModality | None:
    if not found.by_modality:
        return None
    mine = [one for one in found.by_modality if found.modality in one.codes]
    rest = [one for one in found.by_modality if one not in mine]
    if found.modality is None:
        said = "The item does not state its modality."
    else:
        unknown = "" if mine else ", of which nothing was counted: its error rates are unknown"
        said = f"The item states the modality {found.modality}{unknown}."
    return ByModality(said, found.by_modality_note, tuple(ModalityRates(**one.model_dump()) for one in (*mine, *rest)))


def _rates(measured: Measured) -> Iterator[Rate]:
    return (_rate(what, measured, name, of) for what, name, of in _RATES if _known(measured, name, of))


def _rate(what: str, measured: Measured, name: str, of: str) -> Rate:
    total, share = int(measured[of]), float(measured[name])
    low, high = clopper_pearson(round(share * total), total)
    return Rate(what, share, total, round(low, 6), round(high, 6))


def _known(measured: Measured, *names: str) -> bool:
    return all(isinstance(measured.get(name), int | float) for name in names)


def _numbers(values: tuple[object, ...]) -> tuple[float, float, float] | None:
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else None


def _rising(reached: Callable[[float], bool]) -> float:
    """The least p at which ``reached``, which never turns back, is true."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def _at_most(hits: int, total: int, p: float) -> float:
    """P(X <= hits) for X binomial, 0 < p < 1."""
    logs = (
        math.lgamma(total + 1)
        - math.lgamma(k + 1)
        - math.lgamma(total - k + 1)
        + k * math.log(p)
        + (total - k) * math.log1p(-p)
        for k in range(hits + 1)
    )
    return min(1.0, math.fsum(math.exp(value) for value in logs))
