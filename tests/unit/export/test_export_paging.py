"""An export has every entry once, whatever happens to the log meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.errors import InputError, StoreUnavailable
from ledger.export import history as exporting
from ledger.export.history import export
from ledger.schemas import History, HistoryEntry

Entry = Callable[..., HistoryEntry]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Log:
    """A log in memory that answers pages; ``between`` is called after each."""

    def __init__(self, entries: list[HistoryEntry], between: Callable[[Log], None] = lambda _log: None) -> None:
        self.entries = entries
        self.between = between
        self.asked: list[dict[str, Any]] = []

    def history(self, *, limit: int = 100, offset: int = 0, **filters: Any) -> History:
        self.asked.append(filters)
        until = filters.get("until")
        fit = [one for one in reversed(self.entries) if until is None or one.time < until]
        page = History(entries=fit[offset : offset + limit], limit=limit, offset=offset, more=len(fit) > offset + limit)
        self.between(self)
        return page


@pytest.fixture
def log(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Log]:
    monkeypatch.setattr(exporting, "PAGE", 10)

    def make(count: int, **given: Any) -> Log:
        entries = [entry(id=f"{at:032x}", time=NOON + timedelta(seconds=at)) for at in range(count)]
        return Log(entries, **given)

    return make


def ids(pieces: list[bytes]) -> list[int]:
    return [int(json.loads(line)["id"], 16) for line in b"".join(pieces).splitlines()]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 35])
def test_all_pages_are_in_it_newest_first(log: Callable[..., Log], count: int):
    assert ids(list(export(log(count), "jsonl", {}))) == list(range(count))[::-1]


def test_what_is_added_meanwhile_neither_repeats_an_entry_nor_joins_it(log: Callable[..., Log], entry: Entry):
    def add(growing: Log) -> None:
        late = NOON + timedelta(hours=1, seconds=len(growing.entries))
        growing.entries.append(entry(id=f"{len(growing.entries):032x}", time=late))

    assert ids(list(export(log(25, between=add), "jsonl", {}))) == list(range(25))[::-1]


def test_an_entry_of_the_newest_ones_very_moment_repeats_none(log: Callable[..., Log], entry: Entry):
    def add(growing: Log) -> None:
        growing.entries.append(entry(id=f"{len(growing.entries):032x}", time=growing.entries[-1].time))

    found = ids(list(export(log(25, between=add), "jsonl", {})))
    assert sorted(found) == list(range(25))


def test_filters_go_along_with_every_page(log: Callable[..., Log]):
    many = log(25)
    list(export(many, "csv", {"kind": "register", "until": NOON + timedelta(days=1)}))
    assert [asked["kind"] for asked in many.asked] == ["register"] * 3


def test_progress_is_told_page_by_page(log: Callable[..., Log]):
    told: list[int] = []
    list(export(log(25), "csv", {}, told.append))
    assert told == [10, 20, 25]


def test_an_outage_on_the_way_raises(log: Callable[..., Log]):
    def fail(broken: Log) -> None:
        if len(broken.asked) == 2:
            raise StoreUnavailable("gone")

    pieces = export(log(25, between=fail), "jsonl", {})
    with pytest.raises(StoreUnavailable):
        list(pieces)


def test_a_filter_that_is_refused_raises_before_the_first_piece():
    class Refusing(Log):
        def history(self, **_asked: Any) -> History:  # type: ignore[override]
            raise InputError("no such registrar")

    with pytest.raises(InputError):
        export(Refusing([]), "csv", {})


def test_a_format_that_is_not_there_is_named():
    with pytest.raises(InputError, match="csv, jsonl, fhir, fhir-r5"):
        export(Log([]), "xml", {})  # type: ignore[arg-type]
