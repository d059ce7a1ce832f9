"""A folder described by ``manifest.csv``: one row a picture, with source, patient group, kind and mask."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from detector.datasets.contract import Example
from detector.datasets.paths import inside
from detector.errors import UnusableData

FILE = "manifest.csv"
REQUIRED = ("path", "source", "modality", "split_group", "kind")
_KINDS = {"authentic": False, "forged": True}


def open_manifest(folder: Path) -> list[Example]:
    """One example a row; columns beyond REQUIRED are used where they are there.

    ``kind`` is authentic or forged; ``mask_path`` and ``orig_pair`` are relative to the folder; ``dhash`` is 16 hex
    digits. No path may leave the folder. A picture counts as ``traced`` when ``format`` or ``lossy_history`` say JPEG
    or lossy, or when ``jpeg_trace`` is not *no*. UnusableData for a missing column, an unknown kind or a path that
    leaves the folder.
    """
    with (folder / FILE).open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        missing = [name for name in REQUIRED if name not in (rows.fieldnames or ())]
        if missing:
            raise UnusableData(f"{folder / FILE}: expected the columns {', '.join(REQUIRED)}, found no {missing[0]}")
        return [_example(folder, number, row) for number, row in enumerate(rows, 2)]


def _example(folder: Path, number: int, row: Mapping[str, str | None]) -> Example:
    try:
        return _read(folder, {name: value for name, value in row.items() if value})
    except UnusableData as error:
        raise UnusableData(f"{folder / FILE}, line {number}: {error}") from error


def _read(folder: Path, known: Mapping[str, str]) -> Example:
    absent = [name for name in REQUIRED if name not in known]
    if absent or known["kind"] not in _KINDS:
        found = f"no {absent[0]}" if absent else f"the kind {known['kind'][:40]!r}"
        raise UnusableData(f"expected a path, its group and authentic|forged, found {found}")
    mask, dhash, pair = known.get("mask_path"), known.get("dhash"), known.get("orig_pair", known["path"])
    inside(folder, pair)
    try:
        return Example(
            path=inside(folder, known["path"]),
            forged=_KINDS[known["kind"]],
            source=known["source"],
            modality=known["modality"],
            group=known["split_group"],
            pair=pair,
            mask=inside(folder, mask) if mask else None,
            dhash=int(dhash, 16) if dhash else None,
            traced=_traced(known),
        )
    except ValueError as error:
        raise UnusableData(f"expected a dhash of hex digits, found {dhash!r}") from error


def _traced(known: Mapping[str, str]) -> bool:
    said = (known.get("format", "") + " " + known.get("lossy_history", "")).lower().replace("lossless jpeg", "")
    lossy = any(word.strip("();,") in ("jpeg", "lossy") for word in said.split()) and "lossless" not in said
    return lossy or known.get("jpeg_trace", "no") != "no"
