"""The slices of a CT volume that an InVesalius project holds, as pictures of their own."""

from __future__ import annotations

import plistlib
import tarfile
import zlib
from pathlib import Path

import cv2
import numpy as np

from detector.datasets.contract import Example
from detector.errors import UnusableData

_OFFSET = 32768  # as signed DICOM samples are read
_NEIGHBOURS = 12
_MOST_BYTES = 1 << 30


def slices_of(project: Path, out: Path) -> list[Example]:
    """The slices of ``project`` (.inv3, int16 HU) as 16-bit PNG files in ``out``, unchanged but for the offset 32768.

    One patient; twelve neighbouring slices are a group, so intervals tell of other slices, not of other patients.
    The outermost twentieth of the slices at either end is left out. UnusableData where the project has no such volume.
    """
    out.mkdir(parents=True, exist_ok=True)
    volume = _volume(project)
    name, edge = project.stem.lower(), len(volume) // 20
    found = []
    for number in range(edge, len(volume) - edge):
        path = out / f"{name}-{number:03d}.png"
        samples = (volume[number].astype(np.int32) + _OFFSET).astype(np.uint16)
        path.write_bytes(cv2.imencode(".png", samples)[1].tobytes())
        group = f"{name}:{number // _NEIGHBOURS:02d}"
        found.append(Example(path, False, name, "CT head", group, path.stem))
    return found


def _volume(project: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    try:
        with tarfile.open(project) as archive:
            members = {Path(one.name).name: one for one in archive.getmembers() if one.size < _MOST_BYTES}
            parts = [archive.extractfile(members[name]) for name in ("main.plist", "matrix.dat")]
            facts, data = (b"" if part is None else part.read() for part in parts)
        matrix = plistlib.loads(facts)["matrix"]
        return np.frombuffer(data, np.dtype(matrix["dtype"])).reshape(matrix["shape"]).astype(np.int16)
    except (OSError, EOFError, zlib.error, tarfile.TarError, LookupError, TypeError, ValueError) as error:
        raise UnusableData(f"{project}: expected an InVesalius project with a volume, found: {error!r}") from error
