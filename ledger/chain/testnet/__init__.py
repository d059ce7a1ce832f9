"""The embedded local testnet: py-evm on one SQLite file behind JSON-RPC. See README.md.

Importing this package loads neither py-evm nor web3; asking for a name does.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

# eth_hash picks its backend when it is first used and prefers a slow one; nothing may import eth before this.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

if TYPE_CHECKING:
    from ledger.chain.testnet.node import LocalTestnet
    from ledger.chain.testnet.provider import LocalProvider
    from ledger.chain.testnet.server import serve
    from ledger.chain.testnet.wire import RpcError

__all__ = ["LocalProvider", "LocalTestnet", "RpcError", "serve"]

_HOMES = {"LocalTestnet": "node", "LocalProvider": "provider", "RpcError": "wire", "serve": "server"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
