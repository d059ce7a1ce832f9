"""Hexadecimal quantities and data, and what importing the package loads."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.testnet import RpcError
from ledger.chain.testnet.wire import INVALID_PARAMS, data, parse_data, parse_quantity, quantity, word


@given(st.integers(0, 2**256 - 1))
def test_a_quantity_is_read_as_it_was_written(number: int) -> None:
    assert parse_quantity(quantity(number), "n") == parse_quantity(data(word(number)), "n") == number
    assert parse_quantity(number, "n") == number


@given(st.binary(max_size=80))
def test_data_is_read_as_it_was_written(raw: bytes) -> None:
    assert parse_data(data(raw), "d") == parse_data(data(raw).upper(), "d", len(raw)) == raw


@pytest.mark.parametrize("value", ["", "0x", "12", "0xg", "0x-1", "0x1_0", "0x 1", -1, hex(2**256), True, None, 1.0])
def test_what_is_no_quantity_is_refused(value: Any) -> None:
    with pytest.raises(RpcError, match="n: expected") as caught:
        parse_quantity(value, "n")
    assert caught.value.code == INVALID_PARAMS


@pytest.mark.parametrize("value", ["", "00", "0x0", "0xzz", "0x 00", "0x0000", b"00", 5, None])
def test_what_is_no_byte_is_refused(value: Any) -> None:
    with pytest.raises(RpcError, match="d: expected") as caught:
        parse_data(value, "d", 1)
    assert caught.value.code == INVALID_PARAMS


def test_importing_the_package_loads_neither_the_evm_nor_web3() -> None:
    check = "import sys, ledger.chain.testnet; print([name for name in ('eth', 'web3', 'rlp') if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", check], text=True).strip() == "[]"


def test_the_node_process_does_not_load_web3() -> None:
    check = "import sys, ledger.chain.testnet.server; print('eth' in sys.modules, 'web3' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", check], text=True).strip() == "True False"
