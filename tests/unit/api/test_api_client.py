"""The typed client turns problems back into the errors they were, and silence into an outage."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ledger import errors
from ledger.client import Client
from ledger.client_operations import OperationsClient
from ledger.errors import InputError, LedgerError, NotAllowed, OutageError
from ledger.schemas import Health

ROUTES = (("chain/transactions", ""), ("audits/runs", ""), ("registrations", "/verifications"))
KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, LedgerError)]


def test_a_problem_becomes_the_error_that_the_ledger_raised(url, scripted) -> None:
    with Client(url, "ms_audit") as client:
        for kind in KINDS:
            scripted.script["audit"] = kind("expected, found", advice="Do this.")
            with pytest.raises(LedgerError) as caught:
                client.audit()
            found = caught.value
            assert type(found) is kind
            assert (str(found), found.advice) == ("expected, found", "Do this.")
            assert (found.code, found.status) == (kind.code, kind.status)


def test_a_code_of_its_own_survives_with_the_nearest_class(url, scripted) -> None:
    scripted.script["batches"] = InputError("no", code="very_special")
    scripted.script["audit"] = errors.ChainRejected("no", code="very_special")
    with Client(url, "ms_admin") as client:
        with pytest.raises(InputError) as refused:
            client.batches()
        with pytest.raises(OutageError) as down:
            client.audit()
    assert {refused.value.code, down.value.code} == {"very_special"}


def test_codes_of_the_api_itself_have_a_class(url, scripted) -> None:
    scripted.script["register"] = None
    with Client(url, "ms_register") as client, pytest.raises(InputError) as empty:
        client.register(b"")
    with Client(url) as stranger, pytest.raises(NotAllowed) as unknown:
        stranger.trust()
    assert (empty.value.code, unknown.value.code, unknown.value.status) == ("empty_file", "unauthenticated", 401)


def test_no_server_is_an_outage_with_advice() -> None:
    with Client("http://127.0.0.1:1", "ms_x") as client, pytest.raises(OutageError) as caught:
        client.registrars()
    assert caught.value.code == "server_unreachable"
    assert "medseal up" in caught.value.advice


def test_a_slow_server_is_an_outage_of_another_code(url, scripted) -> None:
    done = threading.Event()
    scripted.script["registrars"] = lambda: [done.wait(5)][1:]
    with Client(url, "ms_admin", timeout=0.2) as client, pytest.raises(OutageError) as caught:
        client.registrars()
    done.set()
    assert caught.value.code == "server_timeout"


def test_a_part_that_is_down_is_an_answer_of_health(url, scripted) -> None:
    scripted.script["health"] = Health(status="degraded", version="1", parts={"chain": "chain_unreachable"})
    with Client(url) as client:
        assert client.health() == scripted.script["health"]


@pytest.fixture
def stranger() -> Iterator[str]:
    """A web server that is not MedSeal's."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/v1/registrars" else 502)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_answer_of_another_server_is_not_taken_for_ours(stranger) -> None:
    with Client(stranger) as client:
        for ask in (client.registrars, client.trust, client.health):
            with pytest.raises(OutageError) as caught:
                ask()
            assert caught.value.code == "unexpected_answer"


def test_an_identifier_cannot_lead_to_another_route(url, scripted) -> None:
    with Client(url, "ms_admin") as client, pytest.raises(InputError) as caught:
        client.receipt("../keys")
    assert caught.value.code == "invalid_request"
    assert scripted.calls == []


def test_waiting_ends_when_the_state_is_reached_or_passed(url, scripted, a_registration) -> None:
    states = iter(["received", "anchoring", "final"])
    scripted.script["registration"] = lambda _: a_registration.model_copy(update={"state": next(states)})
    with Client(url, "ms_register") as client:
        assert client.wait(a_registration.registration_id, "anchored", timeout=20).state == "final"


def test_waiting_says_why_it_ended_without_the_state(url, scripted, a_registration) -> None:
    with Client(url, "ms_register") as client:
        for state, code in (("received", "wait_timeout"), ("blocked", "anchoring_blocked")):
            scripted.script["registration"] = a_registration.model_copy(update={"state": state})
            with pytest.raises(OutageError) as caught:
                client.wait(a_registration.registration_id, timeout=0.2)
            assert caught.value.code == code


def test_the_client_imports_nothing_heavy_and_nothing_of_the_server() -> None:
    program = (
        "import sys, ledger.client; "
        "print(*[name for name in sys.modules if name.split('.')[0] in "
        "('fastapi', 'starlette', 'sqlalchemy', 'web3', 'numpy', 'pydicom', 'cryptography') "
        "or name.startswith('ledger.')])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    modules = {".".join(name.split(".")[:2]) for name in found}
    parts = ("answers", "cases", "examinations", "operations", "reports", "sources", "studies")
    features = {f"ledger.client_{part}" for part in parts}
    assert modules == {"ledger.client", "ledger.errors", "ledger.schemas", *features}


@pytest.mark.parametrize("given", ["a/b", "..", "a?b", "a%2Fb", "\u0661", ""])
def test_an_identifier_never_becomes_another_route(given: str) -> None:
    asked: list[str] = []

    def ask(_kind: Any, _method: str, path: str, **_options: Any) -> Any:
        asked.append(path)

    operations = OperationsClient(ask)
    for one in (operations.transaction, operations.audit_run, operations.verifications):
        one(given)
        one("00ab")
    assert asked == [f"/v1/{path}" for start, end in ROUTES for path in (f"{start}/-{end}", f"{start}/00ab{end}")]
