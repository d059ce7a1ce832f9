"""Opening a data set of any of the kinds there are, and checking that it keeps its contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from detector.datasets import casia, folder, generated, manifest, plain, series
from detector.datasets.contract import Example
from detector.datasets.reading import read_mask, read_picture
from detector.errors import UnreadablePicture, UnusableData

KINDS: Mapping[str, Callable[[Path], list[Example]]] = {
    "generated": generated.open_generated,
    "manifest": manifest.open_manifest,
    "casia": casia.open_casia,
    "folder": folder.open_folder,
    "dicom": series.open_series,
    "pictures": plain.open_pictures,
}

_LAY_OUT = (
    "Put pristine pictures (PNG, JPEG, TIFF, BMP, DICOM) into the folder, or into one subfolder a patient; forged ones "
    "need pristine/ and forged/. All layouts: detector/README.md."
)


def open_dataset(directory: Path, kind: str | None = None) -> list[Example]:
    """The examples in ``directory``; ``kind`` is one of KINDS, None finds out.

    Every file named is there; what is in them is checked by :func:`check`. UnusableData when the kind cannot be told,
    when there is no example, or when a file is missing.
    """
    if not directory.is_dir():
        raise UnusableData(f"expected a folder, found none at {directory}")
    if kind is not None and kind not in KINDS:
        raise UnusableData(f"expected a kind of {', '.join(KINDS)}, found {kind[:40]!r}")
    chosen = kind or detect(directory)
    try:
        examples = KINDS[chosen](directory)
    except OSError as error:
        raise UnusableData(f"expected a data set of the kind {chosen} in {directory}, found: {error}") from error
    if not examples:
        raise UnusableData(f"expected pictures in {directory}, found none for a data set of the kind {chosen}")
    for example in examples:
        _require_files(example)
    return examples


def detect(directory: Path) -> str:
    """The kind of data set, by the files and folders that only it has. UnusableData when there are none of them."""
    if (directory / generated.FILE).is_file():
        return "generated"
    if (directory / manifest.FILE).is_file():
        return "manifest"
    if (directory / "Au").is_dir() and any((directory / name).is_dir() for name in casia.TAMPERED):
        return "casia"
    if (directory / "pristine").is_dir() or (directory / "forged").is_dir():
        return "folder"
    if series.dicom_files(directory):
        return "dicom"
    if plain.plain_pictures(directory):
        return "pictures"
    raise UnusableData(
        f"expected pictures, {generated.FILE}, {manifest.FILE}, Au and Tp, pristine and forged, or DICOM files "
        f"in {directory}, found none of them",
        advice=_LAY_OUT,
    )


def check(examples: Sequence[Example]) -> None:
    """Read every picture, mask and origin; UnusableData names the first that is unreadable or of another size."""
    for example in examples:
        _require_files(example)
        try:
            size = read_picture(example.path).pixels.shape[:2]
            for path in (example.mask, example.origin):
                if path is not None and (found := read_mask(path).shape) != size:
                    raise UnusableData(f"{path}: expected a mask of {size[1]}×{size[0]}, found {found[1]}×{found[0]}")
        except UnreadablePicture as error:
            raise UnusableData(str(error)) from error


def _require_files(example: Example) -> None:
    for path in (example.path, example.mask, example.origin):
        if path is not None and not path.is_file():
            raise UnusableData(f"expected the file {path}, found none")
    if not example.forged and example.mask is not None:
        raise UnusableData(f"{example.path}: expected no mask for a pristine picture, found {example.mask}")
