"""Who may send: the list's form, and that nobody else is on it."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import SettingsError
from ledger.ingest.dicom.peers import Peers

TITLES = st.from_regex(r"[A-Z][A-Z0-9_]{0,15}", fullmatch=True)
ADDRESSES = st.ip_addresses(v=4).map(str)


def test_without_a_list_this_machine_alone_may_send() -> None:
    peers = Peers.parse("")
    assert peers.find("ANYBODY", "127.0.0.1") and peers.find("ANYBODY", "::1")
    assert not peers.knows_address("10.0.0.5")


@given(title=TITLES, address=ADDRESSES, other_title=TITLES, other_address=ADDRESSES)
def test_title_and_address_must_both_fit(title: str, address: str, other_title: str, other_address: str) -> None:
    peers = Peers.parse(f"{title}@{address}")
    assert peers.find(title, address)
    fits = (other_title, other_address) == (title, address)
    assert bool(peers.find(other_title, other_address)) == fits


@given(address=st.ip_addresses(v=4))
def test_a_network_stands_for_its_addresses(address: IPv4Address) -> None:
    assert Peers.parse("CT1@10.1.0.0/16").knows_address(str(address)) == (str(address).split(".")[:2] == ["10", "1"])


def test_an_ipv4_address_in_ipv6_form_is_the_same_sender() -> None:
    assert Peers.parse("CT1@10.0.0.5").find("CT1", "::ffff:10.0.0.5")


def test_the_entry_that_says_a_port_is_taken_for_reports() -> None:
    found = Peers.parse("*@10.0.0.0/8 CT1@10.0.0.5:104 CT1@[2001:db8::5]:11113").find("CT1", "10.0.0.5")
    assert found is not None and found.port == 104


@pytest.mark.parametrize("word", ["CT1", "CT1@host", "@10.0.0.5", "CT1@10.0.0.5:0", "CT1@10.0.0.5/40", "A" * 17 + "@*"])
def test_what_is_no_sender_is_named(word: str) -> None:
    with pytest.raises(SettingsError, match="MEDSEAL_DICOM_PEERS"):
        Peers.parse(f"MR2@10.0.0.9 {word}")
