"""One object on its way into the ledger: as an image, by its digests alone, or not at all since it is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.core.digests import DigestSet, digest_set
from ledger.core.images import Limits
from ledger.core.images.identity import identity_of, instance_key, study_key
from ledger.errors import InputError, NotAllowed
from ledger.gateway import Gateway
from ledger.ingest.capture import Capture
from ledger.ingest.counting import NotCounted
from ledger.schemas import DigestRegistration, Registration

_IMAGES = ("register", "derive")
_SENT = ("file/1", "pixel/1", "codestream/1", "dataset/1", "tile/1", "view/1")


@dataclass(frozen=True)
class Fed:
    """What became of an object: its registration, and whether this made it."""

    registration_id: str
    created: bool


Feed = Callable[[bytes], Fed]
"""Registers an object. InputError when it is refused for good, OutageError when it can be tried again."""


def images(gateway: Gateway) -> Feed:
    """Registers images, by sending them."""
    return lambda data: _fed(gateway.register(data))


def digests_only(gateway: Gateway, limits: Limits) -> Feed:
    """Registers images by the digests made here: the image is not sent. The ledger makes the salted commitments."""
    return lambda data: _by_digests(gateway, data, digest_set(data, limits))


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

    return feed


def _there(gateway: Gateway, made: DigestSet) -> Fed | None:
    # Asked of the history, not as a verification: those are noted, and an archive's millions would displace people's.
    entries = gateway.history(digest=made.digests["dataset/1"], limit=10).entries
    return next((Fed(one.id, created=False) for one in entries if one.kind in _IMAGES), None)


def _by_digests(gateway: Gateway, data: bytes, made: DigestSet) -> Fed:
    names = {name: value for name, value in made.digests.items() if name in _SENT}
    instance, study = _object_keys(data)
    return _fed(gateway.register_digests([DigestRegistration(digests=names, instance=instance, study=study)])[0])


def _object_keys(data: bytes) -> tuple[str | None, str | None]:
    """Hashes of the UIDs of instance and study, by which a study is closed; None where the file names none."""
    try:
        identity = identity_of(data)
    except InputError:
        return None, None
    return instance_key(identity.sop_instance), study_key(identity.study) if identity.study else None


def _fed(registration: Registration) -> Fed:
    return Fed(registration.registration_id, registration.created)
