"""JSON-RPC 2.0 requests and responses, single and in batches, as decoded JSON."""

from __future__ import annotations

import logging
from typing import Any

from ledger.chain.testnet.node import LocalTestnet
from ledger.chain.testnet.wire import INTERNAL_ERROR, INVALID_REQUEST, RpcError

MAX_BATCH = 1_000
_logger = logging.getLogger(__name__)


def answer(node: LocalTestnet, request: Any) -> Any:
    """The JSON-RPC response, or list of responses, to a decoded request. Never raises for what a client sent."""
    if not isinstance(request, list):
        return _one(node, request)
    if not 0 < len(request) <= MAX_BATCH:
        return failed(None, RpcError(INVALID_REQUEST, f"batch: expected 1 to {MAX_BATCH} requests"))
    return [_one(node, item) for item in request]


def _one(node: LocalTestnet, request: Any) -> dict[str, Any]:
    known = request if isinstance(request, dict) else {}
    method, params = known.get("method"), known.get("params", [])
    if not isinstance(method, str) or not isinstance(params, list):
        return failed(known.get("id"), RpcError(INVALID_REQUEST, "expected method (string) and params (list)"))
    try:
        return {"jsonrpc": "2.0", "id": known.get("id"), "result": node.rpc(method, params)}
    except RpcError as error:
        return failed(known.get("id"), error)
    except Exception as error:
        _logger.exception("%s failed", method)
        return failed(known.get("id"), RpcError(INTERNAL_ERROR, f"internal error: {type(error).__name__}"))


def failed(key: Any, error: RpcError) -> dict[str, Any]:
    """The error response to the request with the id ``key``; None when it could not be read."""
    return {"jsonrpc": "2.0", "id": key, "error": error.body()}
