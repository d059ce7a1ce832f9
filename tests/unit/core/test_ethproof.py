"""State proofs against py-trie and rlp, which the checker does not use."""

from __future__ import annotations

import random

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from ledger.core import ethproof
from ledger.errors import InvalidProof

ITEMS = st.recursive(st.binary(max_size=80), lambda children: st.lists(children, max_size=6), max_leaves=20)


def test_keccak_is_ethereums_and_not_sha3() -> None:
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert ethproof.keccak(b"").hex() == empty


@given(ITEMS)
def test_rlp_is_decoded_as_the_library_encodes_it(item: object) -> None:
    assert ethproof.rlp_decode(rlp.encode(item)) == item


@given(st.binary(max_size=120))
def test_bytes_that_are_accepted_as_rlp_are_its_one_encoding(data: bytes) -> None:
    try:
        item = ethproof.rlp_decode(data)
    except InvalidProof:
        return
    assert rlp.encode(item) == data


def _trie(pairs: dict[bytes, bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    for key, value in pairs.items():
        trie[ethproof.keccak(key)] = value
    return trie


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.binary(min_size=1, max_size=8), st.binary(min_size=1, max_size=60), min_size=1, max_size=40))
def test_every_value_of_a_trie_can_be_proven(pairs: dict[bytes, bytes]) -> None:
    trie = _trie(pairs)
    for key, value in pairs.items():
        hashed = ethproof.keccak(key)
        nodes = [rlp.encode(node) for node in trie.get_proof(hashed)]
        nodes = [node for place, node in enumerate(nodes) if place == 0 or len(node) >= 32]
        assert ethproof.prove(trie.root_hash, hashed, nodes) == value


def test_a_key_that_is_not_stored_cannot_be_proven() -> None:
    trie = _trie({b"a": b"1" * 40, b"b": b"2" * 40})
    missing = ethproof.keccak(b"c")
    nodes = [rlp.encode(node) for node in trie.get_proof(missing)]
    with pytest.raises(InvalidProof):
        ethproof.prove(trie.root_hash, missing, nodes)


def test_no_proof_with_a_changed_node_is_accepted() -> None:
    pairs = {b"%d" % number: b"value %d" % number * 6 for number in range(200)}
    trie, chosen = _trie(pairs), random.Random(7)
    key = ethproof.keccak(b"17")
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    assert ethproof.prove(trie.root_hash, key, nodes) == pairs[b"17"]
    for place, node in enumerate(nodes):
        for at in range(len(node)):
            mutant = bytearray(node)
            mutant[at] ^= 1 << chosen.randrange(8)
            with pytest.raises(InvalidProof):
                ethproof.prove(trie.root_hash, key, [*nodes[:place], bytes(mutant), *nodes[place + 1 :]])


@pytest.mark.parametrize(
    "change", [lambda n: n[:-1], lambda n: [*n, n[-1]], lambda n: n[::-1], lambda n: [], lambda n: n * 80]
)
def test_a_proof_with_nodes_missing_doubled_or_out_of_order_is_refused(change: object) -> None:
    pairs = {b"%d" % number: b"value %d" % number * 6 for number in range(200)}
    trie, key = _trie(pairs), ethproof.keccak(b"17")
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    with pytest.raises(InvalidProof):
        ethproof.prove(trie.root_hash, key, change(nodes))  # type: ignore[operator]


@given(st.binary(max_size=300))
def test_no_bytes_make_the_header_reader_fail_in_another_way(data: bytes) -> None:
    with pytest.raises(InvalidProof):
        ethproof.read_header(data)


def test_the_slot_of_a_root_is_soliditys_for_nested_mappings() -> None:
    registrar, sequence, slot = "ab" * 32, 7, 4
    inner = ethproof.keccak(bytes.fromhex(registrar) + (4).to_bytes(32, "big"))
    assert ethproof.root_slot(registrar, sequence, slot) == ethproof.keccak((7).to_bytes(32, "big") + inner)
