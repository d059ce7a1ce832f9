"""A sender that asks for storage commitment, and what it is told."""

from __future__ import annotations

import threading
from typing import Any

import pydicom
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

CT = "1.2.840.10008.5.1.4.1.1.2"
TRANSACTION = "1.2.826.0.1.3680043.2.99"


class Reports:
    """What the sender gets back, on whichever association."""

    def __init__(self) -> None:
        self.got: list[tuple[int, pydicom.Dataset]] = []
        self.came = threading.Event()

    def take(self, event: evt.Event) -> tuple[int, None]:
        self.got.append((event.event_type, event.event_information))
        self.came.set()
        return 0x0000, None

    def next(self, seconds: float = 20) -> tuple[int, pydicom.Dataset]:
        assert self.came.wait(seconds), "no report came"
        return self.got[-1]


def asked(
    ward: Any,
    *instances: str,
    reports: Reports | None = None,
    action: int = 1,
    by: str = "CT1",
    transaction: str = TRANSACTION,
) -> tuple[int, Any]:
    """The status of a request, and the association that it was made on, still open."""
    ae = AE(ae_title=by)
    ae.add_requested_context(StorageCommitmentPushModel)
    handlers = [(evt.EVT_N_EVENT_REPORT, reports.take)] if reports else []
    association = ae.associate("127.0.0.1", ward.port, ae_title="MEDSEAL", evt_handlers=handlers)
    assert association.is_established
    information = pydicom.Dataset()
    information.TransactionUID = transaction
    information.ReferencedSOPSequence = []
    for instance in instances:
        item = pydicom.Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CT, instance
        information.ReferencedSOPSequence.append(item)
    status, _ = association.send_n_action(
        information, action, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    return int(status.Status), association


def uids(sequence: Any) -> list[str]:
    return [str(one.ReferencedSOPInstanceUID) for one in sequence]
