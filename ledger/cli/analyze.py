"""``medseal analyze``: what the forgery detector says of pictures, without a server, a chain or a ledger."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.cli.edge import BAD_INPUT, NO, UNDETERMINED, YES, Json, Verbose, settings_for
from ledger.errors import InputError, LedgerError

if TYPE_CHECKING:
    from detector.predict import Analyzer
    from detector.types import Detection
    from ledger.settings import Settings

Line = Mapping[str, Any]
ALL = "all"
_BANDS = {"altered": "altered", "inconclusive": "inconclusive", "no-trace": "no trace found", None: "unreadable"}
_REGIMES = {
    "jpeg-double": "JPEG, saved before",
    "jpeg": "JPEG",
    "lossless-jpeg-trace": "lossless, once a JPEG",
    "lossless": "lossless",
}
_MOST_REASONS = 2

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="FILE...", help="DICOM, PNG, JPEG, TIFF, or folders of them.")
]
Method = Annotated[
    str | None, typer.Option("--method", "--methods", metavar="NAME", help="Names by comma, or all; ela_cnn if unset.")
]
Weights = Annotated[
    Path | None, typer.Option("--weights", metavar="DIR", help="Folder of models; the shipped one if not given.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write heat maps (.npy) and masks (.png) here.")]
Export = Annotated[
    Path | None, typer.Option("--export", metavar="FILE", help="Write all answers to a .csv or .jsonl file, too.")
]


def analyze(
    files: Files = None,
    method: Method = None,
    weights: Weights = None,
    out: Out = None,
    export: Export = None,
    resume: Annotated[bool, typer.Option("--resume", help="Leave out what the export holds, and add to it.")] = False,
    list_methods: Annotated[bool, typer.Option("--list-methods", help="Print the methods and stop.")] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Look for traces of forgery; a calibrated answer for each picture. It never says authentic.

    Exit codes: 0 nothing altered, 1 something altered, 3 something inconclusive or unreadable,
    2 nothing could be read.
    """
    settings = settings_for(None, None, verbose)
    if list_methods:
        _list_methods(weights, as_json)
        return
    if resume and export is None:
        raise InputError("expected an export to go on with, found --resume alone", advice="Give --export FILE as well.")
    from ledger.cli.analyze_export import opened_export

    found, analyzers = _expanded(files or ()), _analyzers(method, weights)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with opened_export(export, resume=resume) as book:
        todo = [file for file in found if not book.holds(str(file), [analyzer.name for analyzer in analyzers])]
        lines = list(book.lines)
        screen = sys.stdout
        for answer in _answers(todo, analyzers, settings, out):
            book.write(answer)
            lines += answer
            if as_json:
                with redirect_stdout(screen):  # the progress bar has taken it, and would print on standard error
                    _emit(answer)
    if not as_json:
        _show(lines, len(found) - len(todo))
    raise typer.Exit(exit_code(lines))


def exit_code(lines: Sequence[Line]) -> int:
    """1 when something is altered, else 3 when something is inconclusive or unreadable, 2 when everything is."""
    if lines and all("error" in line for line in lines):
        return BAD_INPUT
    bands = {line.get("band") for line in lines}
    if "altered" in bands:
        return NO
    return UNDETERMINED if bands - {"no-trace"} else YES


def _expanded(paths: Sequence[Path]) -> list[Path]:
    from ledger.cli.files import expand

    found = list(expand(paths, recursive=True))
    if not found:
        raise InputError("expected files to analyze, found none", advice="Name files, or folders that hold some.")
    return found


def _analyzers(wanted: str | None, weights: Path | None) -> list[Analyzer]:
    """The methods asked for, loaded. Of ``all``, what cannot be used is left out with a word on standard error."""
    from detector.errors import WeightsUnusable
    from detector.predict import Analyzer
    from detector.registry import DEFAULT, METHODS, SHIPPED
    from ledger.cli.output import clean, say

    folder = weights or SHIPPED
    if wanted != ALL:
        names = dict.fromkeys(name.strip() for name in (wanted or DEFAULT).split(","))
        return [Analyzer(name, folder) for name in names]
    usable = []
    for name in METHODS:
        try:
            usable.append(Analyzer(name, folder))
        except WeightsUnusable as error:
            say(f"{name} is left out: {clean(error)}")
    if not usable:
        raise InputError(f"expected a usable method in {folder}, found none", advice=WeightsUnusable.advice)
    return usable


def _answers(
    files: Sequence[Path], analyzers: Sequence[Analyzer], settings: Settings, out: Path | None
) -> Iterator[list[Line]]:
    """The lines of each file: one a method, or one that says why it could not be read."""
    from ledger.cli.output import error_object, progress

    with progress() as bars:
        for file in bars.track(files, description="analyzing"):
            try:
                yield _examined(file, analyzers, settings, out)
            except Exception as error:  # noqa: BLE001  one strange file must not end a run over thousands
                yield [{"file": str(file), "error": error_object(_failure(error))}]


