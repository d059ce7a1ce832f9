"""``python -m ledger.chain.testnet --file PATH``: the testnet as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from ledger.errors import LedgerError


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; 0 then, 2 when the node could not start."""
    options = _parser().parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        _run(options, stop)
    except LedgerError as error:
        sys.stderr.write(f"{error.code}: {error}\n{error.advice}\n")
        return 2
    return 0


def _run(options: argparse.Namespace, stop: threading.Event) -> None:
    from ledger.chain.testnet.node import LocalTestnet
    from ledger.chain.testnet.server import is_loopback, serve

    with LocalTestnet(options.file, chain_id=options.chain_id, funded=options.fund) as node:
        server = serve(node, options.host, options.port)
        reach = "this machine only" if is_loopback(options.host) else "WARNING: anyone who reaches this address"
        sys.stdout.write(f"{server.url} chain id {options.chain_id}, file {options.file} ({reach})\n")
        sys.stdout.flush()
        stop.wait()
        server.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ledger.chain.testnet", description=__doc__)
    parser.add_argument("--file", type=Path, required=True, help="chain file; created when missing")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    parser.add_argument("--chain-id", type=int, default=1337)
    parser.add_argument("--fund", action="extend", nargs="+", default=[], metavar="ADDRESS", help="rich in genesis")
    return parser


if __name__ == "__main__":
    sys.exit(main())
