"""What an error of the ledger is in DICOM's words.

The same codes answer C-STORE (PS3.4 section B.2.3, table B.2-1; in general PS3.7 annex C) and stand as failure reasons
in the answer to a STOW-RS request (PS3.18 section I.2.2).
"""

from __future__ import annotations

from ledger.errors import InputError, LedgerError, OutageError
from ledger.ingest.capture import OtherObject

SUCCESS = 0x0000
"""The registration's row is committed: nothing less is answered with it."""
OUT_OF_RESOURCES = 0xA700
"""Disk, database, server or memory refuse, or a fault of ours: the sender keeps the object and tries again."""
OTHER_OBJECT = 0xA900
"""The data set is not of the class, not the instance, or not of the study that was announced (data set does not match
SOP class)."""
CANNOT_UNDERSTAND = 0xC000
"""What cannot be parsed, or is beyond what an image may declare; trying again does not help."""
PROCESSING_FAILURE = 0x0110
"""A fault of ours, in the answer to a STOW-RS request (PS3.18 table I.2-2)."""
_NOT_THE_OBJECTS_FAULT = (401, 403, 404, 409)


def status_of(error: LedgerError) -> int:
    """The status that an error of the ledger stands for."""
    if isinstance(error, OtherObject):
        return OTHER_OBJECT
    if isinstance(error, OutageError) or not isinstance(error, InputError):
        return OUT_OF_RESOURCES
    # a key that was revoked, a server that is not ours: the object is sound and is to be sent again
    return OUT_OF_RESOURCES if error.status in _NOT_THE_OBJECTS_FAULT else CANNOT_UNDERSTAND
