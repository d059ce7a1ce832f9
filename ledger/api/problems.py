"""RFC 9457 problem details: how every error leaves the API.

No answer repeats what the caller sent: a validation error names the field and the rule, never the value, because a
value in the wrong place may be a patient's.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ledger.core.entry import CASE_EVENTS
from ledger.errors import (
    LedgerError,
    LimitExceeded,
    NotAllowed,
    NotFound,
    OutageError,
    SignInExpired,
    SignInRefused,
    StorageFull,
)
from ledger.schemas import Problem, Wire

PROBLEM_JSON = "application/problem+json"
CHECK_REQUEST = "Compare the request with /docs or /openapi.json."
_RETRY_SECONDS = "5"
_SHOWN_ERRORS = 5

_log = structlog.get_logger("ledger.api")


class Unauthenticated(NotAllowed):
    """No key, or one that is unknown or revoked."""

    code = "unauthenticated"
    advice = "Send the header Authorization: Bearer ms_… with a key that is in force; an admin makes one with /v1/keys."
    status = 401


class MissingScope(NotAllowed):
    """A key in force that lacks what the route needs; ``scopes``: any one of them would do."""

    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__(f"expected a key with the scope {' or '.join(scopes)}, found one without it")
        self.scopes = tuple(scopes)


_HTTP_ERRORS: Mapping[int, tuple[str, str, str]] = {
    400: ("malformed_body", "expected a well-formed body, found one that cannot be parsed", CHECK_REQUEST),
    404: ("no_such_route", "expected a path of this API, found another", CHECK_REQUEST),
    405: ("method_not_allowed", "expected a method that this path has, found another", CHECK_REQUEST),
    413: (LimitExceeded.code, "expected a body within the upload limit, found a larger one", LimitExceeded.advice),
}


def problem(status: int, code: str, detail: str, advice: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem details response."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, code=code, advice=advice)
    return Response(body.model_dump_json(), status, headers=headers, media_type=PROBLEM_JSON)


def too_large(limit: int) -> Response:
    """413 for a body of more than ``limit`` bytes."""
    detail = f"expected a body of at most {limit} bytes, found a larger one"
    return problem(413, LimitExceeded.code, detail, LimitExceeded.advice)


def internal_error(request_id: str) -> Response:
    """500 without any internals; the log has the rest under the request id."""
    advice = f"Report this request id to the operator; the log holds the cause under it: {request_id}"
    return problem(500, "internal_error", "the request could not be completed", advice)


def of_error(error: LedgerError) -> Response:
    """The problem that a ledger error is."""
    return problem(error.status, error.code, str(error), error.advice, _headers(error))


def _headers(error: LedgerError) -> dict[str, str]:
    if isinstance(error, SignInExpired | SignInRefused):  # RFC 6750 section 3.1
        return {"WWW-Authenticate": 'Bearer realm="medseal", error="invalid_token"'}
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="medseal"'}
    if isinstance(error, MissingScope):
        scopes = " ".join(error.scopes)
        return {"WWW-Authenticate": f'Bearer realm="medseal", error="insufficient_scope", scope="{scopes}"'}
    if isinstance(error, OutageError) and error.status == 503:
        return {"Retry-After": _RETRY_SECONDS}
    return {}


async def _on_ledger_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LedgerError)  # noqa: S101  (the type it is registered for)
    if error.status >= 500:
        _log.warning("request failed", code=error.code, error=type(error).__name__)
    return of_error(error)


async def _on_http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
        return of_error(StorageFull("expected room to receive the upload, found a full disk"))
    phrase = HTTPStatus(error.status_code).phrase
    default = (f"http_{error.status_code}", phrase, CHECK_REQUEST)
    code, detail, advice = _HTTP_ERRORS.get(error.status_code, default)
    return problem(error.status_code, code, detail, advice, error.headers)


async def _on_invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = error.errors()
    lines = [f"{_place(one['loc'])}: {_rule(one)}" for one in found[:_SHOWN_ERRORS]]
    more = f"; and {len(found) - _SHOWN_ERRORS} more" if len(found) > _SHOWN_ERRORS else ""
    return problem(422, "invalid_request", "; ".join(lines) + more, CHECK_REQUEST)


def _rule(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return "not valid JSON"
    return str(error["msg"]).removeprefix("Value error, ")


def _place(location: Sequence[str | int]) -> str:
    source, *path = location
    if source != "body":
        return ".".join(map(str, location))
    return ".".join(["body", *(_field(part) for part in path)])


def _field(part: str | int) -> str:
    return str(part) if isinstance(part, int) or part in _known_fields() else "(unknown field)"


def _known_fields() -> frozenset[str]:
    """Names that the wire types have. Any other key in a body is the caller's text and is not repeated."""
    names = {name for model in Wire.__subclasses__() for name in model.model_fields}
    return frozenset(
        names
        | {
            *CASE_EVENTS,
            "file",
            "urgent",
            "policy",
            "against",
            "original",
            "examine",
            "pictures",
            "picture",
            "format",
            "question",
            "name",
            "[key]",
        }
    )


def install(app: FastAPI) -> None:
    """From now on, errors of ``app``'s routes are answered as problem details."""
    app.add_exception_handler(LedgerError, _on_ledger_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)


_EXAMPLES: Mapping[int, tuple[str, str, str]] = {
    400: _HTTP_ERRORS[400],
    401: (Unauthenticated.code, "expected an API key or a sign-in token, found none", Unauthenticated.advice),
    403: (NotAllowed.code, "expected a key with the scope register, found one without it", NotAllowed.advice),
    404: (NotFound.code, "no registration with this id", NotFound.advice),
    406: ("not_acceptable", "expected application/dicom+json among the accepted types", "Accept it."),
    409: ("conflict", "this idempotency key was used for another image", "Use a new key for another image."),
    413: (LimitExceeded.code, "expected at most 100000000 pixels, found 10000000000", LimitExceeded.advice),
    415: ("unsupported_image", "expected DICOM, PNG, JPEG or TIFF, found none of them", "Convert the image first."),
    422: ("invalid_request", "query.limit: Input should be less than or equal to 1000", CHECK_REQUEST),
    500: ("internal_error", "the request could not be completed", "Report the request id to the operator."),
    503: ("chain_unreachable", "the node does not answer", "Nothing was lost. Try again in a moment."),
    507: (StorageFull.code, "no space left on the device", StorageFull.advice),
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI ``responses`` for these statuses and for 500, each a Problem with an example."""
    return {status: _documented(status) for status in (*statuses, 500)}


def _documented(status: int) -> dict[str, Any]:
    code, detail, advice = _EXAMPLES[status]
    phrase = HTTPStatus(status).phrase
    example = Problem(title=phrase, status=status, detail=detail, code=code, advice=advice).model_dump()
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": phrase, "content": content}
