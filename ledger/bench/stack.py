"""Chain, API and worker as processes on a data folder of their own, as ``medseal up`` starts them."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ledger.bench.wire import Wire
from ledger.errors import OutageError
from ledger.up import ports
from ledger.up.process import Child, stop_all

_MODULE = (sys.executable, "-P", "-m")
_HOST = "127.0.0.1"
_PATIENCE = 120.0
_ON_CHAIN = ("anchored", "final")


def environment(folder: Path) -> dict[str, str]:
    """This process's environment with no setting of MedSeal in it but the data folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MEDSEAL_")}
    return clean | {"MEDSEAL_DATA": str(folder), "PYTHONUNBUFFERED": "1"}


class Stack:
    """A running ledger. The worker starts with :meth:`anchor_by`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = environment(folder)
        self._children: list[Child] = []
        self._worker: Child | None = None
        self._mode = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """No process of it runs any more."""
        stop_all(self._children, 10)

    def wire(self) -> Wire:
        """A new connection to the API with a key for everything."""
        return Wire(self.url, self.key)

    def anchor_by(self, mode: str) -> None:
        """A worker runs that anchors by ``mode`` (register or anchor); one of the other mode has ended."""
        if mode == self._mode:
            return
        if self._worker is not None:
            self._children.remove(self._worker)
            stop_all([self._worker], 10)
        self._mode = mode
        self._worker = self._child("worker", "ledger.worker", more={"MEDSEAL_ANCHOR_MODE": mode})

    def settle(self, wire: Wire, size: int | None = None) -> None:
        """The first ``size`` entries of the log, by default all, are anchored. OutageError if that takes too long."""
        wanted = wire.json("/v1/registrars")[0]["log_size"] if size is None else size
        deadline = time.monotonic() + _PATIENCE
        while self.anchored(wire) < wanted:
            if time.monotonic() > deadline:
                raise OutageError(f"{wanted} entries were not anchored in {_PATIENCE:.0f} s", code="bench_failed")
            time.sleep(0.05)

    def anchored(self, wire: Wire) -> int:
        """How many entries of the log are anchored."""
        newest: list[dict[str, Any]] = wire.json("/v1/batches?limit=2")
        return max((batch["anchor"]["size"] for batch in newest if batch["state"] in _ON_CHAIN), default=0)

    def processor_seconds(self) -> dict[str, float]:
        """Processor time that each part has used, by name; empty where the system does not tell (proc(5))."""
        try:
            return {child.name: _processor_seconds(child) for child in self._children}
        except OSError:
            return {}

    def _start(self) -> None:
        accounts = json.loads(self._step("accounts"))["accounts"]
        chain = f"http://{_HOST}:{(port := ports.choose_port(_HOST, 0))}"
        command = ("--file", str(self.folder / "chain" / "chain.sqlite"), "--port", str(port), "--fund", *accounts)
        self._wait(self._child("chain", "ledger.chain.testnet", *command), lambda: ports.chain_answers(chain))
        self._environment["MEDSEAL_CHAIN_URL"] = chain
        self.key = str(json.loads(self._step("keys"))["admin"])
        self.url = f"http://{_HOST}:{(port := ports.choose_port(_HOST, 0))}"
        api = self._child("API", "ledger.api", more={"MEDSEAL_API_PORT": str(port)})
        self._wait(api, lambda: ports.answers(f"{self.url}/ready"))

    def _child(self, name: str, module: str, *arguments: str, more: dict[str, str] | None = None) -> Child:
        log = self.folder / "logs" / f"{name}.log"
        child = Child(name, [*_MODULE, module, *arguments], self._environment | (more or {}), log)
        child.start()
        self._children.append(child)
        return child

    def _step(self, what: str) -> str:
        command = [*_MODULE, "ledger.up.prepare", what]
        child = Child("set-up", command, self._environment, self.folder / "logs" / "setup.log")
        child.start(capture=True)
        if not child.wait(time.monotonic() + _PATIENCE) or child.ended() != 0:
            child.kill()
            raise child.failure()
        return child.output()

    def _wait(self, child: Child, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not ready():
            if child.ended() is not None or time.monotonic() > deadline:
                raise child.failure()
            time.sleep(0.05)


def _processor_seconds(child: Child) -> float:
    # The name in parentheses may hold spaces; user and system time are the fields 14 and 15.
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
