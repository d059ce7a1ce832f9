"""STOW-RS: DICOM objects by DICOMweb (PS3.18 section 10.5), registered as they arrived. They are not kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ledger.api import examples_stow
from ledger.api.auth import Asker, KeyFirstRoute, RegisterKey
from ledger.api.backend import heavy
from ledger.api.problems import errors
from ledger.api.related import Part, UnsupportedMedia, boundary_of, parts_of
from ledger.errors import InputError, LedgerError, OutageError
from ledger.ingest.capture import Capture
from ledger.ingest.statuses import PROCESSING_FAILURE, status_of

router = APIRouter(prefix="/v1/dicomweb", route_class=KeyFirstRoute)

DICOM = "application/dicom"
DICOM_JSON = "application/dicom+json"
_ACCEPTED = {DICOM_JSON, "application/json", "application/*", "*/*"}

StudyUid = Annotated[
    str, Path(pattern=r"^[0-9.]{1,64}$", description="Study Instance UID that every instance must have")
]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: examples_stow.STORED,
    202: examples_stow.PARTLY,
    409: examples_stow.NONE,
    **errors(400, 401, 403, 406, 413, 415, 422, 503),
}


@router.post(
    "/studies",
    tags=["registrations"],
    summary="Register DICOM objects (STOW-RS)",
    response_class=Response,
    openapi_extra=examples_stow.BODY,
    responses=_ANSWERS,
)
async def store_instances(request: Request, key: RegisterKey) -> Response:
    """Registers each part of a multipart/related body; the answer is DICOM JSON and names every instance.

    200: all are registered. 202: some are; the others stand in FailedSOPSequence with a reason. 409: none is. What is
    registered stays so, and sending it again does no harm. An object without readable pixels is registered by `file/1`
    alone. Objects are not kept, so there is no RetrieveURL."""
    return await _store(request, key, None)


@router.post(
    "/studies/{study}",
    tags=["registrations"],
    summary="Register DICOM objects of one study (STOW-RS)",
    response_class=Response,
    openapi_extra=examples_stow.BODY,
    responses=_ANSWERS,
)
async def store_study(request: Request, key: RegisterKey, study: StudyUid) -> Response:
    """As `/studies`; an instance of another study fails with 0xA900."""
    return await _store(request, key, study)


@dataclass
class _Stored:
    """What became of the instances of one request (PS3.18 section I.2)."""

    stored: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    unknown: list[dict[str, Any]] = field(default_factory=list)
    outage: OutageError | None = None
    only_outages: bool = True

    def answer(self) -> Response:
        """200, 202 or 409 with the response module; the outage itself when nothing else happened."""
        none = not self.stored
        if none and self.outage is not None and self.only_outages:
            raise self.outage
        content: dict[str, Any] = {"00081190": {"vr": "UR"}}
        sequences = {"00081199": self.stored, "00081198": self.failed, "0008119A": self.unknown}
        content |= {tag: {"vr": "SQ", "Value": items} for tag, items in sequences.items() if items}
        status = 409 if none else 202 if self.failed or self.unknown else 200
        return JSONResponse(content, status, media_type=DICOM_JSON)


async def _store(request: Request, key: Asker, study: str | None) -> Response:
    _must_accept(request)
    boundary = boundary_of(request.headers.get("content-type", ""), DICOM)
    capture: Capture = request.app.state.capture
    found = _Stored()
    async for part in parts_of(request, boundary):
        _must_be_dicom(part)
        await heavy(request, lambda part=part: _one(capture, part, found, f"stow {key.label}", study))  # type: ignore[misc]
    if not (found.stored or found.failed or found.unknown):
        raise InputError("expected at least one part, found none", code="empty_request")
    return found.answer()


def _one(capture: Capture, part: Part, found: _Stored, source: str, study: str | None) -> None:
    data = part.content.read()
    try:
        stored = capture.store(data, source, study=study)
    except Exception as error:  # noqa: BLE001  what was stored before must still be told
        status = status_of(error) if isinstance(error, LedgerError) else PROCESSING_FAILURE
        reason = {"00081197": {"vr": "US", "Value": [status]}}
        found.only_outages &= isinstance(error, OutageError)
        found.outage = error if isinstance(error, OutageError) else found.outage
        identity = capture.identity(data)
        if identity is None:
            found.unknown.append(reason)
        else:
            found.failed.append(_reference(identity.sop_class, identity.sop_instance) | reason)
        return
    reference = _reference(stored.identity.sop_class, stored.identity.sop_instance)
    found.stored.append(reference | {"00081190": {"vr": "UR"}})


def _reference(sop_class: str, sop_instance: str) -> dict[str, Any]:
    return {"00081150": {"vr": "UI", "Value": [sop_class]}, "00081155": {"vr": "UI", "Value": [sop_instance]}}


def _must_be_dicom(part: Part) -> None:
    if part.media_type not in ("", DICOM):
        raise UnsupportedMedia(f"expected parts of {DICOM}, found one of another type")


def _must_accept(request: Request) -> None:
    accepted = {one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "*/*").split(",")}
    if not accepted & _ACCEPTED:
        raise NotAcceptable(f"expected {DICOM_JSON} among the accepted types, found others")


class NotAcceptable(InputError):
    """The caller accepts no type that the route can answer with."""

    code = "not_acceptable"
    advice = f"Send Accept: {DICOM_JSON}."
    status = 406
