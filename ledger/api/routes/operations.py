"""How the ledger runs: its status, and blocks and transactions as the node has them now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import TypeAdapter
from starlette.responses import Response

from ledger.api import examples, examples_operations
from ledger.api.auth import KeyFirstRoute, WatchKey
from ledger.api.backend import Ledger, answer
from ledger.api.problems import errors
from ledger.schemas import Identifier
from ledger.schemas.operations import BlockInfo, OperationsStatus, TransactionInfo, VerificationNote

STATUS = TypeAdapter(OperationsStatus)
BLOCK = TypeAdapter(BlockInfo)
TRANSACTION = TypeAdapter(TransactionInfo)
NOTES = TypeAdapter(list[VerificationNote])

router = APIRouter(prefix="/v1", route_class=KeyFirstRoute)

TransactionHash = Annotated[str, Path(pattern=r"^0x[0-9a-f]{64}$")]
BlockNumber = Annotated[int, Path(ge=0, le=2**53)]


@router.get(
    "/operations",
    tags=["operations"],
    summary="Read how the ledger runs",
    response_model=OperationsStatus,
    responses={
        200: examples.shows(examples_operations.STATUS, "Queues, heads, chain, senders, gas and cost"),
        **errors(401, 403, 503),
    },
)
def operations(key: WatchKey, ledger: Ledger) -> Response:  # noqa: ARG001
    """As of now. Where the chain does not answer its part is empty and `chain.code` says why: that is an answer too."""
    return answer(STATUS, ledger.operations.status())


@router.get(
    "/chain/blocks/{number}",
    tags=["operations"],
    summary="Read a block from the chain",
    response_model=BlockInfo,
    responses={
        200: examples.shows(examples_operations.BLOCK, "The block as the node has it now"),
        **errors(401, 403, 404, 422, 503),
    },
)
def chain_block(key: WatchKey, ledger: Ledger, number: BlockNumber) -> Response:  # noqa: ARG001
    """Read live from the node, not from the records. After a reorganisation another block may stand there."""
    return answer(BLOCK, ledger.operations.block(number))


@router.get(
    "/chain/transactions/{transaction}",
    tags=["operations"],
    summary="Read a transaction from the chain",
    response_model=TransactionInfo,
    responses={
        200: examples.shows(examples_operations.TRANSACTION, "The transaction as the node has it now"),
        **errors(401, 403, 404, 422, 503),
    },
)
def chain_transaction(key: WatchKey, ledger: Ledger, transaction: TransactionHash) -> Response:  # noqa: ARG001
    """Read live from the node; the contract's call and events in it are decoded."""
    return answer(TRANSACTION, ledger.operations.transaction(transaction))


@router.get(
    "/registrations/{registration_id}/verifications",
    tags=["registrations"],
    summary="List who verified a registration",
    response_model=list[VerificationNote],
    responses={
        200: examples.shows([examples_operations.NOTE], "Newest first, at most 100"),
        **errors(401, 403, 422, 503),
    },
)
def verifications(key: WatchKey, ledger: Ledger, registration_id: Identifier) -> Response:  # noqa: ARG001
    """The server's own notes of verifications asked for here, by the label of the key. They are in no log, end after
    `MEDSEAL_VERIFICATION_LOG_DAYS`, and hold no name of a file; whoever has the file can recompute its seal."""
    return answer(NOTES, ledger.operations.verifications(registration_id))
