"""What can be asked of a file by itself: the same in process (``service.examinations``) and over HTTP."""

from __future__ import annotations

from typing import Protocol

from ledger.schemas import Detection
from ledger.schemas.examinations import FileDigests, Methods


class ExaminationsGateway(Protocol):
    """Nothing here asks the ledger, and nothing is kept or noted: a file goes in, what it says comes out."""

    def digests(self, data: bytes) -> FileDigests:
        """The digests to look a file up by; of one that is no image ``file/1`` alone, and why."""

    def methods(self) -> Methods:
        """The methods there are. DetectorUnavailable with code ``detector_off`` when the detector is turned off."""

    def examine(self, data: bytes, method: str, *, pictures: bool = False) -> Detection:
        """What one method says of the image. InputError with code ``unknown_method`` when there is none of that name;
        DetectorUnavailable when it gives no answer, and its code says why."""
