"""The API as a server: over a socket, under load, with the typed client, and while the chain is away."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.client import Client
from ledger.errors import ChainUnreachable, NotAllowed, NotFound, OutageError
from ledger.schemas import DigestRegistration, StatementRequest
from ledger.service import CHAIN_ANSWERS_SECONDS
from ledger.store import SqlStore
from ledger.store.keys import ApiKeys


@pytest.fixture
def client(url: str, secrets: dict[str, str]) -> Iterator[Client]:
    with Client(url, secrets["admin"]) as opened:
        yield opened


@pytest.fixture
def chain_is_away(ledger, monkeypatch) -> None:
    """The node answers nothing, and what it said before is too old to be repeated."""

    def away(*_: Any, **__: Any) -> Any:
        raise ChainUnreachable("the node does not answer")

    for name in ("block", "head", "root_at", "directory", "events", "evidence"):
        monkeypatch.setattr(ledger.registry, name, away)
    time.sleep(CHAIN_ANSWERS_SECONDS + 0.1)


def test_the_same_image_sent_twice_at_once_is_registered_once(url, secrets, images) -> None:
    for _ in range(5):
        image, gate = images.png(), threading.Barrier(2)

        def send(image: bytes = image, gate: threading.Barrier = gate) -> httpx.Response:
            headers = {"Authorization": f"Bearer {secrets['register']}"}
            with httpx.Client(base_url=url, headers=headers, timeout=30) as mine:
                mine.get("/health")
                gate.wait(10)
                return mine.post("/v1/registrations", files={"file": ("i", image)})

        with ThreadPoolExecutor(2) as pool:
            answers = [future.result() for future in [pool.submit(send) for _ in range(2)]]
        assert sorted(answer.status_code for answer in answers) == [200, 201]
        assert len({answer.json()["registration_id"] for answer in answers}) == 1


def test_the_client_asks_a_server_what_a_service_is_asked_in_process(client, ledger, images) -> None:
    image = images.png()
    made = client.register(image, idempotency_key="client/1", urgent=True)
    assert made.created
    assert not client.register(image).created
    assert client.registration(made.registration_id).digests == made.digests
    batch = client.register_digests([DigestRegistration.model_validate(one) for one in images.digests(3)])
    assert len(batch) == 3
    assert client.verify(image, policy="strict").registration.registration_id == made.registration_id
    assert client.verify_digests({"file/1": made.digests["file/1"]}).registration is not None
    request = StatementRequest(kind="supersede", reason="Better", author="QA", replacement=batch[0].registration_id)
    said = client.state_request(made.registration_id, request)
    assert (said.kind, said.replacement) == ("supersede", batch[0].registration_id)
    page = client.history(registration=made.registration_id, until=datetime.now(UTC), limit=5)
    assert made.registration_id in [entry.id for entry in page.entries]
    assert client.registrars()[0].id == made.registrar
    assert client.health().status == "ok"
    assert client.trust()
    assert client.batches(limit=1) == ledger.batches(limit=1)


def test_the_client_waits_until_an_image_is_anchored(client, ledger, images) -> None:
    made = client.register(images.png())
    with ThreadPoolExecutor(1) as pool:
        anchored = pool.submit(ledger.anchor_pending, 30)
        found = client.wait(made.registration_id, "anchored", timeout=30)
        assert anchored.result()
    assert found.anchor.transaction
    assert client.audit().consistent
    assert client.rebuild().equal


def test_a_receipt_arrives_byte_by_byte(client, ledger, images, monkeypatch) -> None:
    made, issue, issued = client.register(images.png()), ledger.receipt, []

    def recorded(registration_id: str) -> bytes:
        issued.append(issue(registration_id))
        return issued[-1]

    monkeypatch.setattr(ledger, "receipt", recorded)
    assert client.receipt(made.registration_id) == issued[0]


def test_errors_cross_the_wire(url, secrets, client) -> None:
    with pytest.raises(NotFound):
        client.registration("ab" * 16)
    with Client(url, secrets["verify"]) as other, pytest.raises(NotAllowed) as caught:
        other.audit()
    assert "audit" in str(caught.value)


def test_an_upload_over_the_limit_is_refused_before_it_is_sent(url, secrets) -> None:
    host, port = url.removeprefix("http://").split(":")
    head = (
        "POST /v1/registrations HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Authorization: Bearer {secrets['register']}\r\nContent-Length: {1 << 40}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_a_stranger_cannot_make_the_server_take_an_upload(url) -> None:
    host, port = url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    connection.putrequest("POST", "/v1/registrations")
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Content-Length", str(1 << 20))
    connection.endheaders()
    assert connection.getresponse().status == 401
    connection.close()


def test_an_outage_of_the_chain_is_a_problem_and_no_reason_to_restart(url, client, images, chain_is_away) -> None:
    with httpx.Client(base_url=url) as plain:
        assert plain.get("/health").status_code == 200
        ready = plain.get("/ready")
    assert (ready.status_code, ready.json()["parts"]["chain"]) == (503, "chain_unreachable")
    assert ready.json()["parts"]["database"] == "ok"
    with pytest.raises(OutageError) as caught:
        client.rebuild()
    assert (caught.value.status, caught.value.code) == (503, "chain_unreachable")
    image = images.png()
    made = client.register(image)
    assert made.created
    assert client.verify(image).verdict != "unregistered"


def test_verifying_by_digest_is_quick_when_warm(client, images) -> None:
    made = client.register(images.png())
    digests = {"file/1": made.digests["file/1"]}
    times = []
    for _ in range(60):
        start = time.perf_counter()
        assert client.verify_digests(digests).registration is not None
        times.append(time.perf_counter() - start)
    print(f"verify by digest over HTTP, warm: p50 {statistics.median(times[10:]) * 1000:.1f} ms")


def test_a_batch_of_a_thousand_is_taken_whole(client, images) -> None:
    batch = [DigestRegistration.model_validate(one) for one in images.digests(1000)]
    start = time.perf_counter()
    made = client.register_digests(batch)
    print(f"digest mode over HTTP: {1000 / (time.perf_counter() - start):.0f} registrations a second")
    assert len({one.registration_id for one in made}) == 1000
    assert all(one.created for one in made)


def test_the_command_serves_and_stops_on_a_signal(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"MEDSEAL_DATA": str(tmp_path / "data"), "MEDSEAL_API_PORT": str(port)}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "ledger.api"], env=environment, stdout=log, stderr=log)
    try:
        with Client(f"http://127.0.0.1:{port}", timeout=10) as client:
            until_it_answers(client, server)
            assert client.health().parts == {"database": "ok", "chain": "ok"}
            headers = {"Authorization": f"Bearer {_key(tmp_path)}", "Content-Type": "application/json"}
            url = f"http://127.0.0.1:{port}/v1/verifications/digests"
            nested = httpx.post(url, content=b"[" * 200_000, headers=headers)
            assert nested.status_code == 400
            assert client.health().status == "ok"
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    finally:
        server.kill()
    assert "Traceback" not in (tmp_path / "log").read_text()


def _key(folder: Path) -> str:
    with SqlStore.open(f"sqlite:///{folder / 'data' / 'medseal.db'}") as store:
        return ApiKeys(store).create("test", ["verify"])[1]


def test_the_command_says_in_one_line_why_it_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = os.environ | {"MEDSEAL_DATA": str(tmp_path / "file")}
    done = subprocess.run([sys.executable, "-m", "ledger.api"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert '"code": "settings_error"' in done.stderr
    assert len(done.stderr.splitlines()) == 1


def until_it_answers(client: Client, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            client.health()
            return
        except OutageError:
            time.sleep(0.1)
    pytest.fail("the server did not come up")
