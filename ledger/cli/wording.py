"""Errors in the words of commands: the server speaks of requests, whoever types a command of options and settings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ledger.errors import LedgerError

_KEY = "an administrator makes one with medseal keys create"
_VERSIONS = "Check MEDSEAL_SERVER (--server), and that this program and the server have the same version."
_ADVICE: Mapping[str, str] = {
    "unauthenticated": f"Set MEDSEAL_API_KEY to a key that is in force; {_KEY}.",
    "not_allowed": f"Set MEDSEAL_API_KEY to a key whose role allows this (medseal whoami shows yours); {_KEY} --role.",
    "sign_in_expired": "Set MEDSEAL_API_KEY to a new token, or to an API key, which does not expire.",
    "invalid_request": "Correct the option that the message names; --help lists the command's options.",
    "malformed_body": _VERSIONS,
    "no_such_route": _VERSIONS,
    "method_not_allowed": _VERSIONS,
    "empty_file": "Give another file: this one has no content, so nothing was done.",
    "invalid_case": "Correct the option that the message names; nothing was written.",
    "invalid_span": "Give --since (and --until), the earlier first, or --from-head and --to-head, the earlier first.",
    "invalid_page": "Give --limit within these bounds.",
}
_MESSAGES: Mapping[str, str] = {
    "no_such_route": "expected a server that knows this command, found one that does not",
    "method_not_allowed": "expected a server that knows this command, found one that does not",
    "malformed_body": "expected a server that reads what this command sends, found one that does not",
}
_OPTIONS: Mapping[str, str] = {
    "file": "FILE",
    "title": "TITLE",
    "event_id": "--event-id",
    "old": "--from-head",
    "new": "--to-head",
    "target": "ID",
    "replacement": "--by",
    "text": "TEXT",
    "status": "STATUS",
    "parameters": "--parameter",
}
_SAME = (
    *("against", "author", "comment", "conclusion", "digest", "evidence", "examine", "format", "frame", "hide", "item"),
    *("kind", "limit", "method", "name", "operation", "original", "policy", "question", "reason", "region"),
    *("registrar", "registration", "since", "state", "until", "urgent"),
)
_PLACE = re.compile(r"\b(?:body|query|path|header)\.([\w.\[\]-]+)")


def message_of(error: LedgerError) -> str:
    """What went wrong, with options where the server named parts of a request."""
    return _MESSAGES.get(error.code) or _PLACE.sub(_option, str(error))


def advice_of(error: LedgerError) -> str:
    """The next step for somebody who types commands."""
    return _ADVICE.get(error.code, error.advice)


def _option(found: re.Match[str]) -> str:
    named = [part for part in found[1].split(".") if part in _SAME or part in _OPTIONS]
    if not named:
        return found[1].replace(".", " ")
    return _OPTIONS.get(named[-1], f"--{named[-1]}")
