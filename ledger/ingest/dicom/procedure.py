"""Modality Performed Procedure Step: a scanner says what it performs, and its study is closed when that is done.

Source: DICOM PS3.4 annex F.7; statuses of N-CREATE and N-SET in PS3.7 sections 10.1.5.1.6 and 10.1.3.1.9 and annex C.
COMPLETED closes the studies of the step once all instances are registered that it names, and that every other step of
the same study names, or after the quiet time; several steps a study are usual.
DISCONTINUED after the quiet time only, since nobody knows what is still to come.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, cast

import structlog
from pydicom.dataset import Dataset

from ledger.core.capture import ProcedureStep
from ledger.core.images.identity import instance_key, is_uid, study_key
from ledger.errors import LedgerError, NotFound, OutageError
from ledger.ingest.dicom.receiving import has_room_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BytesIO

    from pynetdicom import evt

    from ledger.gateway_studies import StudiesGateway
    from ledger.ingest.dicom.kept import Kept

_log = structlog.get_logger("ledger.dicom")

SUCCESS, INVALID_VALUE, PROCESSING_FAILURE, DUPLICATE = 0x0000, 0x0106, 0x0110, 0x0111
NO_SUCH_INSTANCE, INVALID_INSTANCE, MISSING_ATTRIBUTE, RESOURCE_LIMITATION = 0x0112, 0x0117, 0x0120, 0x0213
NO_LONGER_UPDATED = 0xA710
"""Answered as Error ID beside 0x0110: the step has ended (PS3.4 F.7.2.2.4)."""
IN_PROGRESS = "IN PROGRESS"
ENDS = ("COMPLETED", "DISCONTINUED")
MOST_INSTANCES = 20_000
MOST_ITEMS = 2 * MOST_INSTANCES
"""Items of all sequences of a message."""
REMEMBERED = timedelta(days=7)
"""A step that nothing was heard of for this long is forgotten; its study is closed by quiet time or command."""
_LOOK_SECONDS = 1.0
_PATIENCE = 0.05
"""A step whose instances are not there yet is asked about again after this share of the time since it ended."""


class Procedures:
    """Takes procedure steps, and closes studies in a thread of its own between ``start`` and ``stop``."""

    def __init__(self, studies: StudiesGateway, kept: Kept, quiet_seconds: int) -> None:
        self._studies = studies
        self._kept = kept
        self._quiet = timedelta(seconds=quiet_seconds) if quiet_seconds else None
        self._next: dict[str, datetime] = {}
        self._turn = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Studies are closed from now on, those of steps that ended in an earlier run first."""
        self._thread = threading.Thread(target=self._run, name="procedures", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No study is closed any more; what is open stays in the file."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30)

    def on_create(self, event: evt.Event) -> tuple[int | Dataset, Dataset | None]:
        """A step begins: it is on the disk when 0x0000 is answered (PS3.4 F.7.2.1)."""
        request: Any = event.request
        return self._answered("begun", request.AttributeList, lambda: self._begin(event))

    def on_set(self, event: evt.Event) -> tuple[int | Dataset, Dataset | None]:
        """A step goes on or ends (PS3.4 F.7.2.2)."""
        request: Any = event.request
        return self._answered("changed", request.ModificationList, lambda: self._change(event))

    def _answered(
        self, what: str, data_set: BytesIO | None, take: Callable[[], int]
    ) -> tuple[int | Dataset, Dataset | None]:
        if not has_room_for(data_set, MOST_ITEMS):
            _log.warning("procedure step refused", why="too large")
            return RESOURCE_LIMITATION, None
        try:
            with self._turn:
                found = take()
        except _Unreadable as error:
            _log.warning("procedure step refused", error=str(error))
            return INVALID_VALUE, None
        except LedgerError as error:
            _log.warning("procedure step refused", code=error.code)
            return RESOURCE_LIMITATION, None
        except Exception as error:  # noqa: BLE001  a fault of ours
            _log.error("procedure step refused", error=type(error).__name__)
            return PROCESSING_FAILURE, None
        level = _log.info if found == SUCCESS else _log.warning
        level(f"procedure step {what if found == SUCCESS else 'refused'}", status=f"0x{found:04X}")
        return (_no_longer_updated() if found == NO_LONGER_UPDATED else found), Dataset()

    def _begin(self, event: evt.Event) -> int:
        request: Any = event.request
        uid = str(request.AffectedSOPInstanceUID or "")
        if not is_uid(uid):
            return INVALID_INSTANCE
        with _reading():
            refused, studies, instances = _begun(event.attribute_list)
        if refused:
            return refused
        key = instance_key(uid)
        if self._kept.step(key) is not None:
            return DUPLICATE
        self._kept.save_step(ProcedureStep(key, tuple(dict.fromkeys(map(study_key, studies))), instances, _now()))
        return SUCCESS

    def _change(self, event: evt.Event) -> int:
        request: Any = event.request
        step = self._kept.step(instance_key(str(request.RequestedSOPInstanceUID or "")))
        if step is None:
            return NO_SUCH_INSTANCE
        if step.ended is not None:
            return NO_LONGER_UPDATED
        with _reading():
            said = event.modification_list
            status = said.get("PerformedProcedureStepStatus", IN_PROGRESS)
            instances = _instances(said) if "PerformedSeriesSequence" in said else step.instances
        if status not in (IN_PROGRESS, *ENDS):
            return INVALID_VALUE
        ended = None if status == IN_PROGRESS else cast(Literal["COMPLETED", "DISCONTINUED"], str(status))
        self._kept.save_step(replace(step, instances=instances, ended=ended, changed_at=_now()))
        if ended:
            _log.info("procedure step ended", how=ended, studies=len(step.studies), instances=len(instances))
        return SUCCESS

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            try:
                self._kept.forget_steps(_now() - REMEMBERED)
                for step in self._kept.ended_steps():
                    if not self._stop.is_set():
                        self._attempt(step)
            except LedgerError as error:
                _log.warning("studies wait", code=error.code)
            except Exception as error:  # noqa: BLE001  the thread goes on, whatever was met
                _log.error("studies wait", error=type(error).__name__)

    def _attempt(self, step: ProcedureStep) -> None:
        try:
            self._look(step)
        except OutageError:
            raise  # it would meet the others as well
        except Exception as error:  # noqa: BLE001  one bad step must not end all others
            _log.error("closing failed", error=type(error).__name__)
            self._pause(step)

    def _look(self, step: ProcedureStep) -> None:
        now = _now()
        if now < self._next.get(step.key, now):
            return
        quiet = self._quiet is not None and now - step.changed_at >= self._quiet
        if not quiet and not (self._arrived(step) and self._alone(step)):
            self._pause(step)
            return
        for study in step.studies:
            self._close(study)
        self._kept.save_step(replace(step, settled=True))
        self._next.pop(step.key, None)

    def _pause(self, step: ProcedureStep) -> None:
        now = _now()
        self._next[step.key] = now + (now - step.changed_at) * _PATIENCE

    def _arrived(self, step: ProcedureStep) -> bool:
        if step.ended != "COMPLETED" or not step.instances:
            return False
        return "unknown" not in self._studies.states(step.instances)

    def _alone(self, step: ProcedureStep) -> bool:
        """Whether every other step of its studies has come to its end too: a study is closed once, over all of them."""
        return all(self._arrived(one) for one in self._kept.steps_of(step.studies) if one.key != step.key)

    def _close(self, study: str) -> None:
        try:
            closed = self._studies.close(study)
        except NotFound:
            _log.warning("study not closed", why="no instance of it is registered")
            return
        _log.info("study closed", entry=closed.id, instances=closed.count, new=closed.created)


class _Unreadable(Exception):
    """The sender's data set breaks; by which kind of error."""


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever a data set does; its text may quote it
        raise _Unreadable(type(error).__name__) from None


def _begun(said: Dataset) -> tuple[int, list[str], tuple[str, ...]]:
    """Why a step cannot begin, 0 if it can; its studies and instances."""
    if "PerformedProcedureStepStatus" not in said or "ScheduledStepAttributesSequence" not in said:
        return MISSING_ATTRIBUTE, [], ()
    studies = [str(item.get("StudyInstanceUID", "")) for item in said.ScheduledStepAttributesSequence]
    if not studies or not all(studies):
        return MISSING_ATTRIBUTE, [], ()
    if said.PerformedProcedureStepStatus != IN_PROGRESS or not all(map(is_uid, studies)):
        return INVALID_VALUE, [], ()
    return SUCCESS, studies, _instances(said)


def _instances(said: Dataset) -> tuple[str, ...]:
    """The digests of the instances that a performed series sequence names. ValueError: no UID, or too many."""
    found = [str(item.ReferencedSOPInstanceUID) for item in islice(_references(said), MOST_INSTANCES + 1)]
    if len(found) > MOST_INSTANCES or not all(map(is_uid, found)):
        raise ValueError("instances")
    return tuple(dict.fromkeys(map(instance_key, found)))


def _references(said: Dataset) -> Iterator[Dataset]:
    for series in said.get("PerformedSeriesSequence") or ():
        for name in ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence"):
            yield from series.get(name) or ()


def _no_longer_updated() -> Dataset:
    answer = Dataset()
    answer.Status = PROCESSING_FAILURE
    answer.ErrorID = NO_LONGER_UPDATED
    answer.ErrorComment = "the procedure step may no longer be updated"
    return answer


def _now() -> datetime:
    return datetime.now(UTC)