def _failure(error: Exception) -> LedgerError:
    from detector.errors import DetectorError

    if isinstance(error, LedgerError):
        return error
    if isinstance(error, DetectorError):
        return InputError(str(error), advice=error.advice, code=error.code)
    return LedgerError(f"{type(error).__name__}: {error}", code="internal_error")


def _examined(file: Path, analyzers: Sequence[Analyzer], settings: Settings, out: Path | None) -> list[Line]:
    from ledger.cli.files import read
    from ledger.core.images import Limits, decode
    from ledger.pixels import frame_pixels, spread

    data = read(file, settings.max_upload_mb)
    image = decode(data, Limits(max_pixels=settings.max_pixels, max_frames=settings.max_frames))
    numbers = spread(image.frames)
    best: dict[str, tuple[int, Detection]] = {}
    for frame in frame_pixels(image, data, numbers):
        for analyzer in analyzers:
            seen = analyzer.analyze(frame.pixels, jpeg=frame.jpeg)
            if analyzer.name not in best or _suspicion(seen) > _suspicion(best[analyzer.name][1]):
                best[analyzer.name] = frame.number, seen
    frames = {"frames": image.frames, "examined": len(numbers)}
    return [_line(file, seen, {"frame": number, **frames}, out) for number, seen in best.values()]


def _suspicion(seen: Detection) -> tuple[bool, float, float]:
    """Of several frames the one that is reported: one that can be judged, then by probability, then by score."""
    return seen.applicable, seen.probability or 0.0, seen.score or 0.0


def _line(file: Path, seen: Detection, frames: Mapping[str, int], out: Path | None) -> Line:
    from ledger.cli.analyze_export import finite, write_maps

    heatmap, mask = write_maps(out, file, seen) if out is not None and seen.applicable else (None, None)
    found: dict[str, Any] = finite(
        {
            "file": str(file),
            "method": seen.method,
            "version": seen.version,
            "applicable": seen.applicable,
            "reason": seen.reason,
            "regime": str(seen.regime),
            "band": str(seen.band),
            "score": seen.score,
            "probability": seen.probability,
            "area_percent": seen.area_percent,
            "area_interval": seen.area_interval,
            "heatmap": heatmap,
            "mask": mask,
            "findings": [asdict(finding) for finding in seen.findings],
            "figures": seen.figures,
            "rates": seen.rates,
            **frames,
            "seconds": round(seen.seconds, 4),
        }
    )
    return found


def _emit(lines: Sequence[Line]) -> None:
    from ledger.cli.output import emit

    for line in lines:
        emit(line)


def _show(lines: Sequence[Line], left_out: int) -> None:
    from ledger.cli import output

    answers = [line for line in lines if "error" not in line]
    several = len({line["method"] for line in answers}) > 1
    columns = ["file", *(["method"] if several else []), "finding", "probability", "area", "file's past", "reasons"]
    rows = [_row(line, several) for line in answers]
    if rows:
        output.table(columns, rows)
    for line in lines:
        if "error" in line:
            _show_error(line)
    counts = Counter(_BANDS[line.get("band")] for line in lines)
    if len(lines) > 1:
        files = len({line["file"] for line in lines})
        typer.echo(f"{files} files: " + ", ".join(f"{count} {word}" for word, count in counts.most_common()))
    if left_out:
        output.say(f"{left_out} files were in the export and are not examined again")


def _show_error(line: Line) -> None:
    from ledger.cli import output

    error = line["error"]
    output.say(f"{output.clean(line['file'])}:")
    output.report(LedgerError(error["message"], code=error["code"], advice=error["advice"]))


def _row(line: Line, several: bool) -> list[object]:
    probability, area = line["probability"], line["area_percent"]
    return [
        line["file"] if line["frames"] == 1 else f"{line['file']} (frame {line['frame']} of {line['frames']})",
        *([line["method"]] if several else []),
        _BANDS[line["band"]],
        None if probability is None else f"{100 * probability:.0f} %",
        None if area is None else f"{area:.1f} %",
        _REGIMES[line["regime"]],
        _reasons(line),
    ]


def _reasons(line: Line) -> str:
    if not line["applicable"]:
        return f"not applicable: {line['reason']}"
    texts = [finding["text"] for finding in line["findings"]]
    more = len(texts) - _MOST_REASONS
    return "; ".join(texts[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")


def _list_methods(weights: Path | None, as_json: bool) -> None:
    from detector.errors import WeightsUnusable
    from detector.predict import Analyzer
    from detector.registry import DEFAULT, METHODS, SHIPPED
    from ledger.cli import output

    rows: list[tuple[str, bool, str | None, str]] = []
    for name in METHODS:
        try:
            rows.append((name, name == DEFAULT, Analyzer(name, weights or SHIPPED).version, "usable"))
        except WeightsUnusable as error:
            rows.append((name, name == DEFAULT, None, str(error)))
    if as_json:
        for name, default, version, state in rows:
            output.emit({"method": name, "default": default, "version": version, "state": output.clean(state)})
        return
    output.table(("method", "", "version", "state"), [(n, "default" if d else "", v, s) for n, d, v, s in rows])
