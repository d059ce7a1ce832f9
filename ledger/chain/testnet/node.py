"""The node: one chain file, one owner, one lock."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from ledger.chain.testnet.chain import Chain
from ledger.chain.testnet.methods import dispatch
from ledger.chain.testnet.store import Store
from ledger.chain.testnet.wire import INTERNAL_ERROR, RpcError, parse_data
from ledger.errors import Conflict, LedgerError, SettingsError, StoreUnavailable


class LocalTestnet:
    """A local Ethereum chain in the SQLite file ``path``, which is created with its folder when it is not there.

    ``funded`` addresses hold a million ether from the genesis of a new file and are ignored for an old one.
    Raises ChainMismatch when the file belongs to another chain id, Conflict when another node has it open,
    StoreUnavailable when it cannot be read. The operating system releases the file when the process dies.
    """

    def __init__(self, path: Path, *, chain_id: int = 1337, funded: Sequence[str] = ()) -> None:
        self.path = Path(path)
        self._guard = threading.RLock()
        addresses = _addresses(funded)
        self._lock = _take_lock(self.path)
        self._store: Store | None = None
        try:
            self._store = Store(self.path)
            self.chain = Chain(self._store, chain_id, addresses)
        except BaseException:
            self.close()
            raise

    def rpc(self, method: str, params: Sequence[Any] = ()) -> Any:
        """The JSON result of a method. RpcError: the node's refusal; a storage fault is one as well (-32603, with
        the stable code in ``data``), and nothing was changed then."""
        with self._guard:
            if self._store is None:
                raise RpcError(INTERNAL_ERROR, "the node is closed")
            try:
                return dispatch(self.chain, method, list(params))
            except LedgerError as error:
                details = {"code": error.code, "advice": error.advice}
                raise RpcError(INTERNAL_ERROR, str(error), details) from error

    def close(self) -> None:
        """Wait for the block that is being mined, close the file and release it. Further calls do nothing."""
        with self._guard:
            if self._store is not None:
                self._store.close()
                self._store = None
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def __enter__(self) -> LocalTestnet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _addresses(funded: Sequence[str]) -> list[bytes]:
    try:
        return [parse_data(address, "funded address", 20) for address in funded]
    except RpcError as error:
        raise SettingsError(error.message, advice="Give addresses as 0x and 40 hex digits.") from error


def _take_lock(path: Path) -> int:
    """An open descriptor that holds the exclusive lock beside ``path``."""
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"chain file {path}: {error}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise _in_use(path, holder) from error
    with contextlib.suppress(OSError):  # on a full disk the message to a second opener just lacks the process
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
    return descriptor


def _in_use(path: Path, holder: str) -> Conflict:
    owner = f"process {holder}" if holder else "another process"
    return Conflict(
        f"chain file {path} is in use by {owner}",
        code="chain_file_in_use",
        advice="If that is the chain of medseal up, it runs and does not answer: it hangs or is overloaded, and "
        "medseal up has to be started again. Else another command works on this data folder: wait until it ends, or "
        "end it.",
    )
