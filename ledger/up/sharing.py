"""A long-running command without ``medseal up`` serves the embedded chain that it holds; others work beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.bootstrap import Parts
from ledger.errors import Conflict
from ledger.up import ports, runfile


@contextmanager
def shared_chain(parts: Parts) -> Iterator[None]:
    """Inside, other commands on the data folder reach this process's chain through ``run.json``, as they reach that of
    ``medseal up``; nothing happens where the chain is not embedded here."""
    if parts.testnet is None:
        yield
        return
    from ledger.chain.testnet.server import serve

    folder, server = parts.folder.root, serve(parts.testnet)
    runfile.write(folder, {"pid": os.getpid(), "chain_url": server.url})
    try:
        yield
    finally:
        if runfile.read(folder).get("chain_url") == server.url:
            runfile.remove(folder)
        server.close()


def refuse_if_shared(folder: Path) -> None:
    """Return unless another command than ``medseal up`` serves this folder's chain; Conflict names its process."""
    running = runfile.read(folder)
    url = running.get("chain_url")
    if url is None or "pids" in running or not ports.chain_answers(str(url)):
        return
    raise Conflict(
        f"expected the chain of {folder} to be free, found it held by process {running.get('pid')}: "
        "medseal listen, watch or orthanc without a server",
        code="chain_file_in_use",
        advice="Stop that command, start medseal up, then start the command again: it works beside medseal up.",
    )
