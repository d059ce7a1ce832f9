"""Rules on any file: what its name promises."""

from __future__ import annotations

from dataclasses import dataclass

from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.sniffing import OTHER, promised

BOOK = Book("file")


@dataclass(frozen=True)
class Container:
    """The kind that the bytes are, and the name they came under."""

    kind: str
    name: str


@BOOK.rule(
    "ending",
    "Name and contents are of one kind",
    Strength.NOTABLE,
    Why(
        "The file was renamed or written anew as another kind.",
        "Web sites and messengers send JPEG files under any name; many programs look at the contents alone.",
        "Nothing is said about the picture.",
    ),
)
def ending(file: Container) -> Answer:
    """The ending of the name promises another kind of file."""
    wanted = promised(file.name)
    if wanted is None:
        return Skip("the name promises no kind of file")
    if wanted == file.kind:
        return None
    found = "none of the kinds that are read" if file.kind == OTHER else file.kind.upper()
    other = "another kind" if wanted == OTHER else wanted.upper()
    return f"The name promises {other}; the contents are {found}."
