"""Checks 8 and 9 in words: is it a copy of a registered image, and what was changed in it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.core.change import Change, ChangedRegion
from ledger.core.verdict import Check, Status

LOOK_ALIKES, CHANGE_MAP = 8, 9
"""The numbers of these checks."""
_MOST_LISTED = 200
_SHOWN = 3
GIVEN = "original_given"
"""In the figures of check 8: which registration the original is that was handed in, None when it is none."""


def not_compared(code: str, detail: str) -> tuple[Check, Check]:
    """Checks 8 and 9 of an image that no original was looked for; ``figures["code"]`` says why."""
    figures = {"code": code}
    alike = Check(LOOK_ALIKES, Status.SKIPPED, detail, figures)
    return alike, Check(CHANGE_MAP, Status.SKIPPED, detail, figures)


def no_answer(detail: str, figures: Mapping[str, Any]) -> tuple[Check, Check]:
    """Checks 8 and 9 when the search came to no answer: both are undetermined."""
    unknown = Check(CHANGE_MAP, Status.UNDETERMINED, "no original could be determined to compare with", figures)
    return Check(LOOK_ALIKES, Status.UNDETERMINED, detail, figures), unknown


def no_original(detail: str, figures: Mapping[str, Any]) -> tuple[Check, Check]:
    """Checks 8 and 9 when none of the registered images is the original: 8 failed, 9 has nothing to compare.

    An original that was handed in, as ``figures[GIVEN]`` tells, is said not to be registered or not to fit.
    """
    nothing = Check(CHANGE_MAP, Status.SKIPPED, _why_nothing(figures), {"code": "no_original"})
    return Check(LOOK_ALIKES, Status.FAILED, detail, figures), nothing


def _why_nothing(figures: Mapping[str, Any]) -> str:
    if GIVEN not in figures:
        return "no original to compare with"
    given = figures[GIVEN]
    if given is None:
        return "the original given is not registered: expected a registered image; no other was found to compare with"
    return (
        f"the original given does not fit: expected a copy of registration {given}, found another picture;"
        " no other was found to compare with"
    )


def copy_of(registration: str, detail: str, figures: Mapping[str, Any], change: Change | None) -> tuple[Check, Check]:
    """Checks 8 and 9 of a copy of ``registration``, named in ``detail``: 8 passed, 9 as :func:`change_check`, or
    undetermined without a map."""
    facts: dict[str, Any] = {"registration": registration, **figures}
    if change is not None:
        facts["transform"] = list(change.transform.words)
        detail = ", ".join((detail, *change.transform.words))
    alike = Check(LOOK_ALIKES, Status.PASSED, detail, facts)
    if change is None:
        return alike, Check(CHANGE_MAP, Status.UNDETERMINED, "the two cannot be compared in detail", {"code": "no_map"})
    return alike, change_check(change)


def change_check(change: Change) -> Check:
    """Check 9: passed when no region differs, failed when one does; ``figures["regions"]`` lists them."""
    figures: dict[str, Any] = {
        "basis": change.basis,
        "frame": change.frame,
        "changed_percent": change.changed_percent,
        "regions": [_listed(region) for region in change.regions[:_MOST_LISTED]],
        "count": len(change.regions),
        "limits": change.limits,
    }
    if not change.altered:
        return Check(CHANGE_MAP, Status.PASSED, f"no changed region found by {change.basis}", figures)
    count = len(change.regions)
    regions = "1 region differs" if count == 1 else f"{count} regions differ"
    shown = "; ".join(_placed(region) for region in change.regions[:_SHOWN])
    more = " and more" if count > _SHOWN else ""
    detail = f"{regions}, {change.changed_percent:.2f} % of the picture ({shown}{more}), by {change.basis}"
    return Check(CHANGE_MAP, Status.FAILED, detail, figures)


def _listed(region: ChangedRegion) -> dict[str, float]:
    place = {"x": region.x, "y": region.y, "w": region.width, "h": region.height}
    return {**place, "area_percent": region.area_percent}


def _placed(region: ChangedRegion) -> str:
    return f"x {region.x} to {region.x + region.width - 1}, y {region.y} to {region.y + region.height - 1}"
