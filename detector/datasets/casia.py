"""A folder laid out like CASIA: ``Au/`` authentic, ``Tp/`` tampered (``Sp/`` in version 1), and a folder of masks.

Names as in Dong, Wang and Tan, "CASIA Image Tampering Detection Evaluation Database" (ChinaSIP 2013): ``Tp_S_…`` was
made of one picture (copy-move), ``Tp_D_…`` of two (splicing); the pictures used are named in it, as ``pla00035``.
"""

from __future__ import annotations

import re
from pathlib import Path

from detector.datasets.contract import Example
from detector.datasets.folder import LOSSY_SUFFIXES, pictures_in
from detector.datasets.unions import Unions

AUTHENTIC, TAMPERED = ("Au",), ("Tp", "Sp")
MASKS = ("masks", "mask", "Gt", "gt", "CASIA 2 Groundtruth", "Groundtruth", "groundtruth")
_FORGERIES = {"S": "copy-move", "D": "splicing"}
_USED = re.compile(r"([a-z]{3})_?(\d{4,5})")


def open_casia(folder: Path) -> list[Example]:
    """One example a picture. Pictures that share a photograph, through whatever chain, are one group.

    A mask is the file of the same stem, or of that stem and ``_gt``, in one of MASKS. Photographs: the modality is
    *photograph*. The pair of a tampered picture is the first photograph that its name names.
    """
    masks = {path.stem.removesuffix("_gt"): path for name in MASKS for path in pictures_in(folder / name)}
    authentic = [path for name in AUTHENTIC for path in pictures_in(folder / name)]
    tampered = [path for name in TAMPERED for path in pictures_in(folder / name)]
    unions = Unions[str]()
    for path in authentic + tampered:
        for used in photographs(path.stem):
            unions.join(photographs(path.stem)[0], used)
    made = [_example(folder, path, False, None, unions) for path in authentic]
    return made + [_example(folder, path, True, masks.get(path.stem), unions) for path in tampered]


def photographs(stem: str) -> list[str]:
    """The photographs a file's name names, as ``pla00035`` (number without leading zeros); else the stem itself."""
    return [f"{kind}{int(number)}" for kind, number in _USED.findall(stem)] or [stem]


def _example(folder: Path, path: Path, forged: bool, mask: Path | None, unions: Unions[str]) -> Example:
    source, first = folder.resolve().name, photographs(path.stem)[0]
    parts = path.stem.split("_")
    return Example(
        path=path,
        forged=forged,
        source=source,
        modality="photograph",
        group=f"{source}:{unions.leader(first)}",
        pair=f"{source}:{first}",
        mask=mask,
        forgery=_FORGERIES.get(parts[1]) if forged and len(parts) > 1 else None,
        traced=path.suffix.lower() in LOSSY_SUFFIXES,
    )
