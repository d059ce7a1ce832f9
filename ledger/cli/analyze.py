"""``medseal analyze``: what the forgery detector says of pictures, without a server, a chain or a ledger."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator, Mapping, Sequence
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
    from ledger.cli.analyze_export import Book
    from ledger.settings import Settings

Line = Mapping[str, Any]
ALL = "all"
NO_PIXELS = "without pixel data"
"""How the reader of DICOM says it; its error has no code of its own."""
_HEAD = 132
_NAMED = frozenset((".png", ".jpg", ".jpeg", ".dcm", ".tif", ".tiff"))
_RESUME = "Add what the export lacks: new files, unreadable ones again, answers of another version of a method."

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="FILE...", help="DICOM, PNG, JPEG, TIFF, or folders of them.")
]
Method = Annotated[
    list[str] | None,
    typer.Option("--method", "--methods", metavar="NAME", help="Names, by comma or repeated, or all; fusion if unset."),
]
Weights = Annotated[
    Path | None, typer.Option("--weights", metavar="DIR", help="Folder of models; the shipped one if not given.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write heat maps (16-bit, white: suspicious) and masks as PNG here."),
]
Export = Annotated[
    Path | None, typer.Option("--export", metavar="FILE", help="Write all answers to a .csv or .jsonl file, too.")
]


def analyze(
    files: Files = None,
    method: Method = None,
    weights: Weights = None,
    out: Out = None,
    export: Export = None,
    resume: Annotated[bool, typer.Option("--resume", help=_RESUME)] = False,
    list_methods: Annotated[bool, typer.Option("--list-methods", help="Print the methods and stop.")] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Look for traces of forgery; a calibrated answer for each picture. It never says authentic.

    Exit codes: 0 nothing altered, 1 something altered, 3 something inconclusive, not applicable or unreadable,
    2 nothing could be read. Sides of 64 to 8192 pixels apply. In folders, files that are no pictures are passed over.
    """
    settings = settings_for(None, None, verbose)
    if list_methods:
        _list_methods(weights, as_json)
        return
    if resume and export is None:
        raise InputError("expected an export to go on with, found --resume alone", advice="Give --export FILE as well.")
    from ledger.cli.analyze_export import latest, opened_export
    from ledger.cli.analyze_view import show, show_maps, show_passed, show_resumed

    found, analyzers = _expanded(files or ()), _analyzers(method or (), weights)
    named, passed = {path for path in files or () if not path.is_dir()}, 0
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with opened_export(export, resume=resume) as book:
        todo = _todo(found, analyzers, book)
        show_resumed(len(found) - len(todo), sum(book.names(str(file)) for file, _ in todo))
        lines = list(book.lines)
        screen = sys.stdout
        for answer in _answers(todo, settings, out, named):
            passed += not answer
            book.write(answer)
            lines += answer
            if as_json:
                with redirect_stdout(screen):  # the progress bar has taken it, and would print on standard error
                    _emit(answer)
    show_passed(passed)
    show_maps(lines, out)
    if passed and not lines:
        raise InputError("expected pictures to analyze, found none", advice="Name a folder that holds some.")
    lines = latest(lines)
    if not as_json:
        show(lines)
    raise typer.Exit(exit_code(lines))


def exit_code(lines: Sequence[Line]) -> int:
    """1 when something is altered, else 3 when something is inconclusive or unreadable, 2 when everything is."""
    if lines and all("error" in line for line in lines):
        return BAD_INPUT
    bands = {line.get("band") for line in lines}
    if "altered" in bands:
        return NO
    return UNDETERMINED if bands - {"no-trace"} else YES


def _todo(files: Sequence[Path], analyzers: Sequence[Analyzer], book: Book) -> list[tuple[Path, list[Analyzer]]]:
    """The files to examine, each with the methods that the export has no answer of, or one of another version."""
    todo = ((file, [method for method in analyzers if not book.holds(str(file), method)]) for file in files)
    return [(file, lacking) for file, lacking in todo if lacking]


def _expanded(paths: Sequence[Path]) -> list[Path]:
    from ledger.cli.files import expand

    found = list(expand(paths, recursive=True))
    if not found:
        raise InputError("expected files to analyze, found none", advice="Name files, or folders that hold some.")
    return found


