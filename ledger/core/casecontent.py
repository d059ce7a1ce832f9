"""What a reviewer writes into a case, as canonical bytes, and the commitment that its log entry holds.

A note may name a patient, so neither the log nor the chain has any of it. The entry commits to it:
``HMAC-SHA-256(salt, "medseal/case/1\\n" ‖ content)`` with 32 random bytes of salt for each event and the canonical JSON
(RFC 8785) of the content, in which whatever was not said is left out. Content and salt stay in the hospital's store.
Whoever erases them closes the commitment for ever; every proof of the log still holds, and a reading of the case says
that this event's content is missing.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, TypeAlias

from ledger.core.entry import SALT_BYTES, canonical, parse_timestamp
from ledger.errors import InvalidCase, InvalidEntry

STATUSES = ("open", "confirmed", "cleared", "cannot-tell")
"""What a reviewer found of an item: nothing yet; it was altered; it was not; the evidence does not decide."""
EVIDENCE = ("region", "change-map", "heat-map", "ela", "check", "detector", "attribute", "other")
MAX_CONTENT_BYTES = 64 * 1024
MAX_ITEMS = 10_000
_DOMAIN = b"medseal/case/1\n"
_SIDE = 1 << 31
_Rule = tuple[str, Callable[[Any], bool]]


def _is_text(value: Any, most: int) -> bool:
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _text(most: int) -> _Rule:
    return f"text of 1 to {most} characters", lambda value: _is_text(value, most)


def _word(words: tuple[str, ...]) -> _Rule:
    return f"one of {', '.join(words)}", lambda value: value in words


def _number(least: int, most: int) -> _Rule:
    return f"a whole number of {least} to {most}", lambda value: type(value) is int and least <= value <= most


def _form(pattern: str) -> _Rule:
    return pattern, lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_box(value: Any) -> bool:
    if not isinstance(value, tuple) or len(value) != 4 or any(type(side) is not int for side in value):
        return False
    return all(0 <= side < _SIDE for side in value) and min(value[2:]) > 0


def _are_parameters(value: Any) -> bool:
    if not isinstance(value, Mapping) or len(value) > 40:
        return False
    return all(_is_text(name, 100) and _is_plain(given) for name, given in value.items())


def _is_plain(value: Any) -> bool:
    if isinstance(value, float):
        return abs(value) < float(1 << 53)  # neither infinite nor no number, either
    return isinstance(value, bool) or (type(value) is int and abs(value) < 1 << 53) or _is_text(value, 1000)


def _is_time(value: Any) -> bool:
    try:
        parse_timestamp(value)
    except (InvalidEntry, TypeError):
        return False
    return True


_RULES: Mapping[str, _Rule] = {
    "author": _text(200),
    "by": _text(200),
    "by_id": _form("(key|person):[0-9a-f]{8,64}"),
    "title": _text(200),
    "question": _text(2000),
    "name": _text(300),
    "file": _form("sha256:[0-9a-f]{64}"),
    "verdict": _text(40),
    "accepted": ("true or false", lambda value: isinstance(value, bool)),
    "policy": _text(40),
    "registration_id": _form("[0-9a-f]{32}"),
    "detector": _text(300),
    "checked_at": ("a UTC time with milliseconds", _is_time),
    "item": _number(1, MAX_ITEMS),
    "text": _text(10_000),
    "evidence": _word(EVIDENCE),
    "method": _text(200),
    "parameters": ("at most 40 names with a text, a number or true or false each", _are_parameters),
    "comment": _text(2000),
    "region": ("x, y, width and height in whole pixels", _is_box),
    "frame": _number(0, _SIDE),
    "status": _word(STATUSES),
    "reason": _text(2000),
    "conclusion": _text(10_000),
    "verification": ("a summary of a verification", lambda value: isinstance(value, Summary)),
    "said": ("an event of a case", lambda value: isinstance(value, _Said)),
}


@dataclass(frozen=True)
class _Checked:
    """Fields of a known form. What is wrong is named by its field, never by its value, which may be a patient's."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            expected, holds = _RULES[one.name]
            if not (value is None and one.default is None) and not holds(value):
                raise InvalidCase(f"expected {one.name} as {expected}, found {_kind(value)}")


@dataclass(frozen=True)
class Summary(_Checked):
    """What a verification of the item's file said when it was added; whoever added it answers for it."""

    verdict: str
    accepted: bool
    policy: str
    reason: str
    checked_at: str
    registration_id: str | None = None
    detector: str | None = None


@dataclass(frozen=True)
class _Said(_Checked):
    event: ClassVar[str]


