"""The rules on a file's structure, asked so that their time never costs the detector's answer."""

from __future__ import annotations

import threading

from detector.structure import Inspection, inspect
from ledger.core.detection import Structure, StructureFinding, StructureRule

MOST_SECONDS = 10.0
"""What the rules have for one file, at most. Usual files take some hundredths of a second."""
_ASKING = 0.8  # of the time, after which no further rule is asked; the rest is for the one that is under way


class Ruler:
    """Asks the rules beside its caller, who waits for them so long and no longer.

    A rule that does not end goes on in a thread of its own, which cannot be ended; until it is done the rules are asked
    of no other file, so there is never a second one.
    """

    def __init__(self) -> None:
        self._asking: threading.Thread | None = None

    def ask(self, image: bytes, seconds: float) -> Structure:
        """What the rules say of ``image`` within ``seconds``; those that were not asked by then say so."""
        return _structure(self._within(image, min(seconds, MOST_SECONDS)) or inspect(image, seconds=0))

    def _within(self, image: bytes, seconds: float) -> Inspection | None:
        if seconds <= 0 or (self._asking is not None and self._asking.is_alive()):
            return None
        seen: list[Inspection] = []
        asking = threading.Thread(target=lambda: seen.append(inspect(image, seconds=_ASKING * seconds)), daemon=True)
        try:
            asking.start()
        except RuntimeError:  # no memory for a thread
            return None
        self._asking = asking
        asking.join(seconds)
        return seen[0] if seen else None


def _structure(seen: Inspection) -> Structure:
    findings = (StructureFinding(**{**vars(one), "strength": one.strength.value}) for one in seen.findings)
    rules = (StructureRule(one.code, one.title, one.state.value, one.reason) for one in seen.rules)
    return Structure(seen.kind, tuple(findings), tuple(rules))
