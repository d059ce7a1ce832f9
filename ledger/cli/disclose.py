"""``medseal disclose``: a crop of a registered image, or a copy with parts blacked out, and what proves it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.edge import Json
from ledger.cli.receipts import LIMIT_MB, RECEIPT_MB, no_http_library
from ledger.errors import InputError

if TYPE_CHECKING:
    from ledger.core.partial import Box
    from ledger.core.partial_making import Disclosed

_BOX = re.compile(r"(\d{1,9}),(\d{1,9}),(\d{1,9}),(\d{1,9})")
_SUFFIX = ".partial.json"


def disclose(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="The receipt's file; it opens tile/1.")],
    image: Annotated[Path, typer.Option("--image", metavar="FILE", help="The registered image's file.")],
    region: Annotated[
        str | None, typer.Option("--region", metavar="X,Y,W,H", help="Show these pixels alone, as a crop.")
    ] = None,
    hide: Annotated[
        list[str] | None, typer.Option("--hide", metavar="X,Y,W,H", help="Black these pixels out; repeatable.")
    ] = None,
    frame: Annotated[int, typer.Option("--frame", metavar="N", min=0, help="Of this frame, counted from 0.")] = 0,
    out: Annotated[
        Path, typer.Option("--out", metavar="PATH", help="A folder, or the partial receipt's name: it ends in .json.")
    ] = Path(),
    as_json: Json = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the trace of an error.")] = False,  # noqa: ARG001
) -> None:
    """Show a part of a registered image and prove it: a lossless picture and a partial receipt, with no server.

    Boxes grow outwards to whole tiles of 32 x 32 pixels. Whoever gets both files checks them offline with
    medseal receipt verify. A hidden tile that someone can guess completely can be confirmed by its hash.
    """
    from ledger.cli.files import read
    from ledger.core.partial_making import disclose as make

    if (region is None) == (not hide):
        raise InputError("expected either --region or --hide, found " + ("neither" if region is None else "both"))
    boxes = [_box("--hide", text) for text in hide or ()] if region is None else [_box("--region", region)]
    files = read(receipt, RECEIPT_MB), read(image, LIMIT_MB)
    with no_http_library():
        made = make(*files, "redacted" if hide else "crop", boxes, frame)
    partial, picture = _names(out, image, made.part.kind)
    _write(made, partial, picture, {receipt, image})
    _show(made, receipt, partial, picture, as_json)


def _box(option: str, text: str) -> Box:
    from ledger.core.partial import Box

    found = _BOX.fullmatch(text)
    if found is None:
        raise InputError(f"expected {option} as x,y,width,height in pixels, found {text[:60]!r}")
    return Box(*map(int, found.groups()))


def _names(out: Path, image: Path, kind: str) -> tuple[Path, Path]:
    """Where the partial receipt and the picture go: both names begin alike."""
    if out.suffix == ".json":
        stem = out.name.removesuffix(_SUFFIX).removesuffix(".json")
        return out, out.with_name(f"{stem}.{kind}.png")
    return out / f"{image.stem}{_SUFFIX}", out / f"{image.stem}.{kind}.png"


def _write(made: Disclosed, partial: Path, picture: Path, sources: set[Path]) -> None:
    """Both files whole; the picture first, so that no partial receipt stands without one."""
    from ledger.files import write_atomically

    for path in (partial, picture):
        if path.resolve() in {source.resolve() for source in sources}:
            raise InputError(f"expected another file than the sources at {path}", advice="Give another --out.")
    write_atomically(picture, made.picture)
    write_atomically(partial, made.partial)


def _show(made: Disclosed, receipt: Path, partial: Path, picture: Path, as_json: bool) -> None:
    from ledger.cli import output
    from ledger.core.partial_checking import part_facts

    facts = part_facts(made.part)
    if as_json:
        output.emit({"receipt": str(receipt), "partial": str(partial), "picture": str(picture), "part": facts})
        return
    boxes = facts["shown"] or facts["not_shown"]
    places = "; ".join(f"{box['w']} x {box['h']} pixels at {box['x']},{box['y']}" for box in boxes)
    typer.echo(f"{output.clean(picture)}: {facts['tiles_shown']} of {facts['tiles']} tiles of frame {facts['frame']}")
    word = "shown" if facts["shown"] else "not shown"
    output.facts(((word, places), ("picture", picture), ("partial receipt", partial)))
