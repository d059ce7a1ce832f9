"""What ``medseal analyze`` writes: heat maps, masks, and an export that a stopped run goes on with."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ledger.cli.analyze_rates import decides_nothing
from ledger.errors import InputError

if TYPE_CHECKING:
    from detector.predict import Analyzer
    from detector.types import Detection

COLUMNS = (
    *("file", "method", "version", "applicable", "reason", "regime", "band", "score", "probability", "area_percent"),
    *("likelihood_ratio", "likelihood_low", "likelihood_high"),
    *("area_low", "area_high", "heatmap", "mask", "findings", "reasons"),
    *("measured_on", "n_pristine", "n_forged", "false_alarm", "false_alarm_high", "caught", "miss", "miss_high"),
    *("cleared", "note", "frame", "frames", "examined", "seconds"),
    *("error_code", "error_message", "error_advice"),
)
"""Of a CSV export; ``findings`` are their codes, divided by blanks, and ``reasons`` their texts, divided by ``|``.
The rates are empty where the note says that every answer is inconclusive."""
_BAR = " | "
_NUMBERS = ("score", "probability", "area_percent", "likelihood_ratio")
_COUNTS = ("n_pristine", "n_forged")
_RATES = ("false_alarm", "false_alarm_high", "caught", "miss", "miss_high", "cleared")
_FORMULA, _NEUTRAL = re.compile(r"'*[=+\-@]"), re.compile(r"'+[=+\-@]")


class Book:
    """An export: ``lines`` are those it held when it was opened, each written line is on disk at once."""

    def __init__(self, stream: IO[str] | None = None, *, as_csv: bool = False, lines: Sequence[Any] = ()) -> None:
        self.lines: list[Mapping[str, Any]] = latest(lines)
        self._stream = stream
        self._csv = as_csv
        self._versions = {(line["file"], line.get("method")): line.get("version") for line in self.lines}
        self._files = {line["file"] for line in self.lines}

    def names(self, file: str) -> bool:
        """Whether any line is of ``file``, be it an answer or an error."""
        return file in self._files

    def holds(self, file: str, method: Analyzer) -> bool:
        """Whether ``file`` has an answer of this very version of ``method``; an error is none."""
        return self._versions.get((file, method.name)) == method.version

    def write(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Add ``lines`` at the end."""
        if self._stream is None:
            return
        for line in lines:
            text = _csv_row(flat(line)) if self._csv else json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"
            self._stream.write(text)
        self._stream.flush()


