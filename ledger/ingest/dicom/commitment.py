"""Storage commitment: the request (N-ACTION), and when it is reported on.

Source: DICOM PS3.4 annex J. The request is stored before it is answered; the report comes once every object that it
names is final on the chain or known to have failed, on an association of its own where the sender's port is known,
else on the one that asked while that is open.
"""

from __future__ import annotations

import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.sop_class import StorageCommitmentPushModelInstance

from ledger.core.capture import CommitmentRequest
from ledger.core.images.identity import is_uid
from ledger.errors import Conflict, LedgerError, OutageError
from ledger.ingest.dicom.receiving import has_room_for
from ledger.ingest.dicom.reporting import Reporting, Unreached
from ledger.ingest.dicom.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pynetdicom import evt

    from ledger.committing import Commitments

_log = structlog.get_logger("ledger.dicom")

SUCCESS, PROCESSING_FAILURE, NO_SUCH_ACTION = 0x0000, 0x0110, 0x0123
NO_SUCH_INSTANCE, INVALID_ARGUMENT, RESOURCE_LIMITATION = 0x0112, 0x0115, 0x0213
"""Statuses of N-ACTION: PS3.7 section 10.1.4.1.10 and annex C."""
REQUEST = 1
"""The action type of PS3.4 table J.3-1."""
MOST_ITEMS = 20_000
_LOOK_SECONDS = 0.5
_AT_ONCE = 8
"""Senders that are reported to at a time."""


class Committing:
    """Takes requests, and reports in threads of its own between ``start`` and ``stop``: several senders at a time."""

    def __init__(self, commitments: Commitments, reporting: Reporting) -> None:
        self._commitments = commitments
        self._reporting = reporting
        self._turns = Turns(_AT_ONCE, "report")
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
        self._turns.close(30)

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
        except Conflict as error:
            _log.warning("commitment refused", code=error.code)
            return INVALID_ARGUMENT, None
        except LedgerError as error:
            _log.warning("commitment refused", code=error.code)
            return RESOURCE_LIMITATION, None
        except Exception as error:  # noqa: BLE001  a fault of ours
            _log.error("commitment refused", error=type(error).__name__)
            return PROCESSING_FAILURE, None
        self._asked_on[asked.id] = weakref.ref(event.assoc)
        _log.info("commitment requested", request=asked.id, instances=len(items))
        return SUCCESS, None

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            try:
                due: dict[tuple[str, str], list[CommitmentRequest]] = {}
                for request in self._commitments.due():
                    due.setdefault((request.peer, request.address), []).append(request)
                for peer, requests in due.items():
                    self._turns.give(peer, partial(self._settle_all, requests))
            except LedgerError as error:
                _log.warning("commitments wait", code=error.code)
            except Exception as error:  # noqa: BLE001  the thread goes on, whatever was met
                _log.error("commitments wait", error=type(error).__name__)

    def _settle_all(self, requests: Sequence[CommitmentRequest]) -> None:
        """The requests of one sender, until one shows that the others cannot be settled now either."""
        for request in requests:
            if self._stop.is_set() or not self._attempt(request):
                return

    def _attempt(self, request: CommitmentRequest) -> bool:
        """Whether it is worth going on; the request was reported, or waits."""
        try:
            if self._commitments.take(request):
                self._settle(request)
        except OutageError as error:
            _log.warning("commitments wait", code=error.code)
            self._wait(request, tried=False)
            return False
        except Unreached:
            self._wait(request, tried=True)
            return False
        except Exception as error:  # noqa: BLE001  one bad request must not end all others
            _log.error("commitment failed", request=request.id, error=type(error).__name__)
            self._wait(request, tried=True)
        return True

    def _settle(self, request: CommitmentRequest) -> None:
        judgement = self._commitments.judge(request)
        if judgement is None:
            self._wait(request, tried=False)
            return
        asked_on = self._asked_on.get(request.id)
        if not self._reporting.tell(request, judgement, asked_on() if asked_on else None):
            self._wait(request, tried=True)
            return
        self._commitments.reported(request)
        self._asked_on.pop(request.id, None)
        counts = {"committed": len(judgement.committed), "failed": len(judgement.failed)}
        _log.info("commitment reported", request=request.id, **counts)

    def _wait(self, request: CommitmentRequest, *, tried: bool) -> None:
        try:
            if not self._commitments.wait(request, tried=tried):
                self._asked_on.pop(request.id, None)
                _log.warning("commitment given up", request=request.id)
        except LedgerError as error:
            _log.warning("commitments wait", code=error.code)


def _asked(information: Dataset) -> tuple[str, list[tuple[str, str]]]:
    """Transaction UID and the objects of a request; ValueError for what is none (PS3.4 table J.3-1)."""
    transaction, sequence = str(information.TransactionUID), information.ReferencedSOPSequence
    if not 0 < len(sequence) <= MOST_ITEMS:
        raise ValueError("no items, or too many")
    items = [(str(one.ReferencedSOPClassUID), str(one.ReferencedSOPInstanceUID)) for one in sequence]
    if not all(map(is_uid, (transaction, *(uid for pair in items for uid in pair)))):
        raise ValueError("not a request for storage commitment")
    return transaction, items
