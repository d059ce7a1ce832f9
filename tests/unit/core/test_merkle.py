"""RFC 9162 trees against a second, recursive implementation written from the RFC's definitions."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core import merkle
from ledger.errors import InvalidProof

LEAVES = [sha256(b"leaf %d" % number).digest() for number in range(256)]


def oracle_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1: MTH as it is written there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + oracle_root(leaves[:split]) + oracle_root(leaves[split:])).digest()


@pytest.fixture(scope="module")
def tree() -> merkle.Tree:
    grown = merkle.Tree()
    grown.extend(LEAVES)
    return grown


@pytest.fixture(scope="module")
def roots() -> list[bytes]:
    return [oracle_root(LEAVES[:size]) for size in range(len(LEAVES) + 1)]


def test_a_leaf_and_a_node_are_hashed_with_different_prefixes() -> None:
    assert merkle.leaf_hash(b"x") == sha256(b"\x00x").digest()
    assert merkle.node_hash(b"l", b"r") == sha256(b"\x01lr").digest()


def test_the_root_of_every_size_up_to_256_is_the_recursive_one(tree: merkle.Tree, roots: list[bytes]) -> None:
    assert [tree.root(size) for size in range(257)] == roots


def test_the_root_made_at_once_is_that_of_the_grown_tree() -> None:
    leaves = [sha256(bytes([number])).digest() for number in range(70)]
    grown = merkle.Tree()
    assert merkle.root([]) == merkle.EMPTY_ROOT
    for size, leaf in enumerate(leaves, 1):
        grown.append(leaf)
        assert merkle.root(leaves[:size]) == grown.root()


def test_peaks_fold_to_the_root(tree: merkle.Tree, roots: list[bytes]) -> None:
    for size in range(257):
        peaks = tree.peaks(size)
        assert len(peaks) == size.bit_count()
        assert merkle.root_from_peaks(peaks) == roots[size]


def test_every_inclusion_proof_up_to_64_leaves_verifies(tree: merkle.Tree, roots: list[bytes]) -> None:
    for size in range(1, 65):
        for index in range(size):
            path = tree.inclusion(index, size)
            assert merkle.verify_inclusion(LEAVES[index], index, size, path, roots[size])


def test_every_consistency_proof_up_to_256_leaves_verifies(tree: merkle.Tree, roots: list[bytes]) -> None:
    pairs = 0
    for new in range(1, 257):
        for old in range(1, new + 1):
            proof = tree.consistency(old, new)
            assert merkle.verify_consistency(old, new, proof, roots[old], roots[new]), (old, new)
            pairs += 1
    assert pairs == 32_896


def test_a_consistency_proof_fails_for_any_other_old_root(tree: merkle.Tree, roots: list[bytes]) -> None:
    for new in range(2, 65):
        for old in range(1, new):
            proof = tree.consistency(old, new)
            assert not merkle.verify_consistency(old, new, proof, roots[old - 1], roots[new]), (old, new)
            assert not merkle.verify_consistency(old, new, proof, roots[old], roots[new - 1]), (old, new)


def test_the_first_vector_of_an_empty_tree_is_the_hash_of_nothing() -> None:
    assert merkle.Tree().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mutated_inclusion_proof_is_accepted(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 200))
    index = data.draw(st.integers(0, size - 1))
    grown = merkle.Tree()
    grown.extend(LEAVES[:size])
    path, root, leaf = grown.inclusion(index), grown.root(), LEAVES[index]
    assert merkle.verify_inclusion(leaf, index, size, path, root)
    place = data.draw(st.integers(0, len(path) - 1))
    bit = data.draw(st.integers(0, 255))

    def flipped(value: bytes) -> bytes:
        return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(32, "big")

    mutants = [
        (leaf, [*path[:place], flipped(path[place]), *path[place + 1 :]], root),
        (flipped(leaf), path, root),
        (leaf, path, flipped(root)),
        (leaf, [*path[:place], *path[place + 1 :]], root),
        (leaf, [*path[: place + 1], path[place], *path[place + 1 :]], root),
        (leaf, [*path, LEAVES[0]], root),
        (leaf, [*path[:place], path[place][:31], *path[place + 1 :]], root),
    ]
    for mutant_leaf, mutant_path, mutant_root in mutants:
        assert not merkle.verify_inclusion(mutant_leaf, index, size, mutant_path, mutant_root)


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_an_index_outside_the_tree_is_never_included(index: int, size: int) -> None:
    assert not merkle.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_a_leaf_outside_the_tree_has_no_proof(tree: merkle.Tree) -> None:
    with pytest.raises(InvalidProof, match="leaf 5 is not in a tree of 5 leaves"):
        tree.inclusion(5, 5)


def test_a_log_has_no_proof_that_it_shrank(tree: merkle.Tree) -> None:
    with pytest.raises(InvalidProof, match="never shrinks"):
        tree.consistency(9, 8)
    assert not merkle.verify_consistency(9, 8, [], LEAVES[0], LEAVES[1])


def test_a_tree_has_no_root_for_leaves_to_come() -> None:
    with pytest.raises(InvalidProof, match="has 0 leaves, not 1"):
        merkle.Tree().root(1)


def test_a_leaf_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidProof, match="32 bytes, not 31"):
        merkle.Tree().append(b"x" * 31)


def test_growing_from_nothing_needs_no_proof_but_the_empty_root(roots: list[bytes]) -> None:
    assert merkle.verify_consistency(0, 7, [], merkle.EMPTY_ROOT, roots[7])
    assert not merkle.verify_consistency(0, 7, [], roots[1], roots[7])
    assert not merkle.verify_consistency(0, 7, [roots[1]], merkle.EMPTY_ROOT, roots[7])


def test_the_same_size_is_consistent_with_itself_alone(roots: list[bytes]) -> None:
    assert merkle.verify_consistency(7, 7, [], roots[7], roots[7])
    assert not merkle.verify_consistency(7, 7, [], roots[6], roots[7])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=12))
def test_growing_in_steps_or_at_once_gives_one_root(steps: list[int]) -> None:
    total = sum(steps)
    whole, grown = merkle.Tree(), merkle.Tree()
    whole.extend(LEAVES[:total])
    start = 0
    for step in steps:
        grown.extend(LEAVES[start : start + step])
        start += step
        assert grown.size == start
    assert grown.root() == whole.root() == merkle.root(LEAVES[:total])
