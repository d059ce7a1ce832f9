"""How often each shipped method errs, by modality, as a finished benchmark counted it under the honest protocol.

A calibration is by save history, since that decides whether a trace survives; whether a method fits a modality is
another question, and this file answers it with counts and exact intervals. The counts stand in
``weights/modalities.json``, which ``python -m detector.modalities OUT/results.json`` writes, summed over the
seeds of the benchmark, of which the shipped model is one. A method that was judged by itself
(:mod:`detector.evaluation.judging`) has its counts in a file of that name in its own folder.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from detector.errors import WeightsUnusable
from detector.evaluation.intervals import clopper_pearson
from detector.registry import SHIPPED

FILE = "modalities.json"
FORMAT = 1
PROTOCOL = "honest"
CODES: Mapping[str, tuple[str, ...]] = {
    "CT": ("CT",),
    "CT chest": ("CT",),
    "CT head": ("CT",),
    "CXR": ("CR", "DX"),
    "MR": ("MR",),
    "MRI brain": ("MR",),
    "US": ("US",),
    "ultrasound breast": ("US",),
    "dental periapical X-ray": ("IO",),
    "endoscopy": ("ES",),
    "fundus": ("OP",),
    "microscopy/histology": ("SM", "GM"),
}
"""What a DICOM file of that modality states in (0008,0060), PS3.3 C.7.3.1.1.1."""
_RECALIBRATED = ("keypoint_copymove", "lbp_source_copy")
"""Not trained: ``scripts/ship-weights`` calibrates them anew on more pictures than a benchmark's seed has."""


@dataclass(frozen=True)
class ModalityRates:
    """One modality's counts: ``pristine`` and ``forged`` pictures, and how many of each were called *altered*.

    ``codes`` are the DICOM modalities it speaks of. Intervals are those of Clopper and Pearson at 95 %, which take the
    pictures as independent. ``auc`` is the area under the curve with its bootstrapped 95 % interval, None where it was
    not defined.
    """

    modality: str
    codes: tuple[str, ...]
    pristine: int
    false_alarms: int
    false_alarm_interval: tuple[float, float]
    forged: int
    caught: int
    caught_interval: tuple[float, float]
    auc: tuple[float, float, float] | None = None


def rates_by_modality(method: str, weights: Path = SHIPPED) -> tuple[ModalityRates, ...]:
    """The rates of ``method``, by name of modality; empty when nothing was measured by modality.

    WeightsUnusable when the file is there and is not of the agreed form.
    """
    cells = judged_alone(method, weights) or _measured(weights / FILE).get(method, {})
    return tuple(_rates(name, cell) for name, cell in sorted(cells.items()))


def judged_alone(method: str, weights: Path = SHIPPED) -> Mapping[str, Any]:
    """The counts in the method's own folder, by modality; empty where it has none."""
    found: Mapping[str, Any] = _measured(weights / method / FILE).get(method, {})
    return found


def note_on(method: str, weights: Path = SHIPPED) -> str:
    """What the counts were made with, as far as that is not the shipped model; or that nothing was counted."""
    if judged_alone(method, weights):
        return (
            "Counted by bands that were set without the source of each picture, as if it came from elsewhere: on"
            " sources that the method was never trained on, and on other patients of those that it was"
            f" (by python -m detector.evaluation.judging --method {method})."
        )
    if not _measured(weights / FILE).get(method):
        return "The error rates of this method were not measured by modality."
    if method in _RECALIBRATED:
        return (
            "Counted with the benchmark's own calibrations of this method; the shipped one was made on more pictures,"
            " so that it may call pictures altered where these did not."
        )
    return "Counted over the benchmark's models of all seeds, each on pictures it had not seen; one of them is shipped."


@lru_cache(maxsize=16)
def _measured(path: Path) -> Mapping[str, Mapping[str, Any]]:
    if not path.exists():
        return {}
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["format"] != FORMAT or body["protocol"] != PROTOCOL:
            raise ValueError(f"format {body['format']}, protocol {body['protocol']}")
        methods: Mapping[str, Mapping[str, Any]] = body["methods"]
        for cells in methods.values():
            for name, cell in cells.items():
                _rates(name, cell)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsUnusable(f"expected rates by modality of format {FORMAT} at {path}, found: {error}") from error
    return methods


def _rates(name: str, cell: Mapping[str, Any]) -> ModalityRates:
    pristine, forged, alarms, caught = (int(cell[key]) for key in ("pristine", "forged", "false_alarms", "caught"))
    if not (0 <= alarms <= pristine and 0 <= caught <= forged):
        raise ValueError(f"counts out of range for {name}")
    found = cell["auc"]
    return ModalityRates(
        modality=name,
        codes=CODES.get(name, ()),
        pristine=pristine,
        false_alarms=alarms,
        false_alarm_interval=clopper_pearson(alarms, pristine),
        forged=forged,
        caught=caught,
        caught_interval=clopper_pearson(caught, forged),
        auc=None if found is None else (float(found[0]), float(found[1]), float(found[2])),
    )


def counted(results: Mapping[str, Any]) -> dict[str, Any]:
    """The file's content from a benchmark's ``results.json`` (:func:`detector.evaluation.report.write`)."""
    methods = {
        row["method"]: {name: _cell(cell) for name, cell in sorted(row["breakdowns"].get("modality", {}).items())}
        for row in results["protocols"][PROTOCOL]
    }
    about = {"date": results["about"]["date"], "seeds": results["about"]["seeds"]}
    return {"format": FORMAT, "protocol": PROTOCOL, **about, "methods": methods}


def _cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    area = [cell["auc"][key] for key in ("mean", "low", "high")]
    caught = 0 if cell["found"] is None else round(cell["found"] * cell["forged"])
    known = None if None in area else [round(value, 4) for value in area]
    counts = {key: cell[key] for key in ("pristine", "forged", "false_alarms")}
    return {**counts, "caught": caught, "auc": known}


def main() -> None:
    """``python -m detector.modalities OUT/results.json``: the counts are in the shipped folder."""
    body = counted(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    (SHIPPED / FILE).write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
