"""What of the messages that come is taken: whole ones, in the contexts that they belong in.

Storage is unrestricted, so a sender may have any transfer syntax for it, deflate included. Whatever else it asks is
read into memory as a data set, which a few compressed bytes could make very large.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ModalityPerformedProcedureStep,
    StorageCommitmentPushModel,
    Verification,
)

if TYPE_CHECKING:
    from pynetdicom.association import Association

_log = structlog.get_logger("ledger.dicom")

SERVICES = (Verification, StorageCommitmentPushModel, ModalityPerformedProcedureStep)
"""What is served beside storage."""
UNCOMPRESSED = [str(one) for one in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)]


def whole_messages_only(association: Association) -> None:
    """``association`` is aborted by a message that cannot be taken apart, or that is neither a request nor an answer.

    Otherwise the thread that reads the connection would end with a traceback, which may quote what was sent; and a
    request that lacks its class or its number would never be answered (PS3.7 section 9.3, 10.3: both are mandatory).
    """
    dimse = association.dimse
    receive = dimse.receive_primitive
    serve = association._serve_request

    def received(primitive: Any) -> None:
        try:
            receive(primitive)
        except Exception as error:  # noqa: BLE001  command sets break in too many ways to list
            _end(association, "a message that cannot be read", error=type(error).__name__)

    def served(msg: Any, context_id: int) -> None:
        if not msg.is_valid_request:
            _end(association, "a message that is no whole request", message=type(msg).__name__)
            return
        serve(msg, context_id)

    dimse.receive_primitive = received  # type: ignore[method-assign]
    association._serve_request = served  # type: ignore[method-assign]


def _end(association: Association, why: str, **facts: str) -> None:
    if not association._sent_abort:
        _log.warning("aborted", why=why, **facts)
        association.abort()


def only_in_their_context(association: Association) -> None:
    """``association`` is aborted by a request other than C-STORE in a context that was negotiated for storage."""
    serve = association._serve_request

    def served(msg: Any, context_id: int) -> None:
        context = association._accepted_cx.get(context_id)
        if context is not None and not isinstance(msg, C_STORE) and context.abstract_syntax not in SERVICES:
            _end(association, "a request in a context of storage", message=type(msg).__name__)
            return
        serve(msg, context_id)

    association._serve_request = served  # type: ignore[method-assign]
