"""What ``medseal analyze`` shows to people: a table, and what could not be read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ledger.cli import output
from ledger.cli.analyze_rates import REGIMES, decides_nothing, notes
from ledger.errors import LedgerError
from ledger.schemas.likelihood import number

if TYPE_CHECKING:
    from rich.table import Table

Line = Mapping[str, Any]
_BANDS = {"altered": "altered", "inconclusive": "inconclusive", "no-trace": "no trace found", None: "unreadable"}
_STYLES = {"altered": "red", "inconclusive": "yellow", "no-trace": "green"}
_NOT_APPLICABLE = "not applicable"
_RAW = frozenset({"ela-network", "recompression-network", "vgg-network", "forest-picture", "srm-picture"})
"""Findings whose text is the score before calibration, which the column of the probability says better."""
_MOST_REASONS = 3
_PIPE_WIDTH = 400
_MOST_FILES = 20


def show_resumed(held: int, again: int) -> None:
    """On standard error: how many files the export spares, and how many it does not although it names them."""
    if held:
        output.say(f"{held} files were in the export and are not examined again")
    if again:
        why = (
            "unreadable then, or without an answer of this version of the method; new lines are added, the last counts"
        )
        output.say(f"{again} files were in the export and are examined again: {why}")


def show_maps(lines: Sequence[Line], out: Path | None) -> None:
    """On standard error: where heat maps and masks were written."""
    count = sum(bool(line.get("heatmap")) for line in lines)
    if out is not None and count:
        output.say(f"heat maps and masks of {count} answer{'s' if count > 1 else ''} are in {output.clean(out)}")


def show_passed(count: int) -> None:
    """On standard error: how many files of the folders were left out."""
    if count:
        files = "1 file that is no picture was" if count == 1 else f"{count} files that are no pictures were"
        output.say(f"{files} passed over")


def show(lines: Sequence[Line]) -> None:
    """On standard output the answers as a table, how often such answers err, and the sum; errors on standard error."""
    answers = [line for line in lines if "error" not in line]
    if answers:
        _tables(answers)
    for note in notes(answers):
        typer.echo(output.clean(note))
    _show_structure(answers)
    for line in lines:
        if "error" in line:
            _show_error(line)
    counts = Counter(_word(line) for line in lines)
    if len(lines) > 1:
        files = len({line["file"] for line in lines})
        sizes = f"{files} files" if files > 1 else "1 file"
        sizes += f", {len(lines)} answers" if files < len(lines) else ""
        typer.echo(f"{sizes}: " + ", ".join(f"{count} {word}" for word, count in counts.most_common()))


def _show_structure(answers: Sequence[Line]) -> None:
    """What rules on the files' structure found, once a file; of several files those with more than information."""
    seen = {line["file"]: line["structure"] for line in answers if line.get("structure")}
    if not seen:
        return
    typer.echo("File structure (rules on how a file is made; they change no answer above):")
    shown = {file: told for file, told in seen.items() if len(seen) == 1 or _loud(told["findings"])}
    for file, told in list(shown.items())[:_MOST_FILES]:
        asked = sum(rule["state"] in ("found", "passed") for rule in told["rules"])
        typer.echo(f"  {output.clean(Path(file).name)}: {asked} rules asked, {len(told['findings'])} found something")
        for one in told["findings"]:
            _show_finding(one)
    if len(shown) > _MOST_FILES:
        typer.echo(f"  {len(shown) - _MOST_FILES} more files with findings (--json lists them)")
    if len(shown) < len(seen):
        rest = len(seen) - len(shown)
        typer.echo(f"  nothing notable in {f'the other {rest}' if shown else f'any of {rest} files'}")


def _show_finding(one: Mapping[str, Any]) -> None:
    typer.echo(f"    {one['strength']}: {output.clean(one['text'])} [{one['code']}]")
    if _loud([one]):
        typer.echo(f"      It can show: {one['meaning']}\n      Innocent: {one['innocent']}")


def _loud(findings: Sequence[Mapping[str, Any]]) -> bool:
    return any(one["strength"] != "information" for one in findings)


