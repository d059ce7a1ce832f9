"""What the rules on a file's structure answer, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_TEXT = 400
"""Characters of a finding's text, at most."""


class Strength(StrEnum):
    """How much a finding weighs. None of them is a probability.

    *information*: says how the file was made; as common in files that nobody tampered with. *notable*: does not belong
    there; an innocent explanation exists and is said. *strong*: two statements of one file exclude each other.
    """

    INFORMATION = "information"
    NOTABLE = "notable"
    STRONG = "strong"


class State(StrEnum):
    """How a rule ended. *failed*: it could not be asked, as the file is damaged, too large or made to break readers, or
    as the time was over."""

    FOUND = "found"
    PASSED = "passed"
    NOT_APPLICABLE = "not-applicable"
    FAILED = "failed"


@dataclass(frozen=True)
class StructureFinding:
    """One thing found. ``code`` is the rule's; ``meaning`` says what it can show, ``innocent`` how it arises without
    any forgery, ``limits`` what it cannot show."""

    code: str
    text: str
    meaning: str
    innocent: str
    limits: str
    strength: Strength


@dataclass(frozen=True)
class RuleState:
    """How one rule ended on this file; ``reason`` only where it did not apply or failed."""

    code: str
    title: str
    state: State
    reason: str = ""


@dataclass(frozen=True)
class Inspection:
    """The answer on one file. ``kind``: dicom, jpeg, png, tiff or other. ``rules`` has each rule of that kind once.

    ``findings``: the strongest first, then in the order of the rules.
    """

    kind: str
    findings: tuple[StructureFinding, ...]
    rules: tuple[RuleState, ...]


@dataclass(frozen=True)
class Skip:
    """A rule does not apply to this file, and why."""

    reason: str


Answer = str | Skip | None
"""A finding's text, or why the rule does not apply, or None: looked at, nothing found."""


@dataclass(frozen=True)
class Rule:
    """``ask`` takes the file as its reader made it; it may raise, which counts as *failed*."""

    code: str
    title: str
    kind: str
    strength: Strength
    meaning: str
    innocent: str
    limits: str
    ask: Callable[[Any], Answer]


@dataclass(frozen=True)
class Why:
    """The three sentences that go with every finding of a rule."""

    meaning: str
    innocent: str
    limits: str


class Book:
    """The rules of one kind of file, in the order in which they were written down."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.rules: list[Rule] = []

    def rule(
        self, code: str, title: str, strength: Strength, why: Why
    ) -> Callable[[Callable[[Any], Answer]], Callable[[Any], Answer]]:
        """The decorated function is a rule of this book, under the stable ``code``."""

        def add(ask: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
            self.rules.append(
                Rule(f"{self.kind}-{code}", title, self.kind, strength, why.meaning, why.innocent, why.limits, ask)
            )
            return ask

        return add
