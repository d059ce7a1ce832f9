"""Notes of verifications: gathered, written together, never lost to an outage and never growing without end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ledger import noting
from ledger.core.operating import VerificationNote
from ledger.errors import StoreUnavailable
from ledger.noting import Notes

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Store:
    """Remembers each transaction; refuses while ``down``."""

    def __init__(self) -> None:
        self.written: list[list[VerificationNote]] = []
        self.since: list[datetime] = []
        self.down = False

    def note_verifications(self, notes: Sequence[VerificationNote], keep_since: datetime) -> None:
        if self.down:
            raise StoreUnavailable("away")
        self.written.append(list(notes))
        self.since.append(keep_since)

    def verification_notes(self, registration: str, limit: int = 100) -> list[VerificationNote]:
        return [note for some in self.written for note in some]


def verified(verdict: str = "authentic") -> Any:
    return SimpleNamespace(verdict=verdict, accepted=True, policy="clinical", registration=None)


def keep(notes: Notes, count: int) -> None:
    for number in range(count):
        notes.keep("id", f"desk {number}", verified(), "sha256:" + "ab" * 32)


@pytest.fixture
def store() -> Store:
    return Store()


def test_many_verifications_are_one_transaction(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "_GATHER_SECONDS", 60)
    notes = Notes(store, lambda: NOON, days=30)
    keep(notes, 50)
    assert len(notes.about("any")) == 50
    assert len(store.written) == 1
    assert store.since == [NOON - timedelta(days=30)]
    notes.close()


def test_notes_are_written_soon_without_anybody_asking(store: Store) -> None:
    notes = Notes(store, lambda: NOON, days=1)
    keep(notes, 1)
    deadline = time.monotonic() + 5
    while not store.written:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    notes.close()


def test_closing_writes_what_was_gathered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "_GATHER_SECONDS", 60)
    notes = Notes(store, lambda: NOON, days=1)
    keep(notes, 2)
    notes.close()
    assert [len(some) for some in store.written] == [2]


def test_an_outage_is_waited_out_in_order_and_the_newest_are_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "_GATHER_SECONDS", 60)
    monkeypatch.setattr(noting, "_MOST_WAITING", 5)
    notes, store.down = Notes(store, lambda: NOON, days=1), True
    keep(notes, 3)
    notes.about("any")
    keep(notes, 4)
    notes.about("any")
    store.down = False
    assert [note.label for note in notes.about("any")] == ["desk 2", "desk 0", "desk 1", "desk 2", "desk 3"]
    notes.close()


def test_nothing_is_gathered_when_nothing_is_to_be_kept(store: Store) -> None:
    notes = Notes(store, lambda: NOON, days=0)
    keep(notes, 3)
    assert notes.about("any") == []
    notes.close()
