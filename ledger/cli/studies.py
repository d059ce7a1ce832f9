"""``medseal study``: closing a study, and whether a copy of one is whole and unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.edge import (
    NO,
    UNDETERMINED,
    YES,
    Data,
    Json,
    Ledger,
    LedgerCommand,
    Server,
    Verbose,
    opened,
    settings_for,
    worst,
)
from ledger.errors import InputError, LedgerError

if TYPE_CHECKING:
    from ledger.schemas.studies import StudyVerification
    from ledger.settings import Settings

group = typer.Typer(help="Close a study; verify that a copy of one is whole.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The study's DICOM files, in sub-folders too.")]


_ADVICE = {
    "missing": "missing: not registered, so not counted; send them to the ledger, then close the study again",
    "foreign": "foreign: of another study, which is closed and verified by a folder or --uid of its own",
    "gone": "missing: registered and not in this copy; medseal history --registration ID says when",
    "extra": "extra: never registered in this study; send them to the ledger if they belong to it",
    "late": "late: registered after the study was closed; close it again to count them in",
}


@dataclass
class _Copy:
    """The files of one study in a folder."""

    study: str
    files: dict[str, Path] = field(default_factory=dict)
    """By the digest of the SOP instance."""
    doubled: list[Path] = field(default_factory=list)
    foreign: list[Path] = field(default_factory=list)
    """Objects of another study."""
    others: list[Path] = field(default_factory=list)
    """Files that are no DICOM objects of a study: a DICOMDIR, a note."""


@group.command("close", cls=LedgerCommand)
def close(
    folder: Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="Its DICOM files.")] = None,
    uid: Annotated[str | None, typer.Option("--uid", metavar="UID", help="Or: its Study Instance UID.")] = None,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """An entry says how many instances the study has and which, as registered until now.

    Exit code 1: instances in the folder are not registered, so the entry does not count them.
    """
    from ledger.cli import output
    from ledger.core.images.identity import study_key

    if (folder is None) == (uid is None):
        raise InputError("expected a folder or --uid, and not both")
    settings = settings_for(data, server, verbose)
    copy = _copy(folder, settings) if folder is not None else _Copy(study_key(str(uid)))
    with opened(settings) as ledger:
        closed = ledger.gateway.studies.close(copy.study)
        found = ledger.gateway.studies.verify(copy.study, list(copy.files))
    unregistered = _names(copy, found.extra)
    if as_json:
        output.emit(closed.model_dump(mode="json") | {"unregistered": unregistered, "foreign": _paths(copy.foreign)})
    else:
        typer.echo("closed" if closed.created else "was closed before")
        here = f"{len(copy.files)} of this study, {len(unregistered)} of them not registered" if folder else None
        facts = (("entry", closed.id), ("instances", closed.count), ("root", closed.root), ("state", closed.state))
        output.facts((*facts, ("in folder", here)))
        for word, names in (("missing", unregistered), ("foreign", _paths(copy.foreign))):
            for name in names:
                typer.echo(f"  {word}  {output.clean(name)}")
        _advise(missing=unregistered, foreign=copy.foreign)
    raise typer.Exit(NO if unregistered else YES)


def _advise(**found: Collection[object]) -> None:
    """What to do about each kind that there is."""
    for kind, some in found.items():
        if some:
            typer.echo(_ADVICE[kind], err=True)


@group.command("verify", cls=LedgerCommand)
def verify(
    folder: Folder,
    instances_only: Annotated[
        bool, typer.Option("--instances-only", help="Do not verify each image, only which there are.")
    ] = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Name the instances that a copy lacks, those that do not belong to it, and the images that are not accepted.

    Exit code 0: whole and every image accepted; 1: something is missing, too much or not accepted; 3: undetermined,
    as for a study that was not closed.
    """
    from ledger.cli import output

    settings = settings_for(data, server, verbose)
    copy = _copy(folder, settings)
    with opened(settings, patient=True, make=False) as ledger:
        found = ledger.gateway.studies.verify(copy.study, list(copy.files))
        verdicts = {} if instances_only else dict(_verdicts(ledger, copy, settings))
    whole = {"complete": YES, "differs": NO, "open": UNDETERMINED, "unsound": NO}[found.result]
    images = [code for _, code in verdicts.values()]
    if as_json:
        named = {"extra": _names(copy, found.extra), "late": _names(copy, found.late)}
        named["foreign"] = _paths(copy.foreign)
        words = {str(path): word for path, (word, _) in verdicts.items()}
        output.emit(found.model_dump(mode="json") | named | {"images": words})
    else:
        _show(copy, found, verdicts)
    raise typer.Exit(worst([whole, *images, NO if copy.foreign else YES]))


