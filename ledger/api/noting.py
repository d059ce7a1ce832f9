"""Which key asked for which verification, handed on to the ledger's notes."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter
from starlette.responses import Response

from ledger.api.auth import Asker
from ledger.api.backend import Backend, answer
from ledger.schemas import Verification


@dataclass
class Noting:
    """A verification that ``key`` asked for; ``file`` is the file's digest, empty when none was given."""

    ledger: Backend
    key: Asker
    file: str = ""

    def on(self, found: Verification, adapter: TypeAdapter[Verification]) -> Response:
        """The verdict as a response, and it is noted."""
        self.note(found)
        return answer(adapter, found)

    def note(self, found: Verification) -> None:
        """It is noted."""
        self.ledger.operations.note(self.key.id, self.key.label, found, self.file)
