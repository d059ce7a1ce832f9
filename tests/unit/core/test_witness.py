"""Witnessing as a pure judgement: the records' proof against the chain's two roots."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.merkle import EMPTY_ROOT, Tree, verify_consistency
from ledger.core.witness import NO_HEAD, Holds, SeenHead, judge


def tree_of(size: int, *, changed: int | None = None) -> Tree:
    tree = Tree()
    tree.extend(sha256(f"{at}{'!' if at == changed else ''}".encode()).digest() for at in range(size))
    return tree


def head(sequence: int, tree: Tree, size: int) -> SeenHead:
    return SeenHead(sequence, size, tree.root(size))


sizes = st.integers(1, 40)


@given(st.lists(sizes, min_size=2, max_size=2, unique=True).map(sorted), st.integers(0, 5))
def test_records_that_lead_to_both_roots_prove_it_to_whoever_has_the_proof_and_the_roots(
    pair: list[int], more: int
) -> None:
    old, new = pair
    tree = tree_of(new + more)
    found = judge("r", tree, head(1, tree, old), head(2, tree, new))
    assert found.result is Holds.HOLDS
    assert verify_consistency(old, new, found.proof, tree.root(old), tree.root(new))


@given(st.lists(sizes, min_size=2, max_size=2, unique=True).map(sorted), st.data())
def test_one_changed_record_is_not_confirmed_wherever_it_stands(pair: list[int], data: st.DataObject) -> None:
    old, new = pair
    honest, changed = tree_of(new), data.draw(st.integers(0, new - 1))
    found = judge("r", tree_of(new, changed=changed), head(1, honest, old), head(2, honest, new))
    assert found.result is Holds.FAILS
    assert found.proof == ()
    # the first head that the records do not lead to is named
    assert found.reason.endswith(f"under head {1 if changed < old else 2}")


@given(
    st.lists(sizes, min_size=2, max_size=2, unique=True).map(sorted), st.booleans(), st.binary(min_size=32, max_size=32)
)
def test_a_forged_root_is_not_confirmed(pair: list[int], forge_old: bool, forged: bytes) -> None:
    tree = tree_of(pair[1])
    old, new = head(1, tree, pair[0]), head(2, tree, pair[1])
    if forge_old:
        old = SeenHead(1, old.size, forged)
    else:
        new = SeenHead(2, new.size, forged)
    assert judge("r", tree, old, new).result is Holds.FAILS


def test_fewer_records_than_the_chain_anchored_are_not_confirmed() -> None:
    honest = tree_of(9)
    found = judge("r", tree_of(8), head(1, honest, 3), head(2, honest, 9))
    assert found.result is Holds.FAILS
    assert "hold 8 entries" in found.reason


def test_a_log_that_was_empty_at_first_is_proven_by_its_later_root_alone() -> None:
    tree = tree_of(5)
    assert judge("r", tree, NO_HEAD, head(1, tree, 5)).result is Holds.HOLDS
    assert judge("r", tree_of(5, changed=2), NO_HEAD, head(1, tree, 5)).result is Holds.FAILS


def test_the_same_head_twice_still_asks_whether_the_records_lead_to_it() -> None:
    tree = tree_of(5)
    assert judge("r", tree, head(1, tree, 5), head(1, tree, 5)).result is Holds.HOLDS
    wrong = tree_of(5, changed=0)
    assert judge("r", wrong, head(1, tree, 5), head(1, tree, 5)).result is Holds.FAILS


@pytest.mark.parametrize("records", [0, 4])
def test_where_nothing_was_anchored_there_is_nothing_to_say(records: int) -> None:
    assert judge("r", tree_of(records), NO_HEAD, NO_HEAD).result is Holds.UNDETERMINED
    assert NO_HEAD.root == EMPTY_ROOT
