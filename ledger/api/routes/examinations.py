"""A file by itself: its digests, and what each method of the forgery detector says of it. Nothing is noted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from ledger.api import examples, examples_examinations
from ledger.api.auth import KeyFirstRoute, ReadKey, VerifyKey
from ledger.api.backend import Ledger, answer, heavy, verifying
from ledger.api.problems import errors
from ledger.api.routes.images import ImageFile, Pictures
from ledger.schemas import Detection
from ledger.schemas.examinations import FileDigests, Methods

DIGESTS = TypeAdapter(FileDigests)
METHODS = TypeAdapter(Methods)
DETECTION = TypeAdapter(Detection)

router = APIRouter(prefix="/v1/examinations", tags=["verifications"], route_class=KeyFirstRoute)


@router.post(
    "",
    summary="Ask one method of the detector",
    response_model=Detection,
    form_limits={"max_files": 1, "max_fields": 4, "max_part_size": 4096},
    openapi_extra=examples.form(examples_examinations.FORM, "/v1/examinations -F method=vgg"),
    responses={
        200: examples.shows(examples_examinations.DETECTION, "What the method says; not applicable is an answer"),
        **errors(400, 401, 403, 413, 415, 422, 503, 507),
    },
)
async def examine(
    request: Request,
    key: VerifyKey,  # noqa: ARG001
    ledger: Ledger,
    file: ImageFile,
    method: Annotated[str, Form(max_length=40, description="A name of GET /v1/examinations/methods")],
    pictures: Pictures = False,
) -> Response:
    """One method looks at the image, whichever verification asks. The image is not kept, and no verification is noted.

    Each method has its own scale: compare bands, not scores."""
    found = await verifying(request, lambda: ledger.examinations.examine(file.file.read(), method, pictures=pictures))
    return answer(DETECTION, found)


@router.get(
    "/methods",
    summary="List the detector's methods",
    response_model=Methods,
    responses={
        200: examples.shows(examples_examinations.METHODS, "Their names, and which one verification asks"),
        **errors(401, 403, 503),
    },
)
def methods(key: VerifyKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """The methods that can be asked one by one, and how long each may take for one image."""
    return answer(METHODS, ledger.examinations.methods())


@router.post(
    "/digests",
    summary="Digest a file",
    response_model=FileDigests,
    form_limits={"max_files": 1, "max_fields": 1, "max_part_size": 4096},
    openapi_extra=examples.form(examples_examinations.FILE, "/v1/examinations/digests"),
    responses={
        200: examples.shows(examples_examinations.DIGESTS, "The digests to look it up by"),
        **errors(400, 401, 403, 413, 415, 422, 503, 507),
    },
)
async def digests(
    request: Request,
    key: ReadKey,  # noqa: ARG001
    ledger: Ledger,
    file: ImageFile,
) -> Response:
    """For those who look a file up in the history and hold no digest of it. It is no verification and none is noted;
    the file is not kept."""
    return answer(DIGESTS, await heavy(request, lambda: ledger.examinations.digests(file.file.read())))
