"""Registering an image that was made from a registered one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from ledger.api import examples
from ledger.api.auth import KeyFirstRoute, RegisterKey
from ledger.api.backend import Ledger, answer, heavy
from ledger.api.problems import errors
from ledger.errors import InputError
from ledger.schemas import Derivation, DerivationRequest, Identifier, Reason

DERIVATION = TypeAdapter(Derivation)

router = APIRouter(prefix="/v1", route_class=KeyFirstRoute)

Hidden = Annotated[list[str] | None, Form(description="x,y,w,h of what de-identification made unreadable; repeatable")]
Operation = Annotated[Literal["de-identified", "cropped", "windowed", "recompressed"], Form()]


@router.post(
    "/registrations/{registration_id}/derivations",
    tags=["registrations"],
    summary="Register a derived image",
    status_code=201,
    response_model=Derivation,
    form_limits={"max_files": 2, "max_fields": 103, "max_part_size": 8192},
    openapi_extra=examples.form(
        examples.DERIVATION_FORM, "/v1/registrations/$ID/derivations -F operation=cropped -F author=… -F reason=…"
    ),
    responses={
        201: examples.shows(examples.DERIVATION, "Registered with its origin; Location names it"),
        200: examples.shows(examples.DERIVATION, "It was registered so before") | {"model": Derivation},
        **errors(400, 401, 403, 404, 409, 413, 415, 422, 503, 507),
    },
)
async def derive(
    request: Request,
    key: RegisterKey,  # noqa: ARG001
    ledger: Ledger,
    registration_id: Identifier,
    file: Annotated[UploadFile, File(description="The derived image: DICOM, PNG, JPEG or TIFF")],
    operation: Operation,
    reason: Annotated[Reason, Form(description="Stands in the log for ever; nothing about a patient")],
    author: Annotated[Reason, Form(description="Who says so")],
    hide: Hidden = None,
    original: Annotated[UploadFile | None, File(description="The registered file, to compare samples with")] = None,
) -> Response:
    """Checks the declared operation, as far as the operation and what is stored of the original allow, and registers
    the image with its origin. `checked` says how much was shown: proven, consistent or declared.

    An image that contradicts the operation is a conflict (`derivation_contradicted`), and nothing is registered."""
    said = _said(operation, reason, author, hide or [])

    def derive_it() -> Derivation:
        whole = original.file.read() if original is not None else None
        return ledger.derive(registration_id, file.file.read(), said, original=whole)

    made = await heavy(request, derive_it)
    location = {"Location": f"/v1/registrations/{made.registration.registration_id}"}
    return answer(DERIVATION, made, 201 if made.registration.created else 200, location)


def _said(operation: str, reason: str, author: str, hide: list[str]) -> DerivationRequest:
    boxes = [box.split(",") for box in hide]
    try:
        return DerivationRequest.model_validate(
            {"operation": operation, "reason": reason, "author": author, "hide": boxes}
        )
    except ValidationError as error:
        raise InputError(f"expected hide as x,y,w,h in whole pixels, found {'; '.join(hide)[:80]!r}") from error