def _verdicts(ledger: Ledger, copy: _Copy, settings: Settings) -> Iterator[tuple[Path, tuple[str, int]]]:
    from ledger.cli.files import read
    from ledger.cli.output import progress

    with progress() as bars:
        for path in bars.track([*copy.files.values(), *copy.doubled], description="verifying"):
            try:
                found = ledger.gateway.verify(read(path, settings.max_upload_mb), policy=settings.policy)
            except LedgerError as error:
                yield path, (error.code, UNDETERMINED)
                continue
            undetermined = found.verdict == "undetermined"
            yield path, (found.verdict, YES if found.accepted else UNDETERMINED if undetermined else NO)


def _show(copy: _Copy, found: StudyVerification, verdicts: dict[Path, tuple[str, int]]) -> None:
    from ledger.cli import output

    but = "".join(
        f", {count} {words}"
        for count, words in (
            (len(copy.foreign), "of another study"),
            (sum(code == NO for _, code in verdicts.values()), "not accepted"),
            (sum(code == UNDETERMINED for _, code in verdicts.values()), "undetermined"),
        )
        if count
    )
    typer.echo(f"{found.result.upper()}  {len(copy.files)} instances here{but}")
    closed = found.closed
    where = f"{closed.count} instances, entry {closed.id}, {closed.state}" if closed else "not yet"
    counts = Counter(word for word, _ in verdicts.values())
    said = ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or None
    output.facts((("closed", where), ("images", said)))
    for missing in found.missing:
        typer.echo(f"  missing  registration {missing.registration_id}")
    for word, keys in (("extra", found.extra), ("late", found.late)):
        for name in _names(copy, keys):
            typer.echo(f"  {word:<7}  {output.clean(name)}")
    for path, (word, code) in verdicts.items():
        if code != YES:
            typer.echo(f"  {word}  {output.clean(path)}")
    for word, paths in (("foreign", copy.foreign), ("twice", copy.doubled), ("ignored", copy.others)):
        for path in paths:
            typer.echo(f"  {word:<7}  {output.clean(path)}")
    _advise(gone=found.missing, extra=found.extra, late=found.late, foreign=copy.foreign)


def _paths(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths]


def _names(copy: _Copy, keys: list[str]) -> list[str]:
    return [str(copy.files[key]) for key in keys]


def _copy(folder: Path, settings: Settings) -> _Copy:
    """The one study of a folder: that of most of its files. InputError when it holds no DICOM object of a study."""
    from ledger.cli.files import expand, read
    from ledger.core.images.identity import identity_of, instance_key, study_key

    read_in: list[tuple[Path, str | None, str]] = []
    for path in expand([folder], recursive=True):
        try:
            identity = identity_of(read(path, settings.max_upload_mb))
        except InputError:
            read_in.append((path, None, ""))
            continue
        study = study_key(identity.study) if identity.study else None
        read_in.append((path, study, instance_key(identity.sop_instance)))
    studies = Counter(study for _, study, _ in read_in if study is not None)
    if not studies:
        raise InputError(f"expected DICOM objects of a study in {folder}, found none")
    copy = _Copy(studies.most_common(1)[0][0])
    for path, study, instance in read_in:
        if study is None:
            copy.others.append(path)
        elif study != copy.study:
            copy.foreign.append(path)
        elif instance in copy.files:
            copy.doubled.append(path)
        else:
            copy.files[instance] = path
    return copy
