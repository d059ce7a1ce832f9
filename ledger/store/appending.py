"""Appending to a log: which drafts are new, and the rows of those that are."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from ledger.core.model import Appended, Draft, ImageRecord, LogEntry, Registration
from ledger.errors import Conflict, InvalidEntry, NotFound
from ledger.store.casefiles import insert_said, must_be_next
from ledger.store.models import DIGEST, ENTRY, IMAGE, LOG, OUTBOX, TRACE
from ledger.store.places import already_closed, insert_closes, insert_places
from ledger.store.rows import REGISTRATIONS, chunks, entry_row, image_row, insert_rows, registrations
from ledger.store.sealing import TraceSeal
from ledger.store.traces import trace_row

FILE_DIGEST = "file/1"
# Statements on the way of every registration are made once: making one costs more than running it.
_LOCK = select(LOG.c.size).where(LOG.c.registrar == bindparam("of")).with_for_update()
_GROW = update(LOG).where(LOG.c.registrar == bindparam("of")).values(size=bindparam("grown"))
_BY_DIGEST, _BY_KEY = (
    REGISTRATIONS.where(IMAGE.c.registrar == bindparam("registrar"), column.in_(bindparam("some", expanding=True)))
    for column in (IMAGE.c.file_digest, IMAGE.c.idempotency_key)
)


def append(
    connection: Connection, registrar: str, drafts: Sequence[Draft], seal: TraceSeal, *, urgent: bool
) -> list[Appended]:
    """Append ``drafts`` within the caller's write transaction, under the lock of the log."""
    size = connection.execute(_LOCK, {"of": registrar}).scalar()
    if size is None:
        raise NotFound(f"expected a registrar of this store, found {registrar[:64]!r}")
    must_be_next(connection, drafts)
    known = _Known(_stored(connection, registrar, drafts))
    closed = already_closed(connection, registrar, drafts)
    answers: list[Appended] = []
    new: list[Appended] = []
    for draft in drafts:
        answer = closed.get(draft.id) or known.answer(draft.image) or _place(registrar, size + len(new), draft)
        if answer.created:
            new.append(answer)
            known.add(answer)
        answers.append(answer)
    if new:
        _insert(connection, registrar, new, urgent)
        _insert_traces(connection, new, seal)
        insert_said(connection, drafts)
        insert_closes(connection, [draft for draft in drafts if draft.id not in closed])
        connection.execute(_GROW, {"of": registrar, "grown": size + len(new)})
    insert_places(connection, drafts, answers)
    return answers


class _Known:
    """The registrations of one log that drafts can repeat, by file digest and by idempotency key."""

    def __init__(self, stored: Sequence[Registration]) -> None:
        self._by_digest: dict[str, Registration] = {}
        self._by_key: dict[str, Registration] = {}
        for registration in stored:
            self._keep(registration)

    def add(self, made: Appended) -> None:
        if made.image is not None:
            self._keep(Registration(made.entry, made.image))

    def _keep(self, registration: Registration) -> None:
        self._by_digest[file_digest(registration.image)] = registration
        if registration.image.idempotency_key is not None:
            self._by_key[registration.image.idempotency_key] = registration

    def answer(self, image: ImageRecord | None) -> Appended | None:
        """The registration that ``image`` repeats, None for a new one; Conflict if its key has another image."""
        if image is None:
            return None
        by_key = self._by_key.get(image.idempotency_key or "")
        if by_key is not None and file_digest(by_key.image) != file_digest(image):
            raise Conflict(
                f"expected a new idempotency key or the image that it stands for, found another image (the key "
                f"belongs to registration {by_key.id})"
            )
        found = self._by_digest.get(file_digest(image))
        return None if found is None else Appended(found.entry, found.image, created=False)


def file_digest(image: ImageRecord) -> str:
    """The digest that makes a registration unique in its log."""
    try:
        return image.digests[FILE_DIGEST]
    except KeyError:
        raise InvalidEntry(f"expected a digest {FILE_DIGEST} in every registration, found none") from None


def _stored(connection: Connection, registrar: str, drafts: Sequence[Draft]) -> list[Registration]:
    images = [draft.image for draft in drafts if draft.image is not None]
    wanted = (
        (_BY_DIGEST, [file_digest(image) for image in images]),
        (_BY_KEY, [image.idempotency_key for image in images if image.idempotency_key is not None]),
    )
    return [
        found
        for query, values in wanted
        for some in chunks(values)
        for found in registrations(connection, query, some, registrar=registrar)
    ]


def _place(registrar: str, index: int, draft: Draft) -> Appended:
    entry = LogEntry(registrar, index, draft.id, draft.kind, draft.leaf, draft.body, draft.target, draft.time)
    return Appended(entry, draft.image, created=True)


def _insert(connection: Connection, registrar: str, new: Sequence[Appended], urgent: bool) -> None:
    images = [made.image for made in new if made.image is not None]
    digests = [{"id": i.id, "name": name, "value": value} for i in images for name, value in i.digests.items()]
    shared = {"registrar": registrar, "urgent": urgent}
    waiting = [shared | {"position": made.entry.index, "time": made.entry.time} for made in new]
    insert_rows(connection, ENTRY, [entry_row(made.entry) for made in new])
    insert_rows(connection, IMAGE, [image_row(registrar, image, file_digest(image)) for image in images])
    insert_rows(connection, DIGEST, digests)
    insert_rows(connection, OUTBOX, waiting)


def _insert_traces(connection: Connection, new: Sequence[Appended], seal: TraceSeal) -> None:
    traced = ((made.image, made.image.trace) for made in new if made.image is not None)
    insert_rows(connection, TRACE, [trace_row(seal, image, trace) for image, trace in traced if trace is not None])
