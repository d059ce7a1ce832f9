"""Messages that are no C-STORE, from senders that mean harm: what they may weigh, and in which context they come."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.dimse_primitives import N_ACTION, N_CREATE, N_SET
from pynetdicom.sop_class import (
    CTImageStorage,
    ModalityPerformedProcedureStep,
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

SERVICES = [StorageCommitmentPushModel, ModalityPerformedProcedureStep]


def opened(ward: Any, *contexts: tuple[str, str]) -> Any:
    ae = AE(ae_title="CT1")
    for abstract, syntax in contexts:
        ae.add_requested_context(abstract, syntax)
    return ae.associate("127.0.0.1", ward.port, ae_title="MEDSEAL")


def bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    header = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 1 << 30)
    return packer.compress(header + bytes(1 << 26)) + packer.flush()


def request(kind: str, body: bytes) -> Any:
    asked: Any
    if kind == "N-ACTION":
        asked = N_ACTION()
        asked.RequestedSOPClassUID = StorageCommitmentPushModel
        asked.RequestedSOPInstanceUID = StorageCommitmentPushModelInstance
        asked.ActionTypeID = 1
        asked.ActionInformation = BytesIO(body)
    elif kind == "N-CREATE":
        asked = N_CREATE()
        asked.AffectedSOPClassUID = ModalityPerformedProcedureStep
        asked.AffectedSOPInstanceUID = "1.2.3"
        asked.AttributeList = BytesIO(body)
    else:
        asked = N_SET()
        asked.RequestedSOPClassUID = ModalityPerformedProcedureStep
        asked.RequestedSOPInstanceUID = "1.2.3"
        asked.ModificationList = BytesIO(body)
    asked.MessageID = 1
    return asked


def answered(association: Any, message: Any, context: int) -> int | None:
    """The status of a request of any bytes in any context; None when the association ends."""
    association._reactor_checkpoint.clear()
    association.dimse.send_msg(message, context)
    _, answer = association.dimse.get_msg(block=True)
    association._reactor_checkpoint.set()
    return int(answer.Status) if answer is not None else None


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_but_storage_is_deflated(ward, service) -> None:
    association = opened(ward, (service, DeflatedExplicitVRLittleEndian), (CTImageStorage, ExplicitVRLittleEndian))
    assert [one.abstract_syntax for one in association.accepted_contexts] == [CTImageStorage]
    association.release()


@pytest.mark.parametrize("kind", ["N-ACTION", "N-CREATE", "N-SET"])
def test_a_deflated_request_in_a_context_of_storage_ends_the_association_before_it_unfolds(ward, kind) -> None:
    association = opened(ward, (CTImageStorage, DeflatedExplicitVRLittleEndian))
    context = association.accepted_contexts[0].context_id
    assert answered(association, request(kind, bomb()), context) is None
    assert ward.service.store.commitments() == []
    assert ward.scanner().send(ward.slice(1)) == [0x0000]
