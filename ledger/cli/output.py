"""What the commands print: JSON lines or tables on standard output, messages and progress on standard error."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

import typer

from ledger.cli.wording import advice_of, message_of
from ledger.errors import LedgerError
from ledger.schemas.likelihood import in_words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from ledger.core.verdict import Check
    from ledger.export.checking_parts import Step
    from ledger.schemas import Change, CheckResult, Detection, Structure

_PIPE_WIDTH = 140
_PIPE_TABLE_WIDTH = 400
_MOST_REGIONS = 10
_COLOURS = {
    "authentic": "green",
    "authentic-reencoded": "green",
    "altered": "red",
    "withdrawn": "red",
    "suspect": "red",
    "unregistered": "yellow",
    "undetermined": "yellow",
}
_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("–", "dim"), "undetermined": ("?", "yellow")}


def clean(value: object) -> str:
    """``value`` as text without control characters: names and reasons come from others and could drive a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))


def write_anything() -> None:
    """Let standard output and error show as escapes what their encoding cannot hold, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def emit(value: Mapping[str, Any]) -> None:
    """One JSON line on standard output, in any encoding of it."""
    whole = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    # Python's escapes are not JSON's, but for those of lone surrogates: the only ones that UTF-8 needs.
    typer.echo(json.dumps(value, ensure_ascii=not whole, allow_nan=False))


def error_object(error: LedgerError) -> dict[str, str]:
    """An error as the JSON that the commands print for it."""
    return {"code": error.code, "message": clean(message_of(error)), "advice": advice_of(error)}


def report(error: LedgerError, *, trace: bool = False) -> None:
    """The message and the advice on standard error; the trace above them if asked for."""
    if trace:
        typer.echo("".join(traceback.format_exception(error)), err=True)
    typer.echo(f"error: {clean(message_of(error))} ({error.code})", err=True)
    typer.echo(f"       {advice_of(error)}", err=True)


def say(message: str) -> None:
    """A message on standard error."""
    typer.echo(message, err=True)


def console(stream: TextIO | None = None, pipe_width: int = _PIPE_WIDTH) -> Console:
    """A console on ``stream`` (standard output if None), ``pipe_width`` characters wide when that is no terminal."""
    from rich.console import Console

    target = stream or sys.stdout
    return Console(
        file=target, width=None if target.isatty() else pipe_width, markup=False, highlight=False, emoji=False
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output, no cell cut short; None is shown as a dash."""
    from rich.table import Column, Table
    from rich.text import Text

    view = Table(*(Column(name, overflow="fold") for name in columns), header_style="bold", box=None, pad_edge=False)
    for row in rows:
        view.add_row(*(Text("–" if cell is None else clean(cell)) for cell in row))
    console(pipe_width=_PIPE_TABLE_WIDTH).print(view)


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values, one a line, on standard output; pairs whose value is None are left out."""
    shown = [(name, clean(value)) for name, value in pairs if value is not None]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        typer.echo(f"  {name:<{width}}  {value}")


def verdict(file: str, word: str, reason: str, policy: str, checks: Sequence[CheckResult | Check]) -> None:
    """The verdict as a banner and the numbered checks under it."""
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    colour = _COLOURS.get(word, "white")
    headline = Text.assemble((word.upper(), f"bold {colour}"), f"  {clean(file)}\n", clean(reason))
    view = Table("#", "check", "", "finding", header_style="bold", box=None, pad_edge=False)
    for check in checks:
        mark, style = _MARKS[str(check.status)]
        view.add_row(str(check.number), check.name, Text(f"{mark} {check.status}", style), Text(clean(check.detail)))
    screen = console()
    screen.print(Panel(headline, border_style=colour, subtitle=f"policy: {clean(policy)}", subtitle_align="right"))
    screen.print(view)


def steps(headline: str, meaning: str, colour: str, found: Sequence[Step]) -> None:
    """A banner, and numbered steps under it."""
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    view = Table("#", "check", "", "finding", header_style="bold", box=None, pad_edge=False)
    for step in found:
        mark, style = _MARKS[str(step.status)]
        view.add_row(str(step.number), step.name, Text(f"{mark} {step.status}", style), Text(clean(step.detail)))
    screen = console()
    screen.print(Panel(Text.assemble((headline, f"bold {colour}"), "\n", meaning), border_style=colour))
    screen.print(view)


def change_facts(found: Change) -> Iterator[tuple[str, object]]:
    """How a copy lies on its original, what was changed in it, and what the comparison cannot see."""
    yield "original", found.original
    lies = ", ".join(found.transform.words) or "as the original does"
    yield "lies", f"{lies}; shows {found.transform.shown_percent:.1f} % of the original"
    yield "changed", f"{found.changed_percent:.2f} % of the picture, by {found.basis}"
    for region in found.regions[:_MOST_REGIONS]:
        yield "region", f"x {region.x}, y {region.y}, w {region.w}, h {region.h}: {region.area_percent:.2f} %"
    if len(found.regions) > _MOST_REGIONS:
        yield "regions", f"{len(found.regions) - _MOST_REGIONS} more (--json lists them)"
    yield "limits", found.limits
    yield "mask", found.mask


def detection_facts(found: Detection) -> Iterator[tuple[str, object]]:
    """What the detector measured, the seed paper's percentage told apart from the area."""
    yield "detector", f"{found.method} {found.version}, {found.regime}"
    if found.likelihood_ratio is not None and found.likelihood_bounds is not None:
        yield "likelihood ratio", in_words(found.likelihood_ratio, found.likelihood_bounds)
    if found.area_percent is not None:
        yield "marked area", _marked(found, found.area_percent)
    if found.ela_mean_percent is not None:
        yield "ELA mean", f"{found.ela_mean_percent:.3f} % (seed paper; a mean error level, not an area)"
    for finding in found.findings:
        yield "finding", finding.text


def _marked(found: Detection, percent: float) -> str:
    if found.band == "inconclusive":
        return f"no finding: the method cannot tell (its map marks {percent:.1f} % of the picture)"
    between = found.area_interval
    return f"{percent:.1f} % of the picture" + (
        f", 90 % interval {between[0]:.1f} to {between[1]:.1f} %" if between else ""
    )


def structure_facts(found: Structure) -> Iterator[tuple[str, object]]:
    """What rules on the file's structure found, the innocent explanation beside it."""
    for one in found.findings:
        innocent = "" if one.strength == "information" else f" Innocent: {one.innocent}"
        yield "structure", f"{one.strength}: {one.text}{innocent}"


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress bars on standard error when it is a terminal; silent otherwise."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    screen = Console(file=sys.stderr)
    with Progress(*columns, console=screen, transient=True, disable=not sys.stderr.isatty()) as bars:
        yield bars
