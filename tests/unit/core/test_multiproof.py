"""Proofs of several leaves, against the roots of the ledger's own trees."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core import merkle
from ledger.core.multiproof import prove, root_of
from ledger.errors import InvalidProof

LEAVES = [sha256(b"leaf %d" % number).digest() for number in range(200)]


@st.composite
def choices(draw: st.DrawFn) -> tuple[int, list[int]]:
    size = draw(st.integers(1, len(LEAVES)))
    return size, draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=size, unique=True))


def disclosed(indexes: list[int]) -> dict[int, bytes]:
    return {index: LEAVES[index] for index in indexes}


@given(choices())
@settings(max_examples=150, deadline=None)
def test_every_choice_of_leaves_leads_to_the_root_of_the_tree(choice: tuple[int, list[int]]) -> None:
    size, indexes = choice
    assert root_of(size, disclosed(indexes), prove(LEAVES[:size], indexes)) == merkle.root(LEAVES[:size])


@given(choices())
@settings(max_examples=60, deadline=None)
def test_a_change_of_any_node_or_leaf_leads_to_another_root(choice: tuple[int, list[int]]) -> None:
    size, indexes = choice
    proof, root = prove(LEAVES[:size], indexes), merkle.root(LEAVES[:size])
    for place in range(len(proof)):
        changed = [*proof[:place], sha256(proof[place]).digest(), *proof[place + 1 :]]
        assert root_of(size, disclosed(indexes), changed) != root
    for index in indexes:
        assert root_of(size, {**disclosed(indexes), index: bytes(32)}, proof) != root


@given(choices())
@settings(max_examples=60, deadline=None)
def test_a_node_too_few_or_too_many_is_refused(choice: tuple[int, list[int]]) -> None:
    size, indexes = choice
    proof = prove(LEAVES[:size], indexes)
    with pytest.raises(InvalidProof, match="fewer nodes"):
        root_of(size, disclosed(indexes), [*proof, bytes(32)])
    if proof:
        with pytest.raises(InvalidProof, match="more nodes"):
            root_of(size, disclosed(indexes), proof[:-1])


@given(st.integers(2, len(LEAVES)), st.data())
@settings(max_examples=60, deadline=None)
def test_the_proof_of_one_leaf_has_the_nodes_of_its_audit_path(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = merkle.Tree()
    tree.extend(LEAVES[:size])
    assert sorted(prove(LEAVES[:size], [index])) == sorted(tree.inclusion(index))


def test_leaves_at_swapped_places_lead_elsewhere() -> None:
    proof = prove(LEAVES, [3, 9])
    assert root_of(200, {3: LEAVES[9], 9: LEAVES[3]}, proof) != merkle.root(LEAVES)


def test_all_leaves_need_no_proof() -> None:
    assert prove(LEAVES, range(200)) == []


@pytest.mark.parametrize("indexes", [[], [-1], [200], [0, 200]])
def test_a_choice_of_none_or_of_a_leaf_outside_the_tree_is_refused(indexes: list[int]) -> None:
    with pytest.raises(InvalidProof):
        prove(LEAVES, indexes)
    with pytest.raises(InvalidProof):
        root_of(200, dict.fromkeys(indexes, bytes(32)), [])


def test_a_hash_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidProof, match="32 bytes"):
        root_of(2, {0: bytes(32)}, [bytes(31)])
