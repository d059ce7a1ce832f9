"""One object on its way into the ledger: as an image, by its digests alone, or not at all since it is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.core.digests import DigestSet, digest_file, digest_set
from ledger.core.images import Limits
from ledger.core.images.identity import Identity, identity_of
from ledger.errors import InputError, LedgerError, NotAllowed, OutageError, SettingsError, UnsupportedImage
from ledger.gateway import Gateway
from ledger.ingest.capture import Capture, register_by_digests, register_object
from ledger.ingest.counting import NotCounted
from ledger.schemas import Registration

_IMAGES = ("register", "derive")
_SENT = ("file/1", "pixel/1", "codestream/1", "dataset/1", "tile/1")


@dataclass(frozen=True)
class Fed:
    """What became of an object: its registration, and whether this made it."""

    registration_id: str
    created: bool


Feed = Callable[[bytes], Fed]
"""Registers an object. InputError when it is refused for good, OutageError when it can be tried again, ObjectFault when
others should go on before it is."""


class ObjectFault(LedgerError):
    """One object met a fault that is not its own, nor an outage: it is tried again later, and the others go on."""

    code = "internal_error"
    advice = "It is tried again later; if it stays, look into the server's log, or send the object to the developers."


def images(gateway: Gateway) -> Feed:
    """Registers images, by sending them; DICOM objects without pixels that can be read by file/1 alone."""

    def feed(data: bytes) -> Fed:
        identity = _identity(data)
        return _fed(gateway.register(data) if identity is None else register_object(gateway, data, identity))

    return _with_faults_named(feed)


def digests_only(gateway: Gateway, limits: Limits) -> Feed:
    """Registers images by the digests made here: the image is not sent. The ledger makes the salted commitments.

    What shows how an image looks (view/1, trace/1) is not sent either. DICOM objects without pixels go in by file/1.
    """

    def feed(data: bytes) -> Fed:
        identity = _identity(data)
        try:
            digests = digest_set(data, limits).digests
        except UnsupportedImage:
            if identity is None:
                raise
            digests = {"file/1": digest_file(data)}
        names = {name: value for name, value in digests.items() if name in _SENT}
        return _fed(register_by_digests(gateway, names, identity))

    return _with_faults_named(feed)


def missing_objects(gateway: Gateway, limits: Limits) -> Feed:
    """Registers what the ledger lacks of an archive's objects.

    An archive writes another file than it received, with another file/1; so an object counts as there when data set
    and pixels are (dataset/1 covers both). What is no image that can be read, such as a report, goes in by file/1.
    """

    capture = Capture(gateway, limits, NotCounted())

    def feed(data: bytes) -> Fed:
        try:
            if there := _there(gateway, digest_set(data, limits)):
                return there
        except NotAllowed:
            raise
        except InputError:
            pass  # no image that can be read: what registers it knows what to do
        return _fed(capture.store(data, "").registration)

    return _with_faults_named(feed)


def _there(gateway: Gateway, made: DigestSet) -> Fed | None:
    # Asked of the history, not as a verification: those are noted, and an archive's millions would displace people's.
    entries = gateway.history(digest=made.digests["dataset/1"], limit=10).entries
    return next((Fed(one.id, created=False) for one in entries if one.kind in _IMAGES), None)


def _identity(data: bytes) -> Identity | None:
    """Which DICOM object it is; None for another file, and for one that does not say."""
    try:
        return identity_of(data)
    except InputError:
        return None


def _with_faults_named(feed: Feed) -> Feed:
    def named(data: bytes) -> Fed:
        try:
            return feed(data)
        except (InputError, OutageError, SettingsError):
            raise
        except Exception as error:  # noqa: BLE001  its text may quote the object
            said = error.code if isinstance(error, LedgerError) else type(error).__name__
            raise ObjectFault(f"expected the object to be registered or refused, found {said}") from None

    return named


def _fed(registration: Registration) -> Fed:
    return Fed(registration.registration_id, registration.created)
