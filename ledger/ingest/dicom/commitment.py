"""Storage commitment: the request (N-ACTION) and the report (N-EVENT-REPORT).

Source: DICOM PS3.4 annex J. The request is stored before it is answered; the report comes once every object that it
names is final on the chain or known to have failed, on an association of its own where the sender's port is known,
else on the one that asked while that is open.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

import structlog
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from ledger.core.capture import CommitmentRequest
from ledger.core.images.identity import is_uid
from ledger.errors import LedgerError
from ledger.ingest.dicom.messages import UNCOMPRESSED
from ledger.ingest.dicom.receiving import has_room_for

if TYPE_CHECKING:
    from pynetdicom import evt

    from ledger.committing import Commitments, Judgement
    from ledger.ingest.dicom.peers import Peers

_log = structlog.get_logger("ledger.dicom")

SUCCESS, PROCESSING_FAILURE, NO_SUCH_ACTION = 0x0000, 0x0110, 0x0123
NO_SUCH_INSTANCE, INVALID_ARGUMENT, RESOURCE_LIMITATION = 0x0112, 0x0115, 0x0213
"""Statuses of N-ACTION: PS3.7 section 10.1.4.1.10 and annex C."""
REQUEST = 1
ALL_COMMITTED, FAILURES_EXIST = 1, 2
"""The action type of PS3.4 table J.3-1 and the event types of table J.3-2."""
MOST_ITEMS = 20_000
_LOOK_SECONDS = 0.5


class Committing:
    """Takes requests, and reports in a thread of its own between ``start`` and ``stop``."""

    def __init__(self, commitments: Commitments, ae: AE, peers: Peers) -> None:
        self._commitments = commitments
        self._ae = ae
        self._peers = peers
        self._asked_on: dict[str, weakref.ref[Association]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Requests are reported from now on, those of an earlier run first."""
        self._thread = threading.Thread(target=self._run, name="commitment", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No report is sent any more; what is open stays in the store."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30)

    def on_action(self, event: evt.Event) -> tuple[int, Dataset | None]:
        """The request is in the store when 0x0000 is answered."""
        request: Any = event.request
        if request.RequestedSOPInstanceUID != StorageCommitmentPushModelInstance:
            return NO_SUCH_INSTANCE, None
        if event.action_type != REQUEST:
            return NO_SUCH_ACTION, None
        if not has_room_for(request.ActionInformation, MOST_ITEMS):
            _log.warning("commitment refused", why="too large")
            return RESOURCE_LIMITATION, None
        try:
            transaction, items = _asked(event.action_information)
        except Exception as error:  # noqa: BLE001  whatever the sender's data set breaks; its text may quote it
            _log.warning("commitment refused", error=type(error).__name__)
            return INVALID_ARGUMENT, None
        requestor = event.assoc.requestor
        try:
            asked = self._commitments.ask(str(requestor.ae_title).strip(), str(requestor.address), transaction, items)
        except LedgerError as error:
            _log.warning("commitment refused", code=error.code)
            return RESOURCE_LIMITATION, None
        self._asked_on[asked.id] = weakref.ref(event.assoc)
        _log.info("commitment requested", request=asked.id, instances=len(items))
        return SUCCESS, None

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            try:
                for request in self._commitments.due():
                    if self._stop.is_set():
                        return
                    self._settle(request)
            except LedgerError as error:
                _log.warning("commitments wait", code=error.code)
            except Exception as error:  # noqa: BLE001  one bad report must not end all others
                _log.error("commitment failed", error=type(error).__name__)

    def _settle(self, request: CommitmentRequest) -> None:
        judgement = self._commitments.judge(request)
        if judgement is None:
            self._commitments.wait(request, tried=False)
        elif self._report(request, judgement):
            self._commitments.reported(request)
            self._asked_on.pop(request.id, None)
            _log.info(
                "commitment reported",
                request=request.id,
                committed=len(judgement.committed),
                failed=len(judgement.failed),
            )
        elif not self._commitments.wait(request, tried=True):
            _log.warning("commitment given up", request=request.id)

    def _report(self, request: CommitmentRequest, judgement: Judgement) -> bool:
        """Whether the sender took the report."""
        information = _information(request, judgement)
        kind = FAILURES_EXIST if judgement.failed else ALL_COMMITTED
        peer = self._peers.find(request.peer, request.address)
        if peer is not None and peer.port is not None:
            return self._on_new(request, peer.port, kind, information)
        asked_on = self._asked_on.get(request.id)
        association = asked_on() if asked_on else None
        if association is None or not association.is_established:
            return False
        return _send(association, kind, information)

    def _on_new(self, request: CommitmentRequest, port: int, kind: int, information: Dataset) -> bool:
        # We are the SCP although we ask for the association (PS3.4 J.3.3, PS3.7 D.3.3.4).
        role = build_role(StorageCommitmentPushModel, scu_role=False, scp_role=True)
        wanted = AE(ae_title=self._ae.ae_title)
        wanted.acse_timeout = wanted.dimse_timeout = wanted.network_timeout = wanted.connection_timeout = 15
        wanted.add_requested_context(StorageCommitmentPushModel, UNCOMPRESSED)
        association = wanted.associate(request.address, port, ae_title=request.peer, ext_neg=[role])
        if not association.is_established:
            return False
        try:
            return _send(association, kind, information)
        finally:
            association.release()


def _send(association: Association, kind: int, information: Dataset) -> bool:
    status, _ = association.send_n_event_report(
        information, kind, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    return "Status" in status and status.Status == SUCCESS


def _asked(information: Dataset) -> tuple[str, list[tuple[str, str]]]:
    """Transaction UID and the objects of a request; ValueError for what is none (PS3.4 table J.3-1)."""
    transaction, sequence = str(information.TransactionUID), information.ReferencedSOPSequence
    if not 0 < len(sequence) <= MOST_ITEMS:
        raise ValueError("no items, or too many")
    items = [(str(one.ReferencedSOPClassUID), str(one.ReferencedSOPInstanceUID)) for one in sequence]
    if not all(map(is_uid, (transaction, *(uid for pair in items for uid in pair)))):
        raise ValueError("not a request for storage commitment")
    return transaction, items


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
