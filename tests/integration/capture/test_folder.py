"""A watched folder over a real ledger: whole files once, half-written ones never."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archive import slice_of
from dropped import PATIENCE, SETTLE, Drop, until

from ledger.errors import SettingsError
from ledger.ingest.feed import images
from ledger.ingest.folder import FolderWatch
from ledger.ingest.memory import Memory
from ledger.ingest.readiness import is_being_written


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


def test_hidden_and_unfinished_names_are_left_alone(drop: Drop, numbers: Iterator[int], heard: Any) -> None:
    (drop.folder / ".sync").mkdir()
    for name in (".hidden.dcm", "a.dcm.tmp", "b.PART", ".sync/c.dcm", "d.dcm~"):
        (drop.folder / name).write_bytes(slice_of(next(numbers)))
    drop.once()
    assert heard.all == []


def test_a_file_that_goes_away_while_it_waits_is_forgotten(drop: Drop, numbers: Iterator[int], heard: Any) -> None:
    thread = drop.run()
    (drop.folder / "a.dcm").write_bytes(slice_of(next(numbers)))
    (drop.folder / "a.dcm").unlink()
    (drop.folder / "b.dcm").write_bytes(slice_of(next(numbers)))
    until(lambda: heard.new == [drop.folder / "b.dcm"])
    drop.stop.set()
    thread.join(10)
    assert [what.name for what, _ in heard.all] == ["b.dcm"]


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