def _analyzers(wanted: Sequence[str], weights: Path | None) -> list[Analyzer]:
    """The methods asked for, loaded. Of ``all``, what cannot be used is left out with a word on standard error."""
    from detector.errors import WeightsUnusable
    from detector.predict import Analyzer
    from detector.registry import DEFAULT, METHODS, SHIPPED
    from ledger.cli.output import clean, say

    folder = weights or SHIPPED
    names = dict.fromkeys(name.strip() for text in wanted or (DEFAULT,) for name in text.split(","))
    if ALL not in names:
        return [_loaded(name, weights) for name in names]
    usable = []
    for name in METHODS:
        try:
            usable.append(Analyzer(name, folder))
        except WeightsUnusable as error:
            say(f"{name} is left out: {clean(error)}")
    if not usable:
        raise InputError(f"expected a usable method in {folder}, found none", advice=_train_there("NAME", weights))
    return usable


def _loaded(name: str, weights: Path | None) -> Analyzer:
    from detector.errors import WeightsUnusable
    from detector.predict import Analyzer
    from detector.registry import SHIPPED

    try:
        return Analyzer(name, weights or SHIPPED)
    except WeightsUnusable as error:
        raise WeightsUnusable(str(error), advice=_train_there(name, weights)) from error


def _train_there(name: str, weights: Path | None) -> str:
    """What mends a model that cannot be used; a folder of one's own is not mended by another installation."""
    from detector.errors import WeightsUnusable

    if weights is None:
        return WeightsUnusable.advice
    return f"Train it there: medseal train --method {name} --data DIR --out {weights}"


def _answers(
    files: Sequence[tuple[Path, Sequence[Analyzer]]], settings: Settings, out: Path | None, named: Container[Path]
) -> Iterator[list[Line]]:
    """The lines of each file: one a method, or one that says why it could not be read.

    None of a file that is no picture, unless it is among those that the user ``named``.
    """
    from ledger.cli.output import error_object, progress

    with progress() as bars:
        for file, analyzers in bars.track(files, description="analyzing"):
            try:
                yield _examined(file, analyzers, settings, out)
            except Exception as error:  # noqa: BLE001  one strange file must not end a run over thousands
                skipped = file not in named and _is_no_picture(file, error)
                yield [] if skipped else [{"file": str(file), "error": error_object(_failure(error))}]


def _is_no_picture(file: Path, error: Exception) -> bool:
    """Whether reading failed because ``file`` is of another format, or is DICOM without pixels (a DICOMDIR, a report).

    A picture of a kind that is not read, a broken one, or what is only named like one is not passed over: nobody would
    know that it was not seen.
    """
    from ledger.core.images.sniffing import sniff
    from ledger.errors import UnsupportedImage

    if file.suffix.lower() in _NAMED:
        return isinstance(error, UnsupportedImage) and NO_PIXELS in str(error)
    try:
        with file.open("rb") as stream:  # it may be too large to be read whole
            sniff(stream.read(_HEAD))
    except UnsupportedImage:
        return True
    except (OSError, InputError):
        return False
    return isinstance(error, UnsupportedImage) and NO_PIXELS in str(error)


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
    structure = _structure(data, file)
    frames = {"frames": image.frames, "examined": len(numbers)}
    lines: list[Line] = []
    for analyzer in analyzers:  # each decodes anew, so that no more than one frame is in memory
        frame, seen = analyzer.analyze_frames(frame_pixels(image, data, numbers), of=image.frames)
        lines.append({**_line(file, seen, {"frame": frame.number, **frames}, out), "structure": structure})
    return lines


def _structure(data: bytes, file: Path) -> dict[str, Any]:
    """What rules on the file's structure say, as JSON has it."""
    from detector.structure import inspect

    return asdict(inspect(data, file.name))


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
            "likelihood_ratio": seen.likelihood_ratio,
            "likelihood_bounds": seen.likelihood_bounds,
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


def _list_methods(weights: Path | None, as_json: bool) -> None:
    from detector.errors import WeightsUnusable
    from detector.predict import Analyzer
    from detector.registry import DEFAULT, METHODS, SHIPPED
    from ledger.cli import output
    from ledger.schemas.methods import METHODS as WORDS

    rows: list[tuple[str, bool, str | None, str]] = []
    for name in METHODS:
        try:
            rows.append((name, name == DEFAULT, Analyzer(name, weights or SHIPPED).version, "usable"))
        except WeightsUnusable as error:
            rows.append((name, name == DEFAULT, None, str(error)))
    if as_json:
        for name, default, version, state in rows:
            line = {"method": name, "default": default, "version": version, "state": output.clean(state)}
            output.emit({**line, "what": WORDS[name]})
        return
    shown = [(n, "default" if d else "", s if v is None else WORDS[n]) for n, d, v, s in rows]
    output.table(("method", "", "what it is"), shown)
