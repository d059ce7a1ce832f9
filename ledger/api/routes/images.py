"""Registering and verifying images, by file or by digest."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Literal

from fastapi import APIRouter, Body, File, Form, Header, UploadFile
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ledger.api import examples
from ledger.api.auth import KeyFirstRoute, ReadKey, RegisterKey, VerifyKey
from ledger.api.backend import Ledger, answer, heavy, verifying
from ledger.api.noting import Noting
from ledger.api.problems import errors
from ledger.errors import InputError
from ledger.schemas import (
    DigestBatch,
    DigestVerification,
    Identifier,
    Registration,
    Statement,
    StatementRequest,
    Verification,
)

REGISTRATION = TypeAdapter(Registration)
REGISTRATIONS = TypeAdapter(list[Registration])
STATEMENT = TypeAdapter(Statement)
VERIFICATION = TypeAdapter(Verification)

KEY = "The caller's own name for the image; the same key with other content is refused"
EMPTY = "Send the file again; nothing was registered."

router = APIRouter(prefix="/v1", route_class=KeyFirstRoute)

ImageFile = Annotated[UploadFile, File(description="DICOM, PNG, JPEG or TIFF")]
Examine = Annotated[bool, Form(description="Let the forgery detector look at a registered image as well")]
Pictures = Annotated[
    bool, Form(description="Send the mask of what was changed and the detector's pictures along (base64 PNG)")
]
Original = Annotated[UploadFile | None, File(description="The original to compare with; it counts when registered")]
PolicyName = Annotated[Literal["clinical", "strict"], Form(description="What the verdict is judged by")]


@router.post(
    "/registrations",
    tags=["registrations"],
    summary="Register an image",
    status_code=201,
    response_model=Registration,
    form_limits={"max_files": 1, "max_fields": 4, "max_part_size": 4096},
    openapi_extra=examples.form(examples.REGISTRATION_FORM, "/v1/registrations"),
    responses={
        201: examples.shows(examples.REGISTRATION, "Registered; Location names it"),
        200: examples.shows(examples.REGISTRATION | {"created": False}, "It was registered before")
        | {"model": Registration},
        **errors(400, 401, 403, 409, 413, 415, 422, 503, 507),
    },
)
async def register(
    request: Request,
    key: RegisterKey,  # noqa: ARG001
    ledger: Ledger,
    file: ImageFile,
    urgent: Annotated[bool, Form(description="Anchor without waiting for the batch to fill")] = False,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200, description=KEY)] = None,
) -> Response:
    """Digests the image, commits to it in the registrar's log and acknowledges it.

    The same content again answers the registration there is, with 200. The same Idempotency-Key with other content
    is a conflict."""
    found = await heavy(
        request, lambda: ledger.register(_content(file), idempotency_key=idempotency_key, urgent=urgent)
    )
    location = {"Location": f"/v1/registrations/{found.registration_id}"}
    return answer(REGISTRATION, found, 201 if found.created else 200, location)


@router.post(
    "/registrations/digests",
    tags=["registrations"],
    summary="Register up to 1,000 images by digest",
    response_model=list[Registration],
    responses={
        200: examples.shows([examples.REGISTRATION], "In the order of the request; `created` says which are new"),
        **errors(400, 401, 403, 409, 413, 422, 503, 507),
    },
)
def register_digests(
    key: RegisterKey,  # noqa: ARG001
    ledger: Ledger,
    batch: Annotated[DigestBatch, Body(openapi_examples={"one": {"value": examples.DIGEST_BATCH}})],
) -> Response:
    """Registers all images or none, without seeing them: for volume, and where images must not leave the sender."""
    return answer(REGISTRATIONS, ledger.register_digests(batch.images, urgent=batch.urgent))


@router.get(
    "/registrations/{registration_id}",
    tags=["registrations"],
    summary="Read a registration",
    response_model=Registration,
    responses={
        200: examples.shows(examples.REGISTRATION, "The registration as it stands now"),
        **errors(401, 403, 404, 422, 503),
    },
)
def registration(key: ReadKey, ledger: Ledger, registration_id: Identifier) -> Response:  # noqa: ARG001
    """Digests, state, standing, anchor, and the statements made about it."""
    return answer(REGISTRATION, ledger.registration(registration_id))


@router.post(
    "/registrations/{registration_id}/statements",
    tags=["registrations"],
    summary="Supersede, revoke or dispute a registration",
    status_code=201,
    response_model=Statement,
    responses={
        201: examples.shows(examples.STATEMENT, "The statement is in the log"),
        **errors(400, 401, 403, 404, 409, 413, 422, 503, 507),
    },
)
def state(
    key: RegisterKey,  # noqa: ARG001
    ledger: Ledger,
    registration_id: Identifier,
    statement: Annotated[StatementRequest, Body(openapi_examples={"revoke": {"value": examples.STATEMENT_REQUEST}})],
) -> Response:
    """Appends a statement with its reason and author to the log. Nothing is ever deleted from it."""
    return answer(STATEMENT, ledger.state_request(registration_id, statement), 201)


@router.get(
    "/receipts/{registration_id}",
    tags=["registrations"],
    summary="Download a receipt",
    response_class=Response,
    responses={
        200: {"description": "The receipt's exact bytes"},
        **errors(401, 403, 404, 422, 503),
    },
)
def receipt(key: ReadKey, ledger: Ledger, registration_id: Identifier) -> Response:  # noqa: ARG001
    """One JSON file that proves the registration without this server; it holds the openings of the commitments."""
    disposition = f'attachment; filename="{registration_id}.receipt.json"'
    content = ledger.receipt(registration_id)
    return Response(content, headers={"Content-Disposition": disposition}, media_type="application/json")


@router.post(
    "/verifications",
    tags=["verifications"],
    summary="Verify an image",
    response_model=Verification,
    form_limits={"max_files": 2, "max_fields": 6, "max_part_size": 4096},
    openapi_extra=examples.form(examples.VERIFICATION_FORM, "/v1/verifications"),
    responses={
        200: examples.verdicts(),
        **errors(400, 401, 403, 404, 409, 413, 415, 422, 503, 507),
    },
)
async def verify(
    request: Request,
    key: VerifyKey,
    ledger: Ledger,
    file: ImageFile,
    policy: PolicyName = "clinical",
    against: Annotated[Identifier | None, Form(description="A registration to compare with")] = None,
    original: Original = None,
    examine: Examine = False,
    pictures: Pictures = False,
) -> Response:
    """Runs the numbered checks 0 to 11 and judges them by the policy. The image is not kept, nor is an original.

    An image whose bytes and samples are not registered is looked for among all registered images; of a copy, `change`
    says how it lies on its original and which regions differ. `against` or `original` names what to compare with
    first; both together are a conflict, and both files together are under the upload limit.

    The forgery detector (check 10) looks at an image that is not registered. It runs beside the API and within a time
    limit; when it gives no answer, the rest of the verification stands."""

    noting = Noting(ledger, key)

    def verify_it() -> Verification:
        data = _content(file)
        noting.file = "sha256:" + sha256(data).hexdigest()
        return ledger.verify(
            data,
            policy=policy,
            against=against,
            original=_content(original) if original is not None else None,
            examine=examine,
            pictures=pictures,
        )

    return noting.on(await verifying(request, verify_it), VERIFICATION)


@router.post(
    "/verifications/digests",
    tags=["verifications"],
    summary="Verify by digest",
    response_model=Verification,
    responses={
        200: examples.shows(examples.VERIFICATION, "The verdict; a negative one is an answer, not an error"),
        **errors(400, 401, 403, 413, 422, 503),
    },
)
def verify_digests(
    key: VerifyKey,
    ledger: Ledger,
    question: Annotated[DigestVerification, Body(openapi_examples={"one": {"value": examples.DIGEST_VERIFICATION}})],
) -> Response:
    """As for an image, but from digests that the caller has made: the image stays where it is."""
    found = ledger.verify_digests(dict(question.digests), policy=question.policy)
    return Noting(ledger, key, question.digests.get("file/1", "")).on(found, VERIFICATION)


def _content(file: UploadFile) -> bytes:
    content = file.file.read()
    if not content:
        raise InputError("expected an image, found a file of 0 bytes", code="empty_file", advice=EMPTY)
    return content
