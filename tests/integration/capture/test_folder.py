"""A watched folder over a real ledger: whole files once, half-written ones never, what cannot be read set aside."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archive import slice_of

from ledger.errors import NotAllowed, OutageError, SettingsError, StorageFull
from ledger.ingest.feed import images
from ledger.ingest.folder import FolderPlan, FolderWatch
from ledger.ingest.memory import Memory
from ledger.ingest.quarantine import Quarantine
from ledger.ingest.readiness import is_being_written
from ledger.ingest.tally import Tally
from ledger.service import Service

_NUMBERS = itertools.count(50_000, 100)
SETTLE, PATIENCE = 0.3, 0.6


@pytest.fixture
def numbers() -> Iterator[int]:
    """Numbers of slices that no other test has."""
    return itertools.count(next(_NUMBERS))


class Drop:
    """A folder of a test's own, and what watches it."""

    def __init__(self, ledger: Service, home: Path, told: Any) -> None:
        self.ledger, self.home, self.told = ledger, home, told
        self.folder, self.quarantine = home / "in", home / "in" / "quarantine"
        self.folder.mkdir()
        self.feed: Any = images(ledger)
        self.stop = threading.Event()
        self.tally = Tally(ledger.sources, home.name)
        self.leave = False

    def watching(self, attempts: int | None = 1, **plan: Any) -> tuple[FolderWatch, Memory]:
        memory = Memory(self.home / "memory.sqlite")
        given = {"settle": SETTLE, "patience": PATIENCE, **plan}
        aside = Quarantine(self.folder, self.quarantine, leave=self.leave)
        made = FolderPlan(self.folder, self.quarantine, **given)
        return FolderWatch(made, self.feed, memory, self.tally, aside, self.told, self.stop, attempts), memory

    def once(self, **plan: Any) -> None:
        watch, memory = self.watching(**plan)
        with memory:
            watch.once()

    def run(self, **plan: Any) -> threading.Thread:
        """Watches in a thread until ``stop`` is set; returns when the first scan is done."""
        scanned = threading.Event()
        watch, memory = self.watching(attempts=None, **plan)

        def work() -> None:
            with memory:
                scan = watch.scan
                watch.scan = lambda *given: (scan(*given), scanned.set())[0]  # type: ignore[method-assign]
                watch.run()

        thread = threading.Thread(target=work)
        thread.start()
        assert scanned.wait(20)
        return thread


@pytest.fixture
def drop(ledger: Service, tmp_path: Path, heard: Any) -> Iterator[Drop]:
    made = Drop(ledger, tmp_path, heard)
    yield made
    made.stop.set()


