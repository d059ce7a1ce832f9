"""The adapter: the port's questions, asked of the worker process."""

from __future__ import annotations

import threading
from contextlib import suppress

from ledger.core.detection import Detection
from ledger.core.images import Limits
from ledger.detection.answers import detection
from ledger.detection.process import Worker
from ledger.errors import DetectorUnavailable

NONE = "none"
"""The setting's word for no detector."""
WAITING = 4
"""Images that may wait for the one that is being examined."""
MEMORY_BYTES = 4 << 30
"""Address space of the worker: an image and its working copies within the limits of decoding fit several times."""
_EXAMINER = "ledger.detection.examining:open_examiner"


class ProcessDetector:
    """One method of the detector, and on request another, in a process that starts with the first image, or with
    :meth:`warm`.

    One image at a time is examined and ``WAITING`` may wait; the next is refused as busy. A process that takes more
    than ``seconds`` is ended, and the next image starts another one.
    """

    def __init__(self, method: str, limits: Limits, *, seconds: float) -> None:
        self.method = method
        arguments = (method, limits, seconds)
        self._worker = Worker(_EXAMINER, arguments, seconds=seconds, waiting=WAITING, memory=MEMORY_BYTES)

    def examine(self, image: bytes, *, pictures: bool = False) -> Detection:
        """See :meth:`ledger.ports.Detector.examine`."""
        return detection(self._worker.ask(image, pictures=pictures))

    @property
    def methods(self) -> tuple[str, ...]:
        """See :attr:`ledger.ports_methods.ManyMethods.methods`."""
        from detector.registry import METHODS  # only who asks for a detector needs its package

        return tuple(METHODS)

    def examine_by(self, method: str, image: bytes, *, pictures: bool = False) -> Detection:
        """See :meth:`ledger.ports_methods.ManyMethods.examine_by`."""
        return detection(self._worker.ask(image, pictures=pictures, method=method))

    def warm(self) -> None:
        """The process starts and loads its model in the background; what is wrong is said with the first image."""

        def load() -> None:
            with suppress(DetectorUnavailable):
                self._worker.ask(b"")

        threading.Thread(target=load, name="detector-warm", daemon=True).start()

    def close(self) -> None:
        """The process is gone, and none starts again."""
        self._worker.close()
