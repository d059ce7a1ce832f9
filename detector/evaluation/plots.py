"""The plots of a run: the seed paper's bar chart, ROC, reliability, score by history. Drawn without a screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detector.evaluation.columns import FIGURES, Answers, Columns, columns
from detector.evaluation.intervals import Floats
from detector.evaluation.summary import MethodSummary, Results

PAPER = {"accuracy": 0.93, "precision": 0.95, "recall": 0.91, "f1": 0.93}
"""What the seed paper reports of its own system in its Table 1 and Figure 3, measured on 120 pictures of its own."""
NAMES = {"accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1": "F1"}
BARS = tuple(NAMES)


def draw(results: Results, answers: Sequence[Answers], folder: Path) -> list[Path]:
    """The plots of ``results`` as PNG files in ``folder``; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        (protocol, row.method): columns([a for a in answers if (a.protocol, a.method) == (protocol, row.method)])
        for protocol, rows in results.protocols.items()
        for row in rows
    }
    shown = "honest" if "honest" in results.protocols else next(iter(results.protocols))
    mine = {method: table for (protocol, method), table in tables.items() if protocol == shown}
    return [
        _bars(results, folder / "bars.png"),
        _roc(mine, shown, folder / "roc.png"),
        _reliability(mine, shown, folder / "reliability.png"),
        _by_history(mine, shown, folder / "score-by-history.png"),
    ]


def _figure(columns_: int, rows: int = 1, *, wide: float = 6.0, high: float = 4.5) -> tuple[Any, list[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # 0.3 s and a font cache: only when something is drawn
    from matplotlib.figure import Figure

    figure = Figure(figsize=(wide * columns_, high * rows), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns_, squeeze=False).ravel())


def _saved(figure: Any, path: Path) -> Path:
    figure.savefig(path, dpi=100, metadata={"Software": None})
    return path


def _bars(results: Results, path: Path) -> Path:
    """Accuracy, precision, recall and F1 of all methods, one panel a protocol: the seed paper's Figure 3, and beside it
    what the paper reports. One legend, over the panels, so that it hides no bar."""
    first = [name for name in ("paper", "honest") if name in results.protocols]
    names = first + [name for name in results.protocols if name not in first]
    figure, axes = _figure(min(2, len(names)), math.ceil(len(names) / 2), wide=8)
    for axis, name in zip(axes, names, strict=False):
        _panel(axis, results.protocols[name])
        axis.set_title(f"protocol: {name}")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(BARS))
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    return _saved(figure, path)


def _panel(axis: Any, rows: Sequence[MethodSummary]) -> None:
    """The bars of one protocol, after those that the paper reports of its system (it gives no figures of others)."""
    places = 1.3 + np.arange(len(rows))
    for number, key in enumerate(BARS):
        shift, colour = (number - 1.5) * 0.2, f"C{number}"
        axis.bar(shift, PAPER[key], 0.2, color=colour, alpha=0.55, hatch="//", edgecolor="white")
        axis.text(shift, PAPER[key] + 0.01, f"{PAPER[key]:.2f}"[1:], ha="center", fontsize="x-small")
        found = [row.figures[key] for row in rows]
        heights = np.nan_to_num([each.mean for each in found])
        reach = np.nan_to_num([[each.mean - each.low for each in found], [each.high - each.mean for each in found]])
        axis.bar(places + shift, heights, 0.2, yerr=np.maximum(reach, 0), label=NAMES[key], capsize=2, color=colour)
    axis.axhline(0.5, color="grey", linewidth=0.8, linestyle=":")
    axis.axvline(0.65, color="grey", linewidth=0.8)
    axis.set_xticks(
        [0, *places], ["reported by the\nseed paper", *(row.method for row in rows)], rotation=30, ha="right"
    )
    axis.set_ylim(0, 1.05)


def _roc(tables: dict[str, Columns], protocol: str, path: Path) -> Path:
    """True against false positive rate of each method; scores of several seeds are ranked within their seed.

    A picture without a score ranks lowest; a method without an area under the curve is left out.
    """
    figure, (axis,) = _figure(1)
    for method, table in tables.items():
        if math.isnan(FIGURES["auc"](table, np.arange(len(table.scores)))):
            continue
        forged, ranks = table.forged, _ranked(table)
        cuts = np.unique(ranks)[::-1]
        found = [0.0, *((ranks[forged] >= cut).mean() for cut in cuts)]
        alarms = [0.0, *((ranks[~forged] >= cut).mean() for cut in cuts)]
        axis.plot(alarms, found, label=method)
    axis.plot([0, 1], [0, 1], color="grey", linestyle=":")
    axis.set(xlabel="false alarms", ylabel="forgeries found", title=f"ROC, protocol: {protocol}")
    axis.legend(*axis.get_legend_handles_labels(), fontsize="small")
    return _saved(figure, path)


def _ranked(table: Columns) -> Floats:
    """(n,) the share of the seed's pictures that score no higher; 0 without a score."""
    ranks = np.zeros(len(table.scores))
    for seed in np.unique(table.seeds):
        mine = (table.seeds == seed) & ~np.isnan(table.scores)
        scores = table.scores[mine]
        ranks[mine] = np.searchsorted(np.sort(scores), scores, side="right") / max(1, scores.size)
    return ranks


def _reliability(tables: dict[str, Columns], protocol: str, path: Path) -> Path:
    """The share of forgeries against the stated probability, in ten bins; bins under five pictures are left out."""
    figure, (axis,) = _figure(1)
    for method, table in tables.items():
        kept = ~np.isnan(table.scores)
        p, forged = table.probability[kept], table.forged[kept]
        cell = np.minimum((p * 10).astype(int), 9)
        bins = [k for k in range(10) if (cell == k).sum() >= 5]
        axis.plot([p[cell == k].mean() for k in bins], [forged[cell == k].mean() for k in bins], "o-", label=method)
    axis.plot([0, 1], [0, 1], color="grey", linestyle=":")
    axis.set(xlabel="stated probability", ylabel="share of forgeries", title=f"Reliability, protocol: {protocol}")
    axis.legend(fontsize="small")
    return _saved(figure, path)


def _by_history(tables: dict[str, Columns], protocol: str, path: Path) -> Path:
    """The calibrated probability of pristine (left) and forged (right) pictures of each save history."""
    figure, axes = _figure(min(4, len(tables)), math.ceil(len(tables) / 4), wide=4, high=3.5)
    for axis, (method, table) in zip(axes, tables.items(), strict=False):
        histories = sorted({outcome.history or "unknown" for outcome in table.outcomes})
        for forged, shift, colour in ((False, -0.2, "tab:blue"), (True, 0.2, "tab:red")):
            groups = [
                table.probability[[o.forged is forged and (o.history or "unknown") == history for o in table.outcomes]]
                for history in histories
            ]
            places = [place + shift for place in range(len(histories))]
            axis.boxplot(groups, positions=places, widths=0.35, medianprops={"color": colour}, showfliers=False)
        axis.set_xticks(range(len(histories)), histories)
        axis.set(ylim=(0, 1), title=method)
    for axis in axes[len(tables) :]:
        axis.set_visible(False)
    figure.suptitle(f"Probability by save history, pristine (blue) and forged (red); protocol: {protocol}")
    return _saved(figure, path)