def _word(line: Line) -> str:
    return _BANDS[line.get("band")] if line.get("applicable", True) else _NOT_APPLICABLE


def _show_error(line: Line) -> None:
    error = line["error"]
    output.say(f"{output.clean(line['file'])}:")
    output.report(LedgerError(error["message"], code=error["code"], advice=error["advice"]))


def _tables(answers: Sequence[Line]) -> None:
    """One table; of several methods one for each file, headed by its name. 100 columns show it without broken words."""
    named = len({line["method"] for line in answers}) == 1
    folder = _shared_folder(answers)
    if folder:
        typer.echo(f"in {output.clean(folder)}:")
    if named:
        _print(_table("file", ((_file(line, folder), line) for line in answers)))
        return
    for file in dict.fromkeys(_file(line, folder) for line in answers):
        typer.echo(output.clean(file))
        _print(_table("method", ((line["method"], line) for line in answers if _file(line, folder) == file)))


def _print(view: Table) -> None:
    output.console(pipe_width=_PIPE_WIDTH).print(view)


def _table(first: str, rows: Iterable[tuple[str, Line]]) -> Table:
    from rich.table import Column, Table
    from rich.text import Text

    view = Table(
        Column(first, overflow="fold", no_wrap=first == "method"),
        Column("finding"),
        Column("probability", justify="right", no_wrap=True),
        Column("LR", justify="right", no_wrap=True),
        Column("area", justify="right", no_wrap=True),
        Column("kind of file"),
        Column("reasons", overflow="fold"),
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    for name, line in rows:
        band = line["band"]
        probability = None if decides_nothing(line.get("rates") or {}) else line["probability"]
        view.add_row(
            Text(output.clean(name)),
            Text(_word(line), _STYLES[band] if line["applicable"] else "dim"),
            _percent(probability),
            number(line["likelihood_ratio"]) if line.get("likelihood_ratio") else "–",
            _area(line),
            REGIMES[line["regime"]],
            Text(output.clean(_reasons(line))),
        )
    return view


def _percent(probability: float | None) -> str:
    """Never 0 or 100: nothing here is certain."""
    if probability is None:
        return "–"
    return ">99 %" if probability > 0.99 else "<1 %" if probability < 0.01 else f"{100 * probability:.0f} %"


def _area(line: Line) -> str:
    """A dash also where the method cannot tell: its map shows where it looked then, not a finding."""
    known = line["area_percent"] is not None and line["band"] != "inconclusive"
    return f"{line['area_percent']:.1f} %" if known else "–"


def _shared_folder(answers: Sequence[Line]) -> str:
    """What all of several files lie below; nothing for one file, which is shown as it was named."""
    files = {line["file"] for line in answers}
    folders = [str(Path(file).parent) for file in files]
    if len(files) < 2 or len({Path(folder).is_absolute() for folder in folders}) > 1:
        return ""
    shared = os.path.commonpath(folders)
    return "" if shared in ("", ".") else shared


def _file(line: Line, folder: str) -> str:
    name = os.path.relpath(line["file"], folder) if folder else line["file"]
    if line["frames"] == 1:
        return name
    seen = "" if line["examined"] == line["frames"] else f"{line['examined']} of "
    if not line["applicable"]:
        return f"{name} ({seen}{line['frames']} frames)"
    return f"{name} (most suspicious of {seen}{line['frames']} frames: {line['frame'] + 1})"


def _reasons(line: Line) -> str:
    if not line["applicable"]:
        return str(line["reason"])
    texts = list(_texts(line))
    more = len(texts) - _MOST_REASONS
    return "; ".join(texts[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "") or "no finding"


def _texts(line: Line) -> Iterator[str]:
    """A raw score is no reason; what it means is, where the calibrated answer says the same."""
    for finding in line["findings"]:
        if finding["code"] not in _RAW:
            yield finding["text"].rstrip(".")
        elif line["band"] == "altered":
            yield finding.get("meaning", finding["text"]).rstrip(".")
