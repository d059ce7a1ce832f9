"""Our own sets: ``examples.jsonl``, one JSON object a line with the fields of Example, paths relative to the folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detector.datasets.contract import Example
from detector.datasets.paths import inside
from detector.errors import UnusableData

FILE = "examples.jsonl"
_PATHS = ("path", "mask", "origin")
_FIELDS = tuple(field.name for field in dataclasses.fields(Example))


def as_record(example: Example, folder: Path) -> dict[str, Any]:
    """The example as a JSON object; paths relative to ``folder``, in which they must lie."""
    record = {name: getattr(example, name) for name in _FIELDS}
    for name in _PATHS:
        if record[name] is not None:
            record[name] = record[name].relative_to(folder).as_posix()
    return record


def from_record(record: Mapping[str, Any], folder: Path) -> Example:
    """The example of a JSON object. UnusableData for unknown or missing fields and for paths that leave ``folder``."""
    if unknown := set(record) - set(_FIELDS):
        raise UnusableData(f"expected the fields {', '.join(_FIELDS)}, found {', '.join(sorted(unknown))[:80]!r}")
    paths = {name: inside(folder, record[name]) for name in _PATHS if record.get(name) is not None}
    try:
        return Example(**{**record, **paths})
    except TypeError as error:
        raise UnusableData(f"expected at least the required fields of an example, found: {error}") from error


def save_examples(folder: Path, examples: Sequence[Example]) -> Path:
    """Write ``examples.jsonl`` in one step: a reader finds the whole file or none."""
    lines = "".join(json.dumps(as_record(example, folder), sort_keys=True) + "\n" for example in examples)
    part = folder / (FILE + ".part")
    part.write_text(lines, encoding="utf-8")
    return part.replace(folder / FILE)


def open_generated(folder: Path) -> list[Example]:
    """The examples of ``folder/examples.jsonl``, in its order. UnusableData names the line that is none."""
    examples = []
    for number, line in enumerate((folder / FILE).read_text(encoding="utf-8").splitlines(), 1):
        try:
            examples.append(from_record(json.loads(line), folder))
        except (json.JSONDecodeError, UnusableData, TypeError, AttributeError) as error:
            raise UnusableData(f"{folder / FILE}, line {number}: {error}") from error
    return examples
