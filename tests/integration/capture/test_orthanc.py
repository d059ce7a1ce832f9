"""Pulling from a real Orthanc: what a forward lost, whole archives, pauses and outages."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from archive import PASSWORD, USER, OrthancServer, slice_of
from pynetdicom import AE, evt
from pynetdicom.sop_class import CTImageStorage
from running import free_port

from ledger.client import Client
from ledger.core.digests import digest_file
from ledger.core.images import Limits
from ledger.errors import OutageError
from ledger.ingest.feed import missing_objects
from ledger.ingest.memory import Memory
from ledger.ingest.orthanc import Orthanc
from ledger.ingest.pulling import Pull
from ledger.ingest.tally import Tally
from ledger.service import Service

pytestmark = pytest.mark.needs_orthanc


@contextmanager
def receiving(ledger: Service, port: int) -> Iterator[list[str]]:
    """A plain receiver of a scanner's or an archive's forwards, which registers what it gets; the instances it got."""
    got: list[str] = []

    def store(event: Any) -> int:
        ledger.register(event.encoded_dataset())
        got.append(str(event.request.AffectedSOPInstanceUID))
        return 0x0000

    ae = AE("MEDSEAL")
    ae.add_supported_context(CTImageStorage)
    server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, store)])
    try:
        yield got
    finally:
        server.shutdown()


class Puller:
    """Pulls from one archive into one ledger, with a memory of its own that survives its runs."""

    def __init__(self, ledger: Any, server: OrthancServer, memory: Path, told: Callable[..., None]) -> None:
        self.ledger, self.server, self.memory, self.told = ledger, server, memory, told
        self.tally: Tally | None = None

    def __call__(self, work: Callable[[Pull], Any], stop: threading.Event | None = None, attempts: int = 2) -> Any:
        self.tally = Tally(self.ledger.sources, "archive")
        access = {"user": USER, "password": PASSWORD}
        with Orthanc(self.server.url, **access) as archive, Memory(self.memory) as memory:  # type: ignore[arg-type]
            feed = missing_objects(self.ledger, Limits())
            pull = Pull(archive, feed, memory, self.tally, self.told, stop or threading.Event(), attempts)
            return work(pull)


def test_what_a_forward_lost_is_found_and_nothing_is_registered_twice(
    ledger: Service, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    port = free_port()
    archive = orthanc(receiver=port)
    slices = [slice_of(next(numbers)) for _ in range(7)]
    before = ledger.operations.status().logs[0].log_size
    with receiving(ledger, port) as got:
        for data in slices[:3]:
            archive.put(data)
        jobs = archive.wait_for_forwards()
        assert len(got) == 3
    for data in slices[3:6]:  # the receiver is down; Orthanc forwards into nothing
        archive.put(data)
    jobs = archive.wait_for_forwards(jobs)
    with receiving(ledger, port) as got:
        archive.put(slices[6])
        archive.wait_for_forwards(jobs)
        assert len(got) == 1, "Orthanc does not send again what it lost"
    assert [_is_there(ledger, data) for data in slices] == [True] * 3 + [False] * 3 + [True]

    Puller(ledger, archive, tmp_path / "memory", heard)(lambda pull: pull.follow(once=True))
    assert all(_is_there(ledger, data) for data in slices)
    assert (len(heard.registered), len(heard.new)) == (7, 3)
    assert ledger.operations.status().logs[0].log_size == before + 7


def _is_there(ledger: Service, data: bytes) -> bool:
    return ledger.verify(data).verdict in ("authentic", "authentic-reencoded")


def test_the_puller_goes_on_where_it_was(
    ledger: Service, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    archive = orthanc()
    pull = Puller(ledger, archive, tmp_path / "memory", heard)
    first = archive.put(slice_of(next(numbers)))
    pull(lambda one: one.follow(once=True))
    pull(lambda one: one.follow(once=True))
    second = archive.put(slice_of(next(numbers)))
    pull(lambda one: one.follow(once=True))
    assert heard.registered == [first, second]


def test_an_archive_whose_database_was_made_anew_is_followed_from_its_beginning(
    ledger: Service, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    old, new = orthanc(), orthanc()
    for _ in range(3):
        old.put(slice_of(next(numbers)))
    Puller(ledger, old, tmp_path / "memory", heard)(lambda one: one.follow(once=True))
    only = new.put(slice_of(next(numbers)))
    Puller(ledger, new, tmp_path / "memory", heard)(lambda one: one.follow(once=True))
    assert heard.registered[3:] == [only]


def test_a_backfill_takes_the_whole_archive_and_tells_how_far_it_is(
    ledger: Service, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    archive = orthanc()
    put = {archive.put(slice_of(next(numbers), series=f"1.2.826.0.1.{series}")) for series in (1, 1, 1, 2, 2)}
    seen: list[tuple[int, int]] = []
    pull = Puller(ledger, archive, tmp_path / "memory", heard)
    assert pull(lambda one: one.backfill(lambda done, total: seen.append((done, total))))
    assert set(heard.new) == put
    assert seen == [(done, 5) for done in range(1, 6)]


def test_a_paused_backfill_resumes_without_doing_anything_twice_and_the_next_one_begins_anew(
    ledger: Service, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    archive = orthanc()
    put = [archive.put(slice_of(next(numbers))) for _ in range(5)]
    stop = threading.Event()

    def stopping_after_two(what: str, outcome: Any) -> None:
        heard(what, outcome)
        if len(heard.all) == 2:
            stop.set()

    pull = Puller(ledger, archive, tmp_path / "memory", stopping_after_two)
    assert not pull(lambda one: one.backfill(), stop)
    assert len(heard.registered) == 2
    assert pull(lambda one: one.backfill())
    assert sorted(heard.registered) == sorted(put)
    assert pull(lambda one: one.backfill())
    assert (len(heard.registered), len(heard.new)) == (10, 5)


def test_a_backfill_leaves_the_cursor_where_the_log_stood_when_it_began(
    ledger: Service, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    archive = orthanc()
    archive.put(slice_of(next(numbers)))
    pull = Puller(ledger, archive, tmp_path / "memory", heard)
    pull(lambda one: one.backfill())
    late = archive.put(slice_of(next(numbers)))
    pull(lambda one: one.follow(once=True))
    assert heard.registered[1:] == [late]


def test_an_instance_that_is_no_image_is_registered_by_its_file_alone(
    ledger: Service, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    archive = orthanc()
    report = pydicom.dcmread(io.BytesIO(slice_of(next(numbers))))
    del report.PixelData
    written = io.BytesIO()
    report.save_as(written)
    instance = archive.put(written.getvalue())
    Puller(ledger, archive, tmp_path / "memory", heard)(lambda one: one.follow(once=True))
    assert heard.new == [instance]
    stored = archive.http.get(f"/instances/{instance}/file").content
    assert ledger.verify_digests({"file/1": digest_file(stored)}).verdict == "authentic"


def test_when_the_ledger_is_out_the_cursor_waits(
    ledger: Service,
    orthanc: Any,
    numbers: Iterator[int],
    heard: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = orthanc()
    put = [archive.put(slice_of(next(numbers))) for _ in range(3)]
    pull = Puller(ledger, archive, tmp_path / "memory", heard)

    def out(*_given: object, **_more: object) -> None:
        raise OutageError("no room", code="storage_full")

    with monkeypatch.context() as while_out:
        while_out.setattr(ledger.store, "append", out)
        with pytest.raises(OutageError):
            pull(lambda one: one.follow(once=True))
    assert heard.registered == []
    pull(lambda one: one.follow(once=True))
    assert heard.registered == put


def test_an_archive_that_is_down_is_waited_for(
    ledger: Service, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    archive = orthanc()
    instance = archive.put(slice_of(next(numbers)))
    archive.stop()
    back = threading.Timer(2.0, archive.start)
    back.start()
    Puller(ledger, archive, tmp_path / "memory", heard)(lambda one: one.follow(once=True), attempts=10)
    back.join()
    assert heard.codes[0] == "orthanc_unreachable"
    assert heard.registered == [instance]


def test_an_instance_that_was_deleted_meanwhile_is_gone_and_stops_nothing(
    ledger: Service, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    archive = orthanc()
    put = [archive.put(slice_of(next(numbers))) for _ in range(3)]

    def deleting_the_second(what: str, outcome: Any) -> None:
        heard(what, outcome)
        archive.http.delete(f"/instances/{put[1]}")

    pull = Puller(ledger, archive, tmp_path / "memory", deleting_the_second)
    gone = pull(lambda one: (one.follow(once=True), one.gone)[1])
    assert (heard.registered, gone) == ([put[0], put[2]], 1)


def test_the_archive_is_only_read(
    orthanc: Any, ledger: Service, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    archive = orthanc()
    archive.put(slice_of(next(numbers)))
    before = httpx.get(f"{archive.url}/statistics", auth=(USER, PASSWORD)).json()
    changes = archive.http.get("/changes", params={"last": ""}).json()["Last"]
    pull = Puller(ledger, archive, tmp_path / "memory", heard)
    pull(lambda one: one.follow(once=True))
    pull(lambda one: one.backfill())
    assert httpx.get(f"{archive.url}/statistics", auth=(USER, PASSWORD)).json() == before
    assert archive.http.get("/changes", params={"last": ""}).json()["Last"] == changes


def test_through_a_server_a_key_of_a_registrar_is_enough(
    url: str, capture_key: str, orthanc: Any, numbers: Iterator[int], heard: Any, tmp_path: Path
) -> None:
    archive = orthanc()
    instance = archive.put(slice_of(next(numbers)))
    with Client(url, capture_key) as client:
        pull = Puller(client, archive, tmp_path / "memory", heard)
        pull(lambda one: one.follow(once=True))
        pull(lambda one: one.backfill())
    assert (heard.registered, heard.new) == ([instance] * 2, [instance])
