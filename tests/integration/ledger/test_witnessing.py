"""Witnessing over a real log and the embedded chain: what somebody with the database can and cannot hide."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.core.merkle import verify_consistency
from ledger.errors import InputError
from ledger.schemas import DigestRegistration

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def grown(hospital: Any) -> Any:
    """A log with three heads: the genesis entry with one image, then one image each."""
    for seed in range(3):
        hospital.anchored(hospital.picture(seed))
    return hospital


def witness(hospital: Any, **asked: Any) -> Any:
    return hospital.service.operations.witness(**asked)


def edit_second_image(hospital: Any) -> None:
    """What an insider does: the entry's bytes, and the row's leaf with them."""
    changed = hospital.edit_database(
        "UPDATE log_entry SET body = CAST(replace(body, 'register', 'registex') AS BLOB) WHERE position = 2"
    )
    assert changed == 1


def test_two_heads_are_proven_by_a_proof_that_holds_for_others_too(grown: Any) -> None:
    found = witness(grown, old=1, new=3)
    assert found.result == "holds"
    assert (found.old.size, found.new.size) == (2, 4)
    roots = bytes.fromhex(found.old.root), bytes.fromhex(found.new.root)
    assert verify_consistency(2, 4, [bytes.fromhex(node) for node in found.proof], *roots)


def test_the_heads_are_those_of_the_contract_with_block_and_transaction(grown: Any) -> None:
    found = witness(grown, old=1, new=2)
    block = grown.service.operations.block(found.new.block_number)
    assert (block.hash, block.time) == (found.new.block_hash, found.new.block_time)
    assert found.new.transaction in block.transactions
    assert found.new.root == grown.service.registry.root_at(found.registrar, 2).hex()


def test_a_moment_picks_the_head_that_was_in_force_then(grown: Any) -> None:
    first, second = (witness(grown, old=0, new=number).new for number in (1, 2))
    found = witness(grown, since=first.block_time, until=second.block_time)
    assert (found.old.sequence, found.new.sequence) == (1, 2)
    earlier = second.block_time - timedelta(milliseconds=1)
    assert witness(grown, since=first.block_time, until=earlier).new.sequence == 1


def test_before_the_first_head_the_log_was_empty_and_without_an_end_it_is_the_present_one(grown: Any) -> None:
    found = witness(grown, since=LONG_AGO)
    assert (found.result, found.old.sequence, found.new.sequence) == ("holds", 0, 3)


def test_a_span_before_the_first_head_is_undetermined(grown: Any) -> None:
    assert witness(grown, since=LONG_AGO, until=LONG_AGO + timedelta(days=1)).result == "undetermined"


def test_an_edited_entry_is_not_confirmed_even_by_a_server_that_read_it_before(grown: Any) -> None:
    assert witness(grown, old=1, new=3).result == "holds"
    edit_second_image(grown)
    found = witness(grown, old=1, new=3)
    assert found.result == "fails"
    assert found.proof == []


def test_a_span_that_ends_before_the_edited_entry_still_holds(grown: Any) -> None:
    edit_second_image(grown)
    assert witness(grown, old=0, new=1).result == "holds"


def test_a_deleted_entry_is_not_confirmed(grown: Any) -> None:
    grown.edit_database("DELETE FROM image_digest WHERE id = (SELECT id FROM log_entry WHERE position = 3)")
    grown.edit_database("DELETE FROM image_trace WHERE id = (SELECT id FROM log_entry WHERE position = 3)")
    grown.edit_database("DELETE FROM image WHERE id = (SELECT id FROM log_entry WHERE position = 3)")
    assert grown.edit_database("DELETE FROM log_entry WHERE position = 3") == 1
    assert witness(grown, old=1, new=3).result == "fails"


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE chain_event SET block_time = block_time + 9000 WHERE name = 'HeadAdvanced' AND sequence = 2",
        "UPDATE chain_event SET block_time = 0 WHERE name = 'HeadAdvanced' AND sequence = 3",
        "UPDATE chain_event SET block_number = 1 WHERE name = 'HeadAdvanced' AND sequence = 2",
        "DELETE FROM chain_event WHERE name = 'HeadAdvanced' AND sequence = 2",
    ],
)
def test_an_index_that_points_elsewhere_cannot_choose_the_head(grown: Any, edit: str) -> None:
    second = witness(grown, old=0, new=2).new
    assert grown.edit_database(edit) == 1
    assert witness(grown, since=LONG_AGO, until=second.block_time).result == "undetermined"


def test_a_root_edited_in_the_index_changes_nothing(grown: Any) -> None:
    assert grown.edit_database("UPDATE chain_event SET root = x'00' WHERE name = 'HeadAdvanced'") == 3
    assert witness(grown, old=1, new=3).result == "holds"


def test_entries_that_wait_are_not_part_of_the_answer(grown: Any) -> None:
    grown.register(grown.picture(9))
    found = witness(grown, since=LONG_AGO)
    assert (found.result, found.new.size) == ("holds", 4)


def test_an_outage_of_the_chain_is_undetermined(remote_hospital: Any, remote_chain: Any) -> None:
    remote_hospital.anchored(remote_hospital.picture(1))
    remote_chain.stop()
    found = witness(remote_hospital, old=0, new=1)
    assert found.result == "undetermined"
    assert "chain_unreachable" in found.reason


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"old": 1},
        {"old": 2, "new": 1},
        {"since": LONG_AGO, "until": LONG_AGO - timedelta(days=1)},
        {"since": LONG_AGO, "new": 1},
    ],
)
def test_a_span_that_is_none_is_refused_with_advice(grown: Any, asked: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        witness(grown, **asked)
    assert caught.value.code == "invalid_span"


def test_a_head_that_is_not_there_yet_is_refused(grown: Any) -> None:
    with pytest.raises(InputError) as caught:
        witness(grown, old=1, new=4)
    assert caught.value.code == "no_such_head"


def test_a_log_of_thousands_is_witnessed_within_seconds(hospital: Any) -> None:
    digests = [{"file/1": f"sha256:{at:064x}"} for at in range(3000)]
    for start in (0, 1000, 2000):
        hospital.service.register_digests([DigestRegistration(digests=one) for one in digests[start : start + 1000]])
    assert hospital.service.anchor_pending(120)
    started = time.monotonic()
    found = witness(hospital, old=1, new=3)
    assert found.result == "holds"
    assert time.monotonic() - started < 5
