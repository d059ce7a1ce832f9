"""Paths that a data set's own file names."""

from __future__ import annotations

from pathlib import Path

from detector.errors import UnusableData


def inside(folder: Path, name: object) -> Path:
    """``folder/name``; UnusableData when the name is absolute or climbs out of the folder."""
    path = Path(str(name))
    if path.is_absolute() or ".." in path.parts:
        raise UnusableData(f"expected a path inside the folder, found {str(name)[:80]!r}")
    return folder / path
