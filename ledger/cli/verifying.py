"""``medseal verify``."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ledger.cli.edge import NO, UNDETERMINED, YES, Data, Json, Ledger, Server, Verbose, code_of, settings_for, worst
from ledger.cli.unreached import is_outage, reached, unreached
from ledger.core.moments import when
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.core.images import Limits
    from ledger.schemas import Change, Verification

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="DICOM, PNG, JPEG or TIFF files.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Take every file below a directory.")]


def verify(
    files: Files,
    recursive: Recursive = False,
    policy: Annotated[
        Literal["clinical", "strict"] | None, typer.Option("--policy", help="What is accepted; clinical if not given.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="ID", help="Compare with this registration if none is found.")
    ] = None,
    original: Annotated[
        Path | None,
        typer.Option("--original", metavar="FILE", help="Compare with this registered file, pixel by pixel."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write the mask and an overlay of each copy here, changed or not."),
    ] = None,
    examine: Annotated[
        bool, typer.Option("--examine", help="Let the forgery detector look at registered images as well.")
    ] = False,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Verify images: twelve numbered checks and a verdict for each; of an altered copy, what was changed."""
    from ledger.cli.files import expand, read
    from ledger.core.images import Limits

    settings = settings_for(data, server, verbose)
    options: dict[str, Any] = {"policy": policy or settings.policy, "against": against, "examine": examine}
    if original is not None:
        options["original"] = read(original, settings.max_upload_mb)
    maps = ChangeMaps(settings.data / "changes", out, Limits(max_pixels=settings.max_pixels))
    codes, verdicts = [], Counter[str]()
    with reached(settings) as ledger:
        for file in expand(files, recursive):
            try:
                image = read(file, settings.max_upload_mb)
                found = maps.kept(file, image, _verified(ledger, image, maps.limits, options))
            except LedgerError as error:
                show_error(file, error, as_json)
                codes.append(code_of(error))
                verdicts["error"] += 1
                continue
            verdicts[found.verdict] += 1
            _show_verification(file, found, as_json)
            codes.append(verdict_code(found.verdict, found.accepted))
    if len(codes) > 1 and not as_json:
        typer.echo(f"{len(codes)} files: " + ", ".join(f"{count} {word}" for word, count in verdicts.most_common()))
    raise typer.Exit(worst(codes))


def _verified(ledger: Ledger | LedgerError, image: bytes, limits: Limits, options: dict[str, Any]) -> Verification:
    """The ledger's answer; *undetermined* with the reason when there is none. InputError when the file is refused."""
    try:
        if isinstance(ledger, LedgerError):
            raise ledger
        return ledger.gateway.verify(image, pictures=True, **options)
    except LedgerError as error:
        if not is_outage(error):
            raise
        return unreached(image, error, options["policy"], limits)


def verdict_code(verdict: str, accepted: bool) -> int:
    """0 for an accepted image, 3 for an undetermined verdict, 1 for any other."""
    return YES if accepted else UNDETERMINED if verdict == "undetermined" else NO


def show_error(file: Path, error: LedgerError, as_json: bool) -> None:
    """What went wrong with one file of several: a JSON line, or words on standard error."""
    from ledger.cli import output

    if as_json:
        output.emit({"file": str(file), "error": output.error_object(error)})
    else:
        output.say(f"{output.clean(file)}:")
        output.report(error)


@dataclass
class ChangeMaps:
    """Where change maps go: below ``out``, an overlay beside each, else in ``folder`` where something changed."""

    folder: Path
    out: Path | None
    limits: Limits
    _taken: set[Path] = field(default_factory=set)

    def kept(self, file: Path, image: bytes, found: Verification) -> Verification:
        """The answer with the path of the mask in place of all pictures; written whole when this returns."""
        detection, change = found.detection, found.change
        if detection is not None:
            detection = detection.model_copy(update={"pictures": None})
        if change is not None:
            change = change.model_copy(update={"mask": self._written(file, image, change), "mask_png": None})
        return found.model_copy(update={"detection": detection, "change": change})

    def _written(self, file: Path, image: bytes, change: Change) -> str | None:
        from ledger.files import write_atomically

        if change.mask_png is None or not (change.regions or self.out):
            return None
        mask, path = b64decode(change.mask_png), self._place(file, image)
        write_atomically(path, mask)
        if self.out is not None:
            from ledger.export.overlay import overlay

            write_atomically(overlay_of(path), overlay(image, mask, disputed_frame(change), self.limits))
        return str(path)

    def _place(self, file: Path, image: bytes) -> Path:
        """By the file's name below ``out``, and its digest where another file of this run has that name."""
        from hashlib import sha256

        digest = sha256(image).hexdigest()[:16]
        if self.out is None:
            return self.folder / f"{digest}.mask.png"
        path = self.out / f"{file.name}.mask.png"
        if path in self._taken:
            path = self.out / f"{file.name}.{digest}.mask.png"
        self._taken.add(path)
        return path


def overlay_of(mask: Path) -> Path:
    """Where the overlay of a mask lies."""
    return mask.with_name(mask.name.removesuffix(".mask.png") + ".overlay.png")


def _overlay(change: Change) -> Path | None:
    path = overlay_of(Path(change.mask)) if change.mask else None
    return path if path is not None and path.exists() else None


def disputed_frame(change: Change) -> int:
    """The frame of the disputed file that the mask is of, counted from 0."""
    return int(change.figures.get("disputed_frame", change.frame))


def _advices(found: Verification) -> list[str]:
    """What to do about checks that nobody could make, each once."""
    asked = (check.figures.get("advice") for check in found.checks if check.status == "undetermined")
    return list(dict.fromkeys(str(advice) for advice in asked if advice))


def _show_verification(file: Path, found: Verification, as_json: bool) -> None:
    from ledger.cli import output

    if as_json:
        answer: dict[str, Any] = found.model_dump(mode="json")
        first = ("verdict", "policy", "checks", "registration", "change", "detection", "accepted", "reason")
        output.emit({"file": str(file), **{name: answer.pop(name) for name in first}, **answer})
        return
    output.verdict(str(file), found.verdict, found.reason, found.policy, found.checks)
    output.facts(("next step", advice) for advice in _advices(found))
    if found.change is not None:
        output.facts((*output.change_facts(found.change), ("overlay", _overlay(found.change))))
    if found.detection is not None and found.detection.applicable:
        output.facts(output.detection_facts(found.detection))
    if found.structure is not None:
        output.facts(output.structure_facts(found.structure))
    if found.registration is not None:
        registration = found.registration
        output.facts(
            (
                ("registration", registration.registration_id),
                ("registrar", registration.registrar_name),
                ("registered", when(registration.registered_at)),
                ("state", f"{registration.state}, {registration.standing}"),
                ("block", registration.anchor and registration.anchor.block_number),
                ("transaction", registration.anchor and registration.anchor.transaction),
            )
        )