def until(what: Callable[[], bool], seconds: float = 20) -> None:
    """``what()`` holds when this returns."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_lies_there_at_the_start_is_registered_with_its_sub_folders_and_stays_as_it_was(
    drop: Drop, numbers: Iterator[int], heard: Any
) -> None:
    places = [drop.folder / "a.dcm", drop.folder / "study 1" / "series" / "b", drop.folder / "c.DCM"]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(slice_of(next(numbers)))
    before = [(place.read_bytes(), place.stat().st_mtime_ns) for place in places]
    drop.once()
    assert sorted(heard.new) == sorted(places)
    assert [(place.read_bytes(), place.stat().st_mtime_ns) for place in places] == before
    assert all(drop.ledger.verify(data).verdict == "authentic" for data, _ in before)


def test_a_second_scan_does_not_even_read_what_is_done(drop: Drop, numbers: Iterator[int], heard: Any) -> None:
    (drop.folder / "a.dcm").write_bytes(slice_of(next(numbers)))
    drop.once()
    read: list[bytes] = []
    drop.feed = lambda data: (read.append(data), images(drop.ledger)(data))[1]
    drop.once()
    assert read == []
    (drop.folder / "a.dcm").write_bytes(slice_of(next(numbers)))
    drop.once()
    assert len(read) == 1


def test_a_file_that_is_renamed_into_place_is_registered(drop: Drop, numbers: Iterator[int], heard: Any) -> None:
    thread = drop.run()
    half = drop.folder / "a.dcm.part"
    half.write_bytes(slice_of(next(numbers)))
    time.sleep(2 * SETTLE)
    assert heard.all == []
    half.rename(drop.folder / "a.dcm")
    until(lambda: heard.new == [drop.folder / "a.dcm"])
    drop.stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_folder_that_is_moved_in_as_a_whole_is_taken(drop: Drop, numbers: Iterator[int], heard: Any) -> None:
    thread = drop.run()
    study = drop.home / "study"
    (study / "series").mkdir(parents=True)
    for name in ("1.dcm", "2.dcm"):
        (study / "series" / name).write_bytes(slice_of(next(numbers)))
    study.rename(drop.folder / "study")
    until(lambda: len(heard.new) == 2)
    drop.stop.set()
    thread.join(10)


def test_a_slow_writer_is_never_overtaken(drop: Drop, numbers: Iterator[int], heard: Any) -> None:
    """The writer pauses for longer than a file takes to settle, and for longer than the patience."""
    with (drop.home / "probe").open("wb"):
        if not is_being_written(drop.home / "probe"):
            pytest.skip("this file system does not tell who writes (no leases)")
    thread = drop.run()
    data = slice_of(next(numbers))
    place = drop.folder / "a.dcm"
    with place.open("wb") as file:
        for start in range(0, len(data), 12_000):
            file.write(data[start : start + 12_000])
            file.flush()
            time.sleep(1.2 * PATIENCE)
            assert heard.all == []
    until(lambda: heard.new == [place])
    assert not drop.quarantine.exists()
    assert drop.ledger.verify(data).verdict == "authentic"
    drop.stop.set()
    thread.join(10)


def test_a_writer_that_opens_and_closes_in_between_is_waited_for(
    drop: Drop, numbers: Iterator[int], heard: Any
) -> None:
    """Over a share the system does not tell who writes: then time alone decides."""
    thread = drop.run()
    data = slice_of(next(numbers))
    place = drop.folder / "a.dcm"
    for start in range(0, len(data), 6_000):
        with place.open("ab") as file:
            file.write(data[start : start + 6_000])
        time.sleep(SETTLE / 2)
    until(lambda: heard.new == [place])
    assert heard.codes == [] and not drop.quarantine.exists()
    drop.stop.set()
    thread.join(10)


def test_what_cannot_be_read_is_set_aside_with_its_reason_and_the_rest_goes_on(
    drop: Drop, numbers: Iterator[int], heard: Any
) -> None:
    (drop.folder / "sub").mkdir()
    broken = slice_of(next(numbers))[:20_000]
    (drop.folder / "sub" / "broken.dcm").write_bytes(broken)
    (drop.folder / "notes").write_text("no image")
    (drop.folder / "z.dcm").write_bytes(slice_of(next(numbers)))
    drop.once()
    assert heard.new == [drop.folder / "z.dcm"]
    assert sorted(heard.codes) == ["unreadable_image", "unsupported_image"]
    assert (drop.quarantine / "sub" / "broken.dcm").read_bytes() == broken
    reason = (drop.quarantine / "sub" / "broken.dcm.txt").read_text()
    assert "unreadable_image" in reason and "move the file back" in reason
    assert not (drop.folder / "sub" / "broken.dcm").exists()
    heard.all.clear()
    drop.once()
    assert heard.all == []


def test_a_file_of_a_name_that_is_set_aside_already_gets_another(drop: Drop) -> None:
    for content in ("one", "two"):
        (drop.folder / "a.txt").write_text(content)
        drop.once()
    assert {place.name for place in drop.quarantine.iterdir()} == {"a.txt", "a.txt.txt", "a.1.txt", "a.1.txt.txt"}
    assert (drop.quarantine / "a.1.txt").read_text() == "two"


def test_with_leave_the_file_stays_and_is_not_tried_again(drop: Drop, heard: Any) -> None:
    drop.leave = True
    (drop.folder / "notes").write_text("no image")
    drop.once()
    drop.once()
    assert (drop.folder / "notes").exists() and not (drop.quarantine / "notes").exists()
    assert (drop.quarantine / "notes.txt").exists()
    assert heard.codes == ["unsupported_image"]


def test_a_quarantine_outside_the_folder_serves_too(drop: Drop) -> None:
    drop.quarantine = drop.home / "aside"
    (drop.folder / "notes").write_text("no image")
    drop.once()
    assert (drop.home / "aside" / "notes").read_text() == "no image"


def test_hidden_and_unfinished_names_are_left_alone(drop: Drop, numbers: Iterator[int], heard: Any) -> None:
    (drop.folder / ".sync").mkdir()
    for name in (".hidden.dcm", "a.dcm.tmp", "b.PART", ".sync/c.dcm", "d.dcm~"):
        (drop.folder / name).write_bytes(slice_of(next(numbers)))
    drop.once()
    assert heard.all == []


def test_a_file_larger_than_the_limit_is_set_aside_unread(drop: Drop, heard: Any) -> None:
    with (drop.folder / "big.dcm").open("wb") as file:
        file.truncate(3 << 20)
    drop.once(most_bytes=1 << 20)
    assert heard.codes == ["limit_exceeded"]
    assert (drop.quarantine / "big.dcm").stat().st_size == 3 << 20


def test_a_file_that_goes_away_while_it_waits_is_forgotten(drop: Drop, numbers: Iterator[int], heard: Any) -> None:
    thread = drop.run()
    (drop.folder / "a.dcm").write_bytes(slice_of(next(numbers)))
    (drop.folder / "a.dcm").unlink()
    (drop.folder / "b.dcm").write_bytes(slice_of(next(numbers)))
    until(lambda: heard.new == [drop.folder / "b.dcm"])
    drop.stop.set()
    thread.join(10)
    assert [what.name for what, _ in heard.all] == ["b.dcm"]


def test_an_outage_sets_nothing_aside_and_loses_nothing(
    drop: Drop, numbers: Iterator[int], heard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object, **_more: object) -> None:
        raise StorageFull("no room")

    for name in ("a.dcm", "b.dcm"):
        (drop.folder / name).write_bytes(slice_of(next(numbers)))
    with monkeypatch.context() as while_full:
        while_full.setattr(drop.ledger.store, "append", full)
        with pytest.raises(OutageError):
            drop.once()
    assert heard.all == [] and not drop.quarantine.exists()
    drop.once()
    assert len(heard.new) == 2


def test_a_key_that_may_not_register_ends_the_watch_and_sets_nothing_aside(drop: Drop, numbers: Iterator[int]) -> None:
    def refused(_data: bytes) -> Any:
        raise NotAllowed("no scope")

    drop.feed = refused
    (drop.folder / "a.dcm").write_bytes(slice_of(next(numbers)))
    with pytest.raises(NotAllowed):
        drop.once()
    assert (drop.folder / "a.dcm").exists() and not drop.quarantine.exists()


def test_what_is_counted_is_what_happened(drop: Drop, numbers: Iterator[int]) -> None:
    for name in ("a.dcm", "b.dcm"):
        (drop.folder / name).write_bytes(slice_of(next(numbers)))
    (drop.folder / "notes").write_text("no image")
    drop.once()
    (source,) = (one for one in drop.ledger.sources.all() if one.name == drop.home.name)
    assert (source.received, source.registered, source.failed, source.waiting) == (3, 2, 1, 0)
    assert source.reason == "unsupported_image"


def test_the_memory_holds_no_names_and_lets_go_of_files_that_are_gone(drop: Drop, numbers: Iterator[int]) -> None:
    secret = drop.folder / "Mustermann^Max.dcm"
    secret.write_bytes(slice_of(next(numbers)))
    drop.once()
    kept = b"".join(place.read_bytes() for place in drop.home.glob("memory*"))
    assert b"Mustermann" not in kept
    with Memory(drop.home / "memory.sqlite") as memory:
        assert memory.done("Mustermann^Max.dcm", f"{secret.stat().st_size}:{secret.stat().st_mtime_ns}")
    state = f"{secret.stat().st_size}:{secret.stat().st_mtime_ns}"
    secret.unlink()
    drop.once()
    with Memory(drop.home / "memory.sqlite") as memory:
        assert not memory.done("Mustermann^Max.dcm", state)


def test_one_memory_is_used_by_one_process_at_a_time(tmp_path: Path) -> None:
    with Memory(tmp_path / "memory.sqlite"), pytest.raises(SettingsError) as caught:
        Memory(tmp_path / "memory.sqlite")
    assert caught.value.code == "capture_running"
    Memory(tmp_path / "memory.sqlite").close()


def test_changes_that_the_system_does_not_tell_are_found_by_the_next_scan(
    drop: Drop, numbers: Iterator[int], heard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network share: here the events are thrown away."""
    monkeypatch.setattr(FolderWatch, "_offer", lambda *_given: None)
    thread = drop.run(rescan=1.0, settle=0.1)
    (drop.folder / "a.dcm").write_bytes(slice_of(next(numbers)))
    os.utime(drop.folder / "a.dcm", (1, 1))
    until(lambda: heard.new == [drop.folder / "a.dcm"])
    drop.stop.set()
    thread.join(10)
