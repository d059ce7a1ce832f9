"""The error rates by modality in the report."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.platypus import Flowable

from ledger.core.detection import ModalityRates
from ledger.export.model import ByModality
from ledger.export.pdf_style import words
from ledger.export.pdf_tables import grid

_HEAD = ("Modality", "Pristine called altered", "Forged called altered", "AUC; 0.5 is guessing")
_READ_BOTH = "In brackets 95 % intervals. A method that never says altered has no false alarms and finds nothing."


def by_modality(measured: ByModality) -> Iterator[Flowable]:
    """A table, the item's own modality first, and what it was counted on."""
    yield words(f"By modality. {measured.said} {measured.note}".strip())
    yield grid(_HEAD, [_row(rate) for rate in measured.rates], (0.25, 0.26, 0.26, 0.23))
    yield words(_READ_BOTH, "small")


def _row(rate: ModalityRates) -> tuple[str, str, str, str]:
    auc = "–" if rate.auc is None else f"{rate.auc[0]:.2f} [{rate.auc[1]:.2f} to {rate.auc[2]:.2f}]"
    alarms = _share(rate.false_alarms, rate.pristine, rate.false_alarm_interval)
    return rate.modality, alarms, _share(rate.caught, rate.forged, rate.caught_interval), auc


def _share(count: int, of: int, interval: tuple[float, float]) -> str:
    low, high = (100 * bound for bound in interval)
    return f"{count} of {of} [{low:.0f} to {high:.0f} %]"
