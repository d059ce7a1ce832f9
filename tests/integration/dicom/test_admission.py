"""Who is let in: titles, addresses, and how many at once."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.ingest.dicom import server


def test_a_sender_on_the_list_is_let_in(open_ward) -> None:
    ward = open_ward(dicom_peers="CT1@127.0.0.1 MR2@10.0.0.9")
    assert ward.scanner("CT1").send(ward.slice(1)) == [0x0000]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.from_regex(r"[A-Z][A-Z0-9_]{0,14}", fullmatch=True).filter(lambda name: name != "CT1"))
def test_an_unknown_ae_title_is_refused(listed, title) -> None:
    association = listed.scanner(title).open()
    assert association.is_rejected
    assert listed.registered() == 0


@pytest.fixture
def listed(open_ward) -> Any:
    return open_ward(dicom_peers="CT1@127.0.0.1 MR2@10.0.0.9")


def test_a_known_title_from_another_address_is_refused(listed) -> None:
    assert listed.scanner("MR2").open().is_rejected


def test_an_address_that_is_on_no_list_is_not_even_read_from(open_ward) -> None:
    ward = open_ward(dicom_peers="CT1@10.0.0.5")
    association = ward.scanner().open()
    assert not association.is_established and not association.is_rejected


def test_another_called_ae_title_is_refused(ward) -> None:
    assert ward.scanner().open(called="SOMEBODY").is_rejected


def test_no_more_associations_than_allowed_are_open_at_once(open_ward) -> None:
    ward = open_ward(dicom_associations=2)
    held = [ward.scanner().open() for _ in range(2)]
    assert ward.scanner().open().is_rejected
    for association in held:
        assert association.send_c_echo().Status == 0x0000
        association.release()


def test_connections_that_say_nothing_take_no_place_of_a_scanner(open_ward) -> None:
    ward = open_ward(dicom_associations=2)
    silent = [socket.create_connection(("127.0.0.1", ward.port)) for _ in range(4)]
    assert ward.scanner().send(ward.slice(1)) == [0x0000]
    for one in silent:
        one.close()


def test_one_address_has_few_connections_open_and_they_end_soon(open_ward, monkeypatch) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_SECONDS", 0.5)
    ward = open_ward(dicom_associations=2)
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", ward.port))) for _ in range(30)]
        for one in silent:
            one.settimeout(5)
        silent[0].sendall(b"\x01\x00")  # an association request that does not go on
        assert silent[29].recv(1) == b"", "the last was not refused"
        assert silent[0].recv(1) == b"", "the first did not end"
        deadline = time.monotonic() + 5
        while ward.listener._server.active_associations:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert ward.scanner().send(ward.slice(1)) == [0x0000]
