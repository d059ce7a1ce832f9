"""The tables of a run in Markdown, all figures in JSON. Every number and every sentence about numbers is computed."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from detector.audit import HIGHEST, LOWEST, failures
from detector.evaluation import plots
from detector.evaluation.columns import DECIDING, Answers
from detector.evaluation.learning import AUDITED
from detector.evaluation.summary import Cell, Figure, MethodSummary, Results

OUTCOMES = ("tp", "fp", "tn", "fn")
MAIN = ("accuracy", "precision", "recall", "f1", "auc", "balanced_accuracy")
BANDS = ("band_false_alarms", "band_found", "band_missed", "inconclusive", "ece")
PIXELS = ("pixel_f1", "pixel_iou", "pixel_auc", "best_pixel_f1", "best_pixel_iou", "area_error", "copy_told_rightly")
HEADS = {
    "precision": "precision, of how many called forged",
    "f1": "F1",
    "auc": "AUC",
    "ece": "calibration error (ECE)",
    "band_false_alarms": "false alarms of *altered*",
    "band_found": "forgeries called *altered*",
    "band_missed": "forgeries called *no-trace*",
    "pixel_f1": "pixel F1",
    "pixel_iou": "pixel IoU",
    "pixel_auc": "pixel AUC",
    "best_pixel_f1": "pixel F1, best threshold of each",
    "best_pixel_iou": "pixel IoU, best threshold of each",
    "area_error": "area error, points",
    "copy_told_rightly": "copy or original told rightly",
}
DIMENSIONS = {
    "forgery": "forgery class",
    "area": "size of the forgery",
    "regime": "regime (read from the file)",
    "history": "save history",
    "quality": "second minus first JPEG quality",
    "modality": "modality",
    "source": "source",
}
NOTES = {
    "area": "The share of the picture as tested. Forgeries are made to cover at most 15 %; where the save history then "
    "crops the picture, what is left may be covered by more."
}
LEARNED = {
    "loss_last": "training loss, last epoch",
    "loss_kept": "training loss, kept epoch",
    "held_loss": "held-out loss, kept epoch",
    "held_accuracy": "held-out accuracy, kept epoch",
}
MORE = {"unfinished": "Not finished, so not in these tables", "shipped": "As shipped, bands and all, not trained here"}
WORDS = {
    "honest": "Both classes pass the same saves; divided by patient and near-duplicates.",
    "source-out": "As honest, but the tested source (by seed: {sources}) is neither trained nor calibrated on.",
    "paper": "The seed paper's protocol: 300 + 300 pictures, 480 to train and 120 to test, drawn by original at random "
    "(an original and its forgery together, patients on both sides); both classes pass the same saves.",
    "leaky": "As the paper's protocol, but forged files are saved once more than pristine ones. An exhibit, no result.",
}


def write(results: Results, answers: Sequence[Answers], out: Path) -> None:
    """Afterwards ``out`` holds ``results.json``, ``table.md`` and ``plots/*.png``."""
    body = json.dumps(_plain(asdict(results)), indent=1)
    (out / "results.json").write_text(body + "\n", encoding="utf-8")
    drawn = plots.draw(results, answers, out / "plots")
    (out / "table.md").write_text(markdown(results, drawn), encoding="utf-8")


def markdown(results: Results, drawn: Sequence[Path] = ()) -> str:
    """All tables of ``results``, with what they were made by."""
    parts = ["# Benchmark of the methods", _about(results.about), _worth(results), _leak(results)]
    for protocol, rows in results.protocols.items():
        parts += _protocol(protocol, rows, results.about)
    parts += [_learning(results), _cues(results), _costs(results)]
    for protocol, rows in results.protocols.items():
        if any(row.breakdowns for row in rows):
            parts += _breakdowns(protocol, rows)
    parts += [f"![{path.stem}]({path.parent.name}/{path.name})" for path in drawn]
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(about: Mapping[str, Any]) -> str:
    return (
        f"Made by `scripts/evaluate` with the configuration `{about['config']}` from the data set `{about['data']}` on "
        f"{about['date']}, commit {', '.join(about['commits'])}, seeds {', '.join(map(str, about['seeds']))} "
        f"({about['machine']}). Left out: {', '.join(about['left_out']) or 'no source'}.\n\n"
        "A figure is the mean over seeds; in brackets its 95 % interval, groups (patients, near-duplicates) drawn "
        f"again {about['bootstrap_rounds']} times over all seeds together: it holds the chance of which pictures are "
        "tested, not that of training (the value of each seed is in `results.json`). Counts are sums over seeds, "
        "*tested* the pictures that the method was asked about. The precision is TP / (TP + FP) of these sums, its "
        "interval the wider, at each end, of groups drawn again and Wilson's for so many called forged. A picture is "
        "called forged above a calibrated probability of one half (prior one half); one without an answer is not "
        "called forged and ranks lowest. A dash: not defined, or too few answers to say. Models stop early and are "
        "calibrated on the same held-out side, never on the test side."
    ) + "".join(f"\n\n{words}: {', '.join(about[key])}." for key, words in MORE.items() if about[key])


def _protocol(protocol: str, rows: Sequence[MethodSummary], about: Mapping[str, Any]) -> list[str]:
    head = ["method", "tested", "TP", "FP", "TN", "FN", *map(_head, MAIN)]
    body = [
        [row.method, _tested(row), *(str(row.counts[key]) for key in OUTCOMES), *(_figure(row, k) for k in MAIN)]
        for row in rows
    ]
    reported = [f"{plots.PAPER[key]:.2f}" if key in plots.PAPER else "–" for key in MAIN]
    body.append(["*reported by the seed paper for its system*", "120", "–", "–", "–", "–", *reported])
    bands = [[row.method, *(_figure(row, key) for key in BANDS), _unanswered(row)] for row in rows]
    pixels = [[row.method, *(_figure(row, key) for key in PIXELS), _told(row)] for row in rows]
    return [
        f"## {protocol}",
        WORDS[protocol].format(sources=", ".join(about["sources_out"])),
        _grid(head, body),
        _grid(["method", *map(_head, BANDS), "without an answer"], bands),
        _grid(["method", *map(_head, PIXELS), "copies told / copies"], pixels),
    ]


def _leak(results: Results) -> str:
    """Each method under the leaky and the paper's protocol, side by side, with what the figures show."""
    if not {"leaky", "paper"} <= set(results.protocols):
        return ""
    body, gained = [], []
    twice = {row.method: row for row in results.protocols["paper"]}
    for row in results.protocols["leaky"]:
        if (paper := twice.get(row.method)) is None:
            continue
        body.append([row.method, *(_figure(each, key) for key in ("accuracy", "auc") for each in (row, paper))])
        if row.figures["auc"].low > paper.figures["auc"].high:
            gained.append(f"`{row.method}` ({row.figures['auc'].mean:.2f} against {paper.figures['auc'].mean:.2f})")
    said = (
        "The AUC under the leaky protocol lies above that under the paper's, the 95 % intervals apart, for "
        f"{', '.join(gained) or 'no method'}. The two have the same number of pictures, divided alike; they differ in "
        "the saves: under *leaky* pristine pictures are saved once as JPEG and forged ones once more, under "
        "*paper* both classes pass the same saves."
    )
    head = ["method", "accuracy, leaky", "accuracy, paper", "AUC, leaky", "AUC, paper"]
    return "## Leaky and paper, side by side\n\n" + _grid(head, body) + "\n\n" + said


def _worth(results: Results) -> str:
    """Which methods the honest protocol finds better than guessing."""
    if "honest" not in results.protocols:
        return ""
    rows = results.protocols["honest"]
    better = [f"`{row.method}` ({_figure(row, 'auc')})" for row in rows if row.figures["auc"].low > 0.5]
    others = [f"`{row.method}`" for row in rows if not row.figures["auc"].low > 0.5]
    return (
        f"Under the honest protocol the interval of the AUC lies above one half for {', '.join(better) or 'no method'}"
        f"; it does not for {', '.join(others) or 'none of them'}."
    )


def _learning(results: Results) -> str:
    body = [
        [
            protocol,
            method,
            " / ".join(f"{one.kept} of {one.epochs}" for one in seeds),
            *(" / ".join(f"{getattr(one, key):.3f}" for one in seeds) for key in LEARNED),
        ]
        for protocol, methods in results.learning.items()
        for method, seeds in methods.items()
    ]
    if not body:
        return ""
    words = (
        "The networks, each seed by itself. Guessing has a loss of 0.693 (log 2) and an accuracy of 0.5. Where the "
        "training loss stays there, the network did not learn even its own pictures, so its row above says nothing of "
        "the method; where that loss falls and the held-out one does not, it learned what does not carry over."
    )
    head = ["protocol", "method", "kept epoch", *LEARNED.values()]
    return "## Did it learn?\n\n" + words + "\n\n" + _grid(head, body)


def _cues(results: Results) -> str:
    if not results.cues:
        return ""
    names = [cue.name for cue in next(iter(results.cues.values()))]
    body = [
        [name, *(f"{_interval(Figure(c.auc, c.low, c.high))}" for c in cues)] for name, cues in results.cues.items()
    ]
    failed = [f"{cue.name} ({name})" for name, cues in results.cues.items() for cue in failures(cues)]
    words = (
        "The AUC of what says nothing of an edit, used as a detector by itself [95 %, pairs drawn again], on at most "
        f"{AUDITED} tested pictures a protocol. Outside {LOWEST} to {HIGHEST}: {', '.join(failed) or 'none'}."
    )
    return "## Trivial cues of the tested pictures\n\n" + words + "\n\n" + _grid(["protocol", *names], body)


def _costs(results: Results) -> str:
    body = [
        [method, f"{cost['seconds_per_megapixel']:.3f}", f"{cost['peak_mb']:.0f}"]
        for method, cost in results.costs.items()
    ]
    head = ["method", "seconds a megapixel (warm, 1024×1024 grey)", "peak memory of the process, MB"]
    return "## Cost\n\n" + _grid(head, body)


def _breakdowns(protocol: str, rows: Sequence[MethodSummary]) -> list[str]:
    parts = [f"## Where it works: the {protocol} protocol in parts"]
    for dimension, words in DIMENSIONS.items():
        keys = in_order({key for row in rows for key in row.breakdowns[dimension]})
        if keys:
            head = [words, "pristine + forged", *(row.method for row in rows)]
            body = [[key, _sizes(rows, dimension, key), *_cells(rows, dimension, key)] for key in keys]
            parts += [f"### By {words}: AUC, and pixel F1 at the fixed threshold", NOTES.get(dimension, "")]
            parts.append(_grid(head, body))
    keys = sorted({key for row in rows for key in row.breakdowns["modality"]})
    if keys:
        body = [[key, *(_alarms(row.breakdowns["modality"].get(key)) for row in rows)] for key in keys]
        head = ["modality", *(row.method for row in rows)]
        parts += ["### False alarms by modality: pristine pictures called *altered* [95 %]", _grid(head, body)]
    return parts


def in_order(keys: Collection[str]) -> list[str]:
    """Ranges by their numbers, everything else after them by name."""
    return sorted(keys, key=_place)


def _place(key: str) -> tuple[float, str]:
    if key.startswith(("under ", "over ")):
        return (-math.inf if key.startswith("under ") else 1e9), key
    number = re.match(r"-?\d+(?= to )", key)
    return (float(number[0]) if number else math.inf), key


def _sizes(rows: Sequence[MethodSummary], dimension: str, key: str) -> str:
    cells = [row.breakdowns[dimension][key] for row in rows if key in row.breakdowns[dimension]]
    largest = max(cells, key=lambda cell: cell.pristine + cell.forged)
    return f"{largest.pristine} + {largest.forged}"


def _cells(rows: Sequence[MethodSummary], dimension: str, key: str) -> list[str]:
    cells = [row.breakdowns[dimension].get(key) for row in rows]
    return [f"{_interval(cell.auc)}; {_number(cell.pixel_f1)}" if cell else "–" for cell in cells]


def _alarms(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    low, high = cell.false_alarm_interval
    return f"{cell.false_alarms} of {cell.pristine} [{low:.2f}, {high:.2f}]"


def _unanswered(row: MethodSummary) -> str:
    failed = row.counts["failed"]
    return f"{row.counts['without_answer']}" + (f" ({failed} failed)" if failed else "")


def _tested(row: MethodSummary) -> str:
    return str(sum(row.counts[key] for key in OUTCOMES))


def _told(row: MethodSummary) -> str:
    if row.method not in DECIDING:
        return "–"
    return f"{row.counts['copies_told']} / {row.counts['copies']}"


def _head(key: str) -> str:
    return HEADS.get(key, key.replace("_", " "))


def _figure(row: MethodSummary, key: str) -> str:
    said = _interval(row.figures[key], 1 if key == "area_error" else 2)
    called = row.counts["tp"] + row.counts["fp"]
    return f"{said} of {called}" if key == "precision" and called else said


def _interval(figure: Figure, digits: int = 2) -> str:
    if math.isnan(figure.mean):
        return "–"
    return f"{figure.mean:.{digits}f} [{figure.low:.{digits}f}, {figure.high:.{digits}f}]"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _grid(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _plain(value: Any) -> Any:
    """The same without NaN, which JSON has not."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
