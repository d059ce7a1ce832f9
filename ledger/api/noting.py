"""Keeping who verified what, once the verdict is on its way: it must neither wait for the note nor depend on it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from pydantic import TypeAdapter
from starlette.background import BackgroundTask
from starlette.responses import Response

from ledger.api.auth import Key
from ledger.api.backend import Backend, answer
from ledger.errors import LedgerError
from ledger.schemas import Verification

_log = structlog.get_logger("ledger.api")


@dataclass
class Noting:
    """A verification that ``key`` asked for; ``file`` is the file's digest, empty when none was given."""

    ledger: Backend
    key: Key
    file: str = ""

    def on(self, found: Verification, adapter: TypeAdapter[Verification]) -> Response:
        """The verdict as a response; when it is sent the note is kept, or the log says that it could not be."""
        response = answer(adapter, found)
        response.background = BackgroundTask(self._keep, found)
        return response

    def _keep(self, found: Verification) -> None:
        try:
            self.ledger.operations.note(self.key.id, self.key.label, found, self.file)
        except LedgerError as error:
            _log.warning("verification not noted", code=error.code)
