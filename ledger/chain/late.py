"""A node that does not answer when a ledger is opened: it is asked, and checked, when something needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from ledger.chain.rpc import Provider, Rpc
from ledger.errors import ChainUnreachable, LedgerError


class LateRpc(Rpc):
    """A node that nothing is believed of before ``check`` has held once."""

    def __init__(self, provider: Provider, timeout: float, check: Callable[[Rpc], None]) -> None:
        super().__init__(provider, timeout)
        self._check: Callable[[Rpc], None] | None = check
        self._first = Rpc(provider, timeout)

    def attempt(self, method: str, *params: Any) -> Any:
        """As :meth:`Rpc.attempt`; what ``check`` raises is raised instead until it holds."""
        if self._check is not None:
            self._check(self._first)
            self._check = None
        return super().attempt(method, *params)


class Occupied(BaseProvider):
    """In the place of an embedded chain whose file another process has: every question is an outage, with why."""

    def __init__(self, why: LedgerError) -> None:
        super().__init__()
        self._why = why

    def make_request(self, _method: RPCEndpoint, _params: Any) -> RPCResponse:
        """ChainUnreachable with the reason and the advice."""
        raise ChainUnreachable(str(self._why), advice=self._why.advice)
