"""A folder of pictures and nothing else: all pristine; a subfolder is a group."""

from __future__ import annotations

from pathlib import Path

from detector.datasets import casia
from detector.datasets.contract import Example
from detector.datasets.folder import LOSSY_SUFFIXES, pictures_in

_OTHERS = frozenset(
    name.lower() for name in ("pristine", "forged", "origins", *casia.MASKS, *casia.AUTHENTIC, *casia.TAMPERED)
)
"""Folders of other kinds of data sets: what is below them may be forged, or no picture but a mask."""
_DICOM_SUFFIXES = frozenset({".dcm", ".dicom"})


def plain_pictures(folder: Path) -> list[Path]:
    """The pictures below ``folder``, sorted: no DICOM, none in hidden folders or in those of other kinds of sets."""
    return [path for path in pictures_in(folder) if _is_plain(path.relative_to(folder))]


def open_pictures(folder: Path) -> list[Example]:
    """One pristine example a picture; the source is the folder's name, the modality is *unknown*.

    Pictures below one subfolder of ``folder`` are one group. One that lies directly in ``folder`` is a group by itself;
    files of one stem there share it.
    """
    source = folder.resolve().name
    return [_example(source, path, path.relative_to(folder).with_suffix("")) for path in plain_pictures(folder)]


def _is_plain(path: Path) -> bool:
    above = {part.lower() for part in path.parts[:-1]}
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and path.suffix.lower() not in _DICOM_SUFFIXES and not _OTHERS & above


def _example(source: str, path: Path, stem: Path) -> Example:
    return Example(
        path=path,
        forged=False,
        source=source,
        modality="unknown",
        group=f"{source}:{stem.parts[0]}",
        pair=f"{source}:{stem.as_posix()}",
        traced=path.suffix.lower() in LOSSY_SUFFIXES,
    )
