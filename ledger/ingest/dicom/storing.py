"""C-STORE: what the sender is answered (DICOM PS3.4 section B.2.3; the statuses in ``ledger.ingest.statuses``)."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import structlog
from pydicom.dataset import Dataset

from ledger.errors import LedgerError, UnreadableImage
from ledger.ingest.capture import Capture, Captured
from ledger.ingest.dicom.peers import shown_title
from ledger.ingest.dicom.receiving import BoundedBuffer
from ledger.ingest.statuses import OUT_OF_RESOURCES, SUCCESS, status_of

if TYPE_CHECKING:
    from pynetdicom import evt

_log = structlog.get_logger("ledger.dicom")

TOO_LARGE = "object_too_large"
_MOST_COMMENT = 64


class Storing:
    """Answers C-STORE requests. ``at_once`` objects are digested at a time; others wait their turn in memory."""

    def __init__(self, capture: Capture, at_once: int) -> None:
        self._capture = capture
        self._turns = threading.BoundedSemaphore(at_once)

    def on_store(self, event: evt.Event) -> Dataset:
        """The status of one object; success only after its registration is committed."""
        began = time.monotonic()
        request: Any = event.request
        buffer = request.DataSet
        title = shown_title(event.assoc.requestor.ae_title)
        try:
            status, facts = self._answer(event, title)
        finally:
            if isinstance(buffer, BoundedBuffer):
                buffer.let_go()
        facts |= {"bytes": getattr(buffer, "received", 0), "milliseconds": round((time.monotonic() - began) * 1000, 1)}
        level = _log.info if status == SUCCESS else _log.warning
        level("stored" if status == SUCCESS else "not stored", sender=title, status=f"0x{status:04X}", **facts)
        return _response(status, str(facts.get("code", "")))

    def _answer(self, event: evt.Event, title: str) -> tuple[int, dict[str, object]]:
        buffer, source = event.request.DataSet, f"dicom {title}"  # type: ignore[union-attr]
        if buffer is None or (isinstance(buffer, BoundedBuffer) and buffer.overflowed):
            self._capture.refused(source, TOO_LARGE)
            return OUT_OF_RESOURCES, {"code": TOO_LARGE}
        try:
            with self._turns:  # the file is a second copy in memory: not one more for each association
                registration = self._stored(event, source).registration
        except LedgerError as error:
            return status_of(error), {"code": error.code}
        except MemoryError:
            return OUT_OF_RESOURCES, {"code": TOO_LARGE}
        except Exception as error:  # noqa: BLE001  no exception may end the association, nor reach a log in full
            # a fault of ours: the object may be sound, so the sender is to keep it
            return OUT_OF_RESOURCES, {"code": "internal_error", "error": type(error).__name__}
        by_bytes = {"by": "bytes alone"} if set(registration.digests) == {"file/1"} else {}
        return SUCCESS, {"registration": registration.registration_id, "new": registration.created, **by_bytes}

    def _stored(self, event: evt.Event, source: str) -> Captured:
        request: Any = event.request
        data = self._file(event, source)
        if isinstance(request.DataSet, BoundedBuffer):
            request.DataSet.empty()
        classes, instance = str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID)
        return self._capture.store(data, source, sop_class=classes, sop_instance=instance)

    def _file(self, event: evt.Event, source: str) -> bytes:
        try:
            return event.encoded_dataset()
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  what the sender announced makes no file; its text may quote it
            self._capture.refused(source, UnreadableImage.code)
            raise UnreadableImage(f"expected a data set that makes a file, found {type(error).__name__}") from None


def _response(status: int, comment: str) -> Dataset:
    answer = Dataset()
    answer.Status = status
    if comment:
        answer.ErrorComment = comment[:_MOST_COMMENT]
    return answer
