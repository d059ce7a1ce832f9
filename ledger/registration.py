"""Registration: digests → salted commitments → canonical entry → leaf → one database transaction.

The same use case stands behind the command line, the API and (later) capture.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.core.capture import Place
from ledger.core.digests import DigestSet, digest_set
from ledger.core.digests.looks import Look
from ledger.core.entry import DERIVE, REGISTER, SALT_BYTES, STATEMENTS, VERSION, commitments, encode_entry, timestamp
from ledger.core.images import Limits
from ledger.core.images.identity import instance_key, study_key
from ledger.core.merkle import leaf_hash
from ledger.core.model import Appended, Draft, ImageRecord, LogEntry, Registrar, Standing, TraceRecord
from ledger.errors import Conflict, InputError, InvalidDigest, NotFound
from ledger.ports import Clock, RecordStore
from ledger.standing import standing_of

_WITHDRAWN = (Standing.REVOKED, Standing.SUPERSEDED)


@dataclass(frozen=True)
class DigestedImage:
    """An image known by its digests alone, with the caller's own key for it and its place in a study, if any."""

    digests: Mapping[str, str]
    idempotency_key: str | None = None
    place: Place | None = None


class Registrations:
    """Appends to one registrar's log."""

    def __init__(
        self,
        store: RecordStore,
        registrar: Registrar,
        clock: Clock,
        limits: Limits,
        look: Callable[[], Look | None] = lambda: None,
    ) -> None:
        """``look``: asked for each image who looks at it meanwhile; None: nobody else."""
        self._store = store
        self._registrar = registrar
        self._clock = clock
        self._limits = limits
        self._look = look

    def register(self, data: bytes, *, idempotency_key: str | None = None, urgent: bool = False) -> Appended:
        """The image in ``data`` is in the log, by this call or an earlier one; committed when this returns.

        Raises an InputError for a file that is no readable image, an OutageError if nothing could be stored.
        """
        if not data:
            raise InputError(
                "the file is empty (0 bytes)", code="empty_file", advice="Send the file again; nothing was registered."
            )
        digests = digest_set(data, self._limits, traced=True, look=self._look())
        return self.append_image(digests, idempotency_key=idempotency_key, urgent=urgent)

    def append_image(
        self,
        digests: DigestSet,
        *,
        derived: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        urgent: bool = False,
    ) -> Appended:
        """As :meth:`register` for an image whose digests are made; with ``derived``, the fields that a derive entry
        has beside the commitments, under such an entry."""
        instance = instance_key(digests.sop_instance_uid) if digests.sop_instance_uid else None
        study = digests.study_instance_uid
        draft = self._draft_image(
            digests.digests,
            derived=derived,
            facts=digests.facts,
            details=digests.to_blob(),
            instance=instance,
            idempotency_key=idempotency_key,
            trace=digests.trace,
            place=place_of(instance, study_key(study) if study else None),
        )
        return self._store.append(self._registrar.id, [draft], urgent=urgent)[0]

    def register_digests(self, images: Sequence[DigestedImage], *, urgent: bool = False) -> list[Appended]:
        """All of ``images`` are in the log, in order, or none is: one database transaction."""
        for number, image in enumerate(images):
            if not image.digests.get("file/1", "").startswith("sha256:"):
                raise InvalidDigest(f"expected file/1 among the digests of image {number}")
        drafts = [
            self._draft_image(image.digests, idempotency_key=image.idempotency_key, place=image.place)
            for image in images
        ]
        return self._store.append(self._registrar.id, drafts, urgent=urgent)

    def state(self, kind: str, target: str, *, reason: str, author: str, replacement: str | None = None) -> LogEntry:
        """A supersede, revoke or dispute entry about ``target`` is in the log. NotFound if there is no such image."""
        if kind not in STATEMENTS:
            raise InputError(f"expected a statement of {', '.join(STATEMENTS)}, found {kind[:40]!r}")
        if (kind == "supersede") != (replacement is not None):
            raise Conflict(f"expected a replacement with supersede and with nothing else, found kind {kind}")
        self._must_exist(target)
        self._must_allow(kind, target)
        fields: dict[str, Any] = {"target": target, "reason": reason, "author": author, "nonce": os.urandom(16).hex()}
        if replacement is not None:
            self._must_exist(replacement)
            if replacement == target:
                raise Conflict("expected another registration as replacement, found the same one")
            if (standing := self._standing(replacement)) in _WITHDRAWN:
                raise Conflict(f"expected a replacement that is in force, found one that is {standing}")
            fields["replacement"] = replacement
        return self._store.append(self._registrar.id, [self._draft(kind, fields, target=target)])[0].entry

    def _must_exist(self, registration_id: str) -> None:
        registration = self._store.registration(registration_id)
        if registration is None:
            raise NotFound(f"no registration {registration_id}")
        if registration.entry.registrar != self._registrar.id:
            raise Conflict("that registration is in another registrar's log; only its registrar can speak of it")

    def _must_allow(self, kind: str, target: str) -> None:
        """A statement stays in the log for ever, so one that changes nothing is refused."""
        standing = self._standing(target)
        if standing is Standing.REVOKED or (standing is Standing.SUPERSEDED and kind == "supersede"):
            raise Conflict(f"cannot {kind} registration {target}: it is {standing} already")

    def _standing(self, registration_id: str) -> Standing:
        return standing_of(self._store.statements(registration_id)).standing

    def _draft_image(
        self,
        digests: Mapping[str, str],
        *,
        derived: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        details: bytes = b"",
        instance: str | None = None,
        idempotency_key: str | None = None,
        trace: TraceRecord | None = None,
        place: Place | None = None,
    ) -> Draft:
        salt = os.urandom(SALT_BYTES)
        kind, said = (REGISTER, {}) if derived is None else (DERIVE, derived)
        draft = self._draft(kind, {"commitments": commitments(salt, digests), **said}, target=said.get("target"))
        image = ImageRecord(draft.id, digests, salt, facts or {}, details, instance, idempotency_key, trace, place)
        return replace(draft, image=image)

    def _draft(self, kind: str, fields: Mapping[str, Any], *, target: str | None = None) -> Draft:
        return draft_entry(self._registrar.id, kind, fields, self._clock, target=target)


def place_of(instance: str | None, study: str | None) -> Place | None:
    """The place of an object whose digests of SOP instance and study these are; None without an instance."""
    return None if instance is None else Place(instance, study)


def draft_entry(
    registrar_id: str,
    kind: str,
    fields: Mapping[str, Any],
    clock: Clock,
    *,
    target: str | None = None,
    entry_id: str | None = None,
) -> Draft:
    """A valid entry of ``kind`` with the present time and a new id, if none is given, ready to be appended."""
    now = clock()
    entry_id = entry_id or os.urandom(16).hex()
    body = encode_entry(
        {
            "version": VERSION,
            "kind": kind,
            "id": entry_id,
            "registrar": registrar_id,
            "time": timestamp(now),
            **fields,
        }
    )
    return Draft(entry_id, kind, body, leaf_hash(body), target, now)
