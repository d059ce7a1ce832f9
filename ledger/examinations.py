"""What a file says by itself, in process: its digests, and what each method of the detector finds in it."""

from __future__ import annotations

from ledger import present
from ledger.core.digests import digest_file, digest_set
from ledger.core.images import Limits
from ledger.errors import DetectorUnavailable, InputError
from ledger.ports import Detector
from ledger.ports_methods import ManyMethods
from ledger.receipts import UNDISCLOSED
from ledger.schemas import Detection
from ledger.schemas.examinations import FileDigests, Methods


class Examinations:
    """:class:`ledger.gateway_examinations.ExaminationsGateway` in process. Safe to share between threads."""

    def __init__(self, detector: Detector | None, limits: Limits, seconds: float) -> None:
        self._detector = detector
        self._limits = limits
        self._seconds = seconds

    def warm(self) -> None:
        """The detector, if there is one, loads its model in the background."""
        if self._detector is not None:
            self._detector.warm()

    def digests(self, data: bytes) -> FileDigests:
        """The digests to look a file up by; of one that is no image ``file/1`` alone, and why."""
        if not data:
            raise InputError("the file is empty (0 bytes)", code="empty_file", advice="Send the file again.")
        try:
            found = digest_set(data, self._limits).digests
        except InputError as error:
            return FileDigests(digests={"file/1": digest_file(data)}, unreadable=str(error))
        return FileDigests(digests={name: value for name, value in found.items() if name not in UNDISCLOSED})

    def methods(self) -> Methods:
        """The methods there are; DetectorUnavailable when the detector is turned off."""
        many = self._many()
        return Methods(names=list(many.methods), default=many.method, seconds=self._seconds)

    def examine(self, data: bytes, method: str, *, pictures: bool = False) -> Detection:
        """What one method says of the image; see the gateway for its errors."""
        many = self._many()
        if method not in many.methods:
            said = f"expected a method of {', '.join(many.methods)}, found {method[:40]!r}"
            raise InputError(said, code="unknown_method", advice="List them with GET /v1/examinations/methods.")
        return present.detection(many.examine_by(method, data, pictures=pictures))

    def _many(self) -> ManyMethods:
        detector: object = self._detector
        if isinstance(detector, ManyMethods):
            return detector
        said = "the forgery detector is turned off (MEDSEAL_DETECTOR)"
        raise DetectorUnavailable(said, code="detector_off", advice="Set MEDSEAL_DETECTOR to a method and start again.")
