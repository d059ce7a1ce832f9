"""From the checks of a verification to numbered examinations and findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ledger.export.model import Examination, Finding
from ledger.schemas import Change, CheckResult, Detection, Verification
from ledger.schemas.manual import MANUAL, UNKNOWN

LOOK_ALIKES, CHANGE_MAP, DETECTOR, POLICY = 8, 9, 10, 11
_RATIO = ("likelihood_ratio", "likelihood_bounds")
_AREA = ("area_percent", "area_interval")


def examinations(found: Verification) -> tuple[Examination, ...]:
    """One for each check, in order; that of the detector with its method, version and weights."""
    return tuple(_examination(check, found) for check in found.checks)


def findings(found: Verification) -> tuple[Finding, ...]:
    """What the examinations saw, in their order; a check that was skipped saw nothing. Check 11 is no finding."""
    seen = [_finding(check) for check in found.checks if check.status != "skipped" and check.number != POLICY]
    return (*seen, *_traces(found.detection)) if found.detection else tuple(seen)


def _examination(check: CheckResult, found: Verification) -> Examination:
    page = MANUAL.get(check.number, UNKNOWN)
    made = Examination(
        number=check.number,
        name=check.name,
        method=page.method,
        version=page.version,
        parameters={},
        weights=None,
        status=check.status,
        result=check.detail,
        figures=dict(check.figures),
        shows=page.shows,
        cannot_show=page.cannot_show,
    )
    if check.number == DETECTOR and found.detection is not None:
        return _detector(made, found.detection)
    if check.number == CHANGE_MAP and found.change is not None:
        return _change(made, found.change)
    if check.number == POLICY:
        return replace(made, version=found.policy, figures={})
    return made


def _detector(made: Examination, found: Detection) -> Examination:
    parameters: dict[str, Any] = {
        "save history of the file": found.regime,
        "frame": f"{found.frame + 1} of {found.frames}, {found.examined} examined",
        "size": f"{found.width} x {found.height}",
    }
    figures = {**_without(made.figures, ("method", "version", "frame", "frames")), **found.figures}
    for name in ("score", "probability", *_RATIO, *_AREA, "ela_mean_percent"):
        figures[name] = getattr(found, name)
    if found.band == "inconclusive":  # its map shows where the method looked: no area of anything
        figures = _without(figures, _AREA)
    return replace(
        made,
        method=f"{made.method}: {found.method}",
        version=found.version,
        parameters=parameters,
        weights=found.weights,
        figures={name: _plain(value) for name, value in figures.items() if value is not None},
    )


def _change(made: Examination, found: Change) -> Examination:
    parameters: dict[str, Any] = {
        "original": found.original,
        "basis": found.basis,
        "registered frame": found.frame + 1,
        "lies": ", ".join(found.transform.words) or "as the original does",
        "matrix": list(found.transform.matrix),
        "shows of the original": f"{found.transform.shown_percent:.1f} %",
    }
    figures = {**found.figures, **_without(made.figures, ("regions", "limits", "basis", "frame"))}
    return replace(made, version=found.basis, parameters=parameters, figures=figures)


def _without(figures: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Figures but for those that stand elsewhere in the report."""
    return {name: value for name, value in figures.items() if name not in names}


def _finding(check: CheckResult) -> Finding:
    return Finding(check.number, f"{check.name}: {check.status}. {check.detail}", "", "")


def _traces(found: Detection) -> Iterator[Finding]:
    for one in found.findings:
        at = one.region
        place = f" At x {at[0]}, y {at[1]}, {at[2]} x {at[3]} pixels of frame {found.frame + 1}." if at else ""
        yield Finding(DETECTOR, one.text + place, one.meaning, one.limits)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def status_of(found: Verification, number: int) -> str:
    """How the check of that number ended; ``skipped`` where there is none."""
    return next((check.status for check in found.checks if check.number == number), "skipped")


def figures_of(found: Verification, number: int) -> Mapping[str, Any]:
    """The figures of the check of that number; none where there is none."""
    return next((check.figures for check in found.checks if check.number == number), {})
