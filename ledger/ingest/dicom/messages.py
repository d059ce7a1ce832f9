"""Messages that are no C-STORE: the contexts that they are taken in.

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


def only_in_their_context(association: Association) -> None:
    """``association`` is aborted by a request other than C-STORE in a context that was negotiated for storage."""
    serve = association._serve_request

    def served(msg: Any, context_id: int) -> None:
        context = association._accepted_cx.get(context_id)
        if context is not None and not isinstance(msg, C_STORE) and context.abstract_syntax not in SERVICES:
            _log.warning("aborted", why="a request in a context of storage", message=type(msg).__name__)
            association.abort()
            return
        serve(msg, context_id)

    association._serve_request = served  # type: ignore[method-assign]
