"""A detector of which each method can be asked by name, beside :class:`ledger.ports.Detector`, which asks one."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ledger.core.detection import Detection


@runtime_checkable
class ManyMethods(Protocol):
    """All methods behind one queue, under the limits of the adapter."""

    @property
    def method(self) -> str:
        """The method that verification asks."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The names of all methods, in the order in which they are listed."""

    def examine_by(self, method: str, image: bytes, *, pictures: bool = False) -> Detection:
        """What ``method`` says of the file ``image``; errors as :meth:`ledger.ports.Detector.examine`."""
