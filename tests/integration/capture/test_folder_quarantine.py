"""What a watched folder does with what it cannot register: set aside for good, or wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from archive import slice_of
from dropped import Drop
from pydicom.data import get_testdata_file

from ledger.errors import LedgerError, NotAllowed, OutageError, StorageFull
from ledger.ingest.feed import ObjectFault, images


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


def test_a_file_larger_than_the_limit_is_set_aside_unread(drop: Drop, heard: Any) -> None:
    with (drop.folder / "big.dcm").open("wb") as file:
        file.truncate(3 << 20)
    drop.once(most_bytes=1 << 20)
    assert heard.codes == ["limit_exceeded"]
    assert (drop.quarantine / "big.dcm").stat().st_size == 3 << 20


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


def test_a_report_without_pixels_is_registered_by_its_bytes_and_stays_where_it_is(drop: Drop, heard: Any) -> None:
    report = drop.folder / "report.dcm"
    report.write_bytes(Path(str(get_testdata_file("test-SR.dcm"))).read_bytes())
    drop.once()
    assert heard.new == [report]
    assert report.exists() and not drop.quarantine.exists()
    assert drop.ledger.verify(report.read_bytes()).verdict == "authentic"


def test_a_fault_at_one_file_is_told_and_the_others_go_on_and_the_next_scan_tries_it_again(
    drop: Drop, numbers: Iterator[int], heard: Any
) -> None:
    for name in ("a.dcm", "b.dcm", "c.dcm"):
        (drop.folder / name).write_bytes(slice_of(next(numbers)))
    sound = drop.feed
    second = (drop.folder / "b.dcm").read_bytes()

    def feed(data: bytes) -> Any:
        if data == second:
            raise ObjectFault("expected another")
        return sound(data)

    drop.feed = feed
    drop.once()
    assert heard.new == [drop.folder / "a.dcm", drop.folder / "c.dcm"]
    assert heard.codes == ["internal_error"]
    drop.feed = sound
    drop.once()
    assert drop.folder / "b.dcm" in heard.new


@pytest.mark.parametrize("error", [LedgerError("HTTP 500"), RuntimeError("Mustermann^Erika")])
def test_a_fault_of_the_ledger_is_one_of_that_object_alone(error: Exception) -> None:
    class Faulty:
        def register(self, _data: bytes) -> Any:
            raise error

    gateway: Any = Faulty()
    with pytest.raises(ObjectFault) as caught:
        images(gateway)(b"")
    assert "Mustermann" not in str(caught.value)
