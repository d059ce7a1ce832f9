"""Which DICOM object a file is: its class, its instance and its study, read without decoding a sample."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.core.images.model import Limits
from ledger.errors import InputError, UnreadableImage

if TYPE_CHECKING:
    from ledger.core.images.dicom_parse import Element

_CLASS, _INSTANCE, _STUDY = 0x00080016, 0x00080018, 0x0020000D
MOST_UID = 64


@dataclass(frozen=True, slots=True)
class Identity:
    """The UIDs of one object (PS3.3 C.12.1, C.7.2.1); a study is missing where the file names none."""

    sop_class: str
    sop_instance: str
    study: str | None


def is_uid(text: str) -> bool:
    """Whether ``text`` has the form of a UID (PS3.5 section 9.1): digits and dots, at most 64."""
    return 0 < len(text) <= MOST_UID and not set(text) - set("0123456789.")


def identity_of(data: bytes, limits: Limits = Limits()) -> Identity:
    """The UIDs in the data set of a Part 10 file, which is read no further than they are.

    UnreadableImage unless it can be parsed up to there and names an instance.
    """
    from ledger.core.images import dicom_parse

    limits.check_size(len(data))
    if data[128:132] != b"DICM":
        raise UnreadableImage("expected a DICOM file, found another")
    try:
        elements = dicom_parse.leading(data, _STUDY)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  what a foreign text says may be a patient's
        raise UnreadableImage(f"expected a complete DICOM file, found broken data ({type(error).__name__})") from None
    sop_class, instance, study = (_uid(elements.get(tag)) for tag in (_CLASS, _INSTANCE, _STUDY))
    if sop_class is None or instance is None:
        raise UnreadableImage("expected SOP Class UID and SOP Instance UID in the data set, found none")
    return Identity(sop_class, instance, study)


def instance_key(sop_instance_uid: str) -> str:
    """What the store knows a SOP Instance UID by: a digest, so that no identifier is kept in plain."""
    return sha256(b"medseal/instance/1\n" + sop_instance_uid.encode()).hexdigest()


def study_key(study_instance_uid: str) -> str:
    """What the store knows a Study Instance UID by, likewise."""
    return sha256(b"medseal/study/1\n" + study_instance_uid.encode()).hexdigest()


def _uid(element: Element | None) -> str | None:
    from ledger.core.images.dicom_parse import text

    found = text(element)
    return found if is_uid(found) else None