@dataclass(frozen=True)
class Opened(_Said):
    """A case begins: what it is called and what it is to find out."""

    event = "open"
    title: str
    question: str | None = None


@dataclass(frozen=True)
class Added(_Said):
    """A file becomes the next item, known by its digest. The reviewer gives the name; the file is not kept."""

    event = "add"
    name: str
    file: str
    verification: Summary | None = None


@dataclass(frozen=True)
class Noted(_Said):
    """A note on an item, or on the whole case."""

    event = "note"
    text: str
    item: int | None = None


@dataclass(frozen=True)
class Bookmarked(_Said):
    """Evidence that can be seen again: what it is, by which method with which parameters, and where in the picture."""

    event = "bookmark"
    item: int
    evidence: str
    method: str
    comment: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    region: tuple[int, int, int, int] | None = None
    frame: int | None = None


@dataclass(frozen=True)
class Judged(_Said):
    """What the reviewer finds of an item."""

    event = "status"
    item: int
    status: str
    reason: str | None = None


@dataclass(frozen=True)
class Closed(_Said):
    """The case ends with a conclusion."""

    event = "close"
    conclusion: str


@dataclass(frozen=True)
class Reopened(_Said):
    """A closed case goes on."""

    event = "reopen"
    reason: str


Said: TypeAlias = Opened | Added | Noted | Bookmarked | Judged | Closed | Reopened
_KINDS: Mapping[str, type[Said]] = {
    kind.event: kind for kind in (Opened, Added, Noted, Bookmarked, Judged, Closed, Reopened)
}


@dataclass(frozen=True)
class Content(_Checked):
    """One event with who says so: in the author's own words, and as the server recognised the caller.

    ``by`` is the caller's label or name, which two may share; ``by_id`` tells them apart. Contents written before it
    was kept have none.
    """

    said: Said
    author: str | None = None
    by: str | None = None
    by_id: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by_id is not None and self.by is None:
            raise InvalidCase("expected the label of whom the server recognised beside the id, found the id alone")
        if self.author is None and self.by is None:
            raise InvalidCase("expected an author, found none", advice="Say who writes this (--author).")


def content_fields(said: Said) -> dict[str, Any]:
    """What was said as plain JSON values, without what was left out."""
    plain: dict[str, Any] = _plain(vars(said))
    return plain


def encode_content(content: Content) -> bytes:
    """The canonical bytes that the entry commits to, at most :data:`MAX_CONTENT_BYTES`; InvalidCase beyond."""
    who = {"event": content.said.event, "author": content.author, "by": content.by, "by_id": content.by_id}
    data = canonical(_plain({**who, **vars(content.said)}))
    if len(data) > MAX_CONTENT_BYTES:
        raise InvalidCase(f"expected at most {MAX_CONTENT_BYTES} bytes in one event, found {len(data)}")
    return data


def decode_content(data: bytes) -> Content:
    """The content in ``data``, which must be its canonical form byte for byte; InvalidCase otherwise."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidCase("expected the content of a case event as JSON, found something else") from error
    if not isinstance(value, dict) or (kind := _KINDS.get(str(value.pop("event", "")))) is None:
        raise InvalidCase("expected the content of a case event, found something else")
    who = [value.pop(name, None) for name in ("author", "by", "by_id")]
    if isinstance(value.get("region"), list):
        value["region"] = tuple(value["region"])
    if isinstance(value.get("verification"), dict):
        value["verification"] = _made(Summary, value["verification"])
    content = Content(_made(kind, value), *who)
    if encode_content(content) != data:
        raise InvalidCase("expected canonical JSON (RFC 8785), found another form of it")
    return content


def commit_content(salt: bytes, content: bytes) -> str:
    """The commitment to the canonical ``content`` under 32 bytes of ``salt``, as 64 hex digits."""
    if len(salt) != SALT_BYTES:
        raise InvalidCase(f"expected a salt of {SALT_BYTES} bytes, found {len(salt)}")
    return hmac.digest(salt, _DOMAIN + content, "sha256").hex()


def _made(kind: type[Any], values: Mapping[str, Any]) -> Any:
    known = {one.name: one for one in fields(kind)}
    needed = {name for name, one in known.items() if one.default is MISSING and one.default_factory is MISSING}
    if not needed <= values.keys() <= known.keys():
        raise InvalidCase(f"expected the fields {', '.join(known)}, found others or too few")
    return kind(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, _Checked):
        value = vars(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items() if inner is not None and inner != {}}
    return list(value) if isinstance(value, tuple) else value


def _kind(value: Any) -> str:
    return "nothing" if value is None or value == "" else f"another {type(value).__name__}"
