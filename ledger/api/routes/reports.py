"""Reports on images, and the history as a file."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Form, Query, UploadFile
from pydantic import AwareDatetime
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ledger.api import examples
from ledger.api.auth import READING, HistoryKey, KeyFirstRoute, VerifyKey
from ledger.api.backend import Ledger, verifying
from ledger.api.noting import Noting
from ledger.api.problems import errors
from ledger.api.routes.images import Examine, ImageFile, Original, PolicyName
from ledger.api.routes.reading import Kind
from ledger.core.model import State
from ledger.errors import InputError
from ledger.export.history import MEDIA_TYPES, export
from ledger.schemas import Digest, Identifier
from ledger.schemas.reports import (
    DEFAULT_QUESTION,
    MOST_NAME,
    MOST_QUESTION,
    HistoryFormat,
    ReportFile,
    ReportFormat,
)

router = APIRouter(prefix="/v1", route_class=KeyFirstRoute)

_TYPES = {"pdf": "application/pdf", "dossier": "application/zip", "json": "application/json"}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILES = dict.fromkeys(_TYPES.values(), _BINARY) | {"application/json": {"example": examples.REPORT}}
_EXPORTS = {MEDIA_TYPES[wanted].partition(";")[0]: {"example": example} for wanted, example in examples.EXPORTS.items()}


@router.post(
    "/reports",
    tags=["reports"],
    summary="Make a report on an image",
    response_class=Response,
    form_limits={"max_files": 2, "max_fields": 10, "max_part_size": 8192},
    openapi_extra=examples.form(examples.REPORT_FORM, "/v1/reports -F format=dossier -o report.dossier.zip"),
    responses={
        200: {"description": "The report as a file; headers name its id, verdict and answer", "content": _FILES},
        **errors(400, 401, 403, 404, 409, 413, 415, 422, 503, 507),
    },
)
async def report(
    request: Request,
    key: VerifyKey,
    ledger: Ledger,
    file: ImageFile,
    format: Annotated[ReportFormat, Form(description="pdf, json, or the zip of both with all evidence")] = "dossier",  # noqa: A002
    question: Annotated[str, Form(min_length=1, max_length=MOST_QUESTION)] = DEFAULT_QUESTION,
    name: Annotated[str, Form(max_length=MOST_NAME, description="How the report calls the item")] = "",
    author: Annotated[str, Form(max_length=MOST_NAME, description="Who asked for it, as the report says")] = "",
    policy: PolicyName = "clinical",
    against: Annotated[Identifier | None, Form(description="A registration to compare with")] = None,
    original: Original = None,
    examine: Examine = False,
    picture: Annotated[bool, Form(description="Enclose pictures of the item")] = True,
) -> Response:
    """Verifies the image and writes the report on it: question and propositions, each examination with method, version
    and parameters, findings apart from the opinion, error rates, limits, and how to repeat it. The image is not kept.

    The dossier encloses receipt and trust file, and is checked offline with `medseal report verify`. The receipt opens
    commitments, so only a key that may read it elsewhere (history or register) gets it here; the report says so, and
    what rests on it is *undetermined* offline."""

    noting = Noting(ledger, key)

    def make() -> ReportFile:
        data = _content(file)
        noting.file = "sha256:" + sha256(data).hexdigest()
        return ledger.reports.on_behalf(noting.note, receipts=READING.met_by(key)).make(
            data,
            format=format,
            name=name,
            question=question,
            author=author,
            policy=policy,
            against=against,
            original=_content(original) if original is not None else None,
            examine=examine,
            picture=picture,
        )

    made = await verifying(request, make)
    return Response(made.content, headers=_headers(made), media_type=_TYPES[made.format])


def _headers(made: ReportFile) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{made.filename}"',
        "MedSeal-Report": made.report,
        "MedSeal-Verdict": made.verdict,
        "MedSeal-Accepted": "true" if made.accepted else "false",
        "MedSeal-Answer": made.answer,
    }


@router.get(
    "/history/export",
    tags=["history"],
    summary="Export the history",
    response_class=StreamingResponse,
    responses={
        200: {"description": "Every entry that fits the filters, newest first", "content": _EXPORTS},
        **errors(401, 403, 404, 409, 422, 503),
    },
)
def export_history(
    key: HistoryKey,  # noqa: ARG001
    ledger: Ledger,
    format: Annotated[HistoryFormat, Query(description="fhir is R4 (4.0.1), fhir-r5 is R5 (5.0.0)")] = "csv",  # noqa: A002
    digest: Annotated[Digest | None, Query(description="Any digest of an image")] = None,
    registration: Annotated[Identifier | None, Query(description="A registration, with what was said about it")] = None,
    registrar: Annotated[str | None, Query(max_length=200, description="A registrar's name or id")] = None,
    since: Annotated[AwareDatetime | None, Query(description="RFC 3339; not before")] = None,
    until: Annotated[AwareDatetime | None, Query(description="RFC 3339; before")] = None,
    kind: Kind | None = None,
    state: State | None = None,
) -> StreamingResponse:
    """The file is sent as it is read. When the ledger fails on the way the connection breaks off, so that half a file
    is never taken for a whole one."""
    filters = {"digest": digest, "registration": registration, "registrar": registrar, "kind": kind}
    times = {"since": since, "until": until}
    pieces = export(ledger, format, {**filters, **times, "state": state.value if state else None})
    suffix = {"fhir": "fhir.json", "fhir-r5": "fhir-r5.json"}.get(format, format)
    disposition = {"Content-Disposition": f'attachment; filename="medseal-history.{suffix}"'}
    return StreamingResponse(_gathered(pieces), headers=disposition, media_type=MEDIA_TYPES[format])


def _gathered(pieces: Iterator[bytes], least: int = 1 << 16) -> Iterator[bytes]:
    """The same bytes in pieces of at least ``least``: a thread is changed for each."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= least:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def _content(file: UploadFile) -> bytes:
    content = file.file.read()
    if not content:
        raise InputError("expected an image, found a file of 0 bytes", code="empty_file", advice="Send the file again.")
    return content
