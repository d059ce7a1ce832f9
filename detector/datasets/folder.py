"""A folder with ``pristine/``, ``forged/`` and, where known, ``masks/`` (the forged file's stem, any suffix)."""

from __future__ import annotations

from pathlib import Path

from detector.datasets.contract import Example
from detector.datasets.reading import SUFFIXES
from detector.errors import UnusableData

LOSSY_SUFFIXES = frozenset({".jpg", ".jpeg"})


def open_folder(folder: Path) -> list[Example]:
    """One example a picture below ``pristine`` and ``forged``; files of the same stem are twins and one group.

    A subfolder (``pristine/PATIENT/…``) is a group of its own: all pictures in subfolders of one name stay together.
    The source is the folder's name, the modality is *unknown*. UnusableData when two files have one name and place.
    """
    masks = _by_stem(folder / "masks")
    pristine, forged = _by_stem(folder / "pristine"), _by_stem(folder / "forged")
    return [_example(folder, stem, path, False, None) for stem, path in pristine.items()] + [
        _example(folder, stem, path, True, masks.get(stem)) for stem, path in forged.items()
    ]


def pictures_in(folder: Path) -> list[Path]:
    """Every file below ``folder`` with the suffix of a picture, sorted; none when there is no such folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _by_stem(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in pictures_in(folder):
        stem = path.relative_to(folder).with_suffix("").as_posix()
        if stem in found:
            raise UnusableData(f"expected one picture of a name, found {found[stem].name} and {path.name} in {folder}")
        found[stem] = path
    return found


def _example(folder: Path, stem: str, path: Path, forged: bool, mask: Path | None) -> Example:
    source = folder.resolve().name
    return Example(
        path=path,
        forged=forged,
        source=source,
        modality="unknown",
        group=f"{source}:{stem.split('/')[0]}",
        pair=f"{source}:{stem}",
        mask=mask,
        traced=path.suffix.lower() in LOSSY_SUFFIXES,
    )
