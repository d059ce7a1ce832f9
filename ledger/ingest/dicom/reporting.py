"""The report of storage commitment (N-EVENT-REPORT) on its way to the sender.

Source: DICOM PS3.4 section J.3.3 and table J.3-2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from ledger.ingest.dicom.messages import UNCOMPRESSED

if TYPE_CHECKING:
    import ssl

    from pynetdicom.association import Association

    from ledger.committing import Judgement
    from ledger.core.capture import CommitmentRequest
    from ledger.ingest.dicom.peers import Peers
    from ledger.ingest.dicom.receiving import Receiving

SUCCESS = 0x0000
ALL_COMMITTED, FAILURES_EXIST = 1, 2
"""The event types of table J.3-2."""
_CONNECTION_SECONDS, _ANSWER_SECONDS = 5, 15


class Unreached(Exception):
    """Nobody answers where the sender listens."""


class Reporting:
    """Sends reports. Safe to share between threads."""

    def __init__(self, ae_title: str, peers: Peers, receiving: Receiving, tls: ssl.SSLContext | None) -> None:
        """With ``tls`` associations to senders are encrypted."""
        self._tls = tls
        self._ae_title = ae_title
        self._peers = peers
        self._bounds: list[evt.EventHandlerType] = [(evt.EVT_PDU_RECV, receiving.on_pdu)]

    def tell(self, request: CommitmentRequest, judgement: Judgement, asked_on: Association | None) -> bool:
        """Whether the sender took the report: on an association to its port where that is known, else on the one that
        asked while it is open. Unreached when there is no association to its port."""
        kind = FAILURES_EXIST if judgement.failed else ALL_COMMITTED
        information = _information(request, judgement)
        peer = self._peers.find(request.peer, request.address)
        if peer is not None and peer.port is not None:
            return self._on_new(request, peer.port, kind, information)
        if asked_on is None or not asked_on.is_established:
            return False
        return _send(asked_on, kind, information)

    def _on_new(self, request: CommitmentRequest, port: int, kind: int, information: Dataset) -> bool:
        # We are the SCP although we ask for the association (PS3.4 J.3.3, PS3.7 D.3.3.4).
        role = build_role(StorageCommitmentPushModel, scu_role=False, scp_role=True)
        wanted = AE(ae_title=self._ae_title)
        wanted.connection_timeout = wanted.acse_timeout = _CONNECTION_SECONDS
        wanted.dimse_timeout = wanted.network_timeout = _ANSWER_SECONDS
        wanted.add_requested_context(StorageCommitmentPushModel, UNCOMPRESSED)
        association = wanted.associate(
            request.address,
            port,
            ae_title=request.peer,
            ext_neg=[role],
            evt_handlers=self._bounds,
            tls_args=(self._tls, request.address) if self._tls else None,
        )
        if not association.is_established:
            raise Unreached
        try:
            return _send(association, kind, information)
        finally:
            association.release()


def _send(association: Association, kind: int, information: Dataset) -> bool:
    status, _ = association.send_n_event_report(
        information, kind, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    return "Status" in status and status.Status == SUCCESS


def _information(request: CommitmentRequest, judgement: Judgement) -> Dataset:
    """The event information of PS3.4 table J.3-2."""
    told = Dataset()
    told.TransactionUID = request.transaction
    if judgement.committed:
        told.ReferencedSOPSequence = [_reference(*item) for item in judgement.committed]
    if judgement.failed:
        told.FailedSOPSequence = [_reference(*item[:2], reason=item[2]) for item in judgement.failed]
    return told


def _reference(sop_class: str, sop_instance: str, reason: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class
    item.ReferencedSOPInstanceUID = sop_instance
    if reason is not None:
        item.FailureReason = reason
    return item
