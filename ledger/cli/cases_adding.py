"""``medseal case add``: files verified and added as items."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ledger.cli.cases_writing import Author, CaseId, NoWait, checked, finish
from ledger.cli.edge import YES, Data, Json, Server, Verbose, code_of, opened, settings_for, worst
from ledger.errors import InputError, LedgerError

if TYPE_CHECKING:
    from ledger.cli.edge import Ledger
    from ledger.schemas import Case


def add(
    case: CaseId,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="DICOM, PNG, JPEG or TIFF files.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Call a single file so instead of by its own name.")
    ] = None,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Take every file below a directory.")] = False,
    policy: Annotated[Literal["clinical", "strict"] | None, typer.Option("--policy")] = None,
    examine: Annotated[bool, typer.Option("--examine", help="The detector looks at registered images too.")] = False,
    author: Author = None,
    no_wait: NoWait = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Verify files and add each as an item, with the verdict's summary; the files themselves are not kept.

    A file that is no image is added without a verification. One that the case has already is refused.
    """
    from ledger.cli.files import expand
    from ledger.cli.verifying import show_error

    settings = settings_for(data, server, verbose)
    chosen = list(expand(files, recursive))
    if name is not None and len(chosen) != 1:
        raise InputError(f"expected a single file with --name, found {len(chosen)}")
    options: dict[str, Any] = {"policy": policy or settings.policy, "examine": examine}
    codes, made = [], None
    with opened(settings) as ledger:
        for file in chosen:
            try:
                made = _add(ledger, case, file, name, author, settings.max_upload_mb, **options)
            except LedgerError as error:
                show_error(file, error, as_json)
                codes.append(code_of(error))
                continue
            item = made.items[-1]
            word = item.verification.verdict if item.verification else "not verified"
            codes.append(YES)
            if not as_json:
                typer.echo(f"item {item.number}: {word}")
        if made is None:
            raise typer.Exit(worst(codes))
        finish(ledger, made, no_wait, as_json, codes)


def _add(
    ledger: Ledger, case: str, file: Path, name: str | None, author: str | None, most: int, **options: Any
) -> Case:
    from ledger.cli.files import read
    from ledger.schemas import ItemAddition, VerificationSummary

    image = read(file, most)
    try:
        found = ledger.gateway.verify(image, **options)
        summary = VerificationSummary.of(found).model_dump(mode="json")
    except InputError as error:
        if error.code not in ("unreadable_image", "unsupported_image"):
            raise
        summary = None
    said = {"name": name or file.name, "file": f"sha256:{sha256(image).hexdigest()}", "verification": summary}
    return ledger.gateway.cases.append(case, checked(ItemAddition, said | {"author": author}))
