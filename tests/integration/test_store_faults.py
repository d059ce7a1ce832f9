"""Races, full disks and sudden deaths: nothing acknowledged is lost, nothing is half-written."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from ledger.core.model import BatchState, Draft, LogEntry
from ledger.errors import LedgerError, StorageFull, StoreUnavailable
from ledger.store import SqlStore


def gapless(store: SqlStore, log: str) -> list[LogEntry]:
    """The entries of a consistent log: indexes without a gap, as many as its size says, each on the outbox."""
    entries = list(store.entries(log, 0, 10**6))
    assert [entry.index for entry in entries] == list(range(store.log_size(log)))
    left = store.pending(log)
    assert left is not None
    assert (left.first, left.size) == (0, len(entries))
    return entries


def test_two_threads_with_the_same_images_make_each_once(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    calls = [[maker.register(at, key=f"k{at}") for at in range(20)] for _ in range(4)]
    start = threading.Barrier(len(calls))

    def append(drafts: list[Draft]) -> list[Any]:
        start.wait()
        return [store.append(log, [draft])[0] for draft in drafts]

    with ThreadPoolExecutor(len(calls)) as pool:
        answers = list(pool.map(append, calls))
    for same_image in zip(*answers, strict=True):
        assert len({answer.entry.id for answer in same_image}) == 1
        assert sum(answer.created for answer in same_image) == 1
    assert len(gapless(store, log)) == 21


def test_two_stores_creating_one_registrar_at_once_make_one_genesis(store_url: str, maker: Any) -> None:
    registrar = maker.registrar()
    stores = [SqlStore.open(store_url) for _ in range(4)]
    drafts = [maker.draft("genesis") for _ in stores]
    with ThreadPoolExecutor(len(stores)) as pool:
        entries = list(
            pool.map(lambda pair: pair[0].add_registrar(registrar, pair[1]), zip(stores, drafts, strict=True))
        )
    assert len({entry.id for entry in entries}) == 1
    assert len(gapless(stores[0], registrar.id)) == 1
    for store in stores:
        store.close()


def test_two_registrars_append_side_by_side(store: SqlStore, maker: Any) -> None:
    logs = [maker.log(store, name=name) for name in ("one", "two")]
    work = [(log, [maker.register((log, at)) for at in range(30)]) for log in logs]

    def append(item: tuple[str, list[Draft]]) -> None:
        for at in range(0, 30, 3):
            store.append(item[0], item[1][at : at + 3])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(append, work))
    assert [len(gapless(store, log)) for log in logs] == [31, 31]


def test_appending_while_a_batch_comes_and_goes_and_the_index_is_replaced_leaves_all_waiting(
    store: SqlStore, maker: Any
) -> None:
    log = maker.log(store, images=3)
    batch = maker.batch(log, 1, 0, 4, state=BatchState.ANCHORED)
    drafts = [maker.register(("later", at)) for at in range(20)]

    def append() -> None:
        for draft in drafts:
            store.append(log, [draft])

    def shuffle() -> None:
        for _ in range(10):
            store.save_batch(batch)
            store.restore_outbox(log, 0)
            store.replace_index([], [], maker.block(1))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(append), pool.submit(shuffle)]:
            done.result()
    assert len(gapless(store, log)) == 24


@pytest.mark.parametrize("table", ["log_entry", "image_digest", "outbox", "UPDATE log"])
def test_a_fault_at_any_statement_of_an_append_leaves_nothing(store: SqlStore, maker: Any, table: str) -> None:
    log = maker.log(store, images=1)
    before = gapless(store, log)

    def fail(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith((f"INSERT INTO {table} ", table)):
            raise OSError("the cable was pulled")

    drafts = [maker.register("a"), maker.draft("revoke", before[1].id)]
    event.listen(store.engine, "after_cursor_execute", fail)
    with pytest.raises(StoreUnavailable):
        store.append(log, drafts)
    event.remove(store.engine, "after_cursor_execute", fail)
    assert gapless(store, log) == before
    assert store.find({"file/1": maker.digest("a")}) == []
    assert [answer.created for answer in store.append(log, drafts)] == [True, True]


def test_a_fault_while_a_batch_is_saved_leaves_batch_and_outbox_as_they_were(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=1)
    batch = maker.batch(log, 1, 0, 1, attempts=(maker.attempt(0, 1),))
    store.save_batch(batch)
    waiting = store.pending(log)

    def fail(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("DELETE FROM outbox"):
            raise OSError("the cable was pulled")

    event.listen(store.engine, "after_cursor_execute", fail)
    with pytest.raises(StoreUnavailable):
        store.save_batch(replace(batch, size=2, attempts=()))
    event.remove(store.engine, "after_cursor_execute", fail)
    assert store.batch(log, 1) == batch
    assert store.pending(log) == waiting


def test_a_full_disk_is_storage_full_and_the_log_goes_on_with_space(tmp_path: Path, maker: Any) -> None:
    with SqlStore.open(f"sqlite:///{tmp_path}/a.db") as store:
        log = maker.log(store)
        limit = set_page_limit(store, 80)
        acknowledged: list[str] = []
        with pytest.raises(StorageFull):
            for at in range(1000):
                answers = store.append(log, [maker.register((at, n), details=bytes(5000)) for n in range(3)])
                acknowledged += [answer.entry.id for answer in answers]
        assert [entry.id for entry in gapless(store, log)[1:]] == acknowledged
        set_page_limit(store, limit)
        assert store.append(log, [maker.register("with space")])[0].created
        assert len(gapless(store, log)) == len(acknowledged) + 2


def set_page_limit(store: SqlStore, above: int) -> int:
    """Let the database grow by ``above`` pages on every connection from now on; the limit before."""
    store.engine.dispose()
    with store.read() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)
        before = int(connection.exec_driver_sql("PRAGMA max_page_count").scalar() or 0)
    event.listen(store.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages + above}"))
    store.engine.dispose()
    return before - pages


APPENDER = textwrap.dedent("""
    import hashlib, os, sys, uuid
    from datetime import UTC, datetime
    from ledger.core.model import Draft, ImageRecord
    from ledger.store import SqlStore

    store = SqlStore.open(sys.argv[1])
    while True:
        drafts = []
        for _ in range(5):
            entry_id = uuid.uuid4().hex
            leaf = hashlib.sha256(entry_id.encode()).digest()
            image = ImageRecord(entry_id, {"file/1": "sha256:" + leaf.hex()}, os.urandom(32), {}, b"", None, None)
            drafts.append(Draft(entry_id, "register", b"{}", leaf, None, datetime.now(UTC), image))
        answers = store.append(sys.argv[2], drafts)
        print(*(answer.entry.id for answer in answers), flush=True)
