"""Opening a dossier of strangers: names, counts and sizes are held to limits before anything is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from pydantic_core import from_json

from ledger.errors import InvalidDossier
from ledger.export.dossier import MANIFEST, NAMES, PDF, REPORT, VERIFICATION

MOST_BYTES = 128 << 20
MOST_PART = 48 << 20
MOST_JSON = 8 << 20
MOST_RATIO = 100
_NEEDED = (MANIFEST, REPORT, VERIFICATION, PDF)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_UNREADABLE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error),
    *(NotImplementedError, EOFError, OSError, ValueError, IndexError),
)
"""What zipfile raises for archives that are damaged, or made to trouble it."""


def unpack(data: bytes) -> dict[str, bytes]:
    """The parts by name; InvalidDossier when this is no dossier, or one beyond the limits."""
    if len(data) > MOST_BYTES:
        raise InvalidDossier(f"expected at most {MOST_BYTES >> 20} MB, found {len(data) >> 20} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _limited(archive.infolist())
            parts = {info.filename: _read(archive, info) for info in archive.infolist()}
    except _UNREADABLE as error:
        raise InvalidDossier(f"expected a zip that can be read, found {type(error).__name__}") from error
    except RuntimeError as error:  # what zipfile raises for a password
        raise InvalidDossier("expected parts that are not encrypted") from error
    for name, content in parts.items():
        _shallow(name, content)
    return parts


def read_json(data: bytes) -> Any:
    """The JSON value in ``data``; ValueError for anything else, for numbers that are none, and for deep nesting, which
    Python's own reader can overrun the C stack with where another library has raised the recursion limit."""
    return from_json(data, allow_inf_nan=False)


def _shallow(name: str, data: bytes) -> None:
    try:
        if name.endswith(".json"):
            read_json(data)
    except ValueError as error:
        if "recursion" in str(error):
            raise InvalidDossier(f"expected {name} with little nesting, found deep nesting") from error


def _limited(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    strange = [name for name in names if name not in NAMES]
    if strange or len(set(names)) != len(names):
        raise InvalidDossier(f"expected the parts of a dossier, each once, found {(strange or names)[0][:60]!r}")
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise InvalidDossier(f"expected {', '.join(_NEEDED)}, found no {missing[0]}")
    for part in parts:
        if part.flag_bits & _ENCRYPTED or part.compress_type not in _METHODS:
            raise InvalidDossier(f"expected {part.filename} stored or deflated, found another form")
        most = MOST_JSON if part.filename.endswith(".json") else MOST_PART
        if part.file_size > most or part.file_size > MOST_RATIO * max(1, part.compress_size):
            raise InvalidDossier(f"expected {part.filename} within the limits, found {part.file_size} bytes unpacked")
    if sum(part.file_size for part in parts) > MOST_BYTES:
        raise InvalidDossier(f"expected at most {MOST_BYTES >> 20} MB unpacked, found more")


def _read(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """No more than the directory promises: a part that unpacks to more is none."""
    with archive.open(part) as stream:
        content = stream.read(part.file_size + 1)
    if len(content) != part.file_size:
        raise InvalidDossier(f"expected {part.file_size} bytes of {part.filename}, found {len(content)}")
    return content
