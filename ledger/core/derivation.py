"""What can be checked of a declared derivation: the operation that made a registered image into another one.

Every check is pure: digests in, a :class:`Finding` out. DerivationContradicted when the two images show that the
declared operation did not make one of the other. Nothing here, and no message, holds the value of an attribute.

The identifying attributes are those of DICOM PS3.15 Table E.1-1 (basic profile) that name or directly identify a
person, an institution or a study's order. Dates, UIDs, free text and private attributes, which the profile also
treats, are not looked at: this check finds a forgotten name, it does not certify a de-identification.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ledger.core.digests import (
    AttributeDigest,
    DigestSet,
    TileDigests,
    compare_attributes,
    compare_tiles,
)
from ledger.core.digests.dataset import attribute_digests
from ledger.core.images import Attribute
from ledger.core.rendering import changes_rendering
from ledger.errors import DerivationContradicted, InputError

Checked = Literal["proven", "consistent", "declared"]
Tile = tuple[int, int, int, int, int]

IDENTIFYING: Mapping[str, str] = {
    "(0008,0050)": "AccessionNumber",
    "(0008,0080)": "InstitutionName",
    "(0008,0081)": "InstitutionAddress",
    "(0008,0090)": "ReferringPhysicianName",
    "(0008,0092)": "ReferringPhysicianAddress",
    "(0008,0094)": "ReferringPhysicianTelephoneNumbers",
    "(0008,1040)": "InstitutionalDepartmentName",
    "(0008,1048)": "PhysiciansOfRecord",
    "(0008,1050)": "PerformingPhysicianName",
    "(0008,1060)": "NameOfPhysiciansReadingStudy",
    "(0008,1070)": "OperatorsName",
    "(0010,0010)": "PatientName",
    "(0010,0020)": "PatientID",
    "(0010,0021)": "IssuerOfPatientID",
    "(0010,0030)": "PatientBirthDate",
    "(0010,0032)": "PatientBirthTime",
    "(0010,1000)": "OtherPatientIDs",
    "(0010,1001)": "OtherPatientNames",
    "(0010,1005)": "PatientBirthName",
    "(0010,1040)": "PatientAddress",
    "(0010,1060)": "PatientMotherBirthName",
    "(0010,2154)": "PatientTelephoneNumbers",
    "(0010,2297)": "ResponsiblePerson",
    "(0010,4000)": "PatientComments",
    "(0020,0010)": "StudyID",
    "(0032,1032)": "RequestingPhysician",
}
_WINDOW = frozenset(("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence"))
_VOI_LUT_ITEMS = "(0028,3010)["
_PIXEL_DATA = ("(7FE0,0010)", "pixels")
_MOST_LISTED = 200


@dataclass(frozen=True)
class Finding:
    """What a check of the declared operation showed: how much, how, and JSON-able facts behind it."""

    checked: Checked
    how: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Box:
    """A rectangle of every frame that was made unreadable, in pixels from the upper left corner."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        """InputError unless it lies right of and below the corner, with at least one pixel."""
        if min(self.x, self.y) < 0 or min(self.width, self.height) < 1:
            found = f"{self.x},{self.y},{self.width},{self.height}"
            raise InputError(f"expected a box x,y,w,h with x and y of 0 or more, w and h of 1 or more, found {found}")


@dataclass(frozen=True)
class Origin:
    """What the store knows of the registered image; ``attributes`` and ``tiles`` None when it was registered by
    digests alone."""

    digests: Mapping[str, str]
    facts: Mapping[str, Any]
    attributes: tuple[AttributeDigest, ...] | None
    tiles: TileDigests | None


def same_samples(origin: Origin, derived: DigestSet) -> str | None:
    """The digest that shows both images to have the same samples, or None. Lossy data is identified by
    codestream/1, all other data by pixel/1; neither speaks for the other."""
    before, after = origin.digests, derived.digests
    name = "codestream/1" if "codestream/1" in after else "pixel/1"
    if name == "pixel/1" and "codestream/1" in before:
        return None
    if before.get(name) != after.get(name, ""):
        return None
    one_decoder = origin.facts.get("decoder") == derived.facts.get("decoder")
    if one_decoder and before.get("pixel/1", after.get("pixel/1")) != after.get("pixel/1"):
        return None  # what stands around the codestream makes one decoder show other samples
    return name


def kept_identifiers(before: Sequence[AttributeDigest], after: Sequence[AttributeDigest]) -> list[str]:
    """The identifying attributes, as path and name, that have the same value, not an empty one, in both images."""
    known = {attribute.path: attribute.digest for attribute in before}
    return [
        f"{attribute.path} {IDENTIFYING[tag]}"
        for attribute in after
        if (tag := attribute.path.rpartition(".")[2]) in IDENTIFYING
        and known.get(attribute.path) == attribute.digest != _empty(attribute)
    ]


def check_header(operation: str, origin: Origin, derived: DigestSet) -> None:
    """Nothing, when the header of an image with the registered samples differs as ``operation`` allows.

    DerivationContradicted for an identifying attribute that a de-identified image kept, and for another attribute
    that changes how the samples are shown: windowing may change the window, de-identification take overlays away.
    """
    if origin.attributes is None:
        return
    if operation == "de-identified" and (kept := kept_identifiers(origin.attributes, derived.attributes)):
        raise DerivationContradicted(
            f"expected a de-identified image without the original's identifying attributes, found {len(kept)} "
            f"unchanged: {', '.join(kept[:20])}"
        )
    if origin.facts.get("media_type") != derived.facts.get("media_type"):
        return
    shown = [
        f"{change.path} {change.name}".strip()
        for change in compare_attributes(origin.attributes, derived.attributes)
        if change.path not in _PIXEL_DATA
        and changes_rendering(change.path, change.name)
        and not _allowed(operation, change.path, change.name, change.change)
    ]
    if shown:
        raise DerivationContradicted(
            f"expected attributes that show the samples as the original does, found others: {', '.join(shown[:20])}"
        )


def check_hidden(origin: TileDigests, derived: DigestSet, boxes: Sequence[Box], *, told_apart: bool) -> Finding:
    """That nothing differs but tiles that ``boxes`` cover whole; DerivationContradicted names those outside.

    ``told_apart``: whether the samples may differ unseen, as those of lossy data do between decoders.
    """
    compared = compare_tiles(origin, derived.tiles)
    if not compared.comparable:
        raise DerivationContradicted(f"expected the samples of the original, found others: {compared.reason}")
    outside = [tile for tile in compared.changed if not _covers(boxes, tile)]
    if outside:
        shown = "; ".join(f"frame {f}, {x},{y},{w},{h}" for f, x, y, w, h in outside[:5])
        more = f" and {len(outside) - 5} more" if len(outside) > 5 else ""
        count = _tiles(len(outside))
        raise DerivationContradicted(
            f"expected changes inside the hidden boxes alone, found that {count} outside: {shown}{more}"
        )
    if not compared.changed:
        unseen = ", as this decoder shows them" if told_apart else ""
        return Finding("consistent", f"no tile differs from the original{unseen}")
    figures = {
        "changed_tiles": [list(tile) for tile in compared.changed[:_MOST_LISTED]],
        "changed_count": len(compared.changed),
    }
    return Finding("consistent", f"{_tiles(len(compared.changed))}, all inside the hidden boxes", figures)


def _tiles(count: int) -> str:
    return "1 tile differs" if count == 1 else f"{count} tiles differ"


def _allowed(operation: str, path: str, name: str, change: str) -> bool:
    if operation == "windowed":
        return name in _WINDOW or path.startswith(_VOI_LUT_ITEMS)
    return operation == "de-identified" and change == "removed" and path.startswith("(60")


def _empty(attribute: AttributeDigest) -> bytes:
    """The digest that the attribute would have without a value."""
    return attribute_digests((Attribute(attribute.path, attribute.name, attribute.vr, b""),))[0].digest


def _covers(boxes: Sequence[Box], tile: Tile) -> bool:
    """Whether the union of ``boxes`` holds every pixel of the tile."""
    _, x, y, width, height = tile
    import numpy as np

    open_pixels = np.ones((height, width), bool)
    for box in boxes:
        top, left = max(0, box.y - y), max(0, box.x - x)
        open_pixels[top : max(0, box.y + box.height - y), left : max(0, box.x + box.width - x)] = False
    return not open_pixels.any()
