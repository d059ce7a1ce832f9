"""Evidence that holds without a node: a block header and state proofs of one stored root (EIP-1186)."""

from __future__ import annotations

from typing import Any

import rlp

from ledger.chain.abi import interface
from ledger.chain.rpc import Rpc, data, quantity, sensible
from ledger.core.ethproof import keccak, read_header, root_slot
from ledger.core.model import AnchorEvidence, Block
from ledger.errors import ChainUnreachable, InvalidProof

_BYTES = "bytes"
_NUMBER = "number"
# The header's fields in the order of its RLP; those from baseFeePerGas on came with later forks, one after another:
# EIP-1559, EIP-4895, EIP-4844 (two), EIP-4788, EIP-7685.
_FIELDS = (
    ("parentHash", _BYTES),
    ("sha3Uncles", _BYTES),
    ("miner", _BYTES),
    ("stateRoot", _BYTES),
    ("transactionsRoot", _BYTES),
    ("receiptsRoot", _BYTES),
    ("logsBloom", _BYTES),
    ("difficulty", _NUMBER),
    ("number", _NUMBER),
    ("gasLimit", _NUMBER),
    ("gasUsed", _NUMBER),
    ("timestamp", _NUMBER),
    ("extraData", _BYTES),
    ("mixHash", _BYTES),
    ("nonce", _BYTES),
    ("baseFeePerGas", _NUMBER),
    ("withdrawalsRoot", _BYTES),
    ("blobGasUsed", _NUMBER),
    ("excessBlobGas", _NUMBER),
    ("parentBeaconBlockRoot", _BYTES),
    ("requestsHash", _BYTES),
)


def header(rpc: Rpc, block_hash: str) -> bytes:
    """The RLP of the header whose Keccak-256 is ``block_hash``; ChainUnreachable when the node gives no such one.

    Rebuilt from the block's JSON; networks with further fields are asked for the raw header (debug_getRawHeader).
    """
    with sensible("eth_getBlockByHash"):
        block = rpc.call("eth_getBlockByHash", block_hash, False)
        if block is None:
            raise ChainUnreachable(f"the node does not know block {block_hash}")
        raw = _encode(block)
        number = block["number"]
    if keccak(raw) == data(block_hash):
        return raw
    answer, refusal = rpc.attempt("debug_getRawHeader", number)
    if refusal is None:
        with sensible("debug_getRawHeader"):
            raw = data(answer)
    if keccak(raw) != data(block_hash):
        raise ChainUnreachable(
            f"the header of block {number} has the hash 0x{keccak(raw).hex()}, expected {block_hash}",
            advice="Use a node whose headers are Ethereum's, or that offers debug_getRawHeader.",
        )
    return raw


def collect(
    rpc: Rpc, chain_id: int, contract: str, registrar: str, sequence: int, tx: str, at: Block
) -> AnchorEvidence:
    """Header and proofs of the registrar's root at ``sequence`` as of block ``at``.

    The proofs begin at the header's state root and at the account's storage root; whether they lead to the root that
    is expected is the receipt checker's to say.
    """
    raw = header(rpc, at.hash)
    slot = "0x" + root_slot(registrar, sequence, interface().roots_slot).hex()
    with sensible("eth_getProof"):
        proof = rpc.call("eth_getProof", contract, [slot], hex(at.number))
        account = tuple(data(node) for node in proof["accountProof"])
        storage = tuple(data(node) for node in proof["storageProof"][0]["proof"])
        _check_beginnings(raw, account, storage, data(proof["storageHash"]))
    return AnchorEvidence(chain_id, contract, sequence, tx, at.number, at.hash, raw, account, storage)


def _check_beginnings(raw: bytes, account: tuple[bytes, ...], storage: tuple[bytes, ...], storage_root: bytes) -> None:
    try:
        state_root = read_header(raw).state_root
    except InvalidProof as error:
        raise ChainUnreachable(f"the node's block header can't be read: {error}") from error
    for name, nodes, expected in (("state", account, state_root), ("storage", storage, storage_root)):
        if not nodes or keccak(nodes[0]) != expected:
            raise ChainUnreachable(f"the node's proof does not begin at the {name} root 0x{expected.hex()}")


def _encode(block: dict[str, Any]) -> bytes:
    values: list[bytes] = []
    for name, kind in _FIELDS:
        if block.get(name) is None:
            break
        values.append(data(block[name]) if kind is _BYTES else _minimal(quantity(block[name])))
    encoded: bytes = rlp.encode(values)
    return encoded


def _minimal(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
