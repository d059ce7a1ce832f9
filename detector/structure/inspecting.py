"""One call for one file: the kind is recognised, its reader reads under limits, each rule of the kind is asked."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import Any

from detector.quiet import quiet_stderr
from detector.structure import (
    rules_container,
    rules_dicom_coding,
    rules_dicom_dates,
    rules_dicom_form,
    rules_dicom_geometry,
    rules_dicom_identity,
    rules_dicom_origin,
    rules_dicom_pixels,
    rules_exif,
    rules_jpeg,
    rules_jpeg_tables,
    rules_png,
    rules_png_texts,
    rules_tiff,
)
from detector.structure.dicom_reading import read_dicom
from detector.structure.jpeg_reading import read_jpeg
from detector.structure.model import (
    MOST_TEXT,
    Inspection,
    Rule,
    RuleState,
    Skip,
    State,
    Strength,
    StructureFinding,
)
from detector.structure.png_reading import read_png
from detector.structure.rules_container import Container
from detector.structure.sniffing import DICOM, JPEG, PNG, TIFF, kind_of
from detector.structure.tiff_reading import read_tiff

MOST_BYTES = 256 << 20
"""Larger files are not inspected."""
NOT_ASKED = "not asked, as the time for these rules was over"
_READERS: Mapping[str, Callable[[bytes], Any]] = {
    DICOM: read_dicom,
    JPEG: read_jpeg,
    PNG: read_png,
    TIFF: read_tiff,
}
_BOOKS: Mapping[str, tuple[Rule, ...]] = {
    DICOM: (
        *rules_dicom_geometry.BOOK.rules,
        *rules_dicom_pixels.BOOK.rules,
        *rules_dicom_coding.BOOK.rules,
        *rules_dicom_dates.BOOK.rules,
        *rules_dicom_identity.BOOK.rules,
        *rules_dicom_origin.BOOK.rules,
        *rules_dicom_form.BOOK.rules,
    ),
    JPEG: (*rules_jpeg.BOOK.rules, *rules_jpeg_tables.BOOK.rules, *rules_exif.BOOK.rules),
    PNG: (*rules_png_texts.BOOK.rules, *rules_png.BOOK.rules),
    TIFF: tuple(rules_tiff.BOOK.rules),
}
RULES: tuple[Rule, ...] = (*rules_container.BOOK.rules, *(rule for book in _BOOKS.values() for rule in book))
"""Every rule there is, each code once."""
_ORDER = {Strength.STRONG: 0, Strength.NOTABLE: 1, Strength.INFORMATION: 2}


def inspect(data: bytes, name: str = "", *, seconds: float = math.inf) -> Inspection:
    """What the rules find in the file ``data``; ``name`` is its file name where there is one.

    Never raises, whatever ``data`` is: a rule that cannot be asked is *failed*. Without ``seconds`` the same file gives
    the same answer; no clock and no network is asked. After ``seconds`` no further rule is asked: what was found
    stands, the others are *failed* and say so (with 0 all of them). One rule under way is not broken off. Memory: the
    file, one decoded frame of at most 32 million samples and its copies.
    """
    kind, until = kind_of(data), monotonic() + seconds
    pairs = [*_asked(rules_container.BOOK.rules, lambda: Container(kind, name), until)]
    if kind in _READERS:
        pairs += _asked(_BOOKS[kind], lambda: _read(kind, data), until)
    found = [finding for finding, _ in pairs if finding is not None]
    return Inspection(kind, tuple(sorted(found, key=lambda one: _ORDER[one.strength])), tuple(s for _, s in pairs))


def _read(kind: str, data: bytes) -> Any:
    if len(data) > MOST_BYTES:
        raise ValueError("larger than what is inspected")
    return _READERS[kind](data)


def _asked(
    rules: tuple[Rule, ...] | list[Rule], read: Callable[[], Any], until: float
) -> Iterator[tuple[StructureFinding | None, RuleState]]:
    """Each rule's finding, if any, and how it ended."""
    if monotonic() >= until:
        yield from _failed(rules, NOT_ASKED)
        return
    with warnings.catch_warnings(), quiet_stderr():
        warnings.simplefilter("ignore")
        try:
            file = read()
        except Exception:  # noqa: BLE001  files of strangers: whatever a reader stumbles over, no rule can be asked
            yield from _failed(rules, "the file could not be read as what it is")
            return
        for at, rule in enumerate(rules):
            if monotonic() >= until:
                yield from _failed(rules[at:], NOT_ASKED)
                return
            yield _answer(rule, file)


def _failed(rules: tuple[Rule, ...] | list[Rule], reason: str) -> Iterator[tuple[None, RuleState]]:
    return ((None, _state(rule, State.FAILED, reason)) for rule in rules)


def _answer(rule: Rule, file: Any) -> tuple[StructureFinding | None, RuleState]:
    try:
        said = rule.ask(file)
    except Exception:  # noqa: BLE001  as above; one rule that stumbles must not take the others with it
        return None, _state(rule, State.FAILED, "this part of the file could not be read")
    if said is None:
        return None, _state(rule, State.PASSED)
    if isinstance(said, Skip):
        return None, _state(rule, State.NOT_APPLICABLE, said.reason)
    finding = StructureFinding(rule.code, said[:MOST_TEXT], rule.meaning, rule.innocent, rule.limits, rule.strength)
    return finding, _state(rule, State.FOUND)


def _state(rule: Rule, state: State, reason: str = "") -> RuleState:
    return RuleState(rule.code, rule.title, state, reason)
