"""What stands behind case entries, over both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, update

from ledger.core.model import CaseRecord, Draft
from ledger.errors import Conflict
from ledger.ports import HistoryFilter
from ledger.store import SqlStore
from ledger.store.models import CASE, ENTRY


@pytest.fixture
def said(maker: Any) -> Any:
    """Makes a draft of event ``sequence`` of the case that a draft opened."""

    def make(sequence: int = 0, first: Draft | None = None) -> Draft:
        draft: Draft = maker.draft("case")
        case = first.id if first else draft.id
        record = CaseRecord(draft.id, case, sequence, bytes(range(32)), f'{{"text":"é {sequence}"}}'.encode())
        return replace(draft, target=case, said=record)

    return make


def test_what_is_behind_case_entries_reads_back_by_their_ids(store: SqlStore, maker: Any, said: Any) -> None:
    log = maker.log(store, images=1)
    first = said()
    drafts = [first, said(1, first), said(2, first)]
    store.append(log, drafts)
    found = store.case_records([draft.id for draft in drafts[1:]] + ["unknown"])
    assert sorted(found, key=lambda record: record.sequence) == [draft.said for draft in drafts[1:]]
    assert store.faults() == []


def test_entry_and_content_are_written_together_or_not_at_all(store: SqlStore, maker: Any, said: Any) -> None:
    log = maker.log(store)
    first = said()
    store.append(log, [first])
    with pytest.raises(Conflict) as refused:
        store.append(log, [said(0, first)])
    assert refused.value.code == "case_moved"
    with pytest.raises(Conflict):
        store.append(log, [said(1, first), first])
    assert store.log_size(log) == 2
    assert len(store.case_records([first.id])) == 1


def test_a_case_is_found_in_the_history_by_its_id(store: SqlStore, maker: Any, said: Any) -> None:
    log = maker.log(store, images=1)
    first = said()
    store.append(log, [first, said(1, first), said()])
    rows = store.history(HistoryFilter(registration=first.id, kind="case"))
    assert [row.entry.index for row in rows] == [3, 2]
    assert store.statements(first.id) == []


def test_a_content_without_its_entry_and_one_of_another_kind_of_entry_are_strays(
    store: SqlStore, maker: Any, said: Any
) -> None:
    log = maker.log(store)
    store.append(log, [said()])
    with store.write() as connection:
        connection.execute(update(ENTRY).where(ENTRY.c.kind == "case").values(kind="dispute"))
    assert [fault.code for fault in store.faults()] == ["row_stray"]


def test_an_erased_content_is_simply_not_there(store: SqlStore, maker: Any, said: Any) -> None:
    log = maker.log(store)
    first = said()
    store.append(log, [first, said(1, first)])
    with store.write() as connection:
        connection.execute(delete(CASE).where(CASE.c.id == first.id))
    assert store.case_records([first.id]) == []
    assert store.faults() == []


def test_of_two_writers_at_once_one_gets_the_place(store: SqlStore, store_url: str, maker: Any, said: Any) -> None:
    log = maker.log(store)
    first = said()
    store.append(log, [first])
    start, outcomes = threading.Barrier(2), []

    def write(own: SqlStore, draft: Draft) -> None:
        start.wait()
        try:
            own.append(log, [draft])
            outcomes.append("written")
        except Conflict as error:
            outcomes.append(error.code)

    with SqlStore.open(store_url) as other:
        threads = [threading.Thread(target=write, args=(own, said(1, first))) for own in (store, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(outcomes) == ["case_moved", "written"]
    assert store.log_size(log) == 3
