"""The JSON-RPC methods as web3 sees them: in process, over HTTP, and the same over anvil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import rlp
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak
from trie import HexaryTrie
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import (
    BlockNotFound,
    ContractCustomError,
    ContractLogicError,
    MethodUnavailable,
    TransactionNotFound,
    Web3RPCError,
)

# The first account that both anvil and the fixture rpc_node fund.
SIGNER: LocalAccount = Account.from_key("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")

# Assembled by hand. set(v): slot 0 = v, emit Stored(caller, v, block number); get(): slot 0;
# refuse(v): revert with Refused(v); any other call reverts without data.
BYTECODE = (
    "61007561000d5f396100755ff35f3560e01c806360fe47b11460265780636d4ce63c146057578063a60a07b2146060575f5ffd5b6004"
    "35805f55435f52337f57b5bc58e84f246a27bda0afd72c9648d1ee3b3ad3419b8c543d89c3912bc02b60205fa3005b5f545f5260205f"
    "f35b63590a515160e01b5f5260043560045260245ffd"
)


def _inputs(*names: str, **options: Any) -> list[dict[str, Any]]:
    return [{"name": name, "type": "uint256", "internalType": "uint256", **options} for name in names]


ABI = [
    {"type": "function", "name": "set", "inputs": _inputs("v"), "outputs": [], "stateMutability": "nonpayable"},
    {"type": "function", "name": "get", "inputs": [], "outputs": _inputs(""), "stateMutability": "view"},
    {"type": "function", "name": "refuse", "inputs": _inputs("v"), "outputs": [], "stateMutability": "view"},
    {"type": "error", "name": "Refused", "inputs": _inputs("v")},
    {
        "type": "event",
        "name": "Stored",
        "anonymous": False,
        "inputs": [
            {"name": "caller", "type": "address", "indexed": True},
            *_inputs("value", indexed=True),
            *_inputs("number", indexed=False),
        ],
    },
]


# As 32 bytes: web3 sends a position 0 as "0x0", which anvil refuses.
SLOTS: Any = ["0x" + f"{slot:064x}" for slot in (0, 1)]


@dataclass(frozen=True)
class Chain:
    w3: Web3
    kind: str
    contract: Contract

    def send(self, **fields: Any) -> Any:
        """The receipt of a transaction signed by SIGNER; gas is given so that a revert is mined, not foreseen."""
        base = {
            "from": SIGNER.address,
            "nonce": self.w3.eth.get_transaction_count(SIGNER.address),
            "gas": 500_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
            "chainId": self.w3.eth.chain_id,
        }
        signed = SIGNER.sign_transaction({**base, **fields})
        key = self.w3.eth.send_raw_transaction(signed.raw_transaction)
        return self.w3.eth.wait_for_transaction_receipt(key, poll_latency=0.01)

    def store(self, value: int) -> Any:
        return self.send(to=self.contract.address, data=self.contract.encode_abi("set", [value]))


@pytest.fixture(scope="module")
def chain(rpc_node: tuple[str, Web3]) -> Chain:
    kind, w3 = rpc_node
    unborn = Chain(w3, kind, w3.eth.contract(abi=ABI))
    receipt = unborn.send(data=bytes.fromhex(BYTECODE), to=b"")
    return Chain(w3, kind, w3.eth.contract(address=receipt["contractAddress"], abi=ABI))


def _header_rlp(block: Any) -> bytes:
    """The header of Cancun, rebuilt from the fields that a client is given."""
    data = ["parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"]
    numbers = ["difficulty", "number", "gasLimit", "gasUsed", "timestamp"]
    values = [bytes.fromhex(block[name].removeprefix("0x")) for name in data]
    values += [rlp.sedes.big_endian_int.serialize(int(block[name], 16)) for name in numbers]
    values += [bytes.fromhex(block[name].removeprefix("0x")) for name in ("extraData", "mixHash", "nonce")]
    values.append(rlp.sedes.big_endian_int.serialize(int(block["baseFeePerGas"], 16)))
    values.append(bytes.fromhex(block["withdrawalsRoot"].removeprefix("0x")))
    values += [rlp.sedes.big_endian_int.serialize(int(block[name], 16)) for name in ("blobGasUsed", "excessBlobGas")]
    return bytes(rlp.encode([*values, bytes.fromhex(block["parentBeaconBlockRoot"].removeprefix("0x"))]))


def _raw(chain: Chain, method: str, *params: Any) -> Any:
    return chain.w3.provider.make_request(method, list(params))["result"]  # type: ignore[arg-type]


def test_the_node_tells_its_chain_id_and_version(chain: Chain) -> None:
    assert chain.w3.is_connected()
    assert chain.w3.eth.chain_id == 1337
    assert chain.w3.net.version == "1337"
    assert chain.w3.client_version


def test_a_funded_account_has_money_and_an_unknown_one_has_none(chain: Chain) -> None:
    assert chain.w3.eth.get_balance(SIGNER.address) > 10**21
    unknown = Account.create().address
    assert (chain.w3.eth.get_balance(unknown), chain.w3.eth.get_transaction_count(unknown)) == (0, 0)
    chain.send(to=unknown, value=5)
    assert (chain.w3.eth.get_balance(unknown), chain.w3.eth.get_code(unknown)) == (5, b"")


def test_a_transaction_changes_storage_code_nonce_and_block_number(chain: Chain) -> None:
    before = chain.w3.eth.block_number, chain.w3.eth.get_transaction_count(SIGNER.address, "pending")
    receipt = chain.store(41)
    after = chain.w3.eth.block_number, chain.w3.eth.get_transaction_count(SIGNER.address)
    assert after == (before[0] + 1, before[1] + 1) and receipt["status"] == 1
    assert chain.contract.functions.get().call() == 41
    assert int.from_bytes(chain.w3.eth.get_storage_at(chain.contract.address, 0)) == 41
    assert bytes(chain.w3.eth.get_code(chain.contract.address)) == bytes.fromhex(BYTECODE)[13:]


def test_receipt_and_transaction_agree_with_the_block(chain: Chain) -> None:
    receipt = chain.store(7)
    transaction = chain.w3.eth.get_transaction(receipt["transactionHash"])
    block = chain.w3.eth.get_block(receipt["blockNumber"], full_transactions=True)
    assert block["hash"] == receipt["blockHash"] == transaction["blockHash"]
    assert [found["hash"] for found in block["transactions"]] == [transaction["hash"]]  # type: ignore[index]
    assert (transaction["from"], transaction["to"]) == (SIGNER.address, chain.contract.address)
    assert receipt["gasUsed"] == receipt["cumulativeGasUsed"] == block["gasUsed"]
    assert receipt["effectiveGasPrice"] == transaction["gasPrice"] == block["baseFeePerGas"] + 10**9
    assert receipt["contractAddress"] is None and receipt["type"] == 2
    assert chain.w3.eth.get_block(block["hash"])["transactions"] == [transaction["hash"]]


def test_a_client_can_rebuild_the_header_from_the_block(chain: Chain) -> None:
    chain.store(8)
    for tag in ("0x0", "latest"):
        block = _raw(chain, "eth_getBlockByNumber", tag, False)
        header = _header_rlp(block)
        assert "0x" + keccak(header).hex() == block["hash"]
        if chain.kind != "anvil":  # anvil has no such method
            assert _raw(chain, "debug_getRawHeader", block["number"]) == "0x" + header.hex()


def test_tags_name_the_first_and_the_last_block(chain: Chain) -> None:
    head = chain.w3.eth.block_number
    assert chain.w3.eth.get_block("latest")["number"] == head
    assert chain.w3.eth.get_block("earliest")["number"] == 0
    with pytest.raises(BlockNotFound):
        chain.w3.eth.get_block(head + 1000)
    with pytest.raises(TransactionNotFound):
        chain.w3.eth.get_transaction("0x" + "77" * 32)


def test_an_event_is_decoded_and_found_by_its_arguments(chain: Chain) -> None:
    receipt = chain.store(123_456)
    (decoded,) = chain.contract.events.Stored().process_receipt(receipt)
    assert decoded["args"] == {"caller": SIGNER.address, "value": 123_456, "number": receipt["blockNumber"]}
    found = chain.contract.events.Stored.get_logs(from_block=0, argument_filters={"value": 123_456})
    assert [log["transactionHash"] for log in found] == [receipt["transactionHash"]]
    assert chain.w3.eth.get_logs({"blockHash": receipt["blockHash"]}) == receipt["logs"]
    assert chain.contract.events.Stored.get_logs(from_block=0, argument_filters={"value": 999_999}) == []


def test_a_revert_in_a_call_carries_the_custom_error(chain: Chain) -> None:
    with pytest.raises(ContractCustomError) as caught:
        chain.contract.functions.refuse(77).call()
    assert caught.value.data == "0x" + keccak(text="Refused(uint256)")[:4].hex() + f"{77:064x}"
    with pytest.raises(ContractCustomError):
        chain.contract.functions.refuse(77).estimate_gas({"from": SIGNER.address})
    with pytest.raises(ContractLogicError):
        chain.w3.eth.call({"to": chain.contract.address, "data": "0x12345678"})


def test_a_reverted_transaction_is_mined_with_status_0(chain: Chain) -> None:
    receipt = chain.send(to=chain.contract.address, data=chain.contract.encode_abi("refuse", [1]))
    assert receipt["status"] == 0 and receipt["logs"] == []
    assert chain.w3.eth.get_transaction(receipt["transactionHash"])["nonce"] + 1 == (
        chain.w3.eth.get_transaction_count(SIGNER.address)
    )


def test_estimated_gas_suffices_and_is_not_far_off(chain: Chain) -> None:
    call = {"from": SIGNER.address, "to": chain.contract.address, "data": chain.contract.encode_abi("set", [99])}
    gas = chain.w3.eth.estimate_gas(call)
    receipt = chain.send(to=call["to"], data=call["data"], gas=gas)
    assert receipt["status"] == 1
    assert receipt["gasUsed"] <= gas <= receipt["gasUsed"] * 1.3


def test_fees_are_answered_in_their_shapes(chain: Chain) -> None:
    assert chain.w3.eth.gas_price > 0 and chain.w3.eth.max_priority_fee >= 0
    chain.store(3)
    history = chain.w3.eth.fee_history(2, "latest", [50.0])
    assert len(history["baseFeePerGas"]) == 3 and len(history["gasUsedRatio"]) == 2
    assert history["oldestBlock"] == chain.w3.eth.block_number - 1
    assert [len(row) for row in history["reward"]] == [1, 1]


def test_web3_fills_in_and_sends_a_contract_transaction(chain: Chain) -> None:
    built = chain.contract.functions.set(31).build_transaction(
        {"from": SIGNER.address, "nonce": chain.w3.eth.get_transaction_count(SIGNER.address)}
    )
    key = chain.w3.eth.send_raw_transaction(SIGNER.sign_transaction(built).raw_transaction)
    assert chain.w3.eth.wait_for_transaction_receipt(key)["status"] == 1
    assert chain.contract.functions.get().call() == 31


def test_the_state_of_an_old_block_stays_readable(chain: Chain) -> None:
    first = chain.store(1001)["blockNumber"]
    chain.store(1002)
    assert chain.contract.functions.get().call(block_identifier=first) == 1001
    assert chain.contract.functions.get().call() == 1002
    old = chain.w3.eth.get_proof(chain.contract.address, SLOTS[:1], first)
    assert int.from_bytes(old["storageProof"][0]["value"]) == 1001


def test_a_storage_proof_leads_to_the_state_root_of_its_header(chain: Chain) -> None:
    receipt = chain.store(2**200 + 5)
    chain.store(6)
    proof = chain.w3.eth.get_proof(chain.contract.address, SLOTS, receipt["blockNumber"])
    root = chain.w3.eth.get_block(receipt["blockNumber"])["stateRoot"]
    address = bytes.fromhex(chain.contract.address[2:])
    account = _proved(bytes(root), keccak(address), proof["accountProof"])
    nonce, balance, storage_root, code_hash = rlp.decode(account)
    assert (int.from_bytes(nonce), int.from_bytes(balance)) == (proof["nonce"], proof["balance"])
    assert storage_root == proof["storageHash"] and code_hash == proof["codeHash"]
    there, absent = proof["storageProof"]
    assert rlp.decode(_proved(storage_root, keccak((0).to_bytes(32)), there["proof"])) == there["value"]
    assert int.from_bytes(there["value"]) == 2**200 + 5
    assert _proved(storage_root, keccak((1).to_bytes(32)), absent["proof"]) == b""
    assert int.from_bytes(absent["value"]) == 0


def _proved(root: bytes, key: bytes, proof: Any) -> bytes:
    return bytes(HexaryTrie.get_from_proof(root, key, [rlp.decode(bytes(node)) for node in proof]))


def test_wrong_nonces_are_refused_by_name(chain: Chain) -> None:
    chain.store(1)
    with pytest.raises(Web3RPCError, match="nonce too low"):
        chain.send(to=SIGNER.address, nonce=0)
    if chain.kind != "anvil":  # anvil queues it until the gap is filled
        with pytest.raises(Web3RPCError, match="nonce too high"):
            chain.send(to=SIGNER.address, nonce=10_000)


def test_a_transaction_for_another_chain_is_refused(chain: Chain) -> None:
    with pytest.raises(Web3RPCError, match=r"(?i)chain id"):
        chain.send(to=SIGNER.address, chainId=1)


def test_a_transaction_without_funds_is_refused(chain: Chain) -> None:
    poor: LocalAccount = Account.create()
    fields = {"nonce": 0, "gas": 21_000, "gasPrice": 10**10, "to": SIGNER.address, "value": 1, "chainId": 1337}
    with pytest.raises(Web3RPCError, match=r"(?i)insufficient funds"):
        chain.w3.eth.send_raw_transaction(poor.sign_transaction(fields).raw_transaction)


def test_an_unknown_method_is_refused_with_its_code(chain: Chain) -> None:
    answer = chain.w3.provider.make_request("eth_fortune", [])  # type: ignore[arg-type]
    assert answer["error"]["code"] == -32601  # type: ignore[index]
    with pytest.raises(MethodUnavailable):
        chain.w3.manager.request_blocking("eth_fortune", [])  # type: ignore[arg-type]


def test_a_batch_is_answered_in_order(chain: Chain) -> None:
    with chain.w3.batch_requests() as batch:
        batch.add(chain.w3.eth.get_block(0))
        batch.add(chain.contract.functions.get())
        genesis, value = batch.execute()
    assert genesis["number"] == 0 and value == chain.contract.functions.get().call()  # type: ignore[index,call-overload]


def test_an_empty_block_can_be_mined(chain: Chain) -> None:
    before = chain.w3.eth.get_block("latest")
    chain.w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
    after = chain.w3.eth.get_block("latest")
    assert after["number"] == before["number"] + 1 and after["parentHash"] == before["hash"]
    assert after["timestamp"] >= before["timestamp"] and after["transactions"] == []
