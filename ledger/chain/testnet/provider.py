"""A web3 provider that calls a node in the same process."""

from __future__ import annotations

from typing import Any

import orjson
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from ledger.chain.testnet.node import LocalTestnet
from ledger.chain.testnet.protocol import answer


class LocalProvider(JSONBaseProvider):
    """``Web3(LocalProvider(node))`` behaves as over HTTP: requests take the same way through JSON."""

    def __init__(self, node: LocalTestnet) -> None:
        super().__init__()
        self.node = node

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """The node's answer to one request, through the same JSON as over HTTP."""
        response: RPCResponse = answer(self.node, orjson.loads(self.encode_rpc_request(method, params)))
        return response

    def make_batch_request(self, requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        """The node's answers to the requests, in their order."""
        response: list[RPCResponse] = answer(self.node, orjson.loads(self.encode_batch_rpc_request(requests)))
        return response
