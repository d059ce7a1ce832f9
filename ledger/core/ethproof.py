"""Proof, without a node, that a contract held a value: block header, RLP and Merkle Patricia proofs.

Sources: Ethereum Yellow Paper, appendices B (RLP) and D (modified Merkle Patricia tree); EIP-1186 (proof format).
Everything here takes bytes from strangers: malformed input raises InvalidProof and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import TypeAlias

from sha3 import keccak_256

from ledger.core.model import AnchorEvidence
from ledger.errors import InvalidProof

Rlp: TypeAlias = "bytes | list[Rlp]"

MAX_PROOF_NODES = 70
_STATE_ROOT, _NUMBER, _TIMESTAMP = 3, 8, 11
_STORAGE_ROOT = 2


@dataclass(frozen=True)
class HeaderFacts:
    """What the checker needs of a block header."""

    hash: bytes
    state_root: bytes
    number: int
    timestamp: int


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (not the later SHA3-256)."""
    digest: bytes = keccak_256(data).digest()
    return digest


def rlp_decode(data: bytes) -> Rlp:
    """The item encoded by ``data``, all of it, in its one canonical encoding."""
    item, end = _decode_at(data, 0, 0)
    if end != len(data):
        raise InvalidProof(f"{len(data) - end} bytes too many after an RLP item")
    return item


def read_header(header: bytes) -> HeaderFacts:
    """Hash, state root, number and time of an RLP block header of any fork since Homestead."""
    fields = rlp_decode(header)
    if not isinstance(fields, list) or not 15 <= len(fields) <= 32:
        raise InvalidProof("expected a block header: an RLP list of 15 or more fields")
    state_root = _bytes(fields[_STATE_ROOT], 32, "state root")
    number, timestamp = (_integer(fields[position]) for position in (_NUMBER, _TIMESTAMP))
    return HeaderFacts(keccak(header), state_root, number, timestamp)


def root_slot(registrar: str, sequence: int, mapping_slot: int) -> bytes:
    """The storage key of ``_roots[registrar][sequence]`` (Solidity's layout of nested mappings)."""
    outer = keccak(bytes.fromhex(registrar) + mapping_slot.to_bytes(32, "big"))
    return keccak(sequence.to_bytes(32, "big") + outer)


def prove(trie_root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes:
    """The value at ``key`` (hashed already) in the trie of ``trie_root``; InvalidProof if ``nodes`` don't show one."""
    if not 0 < len(nodes) <= MAX_PROOF_NODES:
        raise InvalidProof(f"expected 1 to {MAX_PROOF_NODES} proof nodes, found {len(nodes)}")
    nibbles = [nibble for byte in key for nibble in (byte >> 4, byte & 15)]
    reference: Rlp = trie_root
    waiting = list(reversed(nodes))
    while True:
        node = _open(reference, waiting)
        reference, nibbles, done = _descend(node, nibbles)
        if done:
            break
    if waiting:
        raise InvalidProof(f"{len(waiting)} proof nodes too many")
    if not isinstance(reference, bytes) or not reference:
        raise InvalidProof("the proof leads to no value")
    return reference


def verify_anchor(evidence: AnchorEvidence, registrar: str, mapping_slot: int, expected_root: bytes) -> HeaderFacts:
    """The header under which the contract held ``expected_root`` for ``registrar`` at the evidence's sequence."""
    facts = read_header(evidence.header)
    if not compare_digest(facts.hash, _hex(evidence.block_hash)) or facts.number != evidence.block_number:
        raise InvalidProof("the block header is not the one of the block hash and number")
    account = rlp_decode(prove(facts.state_root, keccak(_hex(evidence.contract)), evidence.account_proof))
    if not isinstance(account, list) or len(account) != 4:
        raise InvalidProof("expected an account of four fields")
    storage_root = _bytes(account[_STORAGE_ROOT], 32, "storage root")
    slot = root_slot(registrar, evidence.sequence, mapping_slot)
    stored = rlp_decode(prove(storage_root, keccak(slot), evidence.storage_proof))
    if not isinstance(stored, bytes) or not compare_digest(stored.rjust(32, b"\0"), expected_root):
        raise InvalidProof("the contract held another root at this sequence")
    return facts


def _open(reference: Rlp, waiting: list[bytes]) -> list[Rlp]:
    """The node that ``reference`` names: inlined, or the next of ``waiting`` with that hash."""
    if isinstance(reference, bytes):
        if len(reference) != 32 or not waiting:
            raise InvalidProof("the proof ends before its value")
        encoded = waiting.pop()
        if not compare_digest(keccak(encoded), reference):
            raise InvalidProof("a proof node does not have the hash that its parent names")
        reference = rlp_decode(encoded)
    if not isinstance(reference, list):
        raise InvalidProof("expected a trie node")
    return reference


def _descend(node: list[Rlp], nibbles: list[int]) -> tuple[Rlp, list[int], bool]:
    """One step towards the key: what it leads to, the nibbles left, and whether that is the value."""
    if len(node) == 17:
        if not nibbles:
            return node[16], [], True
        return node[nibbles[0]], nibbles[1:], False
    if len(node) != 2 or not isinstance(node[0], bytes) or not node[0]:
        raise InvalidProof("expected a branch, extension or leaf node")
    flag = node[0][0] >> 4
    path = [nibble for byte in node[0] for nibble in (byte >> 4, byte & 15)][1 if flag & 1 else 2 :]
    if flag > 3 or nibbles[: len(path)] != path or (flag & 2 and len(nibbles) != len(path)):
        raise InvalidProof("the proof leads past the key: nothing is stored there")
    return node[1], nibbles[len(path) :], bool(flag & 2)


def _decode_at(data: bytes, start: int, depth: int) -> tuple[Rlp, int]:
    if start >= len(data) or depth > 8:
        raise InvalidProof("RLP ends too early or nests too deep")
    lead = data[start]
    if lead < 0x80:
        return data[start : start + 1], start + 1
    is_list = lead >= 0xC0
    short = lead - (0xC0 if is_list else 0x80)
    begin, length = (start + 1, short) if short <= 55 else _long_length(data, start + 1, short - 55)
    end = begin + length
    if end > len(data):
        raise InvalidProof("RLP ends too early")
    if not is_list:
        return _string(data[begin:end]), end
    items: list[Rlp] = []
    while begin < end:
        item, begin = _decode_at(data[:end], begin, depth + 1)
        items.append(item)
    return items, end


def _long_length(data: bytes, start: int, width: int) -> tuple[int, int]:
    encoded = data[start : start + width]
    length = int.from_bytes(encoded, "big")
    if len(encoded) != width or encoded[:1] == b"\0" or length <= 55:
        raise InvalidProof("an RLP length is not canonical")
    return start + width, length


def _string(value: bytes) -> bytes:
    if len(value) == 1 and value[0] < 0x80:
        raise InvalidProof("an RLP byte is not canonical")
    return value


def _bytes(value: Rlp, length: int, what: str) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise InvalidProof(f"expected a {what} of {length} bytes")
    return value


def _integer(value: Rlp) -> int:
    if not isinstance(value, bytes) or len(value) > 8:
        raise InvalidProof("expected a number in the header")
    return int.from_bytes(value, "big")


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise InvalidProof(f"expected hex, found {text[:20]!r}") from error
