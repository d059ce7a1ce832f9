"""One object on its way into the ledger, whichever protocol brought it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from ledger.core.digests import digest_file
from ledger.core.images import Limits
from ledger.core.images.identity import Identity, identity_of, instance_key, study_key
from ledger.errors import InputError, LedgerError, NotAllowed, UnsupportedImage
from ledger.gateway import Gateway
from ledger.ingest.counting import Counting, NotCounted
from ledger.schemas import DigestRegistration, Registration
from ledger.settings import Settings

_MOST_WAITING = 10_000


@dataclass(frozen=True)
class Captured:
    """An object that is in the ledger, and which one it is."""

    identity: Identity
    registration: Registration


class OtherObject(InputError):
    """The bytes are another object than the one that was announced."""

    code = "other_object"
    advice = "Look at what the sender announces: class, instance or study differ from those in the object."


def capture_of(gateway: Gateway, settings: Settings, counting: Counting | None = None) -> Capture:
    """What registers objects in the ledger ``gateway`` under the limits of the settings."""
    most = settings.max_upload_mb << 20
    limits = Limits(max_bytes=most, max_pixels=settings.max_pixels, max_frames=settings.max_frames)
    return Capture(gateway, limits, counting or NotCounted())


class Capture:
    """Registers DICOM objects as they arrived, and counts them by source. Safe to share between threads."""

    def __init__(self, gateway: Gateway, limits: Limits, counting: Counting) -> None:
        self._gateway = gateway
        self._limits = limits
        self._counting = counting
        self._waiting: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def store(
        self,
        data: bytes,
        source: str,
        *,
        sop_class: str | None = None,
        sop_instance: str | None = None,
        study: str | None = None,
    ) -> Captured:
        """The object is registered and committed to the database when this returns.

        An object without pixels that can be read (a report, a structure set, a film) is registered by ``file/1``
        alone. OtherObject unless it is of the class, the instance, and of the study that was announced. LedgerError as
        :meth:`Gateway.register`.
        """
        self._counting.count(source, "received")
        try:
            identity = identity_of(data, self._limits)
            _announced(identity, sop_class, sop_instance, study)
        except LedgerError as error:
            self.refused(source, error.code)
            raise
        try:
            registration = register_object(self._gateway, data, identity)
        except LedgerError as error:
            if not isinstance(error, InputError) or isinstance(error, NotAllowed):
                self._waits(source, identity, error.code)  # the sender keeps the object and tries again
            else:
                self.refused(source, error.code)
            raise
        except Exception:
            self._waits(source, identity, "internal_error")
            raise
        self._counting.count(source, "registered", entry=registration.registration_id)
        with self._lock:
            self._waiting.pop((source, identity.sop_instance), None)
        return Captured(identity, registration)

    def refused(self, source: str, code: str) -> None:
        """An object of ``source`` was refused for good; ``code`` is the error's."""
        self._counting.count(source, "failed", code)

    def _waits(self, source: str, identity: Identity, code: str) -> None:
        """The object is among those waiting, once however often it is sent before it is registered."""
        known = (source, identity.sop_instance)
        with self._lock:
            again = known in self._waiting
            self._waiting[known] = None
            if len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
        if not again:
            self._counting.count(source, "waiting", code)

    def identity(self, data: bytes) -> Identity | None:
        """Which object ``data`` is, None where that cannot be read."""
        try:
            return identity_of(data, self._limits)
        except LedgerError:
            return None


def register_object(gateway: Gateway, data: bytes, identity: Identity) -> Registration:
    """The object ``data`` is registered: as an image, or by ``file/1`` alone when it has no pixels that can be read.

    LedgerError as :meth:`Gateway.register`.
    """
    try:
        return gateway.register(data)
    except UnsupportedImage:
        return register_by_digests(gateway, {"file/1": digest_file(data)}, identity)


def register_by_digests(gateway: Gateway, digests: dict[str, str], identity: Identity | None) -> Registration:
    """The object with these digests is registered, in its place in a study where ``identity`` says one.

    LedgerError as :meth:`Gateway.register_digests`.
    """
    instance = instance_key(identity.sop_instance) if identity else None
    study = study_key(identity.study) if identity and identity.study else None
    return gateway.register_digests([DigestRegistration(digests=digests, instance=instance, study=study)])[0]


def _announced(identity: Identity, sop_class: str | None, sop_instance: str | None, study: str | None) -> None:
    if sop_class is not None and identity.sop_class != sop_class:
        raise OtherObject("expected the SOP class that was announced, found another in the data set")
    if sop_instance is not None and identity.sop_instance != sop_instance:
        raise OtherObject("expected the SOP instance that was announced, found another in the data set")
    if study is not None and identity.study != study:
        raise OtherObject("expected an instance of the study in the address, found one of another")