""")


def test_what_was_acknowledged_survives_a_kill_and_the_log_has_no_gap(tmp_path: Path, maker: Any) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    with SqlStore.open(url) as store:
        log = maker.log(store)
    acknowledged: list[str] = []
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", APPENDER, url, log], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        acknowledged += process.stdout.readline().split()
        time.sleep(random.uniform(0, 0.3))
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += [word for word in process.communicate()[0].split() if len(word) == 32]
        with SqlStore.open(url) as store:
            stored = {entry.id for entry in gapless(store, log)}
            assert stored >= set(acknowledged)
            assert all(store.registration(entry_id) for entry_id in acknowledged[-5:])
    assert len(acknowledged) >= 20


def test_a_writer_waits_for_another_one_and_does_not_fail(store_url: str, maker: Any) -> None:
    with SqlStore.open(store_url) as one, SqlStore.open(store_url) as two:
        log = maker.log(one)
        with one.write() as connection:
            connection.exec_driver_sql("UPDATE log SET size = size")
            timer = threading.Thread(target=two.append, args=(log, [maker.register("waits")]))
            timer.start()
            time.sleep(0.3)
            assert timer.is_alive()
        timer.join(10)
        assert len(gapless(two, log)) == 2


def test_errors_of_the_caller_leave_as_they_are_and_undo_the_transaction(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    with pytest.raises(LedgerError, match="changed my mind"), store.write() as connection:
        connection.exec_driver_sql("UPDATE log SET size = 99")
        raise LedgerError("changed my mind")
    assert store.log_size(log) == 1
