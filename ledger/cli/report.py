"""``medseal report FILE`` and ``medseal report verify DOSSIER``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from ledger.cli.edge import Data, Json, LedgerCommand, Server, Verbose, opened, settings_for
from ledger.errors import InputError

if TYPE_CHECKING:
    from ledger.export.checking import CheckedDossier
    from ledger.schemas.reports import ReportFile, ReportFormat

_MAKE = "make"
_SUFFIXES: dict[str, ReportFormat] = {".pdf": "pdf", ".zip": "dossier", ".json": "json"}
_DOSSIER_MB, _TRUST_MB, _IMAGE_MB = 128, 16, 4096
_COLOURS = {"holds": "green", "consistent": "green", "broken": "red", "undetermined": "yellow", "other-image": "yellow"}
_ANSWERS = {
    "support-for-alteration": "support for alteration",
    "inconclusive": "inconclusive",
    "no-trace-found": "no trace of alteration found",
}


class _FileFirst(TyperGroup):
    """A group whose first word may be a file: then the report on it is made."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_MAKE, *args]
        return super().parse_args(ctx, args)


group = typer.Typer(
    cls=_FileFirst, no_args_is_help=True, help="A report on an image: PDF, or a dossier that is checked offline."
)


@group.command(_MAKE, cls=LedgerCommand)
def make(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A DICOM, PNG, JPEG or TIFF file.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where: .pdf, .zip or .json.")] = None,
    kind: Annotated[
        Literal["pdf", "dossier", "json"] | None,
        typer.Option("--format", help="By the end of --out if not given, else dossier."),
    ] = None,
    policy: Annotated[
        Literal["clinical", "strict"] | None, typer.Option("--policy", help="What is accepted; clinical if not given.")
    ] = None,
    question: Annotated[str | None, typer.Option("--question", metavar="TEXT", help="What was asked.")] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="TEXT", help="How the report calls the item; its file's name if not."),
    ] = None,
    author: Annotated[str, typer.Option("--author", metavar="TEXT", help="Who asked for it; not said if unset.")] = "",
    against: Annotated[str | None, typer.Option("--against", metavar="ID", help="Compare with this one first.")] = None,
    original: Annotated[
        Path | None, typer.Option("--original", metavar="FILE", help="Compare with this registered file.")
    ] = None,
    examine: Annotated[
        bool, typer.Option("--examine", help="Let the forgery detector look at a registered image as well.")
    ] = False,
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Enclose no picture of the item.")] = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Verify an image and write the report on it; `medseal report FILE` does the same."""
    from ledger.cli.files import read
    from ledger.cli.output import progress
    from ledger.cli.verifying import verdict_code

    settings = settings_for(data, server, verbose)
    options: dict[str, Any] = {"name": file.name if name is None else name, "against": against, "author": author}
    options |= {"question": question} if question else {}
    options |= {"policy": policy or settings.policy, "examine": examine, "picture": not no_picture}
    if original is not None:
        options["original"] = read(original, settings.max_upload_mb)
    image = read(file, settings.max_upload_mb)
    with opened(settings, patient=True, make=False) as ledger, progress() as bars:
        bars.add_task("verifying the image, collecting proofs, writing the report", total=None)
        made = ledger.gateway.reports.make(image, format=_format(kind, out), **options)
    _write(file, made, out, as_json)
    raise typer.Exit(verdict_code(made.verdict, made.accepted))


def _format(kind: ReportFormat | None, out: Path | None) -> ReportFormat:
    if kind is not None or out is None:
        return kind or "dossier"
    try:
        return _SUFFIXES[out.suffix.lower()]
    except KeyError:
        raise InputError(
            f"expected --out to end in {', '.join(_SUFFIXES)}, found {out.name!r}", advice="Or give --format."
        ) from None


def _write(file: Path, made: ReportFile, out: Path | None, as_json: bool) -> None:
    from ledger.cli import output
    from ledger.files import write_atomically

    place = out or Path(made.filename)
    if place.resolve() == file.resolve():
        raise InputError(f"expected another file than the image at {place}", advice="Give another --out.")
    write_atomically(place, made.content)
    said = {"verdict": made.verdict, "accepted": made.accepted, "answer": made.answer, "report": made.report}
    if as_json:
        output.emit({"file": str(file), **said, "format": made.format, "written": str(place)})
        return
    taken = "accepted" if made.accepted else "no decision" if made.verdict == "undetermined" else "not accepted"
    typer.echo(f"{made.verdict.upper()}  {output.clean(file)}: {taken}")
    output.facts((("opinion", _ANSWERS.get(made.answer)), ("report", made.report), ("written", place)))


@group.command("verify", cls=LedgerCommand)
def verify(
    dossier: Annotated[Path, typer.Argument(metavar="DOSSIER", help="The dossier's zip.")],
    image: Annotated[Path | None, typer.Argument(metavar="IMAGE", help="The examined file, if at hand.")] = None,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", metavar="FILE", help="The trust file that you pin; the enclosed one proves less."),
    ] = None,
    as_json: Json = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the trace of an error.")] = False,  # noqa: ARG001
) -> None:
    """Check a dossier offline: no server, no network. Exit codes: 0 holds, 1 broken, 3 undetermined, 4 other image."""
    from ledger.cli.files import read
    from ledger.cli.receipts import no_http_library

    with no_http_library():
        from ledger.export.checking import check_dossier

        found = check_dossier(
            read(dossier, _DOSSIER_MB),
            None if image is None else read(image, _IMAGE_MB),
            None if trust is None else read(trust, _TRUST_MB),
        )
    _show(dossier, found, as_json)
    raise typer.Exit(found.exit_code)


def _show(dossier: Path, found: CheckedDossier, as_json: bool) -> None:
    from ledger.cli import output

    if as_json:
        checks = [vars(step) for step in found.steps]
        said = {
            "outcome": found.outcome,
            "itself": found.itself,
            "trust": found.trust,
            "report": found.report,
            "verdict": found.verdict,
        }
        output.emit({"dossier": str(dossier), **said, "checks": checks})
        return
    word = found.outcome.upper().replace("-", " ")
    output.steps(f"{word}  {output.clean(dossier)}", _meaning(found), _COLOURS[found.outcome], found.steps)
    output.facts((("report", found.report), ("verdict", found.verdict), ("trust file", found.trust)))


def _meaning(found: CheckedDossier) -> str:
    return {
        "holds": "every part follows from the others, and a registrar that you trust vouches for it",
        "consistent": "every part follows from the others; the trust file is the dossier's own, so this does not say"
        " who made it: give yours with --trust",
        "broken": "part of it was changed, or does not follow from the rest",
        "undetermined": "nothing speaks against it, but part of it could not be checked",
        "other-image": "the image given is not the one that was examined, so this dossier says nothing about it; the"
        f" dossier by itself: {found.itself}",
    }[found.outcome]
