"""JSON-RPC to one node over any web3 provider, with every failure turned into an error of the ledger's tree."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit

# eth_hash picks its backend when it is first used and prefers a slow one; nothing may import eth before this.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

import orjson
import requests
import urllib3
from eth_typing import URI
from web3 import HTTPProvider
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from ledger.chain.abi import decode_revert
from ledger.core.ethproof import keccak
from ledger.errors import ChainRejected, ChainSilent, ChainUnreachable, StorageFull

Provider: TypeAlias = BaseProvider | str
Refusal: TypeAlias = dict[str, Any]

SECONDS, CONNECT_SECONDS = 5.0, 3.0
WORK_FACTOR = 4
"""How many times longer than for a fact the node may take for work: running transactions, searching logs, proofs."""
_WORK = frozenset({"eth_sendRawTransaction", "eth_estimateGas", "eth_getLogs", "eth_getProof"})
_LARGE = 4096
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_silent_until: dict[str, float] = {}
"""By URL: until when a node that did not answer is not asked again."""
_JSON = {"Content-Type": "application/json"}
# Parse error, invalid request, no such method, internal error, limit exceeded: the node's trouble, not the caller's.
_NODE_TROUBLE = frozenset({-32700, -32600, -32601, -32603, -32005})


def _is_work(method: str, params: Sequence[Any]) -> bool:
    """Whether an answer may take long: a batch that is tried before it is signed is a large call."""
    return method in _WORK or (method == "eth_call" and len(params[0].get("data", "")) > _LARGE)


class _Http(HTTPProvider):
    """web3's provider with keep-alive, a faster JSON codec and no silent retries that would hide an outage."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url, exception_retry_configuration=None)
        self._url = url
        self._connect, self._timeout = min(CONNECT_SECONDS, timeout), timeout

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        request = {"jsonrpc": "2.0", "method": method, "params": params, "id": next(self.request_counter)}
        seconds = self._timeout * (WORK_FACTOR if _is_work(method, params) else 1)
        return cast(RPCResponse, orjson.loads(self._exchange(orjson.dumps(request), seconds)))

    def _exchange(self, request: bytes, seconds: float) -> bytes:
        options = {**self.get_request_kwargs(), "timeout": (self._connect, seconds)}
        return self._request_session_manager.make_post_request(URI(self._url), request, **options)


class _Loopback(_Http):
    """A node on this machine, asked without what requests does for the world outside: proxies, cookies, redirects.

    Verification waits for these answers; this takes a third of the time.
    """

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url, timeout)
        self._pool = urllib3.PoolManager(maxsize=16, retries=False)

    def _exchange(self, request: bytes, seconds: float) -> bytes:
        limits = urllib3.Timeout(connect=self._connect, read=seconds)
        try:
            answer = self._pool.request("POST", self._url, body=request, headers=_JSON, timeout=limits)
        except urllib3.exceptions.NewConnectionError as error:  # counted among the time-outs
            raise requests.ConnectionError from error
        except urllib3.exceptions.TimeoutError as error:
            raise requests.Timeout from error
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError from error
        if answer.status != HTTPStatus.OK:
            raise requests.HTTPError(f"status {answer.status}")
        return answer.data


