"""The pieces of medseal up: child processes, ports, the lock and run.json."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ledger.errors import Conflict
from ledger.up import ports, runfile
from ledger.up.process import LOG_BYTES, Child, stop_all

SLEEP = "import time; print('here', flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"
)


def child(folder: Path, program: str, name: str = "part") -> Child:
    return Child(name, [sys.executable, "-c", program], os.environ, folder / f"{name}.log")


def until(what, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def gone(pid: int) -> bool:
    """Whether no process has that id, or only one that waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_a_child_has_no_input_a_log_and_its_own_session(tmp_path):
    one = child(tmp_path, "import os, sys; print(sys.stdin.read() == '', os.getsid(0) == os.getpid())")
    one.start()
    assert one.wait(time.monotonic() + 20)
    assert one.ended() == 0
    assert one.tail().strip() == "True True"
    assert one.log.stat().st_mode & 0o077 == 0


def test_a_child_that_fails_is_named_with_the_end_of_its_log(tmp_path):
    one = child(tmp_path, "import sys; print('the reason'); sys.exit(7)")
    one.start()
    one.wait(time.monotonic() + 20)
    assert "part ended with status 7" in str(one.failure())
    assert "the reason" in str(one.failure())


def test_captured_output_stays_out_of_the_log(tmp_path):
    one = child(tmp_path, "print('a secret')")
    one.start(capture=True)
    one.wait(time.monotonic() + 20)
    assert one.output() == "a secret\n"
    assert one.tail() == ""


def test_a_large_log_is_put_aside_at_the_start(tmp_path):
    one = child(tmp_path, "print('new')")
    one.log.write_bytes(b"x" * (LOG_BYTES + 1))
    one.start()
    one.wait(time.monotonic() + 20)
    assert one.log.read_text() == "new\n"
    assert one.log.with_suffix(".log.1").stat().st_size == LOG_BYTES + 1


def test_stopping_asks_first_and_kills_who_does_not_listen(tmp_path):
    parts = [child(tmp_path, SLEEP, "polite"), child(tmp_path, STUBBORN, "stubborn")]
    for one in parts:
        one.start()
    assert until(lambda: all("here" in one.tail() for one in parts))
    stop_all(parts, 1.0)
    assert [one.ended() for one in parts] == [-signal.SIGTERM, -signal.SIGKILL]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_no_child_outlives_a_parent_that_was_killed(tmp_path):
    program = (
        "import os, pathlib, sys, time\n"
        "from ledger.up.process import Child\n"
        f"one = Child('part', [sys.executable, '-c', {SLEEP!r}], os.environ, pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "one.start()\nprint(one.pid, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert until(lambda: (tmp_path / "log").exists() and "here" in (tmp_path / "log").read_text())
        assert not gone(pid)
        parent.kill()
    assert until(lambda: gone(pid), 5)


def test_a_taken_port_gives_way_to_a_free_one():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        found = ports.choose_port("127.0.0.1", taken)
    assert found not in (0, taken)
    assert ports.choose_port("127.0.0.1", found) == found


@pytest.fixture
def guarded() -> Iterator[str]:
    """A server that answers the scopes a and b to the key ``good`` and 401 to any other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.headers.get("Authorization") == "Bearer good" else 401)
            self.end_headers()
            self.wfile.write(b'{"scopes": ["a", "b"]}')

        def log_message(self, *_arguments: object) -> None:
            """Nothing to say."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_a_key_lacks_scopes_only_when_a_server_says_so(guarded):
    assert not ports.lacks_scopes(guarded, "good", ("a", "b"))
    assert ports.lacks_scopes(guarded, "good", ("a", "c"))
    assert ports.lacks_scopes(guarded, "bad", ())
    assert not ports.lacks_scopes("http://127.0.0.1:9/", "bad", ("a",))


def test_readiness_is_an_answer_and_a_refusal_is_none(guarded):
    assert not ports.answers(guarded)
    assert not ports.answers("http://127.0.0.1:9/")
    assert not ports.chain_answers(guarded)


def test_a_second_supervisor_of_a_folder_is_refused_with_the_first_ones_address(tmp_path):
    with runfile.only_one(tmp_path):
        runfile.write(tmp_path, {"pid": 42, "dashboard_url": "http://127.0.0.1:1"})
        with pytest.raises(Conflict, match=r"http://127.0.0.1:1 \(process 42\)") as refused, runfile.only_one(tmp_path):
            pass
        assert refused.value.code == "already_running"
    with runfile.only_one(tmp_path):
        pass


def test_run_json_is_for_its_owner_alone_and_can_be_removed_twice(tmp_path):
    runfile.write(tmp_path, {"pid": 1})
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600
    assert runfile.read(tmp_path) == {"pid": 1}
    runfile.remove(tmp_path)
    runfile.remove(tmp_path)
    assert runfile.read(tmp_path) == {}
