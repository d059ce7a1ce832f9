"""A folder of DICOM files: all pristine; one patient is one group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detector.datasets import dicom
from detector.datasets.contract import Example
from detector.errors import UnreadablePicture, UnusableData

_PREAMBLE = 132


def dicom_files(folder: Path) -> list[Path]:
    """Every DICOM file below ``folder``, told by its preamble and not by its name, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and _has_preamble(path))


def open_series(folder: Path) -> list[Example]:
    """One example a file. The group is the patient (0010,0020), else the study, else the series.

    The modality is (0008,0060); the source is the folder's name. A file with several frames counts once: reading it
    takes its middle frame. UnusableData names the file that breaks off or names none of the three.
    """
    return [_example(folder, path) for path in dicom_files(folder)]


def _has_preamble(path: Path) -> bool:
    with path.open("rb") as stream:
        return dicom.is_dicom(stream.read(_PREAMBLE))


def _example(folder: Path, path: Path) -> Example:
    try:
        attributes = dicom.header(path)
    except UnreadablePicture as error:
        raise UnusableData(f"{path}: {error}") from error
    source = folder.resolve().name
    return Example(
        path=path,
        forged=False,
        source=source,
        modality=str(attributes.get("Modality") or "unknown"),
        group=f"{source}:{_owner(path, attributes)}",
        pair=f"{source}:{path.relative_to(folder).as_posix()}",
        traced=dicom.lossy(attributes),
    )


def _owner(path: Path, attributes: Any) -> str:
    for keyword in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID"):
        if found := str(attributes.get(keyword) or "").strip():
            return found
    raise UnusableData(f"{path}: expected a patient, study or series to group by, found none")
