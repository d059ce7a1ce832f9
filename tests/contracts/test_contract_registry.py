"""The registry's behaviour through web3, the same on every chain."""

from __future__ import annotations

import random
from typing import Any

import pytest

ACTIVE, SUSPENDED, RETIRED = 1, 2, 3


def leaves(count: int, seed: int = 1) -> list[bytes]:
    source = random.Random(seed)
    return [source.randbytes(32) for _ in range(count)]


def test_an_empty_log_has_a_zero_head(log: Any) -> None:
    assert log.head() == (0, 0, bytes(32))
    assert log.registry.contract.functions.rootAt(log.registrar, 1).call() == bytes(32)


def test_the_directory_says_who_a_sender_acts_for(log: Any) -> None:
    functions = log.registry.contract.functions
    assert functions.registrarOf(log.account.address).call() == log.registrar
    name_hash, status, added_at, compromised = functions.registrar(log.registrar).call()
    assert (len(name_hash), status, compromised) == (32, ACTIVE, 0)
    assert functions.sender(log.account.address).call() == (log.registrar, added_at, 0)


def test_a_registration_after_a_registration_keeps_both_roots(log: Any) -> None:
    log.register(leaves(5))
    first = log.tree.root()
    log.register(leaves(6, seed=2))
    assert log.registry.contract.functions.rootAt(log.registrar, 1).call() == first


def test_an_anchor_and_a_registration_move_the_same_log(log: Any) -> None:
    log.anchor(leaves(7))
    log.register(leaves(2, seed=2))
    log.anchor(leaves(100, seed=3))


def test_random_batches_give_the_oracles_roots(log: Any) -> None:
    source = random.Random(log.registry.w3.eth.chain_id)
    for batch in range(120):
        grow = log.anchor if source.random() < 0.25 else log.register
        grow(leaves(source.choice([1, 1, 2, 3, 5, 8, 13]), seed=batch))
    assert log.sequence == 120


def test_each_leaf_of_a_log_has_its_proof_on_chain(log: Any) -> None:
    log.register(leaves(11))
    verify = log.registry.contract.functions.verifyInclusion
    for index, leaf in enumerate(leaves(11)):
        path = log.tree.path(index)
        assert verify(log.registrar, 1, 11, leaf, index, path).call()
        assert not verify(log.registrar, 1, 11, bytes(32), index, path).call()
        assert not verify(log.registrar, 1, 11, leaf, (index + 1) % 11, path).call()


def test_the_same_registration_twice_is_refused(log: Any) -> None:
    call = log.register_call(leaves(3))
    log.register(leaves(3))
    log.registry.refuse("UnexpectedSequence", [log.registrar, 2, 1], call, log.account)
    assert log.head() == (1, 3, log.tree.root())


def test_a_forked_tree_is_neither_registered_nor_anchored(log: Any) -> None:
    log.register(leaves(6))
    head = log.head()
    log.tree.known[2, 3] = bytes(32)
    fork = log.tree.root()
    log.registry.refuse("UnexpectedRoot", [log.registrar, head[2], fork], log.register_call(leaves(1)), log.account)
    log.tree.append(leaves(1))
    call = log.anchor_call(log.tree, 6)
    log.registry.refuse("InconsistentHead", [log.registrar, 7, log.tree.root()], call, log.account)
    assert log.head() == head


def test_a_shrunken_tree_is_refused(log: Any) -> None:
    log.register(leaves(6))
    smaller = type(log.tree)()
    smaller.append(leaves(6)[:5])
    call = log.anchor_call(smaller, 0)
    log.registry.refuse("SizeNotLarger", [log.registrar, 6, 5], call, log.account)
    assert log.head() == (1, 6, log.tree.root())


def test_a_stranger_moves_no_head(log: Any) -> None:
    stranger = log.registry.new_account()
    log.registry.refuse("UnknownSender", [stranger.address.lower()], log.register_call(leaves(1)), stranger)
    assert log.head() == (0, 0, bytes(32))


def test_a_key_is_rotated_with_overlap(log: Any) -> None:
    functions, newer = log.registry.contract.functions, log.registry.new_account()
    log.registry.do(functions.addSender(log.registrar, newer.address))
    log.register(leaves(2))
    log.register(leaves(1, seed=2), newer)
    receipt = log.registry.do(functions.retireSender(log.account.address))
    retired_at = log.registry.w3.eth.get_block(receipt["blockNumber"])["timestamp"]
    refused = [log.account.address.lower(), retired_at]
    log.registry.refuse("SenderIsRetired", refused, log.register_call(leaves(1, seed=3)), log.account)
    log.register(leaves(1, seed=3), newer)


def test_a_suspended_registrar_is_refused_until_active_again(log: Any) -> None:
    functions = log.registry.contract.functions
    log.registry.do(functions.setStatus(log.registrar, SUSPENDED))
    call = log.register_call(leaves(1))
    log.registry.refuse("RegistrarNotActive", [log.registrar, SUSPENDED], call, log.account)
    log.registry.do(functions.setStatus(log.registrar, ACTIVE))
    log.register(leaves(1))


def test_a_retired_registrar_keeps_its_log_for_ever(log: Any) -> None:
    functions = log.registry.contract.functions
    log.register(leaves(4))
    log.registry.do(functions.setStatus(log.registrar, RETIRED))
    log.registry.refuse("RegistrarNotActive", [log.registrar, RETIRED], log.register_call(leaves(1)), log.account)
    assert log.head() == (1, 4, log.tree.root())


@pytest.mark.parametrize("name", ["addSender", "setStatus", "markCompromised"])
def test_a_sender_can_not_change_the_directory(log: Any, name: str) -> None:
    value = {"addSender": "0x" + "11" * 20, "setStatus": SUSPENDED, "markCompromised": 1}[name]
    function = log.registry.contract.functions[name](log.registrar, value)
    role = log.registry.contract.functions.DIRECTORY_ROLE().call()
    refused = [log.account.address.lower(), role]
    log.registry.refuse("AccessControlUnauthorizedAccount", refused, function, log.account)
