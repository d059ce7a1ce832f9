"""The figures as a Markdown table for people, and as one JSON object for tools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ledger.bench.figures import RATE, Figure

_HEAD = ("", "measured", "target", "", "bare cost", "times bare")


def markdown(figures: Sequence[Figure], machine: dict[str, Any]) -> str:
    """A table with a line a figure, and the machine's facts under it."""
    rows = [_cells(figure) for figure in figures]
    widths = [max(len(row[at]) for row in [_HEAD, *rows]) for at in range(len(_HEAD))]
    lines = [_line(_HEAD, widths), _line(["-" * width for width in widths], widths)]
    lines += [_line(row, widths) for row in rows]
    facts = [f"{name.replace('_', ' ')}: {_fact(value)}" for name, value in machine.items() if value is not None]
    return "\n".join([*lines, "", *facts]) + "\n"


def as_json(
    figures: Sequence[Figure], machine: dict[str, Any], *, quick: bool, more: Mapping[str, Any] | None = None
) -> str:
    """One object on a line: the machine, whether the run was a quick one, the figures, and what suites say besides."""
    found = {"machine": machine, "quick": quick, "figures": [_object(figure) for figure in figures], **(more or {})}
    return json.dumps(found) + "\n"


def number(value: float) -> str:
    """Three significant digits at least, thousands set apart: 0.0412, 3.61, 41.2, 1,234."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.what,
        _measured(figure),
        _target(figure),
        _judgement(figure),
        f"{_quantity(figure.bare.value, figure.unit)} {figure.bare.what}" if figure.bare else "",
        number(figure.ratio) if figure.ratio is not None else "",
    )


def _measured(figure: Figure) -> str:
    text = _quantity(figure.value, figure.unit)
    if len(figure.values) < 2:
        return text
    return f"{text} ({number(min(figure.values))} to {number(max(figure.values))})"


def _quantity(value: float, unit: str) -> str:
    return f"{number(value)}{unit if unit == RATE else ' ' + unit}"


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    sign = "≥" if figure.unit == RATE else "≤"
    return f"{sign} {_quantity(figure.target.limit, figure.unit)}{' (later)' if figure.target.later else ''}"


def _judgement(figure: Figure) -> str:
    if figure.margin is None:
        return ""
    return f"met, {number(figure.margin)}×" if figure.met else f"MISSED by {number(1 / figure.margin)}×"


def _fact(value: object) -> str:
    return ", ".join(f"{part:g}" for part in value) if isinstance(value, list | tuple) else str(value)


def _object(figure: Figure) -> dict[str, Any]:
    target, bare = figure.target, figure.bare
    return {
        "suite": figure.suite,
        "what": figure.what,
        "value": figure.value,
        "unit": figure.unit,
        "lowest": min(figure.values, default=figure.value),
        "highest": max(figure.values, default=figure.value),
        "runs": len(figure.values) or 1,
        "target": {"limit": target.limit, "later": target.later} if target else None,
        "met": figure.met,
        "margin": figure.margin,
        "bare": {"what": bare.what, "value": bare.value} if bare else None,
        "times_bare": figure.ratio,
    }
