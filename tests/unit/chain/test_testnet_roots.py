"""The roots in a header commit to the transaction and the receipt that the node tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account import Account
from eth_account.signers.local import LocalAccount
from trie import HexaryTrie

from ledger.chain.testnet import LocalTestnet

SIGNER: LocalAccount = Account.from_key("0x" + "66" * 32)
# Constructors: 32 bytes of memory as an event with the topic 0xab…ab; a revert.
EMITS, REVERTS = "0x602a5f527f" + "ab" * 32 + "60205fa100", "0x5f5ffd"
LEGACY = {"gasPrice": 10**10}
FEE_MARKET = {"type": 2, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LocalTestnet]:
    with LocalTestnet(tmp_path / "chain.sqlite", funded=[SIGNER.address]) as node:
        yield node


def _root(item: bytes) -> str:
    """Of the trie of a list with one item: its key is the RLP of index 0."""
    trie = HexaryTrie({})
    trie[rlp.encode(0)] = item
    return "0x" + bytes(trie.root_hash).hex()


def _receipt_bytes(receipt: dict[str, Any]) -> bytes:
    def raw(value: str) -> bytes:
        return bytes.fromhex(value[2:])

    logs = [[raw(log["address"]), [raw(topic) for topic in log["topics"]], raw(log["data"])] for log in receipt["logs"]]
    status, gas, kind = (int(receipt[name], 16) for name in ("status", "cumulativeGasUsed", "type"))
    return (bytes([kind]) if kind else b"") + rlp.encode([status, gas, raw(receipt["logsBloom"]), logs])


@pytest.mark.parametrize("fees", [LEGACY, FEE_MARKET])
@pytest.mark.parametrize(("code", "status", "events"), [(EMITS, "0x1", 1), (REVERTS, "0x0", 0)])
def test_the_header_commits_to_transaction_receipt_and_events(
    node: LocalTestnet, fees: dict[str, int], code: str, status: str, events: int
) -> None:
    fields = {"to": b"", "data": code, "nonce": 0, "gas": 100_000, "value": 0, "chainId": 1337, **fees}
    raw = bytes(SIGNER.sign_transaction(fields).raw_transaction)
    receipt = node.rpc("eth_getTransactionReceipt", [node.rpc("eth_sendRawTransaction", ["0x" + raw.hex()])])
    assert (receipt["status"], len(receipt["logs"])) == (status, events)
    header = node.rpc("eth_getBlockByHash", [receipt["blockHash"]])
    assert header["transactionsRoot"] == _root(raw)
    assert header["receiptsRoot"] == _root(_receipt_bytes(receipt))
    assert header["logsBloom"] == receipt["logsBloom"]


def test_a_failed_creation_leaves_no_code_behind(node: LocalTestnet) -> None:
    fields = {"to": b"", "data": REVERTS, "nonce": 0, "gas": 100_000, "value": 0, "chainId": 1337, **LEGACY}
    raw = "0x" + bytes(SIGNER.sign_transaction(fields).raw_transaction).hex()
    receipt = node.rpc("eth_getTransactionReceipt", [node.rpc("eth_sendRawTransaction", [raw])])
    assert node.rpc("eth_getCode", [receipt["contractAddress"]]) == "0x"
    assert node.rpc("eth_getTransactionCount", [SIGNER.address]) == "0x1"
