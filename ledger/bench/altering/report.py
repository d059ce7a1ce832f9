"""The measurements as Markdown for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.bench.altering.copies import RECIPES
from ledger.bench.figures import Figure, Target

SUITE = "altered"
TARGETS = (
    ("found_straight", "original found after recompression, resizing, windowing, local edits", 0.99, True),
    ("found_turned", "original found after rotation, flip, inversion, crop", 0.95, True),
    ("wrong", "wrong original named, copies", 0, False),
    ("f1_mild", "tile F1 at JPEG q ≥ 70 and resize ≥ 0.75", 0.90, True),
    ("f1_strong", "tile F1 at q 50 and resize 0.5", 0.80, True),
    ("recall", "altered by ≥ 0.5 % of the area and ≥ 4 of 255 levels: reported as altered", 0.98, True),
    ("false_alarms_recompressed", "pristine recompressed or resized copies reported as altered", 0.01, False),
    ("false_alarms", "pristine copies of every transform reported as altered", 0.01, False),
)
"""Name, words, limit, and whether it is a least or a most."""
_WORDS = {recipe.name: recipe.words for recipe in RECIPES}
_MAIN = ("copies", "original found %", "wrong", "unsure", "none", "false alarms %", "recall %")
_PLACE = ("tile F1", "pooled", "half tiles", "area error")
_OTHERWISE = ("MedSeal found %", "wrong", "PDQ found %", "wrong", "pHash found %", "wrong")
_PLAIN = ("MedSeal recall %", "false alarms %", "tile F1", "difference recall %", "false alarms %", "tile F1")


def markdown(facts: Mapping[str, Any], found: Mapping[str, Any], cost: Mapping[str, Any]) -> str:
    """All tables, with what was run in the head."""
    rows, otherwise = found["transforms"], found["otherwise"]
    both = {_WORDS[name]: (rows[name], otherwise[name]) for name in rows}
    both["all"] = (found["all"], found["otherwise_all"])
    by_transform = {_WORDS[name]: row for name, row in rows.items()} | {"all": found["all"]}
    parts = [
        "# Altered copies of registered images\n",
        _head(facts, found),
        "\n## Targets\n",
        _table(("", "measured (95 %)", "target", ""), [_target(found["targets"], *target) for target in TARGETS]),
        "\n## By transform\n",
        _measured("transform", by_transform),
        "\n## By class of alteration, all transforms but text\n",
        _measured("class", found["classes"]),
        "\n## By modality\n",
        _measured("modality", found["modalities"]),
        "\n## What a user would do otherwise: finding\n",
        _table(("transform", *_OTHERWISE), [(name, *_finding(*pair)) for name, pair in both.items()]),
        "\n## What a user would do otherwise: change maps, by plain difference with the kept original\n",
        _table(("transform", *_PLAIN), [(name, *_mapping(*pair)) for name, pair in both.items()]),
        "\n## Cost\n",
        _cost(cost),
    ]
    return "\n".join(parts)


def figures(cost: Mapping[str, Any]) -> Iterator[Figure]:
    """What belongs into the table of all suites: the costs."""
    for name, words, times, limit in (
        ("fingerprint_ms_a_megapixel", "fingerprint of a megapixel, processor time, p50", 1, 30),
        ("search_s_a_megapixel", "search and change map of a copy, a megapixel, processor time, p50", 1000, 500),
    ):
        if cost[name]:
            yield Figure(SUITE, words, times * cost[name]["p50"], "ms", Target(limit))


def _head(facts: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    left_out = ", ".join(f"{count} {why}" for why, count in facts["left_out"].items()) or "none"
    lines = [
        f"- command: `{facts['command']}`",
        f"- {facts['date']}, commit {facts['commit']}, {facts['cores']} cores of {facts['processor']}, "
        f"load {facts['load_before'][0]:g} before and {facts['load_after'][0]:g} after, {facts['minutes']} minutes",
        f"- data: {facts['data']}; {facts['registered']} images registered, left out: {left_out}",
        f"- {facts['same_image_groups']} images are there in several files (detail at 128 × 128 correlates by 0.97 or "
        "more), which count as one; neighbouring slices do not",
        f"- {facts['originals']} originals, {facts['copies']} copies; in {facts['without_altered_copy']} originals no "
        f"alteration could be made; {found['faint']} altered copies are too faint to count for recall and F1",
        "- recall and false alarms are of all copies, found or not; F1 and area error (percentage points) of the "
        "altered copies that were found",
        "- a tile is true that holds any altered pixel (*half tiles*: is altered by half), and named when its centre, "
        "taken to the copy by the true transform, is white in the mask",
        "- intervals: 95 %, Wilson, or bootstrap over patients where one gives several copies",
    ]
    return "\n".join(lines) + "\n"


def _target(measured: Mapping[str, Any], name: str, words: str, limit: float, least: bool) -> tuple[str, ...]:
    value = _value(measured[name])
    if value is None:
        return words, "–", "", ""
    met = value >= limit if least else value <= limit
    scale = name.startswith("f1")
    shown = _plain_number(measured[name]) if scale or name == "wrong" else _percent(measured[name], "%")
    wanted = f"{limit:g}" if name == "wrong" else f"{limit:.2f}" if scale else f"{100 * limit:g} %"
    return words, shown, ("≥ " if least else "≤ ") + wanted, "met" if met else "MISSED"


def _measured(what: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    lines = []
    for name, row in rows.items():
        counts = [str(row[key]) for key in ("wrong", "unsure", "none")]
        shares = [_percent(row[key]) for key in ("false_alarms", "recall")]
        error = "–" if row["area_error"] is None else f"{row['area_error']:.2f}"
        pooled = "–" if row["f1_pooled"] is None else f"{row['f1_pooled']:.3f}"
        place = [_plain_number(row["f1"]), pooled, _plain_number(row["f1_half"]), error]
        lines.append((name, str(row["copies"]), _percent(row["found"]), *counts, *shares, *place))
    return _table((what, *_MAIN, *_PLACE), lines)


def _finding(own: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    named = [own, others["pdq"], others["phash"]]
    return [cell for one in named for cell in (_percent(one["found"]), str(one["wrong"]))]


def _mapping(own: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    return [
        cell
        for one in (own, others["plain"])
        for cell in (_percent(one["recall"]), _percent(one["false_alarms"]), _plain_number(one["f1"]))
    ]


def _cost(cost: Mapping[str, Any]) -> str:
    trace, more = cost["fingerprint_ms_a_megapixel"], cost["traced_less_untraced_ms_a_megapixel"]
    lines = []
    if trace:
        lines += [
            f"- fingerprint alone: {trace['p50']:.1f} ms a megapixel (p50), {trace['p95']:.1f} (p95), of processor "
            f"time, {trace['count']} images; target 30",
            f"- digest set with it less one without: {more['p50']:.1f} ms a megapixel (p50), {more['p95']:.1f} (p95)",
        ]
    search, whole = cost["search_s_a_megapixel"], cost["search_s"]
    lines += [
        f"- search, alignment and change map of a copy, processor time: {search['p50']:.2f} s a megapixel (p50), "
        f"{search['p95']:.2f} (p95); target 0.5; "
        f"{1000 * whole['p50']:.0f} ms a copy (p50), {1000 * whole['p95']:.0f} (p95)",
        "- a search among a million codes: `medseal bench --only search`",
    ]
    sizes = [_size(row) for row in cost["bytes"]]
    return "\n".join(lines) + "\n\n" + _table(("bytes an image", "images", "trace/1", "codes"), sizes)


def _size(row: Mapping[str, Any]) -> tuple[str, ...]:
    size = f"{row['from']:g} to {row['to']:g} megapixels" if row["to"] else f"{row['from']:g} megapixels and more"
    spread = [
        f"{part['median']:,.0f} ({part['least']:,} to {part['greatest']:,})" for part in (row["blob"], row["codes"])
    ]
    return size, str(row["images"]), *spread


def _value(measured: Any) -> float | None:
    value: float | None = measured["value"] if isinstance(measured, dict) else measured
    return value


def _percent(row: Mapping[str, Any] | None, unit: str = "") -> str:
    if row is None:
        return "–"
    shown = f"{100 * row['value']:.1f} ({100 * row['low']:.1f} to {100 * row['high']:.1f})"
    return f"{shown} {unit}".rstrip()


def _plain_number(row: Any) -> str:
    if row is None:
        return "–"
    if isinstance(row, int):
        return str(row)
    return f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
