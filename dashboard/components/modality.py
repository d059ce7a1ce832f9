"""How often a method erred on pictures of each modality: counts with their intervals, those of this file first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboard.components.markup import details, table, text
from dashboard.words import BANDS
from ledger.schemas import Detection, ModalityRates

_ALTERED = BANDS["altered"].label
_HEADER = ("Modality", f"Pristine called “{_ALTERED}”", f"Forged called “{_ALTERED}”", "AUC; 0.5 is guessing")
_NAMES = {"CXR": "chest X-ray", "MR": "MR (DICOM)", "US": "ultrasound (DICOM)"}
_READ_BOTH = (
    f"A method that never says “{_ALTERED}” has no false alarms and finds nothing: read both counts. In brackets 95 %"
    " intervals."
)


def modality_markup(found: Detection) -> str:
    """The rates by modality; in words that there are none, or none of this file's modality."""
    if not found.by_modality:
        said = found.by_modality_note or "The error rates of this method were not measured by modality."
        return f'<h4>By modality</h4><p class="ms-check-note">{text(said)}</p>'
    mine = [one for one in found.by_modality if found.modality in one.codes]
    rest = [one for one in found.by_modality if one not in mine]
    said = " ".join([_which(found, mine), found.by_modality_note, _READ_BOTH])
    note = f'<p class="ms-check-note">{text(said)}</p>'
    if not mine:
        return details("How often it errs, by modality", note + _table(rest))
    more = details("Other modalities", _table(rest)) if rest else ""
    return f"<h4>By modality</h4>{note}{_table(mine)}{more}"


def _which(found: Detection, mine: Sequence[ModalityRates]) -> str:
    if found.modality is None:
        return "This file does not state its modality (DICOM files do), so find yours in the list."
    if not mine:
        said = "of which nothing was measured: its error rates are unknown"
        return f"This file states the modality {found.modality}, {said}."
    return f"This file states the modality {found.modality}."


def _table(rates: Sequence[ModalityRates]) -> str:
    return f'<div class="ms-methods">{table(_HEADER, _rows(rates))}</div>'


def _rows(rates: Sequence[ModalityRates]) -> Iterator[tuple[str, ...]]:
    for one in rates:
        yield (
            _NAMES.get(one.modality, one.modality),
            _share(one.false_alarms, one.pristine, one.false_alarm_interval),
            _share(one.caught, one.forged, one.caught_interval),
            "–" if one.auc is None else f"{one.auc[0]:.2f} [{one.auc[1]:.2f} to {one.auc[2]:.2f}]",
        )


def _share(count: int, of: int, interval: tuple[float, float]) -> str:
    low, high = (100 * share for share in interval)
    return f"{count} of {of} [{low:.0f} to {high:.0f} %]"
