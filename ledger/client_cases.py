"""``client.cases``: cases over HTTP."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from ledger.client_answers import segment
from ledger.client_operations import Ask
from ledger.schemas import Case, CaseAction, CaseList, CaseOpening

_CASE = TypeAdapter(Case)
_LIST = TypeAdapter(CaseList)


class ClientCases:
    """The cases of a ledger behind a server. ``ask`` sends a request and reads the answer by an adapter."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def open(self, opening: CaseOpening) -> Case:
        """Begin a case."""
        return self._ask(_CASE, "POST", "/v1/cases", **_json(opening))

    def append(self, case_id: str, action: CaseAction) -> Case:
        """One more event, which the case then has; see :class:`ledger.gateway.CaseGateway`."""
        return self._ask(_CASE, "POST", f"/v1/cases/{segment(case_id)}/events", **_json(action))

    def get(self, case_id: str) -> Case:
        """The case as it stands now, every event checked by the server."""
        return self._ask(_CASE, "GET", f"/v1/cases/{segment(case_id)}")

    def find(self, *, status: str | None = None, limit: int = 100, offset: int = 0) -> CaseList:
        """A page of cases, the last changed first."""
        wanted = {"status": status, "limit": str(limit), "offset": str(offset)}
        parameters = {name: value for name, value in wanted.items() if value is not None}
        return self._ask(_LIST, "GET", "/v1/cases", params=parameters)


def _json(request: CaseOpening | CaseAction) -> dict[str, Any]:
    return {"content": request.model_dump_json(), "headers": {"Content-Type": "application/json"}}
