"""Starts the parts in order, watches them, restarts what may be restarted, and stops all when one is lost."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ledger.settings import Settings
from ledger.up import ports, runfile, sharing, signing
from ledger.up.process import Child, ChildEnded, stop_all
from ledger.up.screen import say, show_addresses

LOCAL_CHAIN_ID = "1337"
READY_SECONDS = 120.0
STOP_SECONDS = 10.0
RESTARTS = 3
STEADY_SECONDS = 60.0
"""A part that ran as long as this has its restarts back."""
_RESTARTED = ("API", "worker")
_MODULE = (sys.executable, "-P", "-m")


class _Stopped(Exception):
    """SIGTERM or Ctrl-C came while the parts were being started."""


def run(settings: Settings) -> int:
    """Run until SIGTERM, SIGHUP or Ctrl-C, then 0; 1 when a part was lost. No child is left in either case."""
    folder = settings.data.absolute()
    with runfile.only_one(folder):
        sharing.refuse_if_shared(folder)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        supervisor = Supervisor(settings, folder, stop)
        try:
            supervisor.start()
            supervisor.watch()
        except _Stopped:
            pass
        except ChildEnded as error:
            sys.stderr.write(f"error: {error} ({error.code})\n       {error.advice}\n")
            return 1
        finally:
            say("stopping …")
            supervisor.close()
        say("stopped; everything is kept in " + str(folder))
    return 0


class Supervisor:
    """The parts of one data folder. ``start``, then ``watch``; ``close`` in any case."""

    def __init__(self, settings: Settings, folder: Path, stop: threading.Event) -> None:
        self._settings = settings
        self._folder = folder
        self._stop = stop
        self._children: list[Child] = []
        self._urls: dict[str, str] = {}
        self._admin_key: str | None = None
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("MEDSEAL_SERVER", "MEDSEAL_API_KEY", "MEDSEAL_DATA", "MEDSEAL_OIDC_CLIENT_SECRET")
        }
        self._environment |= {"MEDSEAL_DATA": str(folder), "PYTHONUNBUFFERED": "1"}

    def start(self) -> None:
        """All parts answer, and where they are has been printed."""
        began = time.monotonic()
        self._start_chain()
        key = self._kept_key() or self._set_up()
        api = self._start_api()
        dashboard = self._start_dashboard(key)
        self._wait(api, lambda: ports.answers(self._urls["api_url"] + "/ready"))
        if ports.lacks_scopes(self._urls["api_url"] + "/v1/session", key, signing.DASHBOARD_SCOPES):
            # Another database than the one that the kept key belongs to, or a key of an earlier release.
            dashboard.kill()
            self._children.remove(dashboard)
            key = self._set_up()
            dashboard = self._start_dashboard(key)
        self._wait(dashboard, lambda: ports.answers(self._urls["dashboard_url"] + "/_stcore/health"))
        self._add_samples(key)
        self._record()
        say(f"all parts are up after {time.monotonic() - began:.1f} s")
        rows = (
            ("Dashboard", self._urls["dashboard_url"]),
            ("API", self._urls["api_url"] + "/docs"),
            ("Chain", self._urls["chain_url"] if self._settings.chain_url is None else "as MEDSEAL_CHAIN_URL says"),
            ("Data", str(self._folder)),
            ("Samples", str(self._folder / "samples")),
            ("Logs", str(self._folder / "logs")),
        )
        show_addresses(rows, self._take_admin_key())

    def watch(self) -> None:
        """Returns when asked to stop. ChildEnded when a part is lost that cannot be, or too often."""
        while not self._stop.wait(0.2):
            for child in self._children:
                if child.ended() is not None:
                    self._restart(child)

    def close(self) -> None:
        """No child runs any more."""
        stop_all(self._children, STOP_SECONDS)
        runfile.remove(self._folder)
        if key := self._take_admin_key():
            say(f"Admin API key (shown this once): {key}")

    def _kept_key(self) -> str | None:
        """The dashboard's key of an earlier start, when everything was set up then."""
        file = self._folder / "keys" / "dashboard.key"
        ready = file.exists() and (self._folder / "deployment.json").exists()
        return file.read_text().strip() if ready else None

    def _set_up(self) -> str:
        """Keys, database and contract are there; the dashboard's key."""
        made = json.loads(self._step("setting up keys, database and contract", "ledger.up.prepare", "keys"))
        self._admin_key = made["admin"]
        return str(made["dashboard"])

    def _take_admin_key(self) -> str | None:
        """The administrator's key if it is new and has not been shown."""
        key, self._admin_key = self._admin_key, None
        return key

    def _start_chain(self) -> None:
        if self._settings.chain_url is not None:
            self._urls["chain_url"] = self._settings.chain_url
        else:
            file = self._folder / "chain" / "chain.sqlite"
            funded = []
            if not file.exists():
                accounts = json.loads(self._step("making the first keys", "ledger.up.prepare", "accounts"))
                funded = ["--fund", *accounts["accounts"]]
            port = self._port("chain", "127.0.0.1", self._settings.chain_port)
            self._urls["chain_url"] = f"http://127.0.0.1:{port}"
            command = ("ledger.chain.testnet", "--file", str(file), "--host", "127.0.0.1", "--port", str(port))
            chain = self._child("chain", [*_MODULE, *command, "--chain-id", LOCAL_CHAIN_ID, *funded])
            self._wait(chain, lambda: ports.chain_answers(self._urls["chain_url"]))
        self._environment["MEDSEAL_CHAIN_URL"] = self._urls["chain_url"]
        self._record()

    def _start_api(self) -> Child:
        settings = self._settings
        api_port = self._port("API", settings.api_host, settings.api_port)
        reachable = "127.0.0.1" if settings.api_host in ("0.0.0.0", "::", "localhost") else settings.api_host
        self._urls["api_url"] = f"http://{reachable}:{api_port}"
        api = self._child("API", [*_MODULE, "ledger.api"], {"MEDSEAL_API_PORT": str(api_port)})
        self._child("worker", [*_MODULE, "ledger.worker"])
        self._record()
        return api

    def _start_dashboard(self, key: str) -> Child:
        from dashboard.launch import command

        port = self._port("dashboard", "127.0.0.1", self._settings.dashboard_port)
        self._urls["dashboard_url"] = f"http://127.0.0.1:{port}"
        self._record()
        # The dashboard gets a server and a key without admin; of the ledger's own settings it needs few.
        clean = {name: value for name, value in self._environment.items() if not name.startswith("MEDSEAL_")}
        its = signing.environment(self._settings, self._urls["api_url"], key)
        secrets = signing.write_secrets(self._settings, self._folder / "keys" / "dashboard-sign-in.toml", port)
        return self._add(Child("dashboard", command(port, secrets), clean | its, self._log("dashboard")))

    def _add_samples(self, key: str) -> None:
        if (self._folder / "samples").exists():
            return
        own = {"MEDSEAL_SERVER": self._urls["api_url"], "MEDSEAL_API_KEY": key}
        try:
            done = self._step("registering sample images", "ledger.samples", str(self._folder / "samples"), more=own)
            say(done.strip())
        except ChildEnded as error:
            say(f"the sample images could not be registered; everything else runs. {error}")

    def _port(self, name: str, host: str, wanted: int) -> int:
        port = ports.choose_port(host, wanted)
        if wanted not in (0, port):
            say(f"port {wanted} is taken; the {name} uses {port}")
        return port

    def _log(self, name: str) -> Path:
        return self._folder / "logs" / f"{name.lower()}.log"

    def _child(self, name: str, command: list[str], more: Mapping[str, str] | None = None) -> Child:
        return self._add(Child(name, command, self._environment | dict(more or {}), self._log(name)))

    def _add(self, child: Child) -> Child:
        child.start()
        self._children.append(child)
        return child

    def _wait(self, child: Child, ready: Callable[[], bool]) -> None:
        deadline = child.started_at + READY_SECONDS
        while not ready():
            if child.ended() is not None:
                raise child.failure()
            if time.monotonic() > deadline:
                raise ChildEnded(f"{child.name} does not answer after {READY_SECONDS:.0f} s:\n{child.tail()}")
            if self._stop.wait(0.1):
                raise _Stopped
        say(f"{child.name} is ready ({time.monotonic() - child.started_at:.1f} s)")

    def _step(self, words: str, module: str, *arguments: str, more: Mapping[str, str] | None = None) -> str:
        """What a module that runs and ends prints; its standard error goes to ``logs/setup.log``."""
        say(f"{words} …")
        child = Child(words, [*_MODULE, module, *arguments], self._environment | dict(more or {}), self._log("setup"))
        child.start(capture=True)
        while child.ended() is None:
            if self._stop.wait(0.05):
                child.kill()
                raise _Stopped
        if child.ended() != 0:
            raise child.failure()
        return child.output()

    def _restart(self, child: Child) -> None:
        if time.monotonic() - child.started_at > STEADY_SECONDS:
            child.restarts = 0
        if child.name not in _RESTARTED or child.restarts >= RESTARTS:
            raise child.failure()
        child.restarts += 1
        say(f"{child.name} ended with status {child.ended()}; starting it again ({child.restarts} of {RESTARTS})")
        if not self._stop.wait(2.0 ** (child.restarts - 1)):
            child.start()
            self._record()

    def _record(self) -> None:
        pids = {child.name.lower(): child.pid for child in self._children}
        runfile.write(self._folder, {"pid": os.getpid(), "pids": pids, **self._urls})
