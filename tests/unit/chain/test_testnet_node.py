"""The node on its file: who may open it, what it takes in, and what is left when a block cannot be stored."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from ledger.chain.testnet import LocalTestnet, RpcError
from ledger.errors import ChainMismatch, Conflict, SettingsError, StoreUnavailable

SIGNER: LocalAccount = Account.from_key("0x" + "11" * 32)
OTHER = "0x" + "22" * 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "chain.sqlite"


@pytest.fixture
def node(file: Path) -> Iterator[LocalTestnet]:
    with LocalTestnet(file, funded=[SIGNER.address]) as node:
        yield node


def _signed(nonce: int, **changes: Any) -> str:
    fields = {"to": OTHER, "value": 1, "nonce": nonce, "gas": 21_000, "gasPrice": 10**10, "chainId": 1337}
    known = {name: value for name, value in {**fields, **changes}.items() if value is not None}
    return "0x" + bytes(SIGNER.sign_transaction(known).raw_transaction).hex()


def _send(node: LocalTestnet, nonce: int, **changes: Any) -> str:
    return str(node.rpc("eth_sendRawTransaction", [_signed(nonce, **changes)]))


def _refusal(node: LocalTestnet, method: str, *params: Any) -> RpcError:
    before = node.rpc("eth_blockNumber")
    with pytest.raises(RpcError) as caught:
        node.rpc(method, list(params))
    assert node.rpc("eth_blockNumber") == before
    return caught.value


def test_what_was_mined_is_there_after_opening_again(file: Path) -> None:
    with LocalTestnet(file, funded=[SIGNER.address]) as node:
        keys = [_send(node, nonce) for nonce in range(3)]
        head = node.rpc("eth_getBlockByNumber", ["latest", True])
    with LocalTestnet(file, funded=[OTHER]) as node:
        assert node.rpc("eth_getBlockByNumber", ["latest", True]) == head
        assert [node.rpc("eth_getTransactionReceipt", [key])["status"] for key in keys] == ["0x1"] * 3
        assert node.rpc("eth_getBalance", [OTHER]) == "0x3"
        _send(node, 3)
        assert node.rpc("eth_blockNumber") == "0x4"


def test_a_file_of_another_chain_is_refused(file: Path) -> None:
    LocalTestnet(file, chain_id=1337).close()
    with pytest.raises(ChainMismatch, match="expected chain id 1338, found 1337"):
        LocalTestnet(file, chain_id=1338)
    LocalTestnet(file, chain_id=1337).close()


def test_a_file_whose_genesis_was_exchanged_is_refused(file: Path) -> None:
    with LocalTestnet(file) as node:
        node.chain.store.connection.execute("UPDATE meta SET value = 'ab' WHERE name = 'genesis'")
    with pytest.raises(ChainMismatch, match="expected genesis ab"):
        LocalTestnet(file)


def test_a_file_that_is_no_chain_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database " * 100)
    with pytest.raises(StoreUnavailable, match=r"notes\.txt"):
        LocalTestnet(path)
    assert path.read_text() == "no database " * 100


def test_two_chains_have_two_genesis_blocks_and_fund_only_at_birth(tmp_path: Path) -> None:
    with LocalTestnet(tmp_path / "a", funded=[OTHER]) as one, LocalTestnet(tmp_path / "b") as two:
        genesis = [node.rpc("eth_getBlockByNumber", ["earliest"])["hash"] for node in (one, two)]
        assert one.rpc("eth_getBalance", [OTHER]) == hex(10**24) and two.rpc("eth_getBalance", [OTHER]) == "0x0"
    assert genesis[0] != genesis[1]


def test_an_address_that_is_none_cannot_be_funded(file: Path) -> None:
    with pytest.raises(SettingsError, match="funded address: expected 20 bytes, found 2"):
        LocalTestnet(file, funded=["0x1234"])


def test_a_second_node_on_the_same_file_is_refused(node: LocalTestnet, file: Path) -> None:
    with pytest.raises(Conflict, match=f"in use by process {os.getpid()}") as caught:
        LocalTestnet(file)
    assert str(file) in str(caught.value) and caught.value.code == "chain_file_in_use"
    command = [sys.executable, "-m", "ledger.chain.testnet", "--file", str(file)]
    other = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert other.returncode == 2 and "chain_file_in_use" in other.stderr and other.stdout == ""
    _send(node, 0)


def test_a_closed_node_answers_with_an_error_and_frees_its_file(file: Path) -> None:
    node = LocalTestnet(file)
    node.close()
    node.close()
    with pytest.raises(RpcError, match="closed"):
        node.rpc("eth_blockNumber")
    LocalTestnet(file).close()


def test_a_full_disk_loses_nothing_and_the_chain_goes_on_afterwards(node: LocalTestnet, file: Path) -> None:
    _send(node, 0)
    before = node.rpc("eth_getBlockByNumber", ["latest"])
    database = node.chain.store.connection
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    large = _signed(1, data=os.urandom(50_000), gas=2_000_000)
    error = _refusal(node, "eth_sendRawTransaction", large)
    assert error.code == -32603 and error.data["code"] == "storage_full" and "full" in error.message
    assert node.rpc("eth_getBlockByNumber", ["latest"]) == before
    assert node.rpc("eth_getTransactionCount", [SIGNER.address, "pending"]) == "0x1"
    database.execute("PRAGMA max_page_count = 1000000")
    key = node.rpc("eth_sendRawTransaction", [large])
    _send(node, 2)
    node.close()
    with LocalTestnet(file) as again:
        assert again.rpc("eth_getTransactionReceipt", [key])["blockNumber"] == "0x2"
        assert again.rpc("eth_blockNumber") == "0x3"


def test_a_transaction_sent_again_is_answered_with_its_hash_and_not_mined_again(node: LocalTestnet) -> None:
    first = _send(node, 0)
    _send(node, 1)
    assert _send(node, 0) == first
    assert node.rpc("eth_blockNumber") == "0x2" and node.rpc("eth_getBalance", [OTHER]) == "0x2"


def test_legacy_access_list_and_fee_market_transactions_are_mined(node: LocalTestnet) -> None:
    access = [{"address": OTHER, "storageKeys": ["0x" + "00" * 32]}]
    kinds = [
        {},
        {"type": 1, "accessList": access, "gas": 40_000},
        {"type": 2, "gasPrice": None, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 5},
    ]
    for nonce, changes in enumerate(kinds):
        found = node.rpc("eth_getTransactionByHash", [_send(node, nonce, **changes)])
        assert (found["type"], found["nonce"], found["chainId"]) == (hex(nonce), hex(nonce), "0x539")
    assert found["maxFeePerGas"] == hex(10**10) and found["maxPriorityFeePerGas"] == "0x5"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nonce": 7}, "nonce too high: next nonce 1, tx nonce 7"),
        ({"nonce": 0, "value": 2}, "nonce too low: next nonce 1, tx nonce 0"),
        ({"chainId": 5}, "invalid chain id for signer: have 5 want 1337"),
        ({"chainId": None}, "only replay-protected"),
        ({"gas": 20_999}, "intrinsic gas too low: have 20999, want 21000"),
        ({"gas": 200_000_000}, "exceeds block gas limit"),
        ({"gasPrice": 5}, "max fee per gas less than block base fee"),
        ({"gasPrice": None, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**11}, "higher than max fee"),
        ({"value": 10**24}, "insufficient funds for gas"),
    ],
)
def test_a_transaction_that_cannot_be_paid_or_placed_is_refused(
    node: LocalTestnet, changes: dict[str, Any], message: str
) -> None:
    _send(node, 0)
    refused = _signed(**{"nonce": 1, **changes})
    error = _refusal(node, "eth_sendRawTransaction", refused)
    assert error.code == -32000 and message in error.message


@pytest.mark.parametrize("raw", ["0x", "0x02", "0x7f00", "0xc0", "0x03f800", "0x" + "ff" * 100])
def test_bytes_that_are_no_transaction_are_refused(node: LocalTestnet, raw: str) -> None:
    assert _refusal(node, "eth_sendRawTransaction", raw).code == -32000


def test_a_transaction_with_any_byte_changed_is_never_taken_for_its_signers(node: LocalTestnet) -> None:
    raw = bytes.fromhex(_signed(0)[2:])
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        _refusal(node, "eth_sendRawTransaction", "0x" + changed.hex())
    assert node.rpc("eth_getBalance", [OTHER]) == "0x0"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("eth_getBalance", [], -32602),
        ("eth_getBalance", ["0x12"], -32602),
        ("eth_getBalance", [OTHER, "0xfff"], -32000),
        ("eth_getBalance", [OTHER, ["latest"]], -32602),
        ("eth_getStorageAt", [OTHER, "0x" + "1" * 65, "latest"], -32602),
        ("eth_getProof", [OTHER, "0x0", "latest"], -32602),
        ("eth_call", ["0x"], -32602),
        ("eth_call", [{"to": OTHER, "data": "0x123"}], -32602),
        ("eth_call", [{"to": OTHER, "value": "0x1"}], -32000),
        ("eth_getTransactionByHash", ["0x12"], -32602),
        ("eth_sendRawTransaction", [None], -32602),
        ("eth_sendTransaction", [{}], -32601),
        ("__class__", [], -32601),
    ],
)
def test_wrong_parameters_are_refused_with_their_code(
    node: LocalTestnet, method: str, params: list[Any], code: int
) -> None:
    assert _refusal(node, method, *params).code == code


def test_a_call_sees_the_hashes_of_the_blocks_before(node: LocalTestnet) -> None:
    parent = node.rpc("eth_getBlockByNumber", ["latest"])["hash"]
    node.rpc("evm_mine")
    # NUMBER - 1, BLOCKHASH, returned as 32 bytes
    assert node.rpc("eth_call", [{"data": "0x60014303405f5260205ff3"}]) == parent


def test_a_revert_with_a_text_is_told_in_words(node: LocalTestnet) -> None:
    text = "08c379a0" + f"{32:064x}{5:064x}" + b"never".hex().ljust(64, "0")
    # the payload behind 10 bytes of code, copied to memory and reverted with
    error = _refusal(node, "eth_call", {"data": "0x6064600a5f3960645ffd" + text})
    assert (error.code, error.message, error.data) == (3, "execution reverted: never", "0x" + text)


def test_an_estimate_suffices_where_a_contract_wants_more_gas_than_it_uses(node: LocalTestnet) -> None:
    # stops if more than a million gas is left, else reverts
    call = {"data": "0x5a620f42401060" + "0c" + "575f5ffd5b00"}
    gas = int(node.rpc("eth_estimateGas", [call]), 16)
    assert node.rpc("eth_call", [{**call, "gas": hex(gas)}]) == "0x"
    assert _refusal(node, "eth_call", {**call, "gas": hex(gas * 96 // 100)}).code == 3


def test_a_call_that_runs_out_of_gas_is_no_revert(node: LocalTestnet) -> None:
    error = _refusal(node, "eth_call", {"data": "0x5b5f56", "gas": "0xffff"})  # an endless loop
    assert error.code == -32000 and "OutOfGas" in error.message


def test_a_block_is_later_than_its_parent_and_never_far_from_the_clock(node: LocalTestnet) -> None:
    times = []
    for _ in range(4):
        node.rpc("evm_mine")
        times.append(int(node.rpc("eth_getBlockByNumber", ["latest"])["timestamp"], 16))
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert abs(times[-1] - times[0]) < 60


def test_readers_and_a_writer_in_many_threads_do_not_disturb_each_other(node: LocalTestnet) -> None:
    problems: list[Exception] = []

    def read() -> None:
        try:
            for _ in range(60):
                block = node.rpc("eth_getBlockByNumber", ["latest", True])
                assert node.rpc("eth_getBalance", [OTHER, block["number"]]) == block["number"]
        except Exception as error:
            problems.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for nonce in range(20):
        _send(node, nonce)
    for reader in readers:
        reader.join()
    assert problems == []
