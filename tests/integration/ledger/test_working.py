"""The worker's work in process: one worker a folder, anchors in both modes, a fresh trust file."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from ledger.working import Worker, worker_lock


def test_a_second_worker_of_a_folder_does_not_get_the_lock(tmp_path: Path) -> None:
    with worker_lock(tmp_path / "lock") as first, worker_lock(tmp_path / "lock") as second:
        assert (first, second) == (True, False)
    with worker_lock(tmp_path / "lock") as again:
        assert again


def test_without_the_lock_the_command_waits_for_the_worker_that_has_it(hospital: Any) -> None:
    registration = hospital.register(hospital.picture())
    service, stop, ready = hospital.service, threading.Event(), threading.Event()

    def work() -> None:
        with worker_lock(hospital.folder.worker_lock) as mine:
            assert mine
            ready.set()
            stop.wait(0.5)
            Worker(service).run(stop)

    elsewhere = threading.Thread(target=work)
    elsewhere.start()
    ready.wait(5)
    told: list[tuple[int, int]] = []
    try:
        assert service.anchor_pending(30, lambda done, goal: told.append((done, goal)))
    finally:
        stop.set()
        elsewhere.join()
    assert told[0] == (0, 2)
    assert told[-1] == (2, 2)
    assert service.registration(registration.registration_id).state == "final"


def test_waiting_ends_when_its_time_is_over(hospital: Any) -> None:
    hospital.register(hospital.picture())
    with worker_lock(hospital.folder.worker_lock):
        assert not hospital.service.anchor_pending(0.3)


def test_the_trust_file_pins_the_block_of_every_head(hospital: Any) -> None:
    blocks = set()
    for seed in range(3):
        registration = hospital.anchored(hospital.picture(seed))
        blocks.add(registration.anchor.block_number)
    pinned = {block["number"] for block in json.loads(hospital.folder.trust.read_text())["blocks"]}
    assert blocks <= pinned


def test_in_anchor_mode_no_leaf_is_on_the_chain_and_everything_verifies(open_hospital: Any) -> None:
    hospital = open_hospital(anchor_mode="anchor")
    for seed in range(3):
        registration = hospital.anchored(hospital.picture(seed))
        assert registration.anchor.mode == "anchor"
        assert hospital.verify(hospital.picture(seed), "strict").verdict == "authentic"
    entries = hospital.service.history(kind="register").entries
    assert [entry.on_chain_event for entry in entries] == [False] * 3
    assert hospital.service.audit().consistent
    assert hospital.service.rebuild().equal


def test_more_entries_than_a_batch_holds_go_in_several_heads(open_hospital: Any) -> None:
    hospital = open_hospital(batch_entries=2)
    for seed in range(5):
        hospital.register(hospital.picture(seed))
    assert hospital.service.anchor_pending(60)
    assert [batch.anchor.size for batch in hospital.service.batches()] == [6, 4, 2]
