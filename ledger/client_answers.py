"""What a server's answers become: values, or the errors that its problems name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from ledger import errors
from ledger.errors import InputError, LedgerError, NotAllowed, OutageError
from ledger.schemas import Problem

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


def segment(identifier: str) -> str:
    """One path segment: an identifier with a slash in it must not become another route."""
    return identifier if identifier.isalnum() and identifier.isascii() else "-"


def is_json(response: httpx.Response, kind: str) -> bool:
    """Whether the answer says that it is of this media type."""
    found: str = response.headers.get("content-type", "")
    return found.partition(";")[0].strip() == kind


def read(adapter: TypeAdapter[T], response: httpx.Response) -> T:
    """The answer as ``adapter`` reads it; OutageError with code ``unexpected_answer`` when it is another."""
    try:
        return adapter.validate_json(response.content)
    except ValidationError as error:
        raise _not_medseal(response) from error


def _not_medseal(response: httpx.Response) -> OutageError:
    return OutageError(
        f"expected an answer of a MedSeal server of this version, found another (HTTP {response.status_code})",
        code="unexpected_answer",
        advice="Check MEDSEAL_SERVER, any proxy on the way, and that client and server have the same version.",
    )


def error_of(response: httpx.Response) -> LedgerError:
    """The error that the server's problem names, with its code, advice and status."""
    if not is_json(response, "application/problem+json"):
        return _not_medseal(response)
    try:
        problem = Problem.model_validate(json.loads(response.content))
    except (ValueError, ValidationError):
        return _not_medseal(response)
    error = _class_of(problem)(problem.detail, advice=problem.advice, code=problem.code)
    error.status = problem.status
    return error


def _class_of(problem: Problem) -> type[LedgerError]:
    if problem.code in _CLASSES:
        return _CLASSES[problem.code]
    if problem.status == 503:
        return OutageError
    return InputError if problem.status < 500 else LedgerError


_CLASSES: Mapping[str, type[LedgerError]] = {
    **{kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LedgerError)},
    "unauthenticated": NotAllowed,
}
