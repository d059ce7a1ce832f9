"""What rules on a file's structure say, on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from ledger.schemas.base import Wire


class StructureFinding(Wire):
    """One thing found, what it can show, how it arises innocently, and what it cannot show."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(description="Stable; the rule's")
    text: str
    meaning: str
    innocent: str = Field(description="How it arises without any forgery")
    limits: str
    strength: Literal["information", "notable", "strong"] = Field(
        description="information: as common in files nobody tampered with; strong: two statements exclude each other"
    )


class StructureRule(Wire):
    """How one rule ended on this file."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    title: str
    state: Literal["found", "passed", "not-applicable", "failed"]
    reason: str = Field(description="Why it did not apply or could not be asked; else empty")


class Structure(Wire):
    """What rules on the file's structure found. They have no probability and never change the verdict."""

    model_config = ConfigDict(from_attributes=True)

    kind: Literal["dicom", "jpeg", "png", "tiff", "other"]
    findings: list[StructureFinding] = Field(description="The strongest first")
    rules: list[StructureRule] = Field(description="Every rule for this kind of file, in their order")

    @classmethod
    def of(cls, found: object | None) -> Structure | None:
        """The core's value of the same fields, on the wire; None for none."""
        return None if found is None else cls.model_validate(found)
