"""From the log to the chain when nothing goes wrong, over each kind of node."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.anchoring import Action
from ledger.core.model import BatchState


@pytest.mark.parametrize("mode", ["register", "anchor"])
def test_what_was_appended_is_anchored_once_and_in_order(hospital: Any, mode: str) -> None:
    for count in (1, 6, 20):
        hospital.append(count)
        assert hospital.anchorer(mode=mode).drain(30)
    hospital.check_exactly_once(mode)


def test_each_step_is_stored_before_the_next(local_hospital: Any) -> None:
    worker = local_hospital.anchorer()
    steps = [worker.tick(force=True).action for _ in range(4)]
    assert steps == [Action.SENT, Action.ANCHORED, Action.FINAL, Action.IDLE]
    batch = local_hospital.store.batch(local_hospital.registrar, 1)
    assert batch.state is BatchState.FINAL and batch.gas_used > 21_000
    assert batch.block_hash == local_hospital.registry().block(batch.block_number).hash


def test_a_batch_waits_for_company_or_for_its_time(local_hospital: Any) -> None:
    worker = local_hospital.anchorer(max_entries=5, max_seconds=10.0)
    local_hospital.append(3)
    assert worker.tick().action is Action.IDLE
    local_hospital.append(1)
    assert worker.tick().action is Action.SENT
    assert worker.drain(10)
    local_hospital.append(1)
    assert worker.tick().action is Action.IDLE
    local_hospital.clock.pass_seconds(10)
    assert worker.tick().action is Action.SENT


def test_an_urgent_entry_goes_at_once(local_hospital: Any) -> None:
    worker = local_hospital.anchorer(max_seconds=1000.0)
    local_hospital.append(1, urgent=True)
    assert worker.tick().action is Action.SENT


def test_register_splits_a_backlog_and_anchor_does_not(local_hospital: Any) -> None:
    local_hospital.append(11)
    assert local_hospital.anchorer(max_entries=5).drain(30)
    sizes = sorted(batch.size for batch in local_hospital.store.batches(local_hospital.registrar))
    assert sizes == [5, 10, 12]
    local_hospital.append(11)
    assert local_hospital.anchorer(max_entries=5, mode="anchor").drain(30)
    assert local_hospital.store.batch(local_hospital.registrar, 4).size == 23


def test_a_batch_is_final_only_under_its_confirmations(local_hospital: Any) -> None:
    worker = local_hospital.anchorer(confirmations=3)
    assert worker.drain(10)
    state = lambda: local_hospital.store.batch(local_hospital.registrar, 1).state  # noqa: E731
    assert state() is BatchState.ANCHORED
    local_hospital.rpc("evm_mine")
    assert worker.tick().action is Action.IDLE and state() is BatchState.ANCHORED
    local_hospital.rpc("evm_mine")
    assert worker.tick().action is Action.FINAL and state() is BatchState.FINAL