class Rpc:
    """One node. ``name`` is what messages call it: a URL's host, never its path or password, which may be secret.

    ``timeout``: seconds it has for a fact, :data:`WORK_FACTOR` times as many for work. Once a fact did not come within
    them, all of this process who ask in the next ``timeout`` seconds hear so at once: one verification asks several
    times.
    """

    def __init__(self, provider: Provider, timeout: float = SECONDS) -> None:
        self._patience = timeout
        self._url = provider if isinstance(provider, str) else ""
        if isinstance(provider, str):
            parts = urlsplit(provider)
            self.name = f"{parts.scheme}://{parts.hostname or '?'}" + (f":{parts.port}" if parts.port else "")
            near = parts.hostname in _LOOPBACK and parts.username is None
            self._provider: BaseProvider = _Loopback(provider, timeout) if near else _Http(provider, timeout)
        else:
            self.name, self._provider = "the local chain", provider

    def call(self, method: str, *params: Any) -> Any:
        """The result; ChainUnreachable for no answer, nonsense or an error."""
        result, refusal = self.attempt(method, *params)
        if refusal is not None:
            raise ChainUnreachable(f"{self.name} refused {method}: {refusal.get('message', refusal)!s:.300}")
        return result

    def attempt(self, method: str, *params: Any) -> tuple[Any, Refusal | None]:
        """(result, None), or (None, the node's error object) when what was asked is refused.

        ChainUnreachable for no answer, nonsense, or an error that is the node's own.
        """
        response = self._request(method, params)
        if not isinstance(response, dict) or ("result" not in response and not response.get("error")):
            raise ChainUnreachable(f"expected a JSON-RPC answer to {method}, {self.name} sent {response!r:.100}")
        error = response.get("error")
        if not error:
            return response["result"], None
        refusal = error if isinstance(error, dict) else {"message": str(error)}
        details = refusal.get("data")
        if isinstance(details, dict) and details.get("code") == StorageFull.code:
            raise StorageFull(f"{self.name} has no space left for a block")
        if refusal.get("code") in _NODE_TROUBLE:
            raise ChainUnreachable(f"{self.name} cannot answer {method}: {refusal.get('message')!s:.300}")
        return None, refusal

    def send_raw(self, raw: bytes) -> str:
        """Hand over a signed transaction and return its hash (0x…); one that the node has already is fine.

        ChainRejected with the node's reason (the contract's decoded error where it has one).
        """
        tx_hash = "0x" + keccak(raw).hex()
        _, refusal = self.attempt("eth_sendRawTransaction", "0x" + raw.hex())
        # Nodes word "known already" in many ways; that it can be looked up is the fact behind all of them.
        if refusal is not None and self.call("eth_getTransactionByHash", tx_hash) is None:
            raise ChainRejected(f"{self.name} refused transaction {tx_hash}: {reason(refusal)}")
        return tx_hash

    def _request(self, method: str, params: tuple[Any, ...]) -> Any:
        if time.monotonic() < _silent_until.get(self._url, 0.0):
            raise ChainSilent(f"{self.name} did not answer in time a moment ago")
        try:
            return self._post(method, params)
        except requests.Timeout:
            if not _is_work(method, params):
                _silent_until[self._url] = time.monotonic() + self._patience
            raise ChainSilent(f"{self.name} did not answer {method} in time") from None
        except (OSError, ValueError) as error:
            # The exception's own text may hold the URL's path, where providers keep their keys.
            raise ChainUnreachable(f"{self.name} does not answer: {method} ended in {type(error).__name__}") from None

    def _post(self, method: str, params: tuple[Any, ...]) -> Any:
        endpoint = RPCEndpoint(method)
        try:
            return self._provider.make_request(endpoint, list(params))
        except requests.ConnectionError as error:
            if isinstance(error, requests.Timeout):
                raise
            # A kept-alive connection that the node has closed meanwhile. Every call made here may be repeated.
            return self._provider.make_request(endpoint, list(params))


@contextmanager
def sensible(method: str) -> Iterator[None]:
    """Turn what goes wrong in reading an answer into ChainUnreachable."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ChainUnreachable(f"the node's answer to {method} makes no sense: {error!r:.200}") from error


def reason(refusal: Refusal) -> str:
    """A refusal in words: the contract's custom error with its arguments, else the node's message."""
    return decode_revert(refusal.get("data")) or str(refusal.get("message", refusal))[:300]


def quantity(value: str) -> int:
    """A JSON-RPC quantity (``0x…``) as a number."""
    return int(value, 16)


def data(value: str) -> bytes:
    """JSON-RPC data (``0x…``) as bytes."""
    if value[:2] != "0x":
        raise ValueError(f"expected 0x…, found {value[:20]!r}")
    return bytes.fromhex(value[2:])
