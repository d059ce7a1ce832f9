"""What several kinds of files are asked alike: which software is named, and whether an editing history is kept."""

from __future__ import annotations

import re
from itertools import islice

from detector.structure.model import Answer, Skip, Why
from detector.structure.tools import editor_in

NOT_WHAT = "It does not say what was changed, nor whether anything that matters was."
BY_AN_EDITOR = Why(
    "The file was opened and saved by a program made for changing pictures.",
    "Editors also crop, turn, annotate and convert for publication.",
    NOT_WHAT,
)
BY_A_LIBRARY = Why(
    "A library or converter wrote this file; it is not as a device first wrote it.",
    "Nearly every exported or published picture went through one.",
    NOT_WHAT,
)
WITH_A_HISTORY = Why(
    "Adobe's and other programs keep a list of what was done to a document; there is one here.",
    "A picture that was only cropped or converted for print has one as well.",
    NOT_WHAT,
)
_CREATOR = re.compile(r"(?:CreatorTool|softwareAgent)(?:=[\"']|>)([^\"'<]{1,200})")
HISTORY = re.compile(r"<(?:xmpMM:History|photoshop:DocumentAncestors|xmpMM:Ingredients|xmpMM:DerivedFrom)\b")
SAVED = re.compile(r"stEvt:action(?:=[\"']|>)(saved|edited|converted|cropped|resized|derived)")


def creators(xmp: str) -> list[str]:
    """The programs that an XMP packet names, newest or not."""
    return [found.group(1) for found in islice(_CREATOR.finditer(xmp), 50)]


def history_answer(xmp: str) -> Answer:
    """What an XMP packet tells of earlier saves."""
    if not xmp:
        return Skip("the file holds no XMP metadata")
    if not HISTORY.search(xmp):
        return None
    actions = SAVED.findall(xmp)
    said = f" with {len(actions)} recorded steps ({', '.join(dict.fromkeys(actions))})" if actions else ""
    return f"The XMP metadata holds an editing history{said}."


def software_answer(texts: list[str]) -> Answer:
    """Whether one of the texts names a picture editor."""
    if not any(texts):
        return Skip("the file names no software")
    name = editor_in(texts)
    return f"The metadata names {name}, a picture editor, as a program that wrote this file." if name else None