def latest(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines that hold: the last one of a file and a method, an error only while no answer on the file follows."""
    kept: dict[tuple[str, str | None], Mapping[str, Any]] = {}
    for line in lines:
        key = line["file"], line.get("method")
        kept.pop(key, None)
        kept.pop((line["file"], None), None)
        kept[key] = line
    return list(kept.values())


@contextmanager
def opened_export(path: Path | None, *, resume: bool) -> Iterator[Book]:
    """The export at ``path``, or one that keeps nothing if None.

    InputError for a name that is neither ``.csv`` nor ``.jsonl``, for a file that is there already unless ``resume``,
    and for one that is no such export.
    """
    if path is None:
        yield Book()
        return
    if path.suffix not in (".csv", ".jsonl"):
        raise InputError(f"expected an export that ends in .csv or .jsonl, found {path.name}")
    as_csv, there = path.suffix == ".csv", path.exists() and path.stat().st_size > 0
    if there and not resume:
        advice = "Give --resume to add to it, or another name."
        raise InputError(f"expected a new export, found {path} there already", advice=advice, code="export_exists")
    lines = _held(path, as_csv) if there else []
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="") as stream:
        if as_csv and not stream.tell():
            stream.write(_csv_row(dict.fromkeys(COLUMNS, ""), header=True))
        yield Book(stream, as_csv=as_csv, lines=lines)


def _held(path: Path, as_csv: bool) -> list[Mapping[str, Any]]:
    """The lines of an export; one that was cut short when its run was stopped is taken off the file."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        text = whole.decode("utf-8")
        lines = _from_csv(text) if as_csv else [json.loads(line) for line in text.splitlines()]
        if not all(isinstance(line, dict) and isinstance(line.get("file"), str) for line in lines):
            raise ValueError("a line without a file")
    except ValueError as error:
        raise InputError(f"expected an export of medseal analyze in {path}, found something else: {error}") from error
    if len(whole) != len(data):
        path.write_bytes(whole)
    return lines


def _from_csv(text: str) -> list[Mapping[str, Any]]:
    rows = list(csv.DictReader(io.StringIO(text)))
    if text and not text.startswith(",".join(COLUMNS)):
        raise ValueError("other columns")
    return [_unflat({name: text[1:] if _NEUTRAL.match(text) else text for name, text in row.items()}) for row in rows]


def flat(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line as the columns of a CSV export."""
    low, high = line.get("area_interval") or (None, None)
    least, most = line.get("likelihood_bounds") or (None, None)
    error = line.get("error") or {}
    findings = line.get("findings", ())
    codes = " ".join(finding["code"] for finding in findings)
    reasons = _BAR.join(finding["text"].replace("|", "/") for finding in findings)
    derived = {"area_low": low, "area_high": high, "likelihood_low": least, "likelihood_high": most}
    derived |= {"findings": codes, "reasons": reasons}
    return {**line, **derived, **_flat_rates(line), **{f"error_{name}": text for name, text in error.items()}}


def _flat_rates(line: Mapping[str, Any]) -> dict[str, Any]:
    rates = line.get("rates") or {}
    told = {} if decides_nothing(rates) else {name: rates.get(name) for name in (*_COUNTS, *_RATES)}
    return {"measured_on": rates.get("regime"), "note": rates.get("note"), **told}


def _unflat(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["error_code"]:
        names = ("code", "message", "advice")
        return {"file": row["file"], "error": {name: row[f"error_{name}"] for name in names}}
    numbers: dict[str, Any] = {name: float(row[name]) if row[name] else None for name in _NUMBERS}
    numbers["likelihood_bounds"] = (
        [float(row[name]) for name in ("likelihood_low", "likelihood_high")] if row["likelihood_low"] else None
    )
    frames = {name: int(row[name]) for name in ("frame", "frames", "examined")}
    texts = zip(row["findings"].split(), row["reasons"].split(_BAR), strict=True) if row["findings"] else ()
    findings = [{"code": code, "text": text} for code, text in texts]
    rates: dict[str, Any] = {name: float(row[name]) for name in _RATES if row[name]}
    rates |= {name: int(row[name]) for name in _COUNTS if row[name]}
    rates |= {name: row[column] for name, column in (("regime", "measured_on"), ("note", "note")) if row[column]}
    held = {"applicable": row["applicable"] == "True", "findings": findings, "rates": rates}
    return {**row, **numbers, **frames, **held}


def _csv_row(values: Mapping[str, Any], *, header: bool = False) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    found = COLUMNS if header else tuple(values.get(name) for name in COLUMNS)
    writer.writerow(_cell(value) for value in found)
    return text.getvalue()


def _cell(value: object) -> str:
    """Text that a spreadsheet would take for a formula begins with an apostrophe, which :func:`_from_csv` takes off."""
    from ledger.cli.output import clean

    text = "" if value is None else clean(value)
    return f"'{text}" if not isinstance(value, int | float) and _FORMULA.match(text) else text


def finite(value: Any) -> Any:
    """``value`` as JSON can say it: None for numbers that are not finite, plain numbers, lists and dictionaries."""
    if isinstance(value, Mapping):
        return {str(name): finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    if hasattr(value, "item"):  # a number of numpy's
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_maps(out: Path, file: Path, seen: Detection) -> tuple[str, str]:
    """Where heat map (16-bit PNG: 0..1 as 0 to 65535) and mask (PNG, 0 or 255) of ``file`` were written, in its size.

    The names begin with the file's; a few digits of its whole path tell files of one name apart.
    """
    import cv2
    import numpy as np

    from ledger.files import write_atomically

    mark = hashlib.sha256(str(file.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    stem = f"{file.name}-{mark}.{seen.method}"
    heatmap, mask = out / f"{stem}.heatmap.png", out / f"{stem}.mask.png"
    levels = np.rint(np.clip(np.asarray(seen.heatmap, np.float64), 0.0, 1.0) * 65535).astype(np.uint16)
    for path, picture in ((heatmap, levels), (mask, np.asarray(seen.mask, np.uint8) * np.uint8(255))):
        write_atomically(path, cv2.imencode(".png", picture)[1].tobytes())
    return str(heatmap), str(mask)
