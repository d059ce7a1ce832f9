"""Fingerprints in the store, in clear and sealed, on both databases."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from alembic.command import downgrade
from alembic.config import Config
from sqlalchemy import event, insert, select, text, update

import ledger.store.migrations
from ledger.core.model import CodeRow, Draft, TraceRecord
from ledger.errors import StoreUnavailable, TraceUnreadable
from ledger.lookalikes import FlatIndex
from ledger.store import SqlStore, traces
from ledger.store.models import TRACE

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
Open = Callable[[bytes | None], SqlStore]


@pytest.fixture
def opened(store_url: str) -> Iterator[Open]:
    """Opens the same database under one key or another."""
    with ExitStack() as closing:
        yield lambda key: closing.enter_context(SqlStore.open(store_url, trace_key=key))


def traced(maker: Any, content: object, codes: int = 2) -> Draft:
    draft: Draft = maker.register(content)
    assert draft.image is not None
    made = b"".join(bytes([number, 0]) + os.urandom(32) for number in range(codes))
    return replace(draft, image=replace(draft.image, trace=TraceRecord(b"trace of " + os.urandom(500), made)))


def trace_of(draft: Draft) -> TraceRecord:
    assert draft.image is not None
    assert draft.image.trace is not None
    return draft.image.trace


def stored(store: SqlStore, draft: Draft) -> Any:
    with store.read() as connection:
        return connection.execute(select(TRACE).where(TRACE.c.id == draft.id)).one()


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "sealed"])
def test_a_trace_comes_back_as_it_was_appended(opened: Open, maker: Any, key: bytes | None) -> None:
    store = opened(key)
    log = maker.log(store, images=1)
    drafts = [traced(maker, at) for at in range(3)]
    store.append(log, drafts)
    assert [store.trace(draft.id) for draft in drafts] == [trace_of(draft).blob for draft in drafts]
    expected = [CodeRow(log, at, draft.id, trace_of(draft).codes) for at, draft in enumerate(drafts, start=2)]
    assert list(store.codes(log)) == expected
    assert list(store.codes(log, 3)) == expected[1:]
    assert store.faults() == []
    found = store.registration(drafts[0].id)
    assert found is not None
    assert found.image.trace is None


def test_an_image_without_a_fingerprint_has_none(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=1)
    assert store.trace(next(iter(store.entries(log, 1))).id) is None
    assert (store.trace("unknown"), list(store.codes(log)), list(store.codes("unknown"))) == (None, [], [])


def test_an_image_that_is_registered_again_keeps_its_first_fingerprint(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    first, again = traced(maker, "image"), traced(maker, "image")
    store.append(log, [first, again])
    store.append(log, [traced(maker, "image")])
    assert [row.id for row in store.codes(log)] == [first.id]
    assert (store.trace(first.id), store.trace(again.id)) == (trace_of(first).blob, None)


def test_codes_are_read_in_pieces_without_a_gap(store: SqlStore, maker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "_PIECE", 2)
    log = maker.log(store)
    store.append(log, [traced(maker, at) if at % 3 else maker.register(at) for at in range(9)])
    assert [row.position for row in store.codes(log)] == [2, 3, 5, 6, 8, 9]


def test_a_fault_while_the_fingerprint_is_written_leaves_no_registration(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)

    def fail(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO image_trace "):
            raise OSError("the cable was pulled")

    event.listen(store.engine, "after_cursor_execute", fail)
    with pytest.raises(StoreUnavailable):
        store.append(log, [traced(maker, "a")])
    event.remove(store.engine, "after_cursor_execute", fail)
    assert store.log_size(log) == 1
    assert list(store.codes(log)) == []


def test_with_a_key_nothing_of_a_fingerprint_is_stored_in_clear(opened: Open, maker: Any) -> None:
    store = opened(KEY)
    draft = traced(maker, "a")
    store.append(maker.log(store), [draft])
    row = stored(store, draft)
    assert row.sealed
    assert b"trace of" not in row.blob
    assert trace_of(draft).codes[2:34] not in row.codes
    assert store.traces_kept() == (1, 0)


@pytest.mark.parametrize("key", [None, OTHER_KEY], ids=["no key", "another key"])
def test_a_sealed_fingerprint_is_not_read_without_its_key(opened: Open, maker: Any, key: bytes | None) -> None:
    sealing, reading = opened(KEY), opened(key)
    log, draft = maker.log(sealing), traced(maker, "a")
    sealing.append(log, [draft])
    for read in (
        lambda: reading.trace(draft.id),
        lambda: list(reading.codes(log)),
        lambda: FlatIndex(reading).nearest(bytes(32), 1),
    ):
        with pytest.raises(TraceUnreadable, match="key"):
            read()


def test_plain_and_sealed_fingerprints_are_read_side_by_side(opened: Open, maker: Any) -> None:
    plain, sealing = opened(None), opened(KEY)
    log = maker.log(plain)
    drafts = [traced(maker, "a"), traced(maker, "b")]
    plain.append(log, drafts[:1])
    sealing.append(log, drafts[1:])
    assert [sealing.trace(draft.id) for draft in drafts] == [trace_of(draft).blob for draft in drafts]
    assert [row.codes for row in sealing.codes(log)] == [trace_of(draft).codes for draft in drafts]
    assert sealing.traces_kept() == (1, 1)
    assert FlatIndex(sealing).nearest(trace_of(drafts[1]).codes[2:34], 1)[0].registration == drafts[1].id


def test_a_sealed_fingerprint_in_the_place_of_another_is_refused(opened: Open, maker: Any) -> None:
    store = opened(KEY)
    log, drafts = maker.log(store), [traced(maker, at) for at in range(2)]
    store.append(log, drafts)
    one = stored(store, drafts[0])
    with store.write() as connection:
        values = {"blob": one.blob, "codes": one.codes}
        connection.execute(update(TRACE).where(TRACE.c.id == drafts[1].id).values(values))
        connection.execute(update(TRACE).where(TRACE.c.id == drafts[0].id).values(blob=one.codes, codes=one.blob))
    for draft in drafts:
        with pytest.raises(TraceUnreadable) as caught:
            store.trace(draft.id)
        assert caught.value.code == "trace_damaged"
    rows = list(store.codes(log))
    assert [(row.id, row.codes) for row in rows] == [(draft.id, b"") for draft in drafts]
    assert all(row.id in row.damage for row in rows)


def test_torn_codes_are_damaged_and_the_span_asked_for_is_kept_to(store: SqlStore, maker: Any) -> None:
    log, drafts = maker.log(store), [traced(maker, at) for at in range(3)]
    store.append(log, drafts)
    with store.write() as connection:
        connection.execute(update(TRACE).where(TRACE.c.id == drafts[1].id).values(codes=b"torn"))
    first, torn, last = store.codes(log)
    assert (torn.id, torn.codes, first.damage, last.damage) == (drafts[1].id, b"", "", "")
    assert "found 4 bytes" in torn.damage
    assert list(store.codes(log, torn.position, torn.position + 1)) == [torn]


def test_a_fingerprint_of_no_image_is_a_fault(store: SqlStore, maker: Any) -> None:
    row = insert(TRACE).values(id="nobody", sealed=False, codes=b"", blob=b"")
    with store.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        else:
            connection.execute(text("ALTER TABLE image_trace DROP CONSTRAINT image_trace_id_fkey"))
        connection.execute(row)
        connection.commit()
    faults = [(fault.code, fault.expected) for fault in store.faults()]
    assert faults == [("row_stray", "a row of image for image_trace nobody")]


@pytest.mark.parametrize("change", [{"codes": b"torn"}, {"sealed": True}], ids=["codes", "sealed"])
def test_codes_that_are_no_whole_records_are_a_fault(store: SqlStore, maker: Any, change: dict[str, Any]) -> None:
    log = maker.log(store)
    store.append(log, [traced(maker, "a"), traced(maker, "b")])
    with store.write() as connection:
        connection.execute(update(TRACE).where(TRACE.c.id == list(store.codes(log))[1].id).values(change))
    assert [(fault.code, fault.registrar, fault.index) for fault in store.faults()] == [("trace_differs", log, 2)]


def test_a_database_of_the_schema_before_opens_and_its_images_have_no_fingerprint(
    store: SqlStore, store_url: str, maker: Any
) -> None:
    log = maker.log(store, images=2)
    before = list(store.entries(log))
    config = Config()
    config.set_main_option("script_location", ledger.store.migrations.__path__[0])
    with store.write() as connection:
        config.attributes["connection"] = connection
        downgrade(config, "0001")
    with SqlStore.open(store_url) as newer:
        assert list(newer.entries(log)) == before
        assert [newer.trace(entry.id) for entry in before] == [None] * 3
        draft = traced(maker, "new")
        newer.append(log, [draft])
        assert newer.trace(draft.id) == trace_of(draft).blob
        assert newer.faults() == []
