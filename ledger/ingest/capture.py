"""One object on its way into the ledger, whichever protocol brought it."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.core.digests import digest_file
from ledger.core.images import Limits
from ledger.core.images.identity import Identity, identity_of, instance_key, study_key
from ledger.errors import InputError, LedgerError, OutageError, UnsupportedImage
from ledger.gateway import Gateway
from ledger.ingest.counting import Counting, NotCounted
from ledger.schemas import DigestRegistration, Registration
from ledger.settings import Settings


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
            registration = self._register(data, identity)
        except LedgerError as error:
            later = isinstance(error, OutageError)  # the sender keeps the object and tries again
            self._counting.count(source, "waiting" if later else "failed", error.code)
            raise
        self._counting.count(source, "registered", entry=registration.registration_id)
        return Captured(identity, registration)

    def identity(self, data: bytes) -> Identity | None:
        """Which object ``data`` is, None where that cannot be read."""
        try:
            return identity_of(data, self._limits)
        except LedgerError:
            return None

    def _register(self, data: bytes, identity: Identity) -> Registration:
        try:
            return self._gateway.register(data)
        except UnsupportedImage:
            by_digest = DigestRegistration(
                digests={"file/1": digest_file(data)},
                instance=instance_key(identity.sop_instance),
                study=study_key(identity.study) if identity.study else None,
            )
            return self._gateway.register_digests([by_digest])[0]


def _announced(identity: Identity, sop_class: str | None, sop_instance: str | None, study: str | None) -> None:
    if sop_class is not None and identity.sop_class != sop_class:
        raise OtherObject("expected the SOP class that was announced, found another in the data set")
    if sop_instance is not None and identity.sop_instance != sop_instance:
        raise OtherObject("expected the SOP instance that was announced, found another in the data set")
    if study is not None and identity.study != study:
        raise OtherObject("expected an instance of the study in the address, found one of another")
