"""Studies: closed by an entry, and a copy compared with it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.core.entry import decode_entry
from ledger.core.images.identity import instance_key, study_key
from ledger.errors import NotFound
from ledger.quieting import close_quiet_studies

UID = "1.2.826.0.1.3680043.2.1"
STUDY = study_key(UID)


@pytest.fixture
def slices(ward) -> list[Any]:
    """Three slices of one study, registered through the listener, and one of another study."""
    sent = [ward.slice(number) for number in range(3)]
    assert ward.scanner().send(*sent, ward.slice(9, study="1.2.3")) == [0] * 4
    return sent


def keys(slices: list[Any]) -> list[str]:
    return [instance_key(one.SOPInstanceUID) for one in slices]


def test_closing_counts_the_instances_and_the_entry_holds_no_uid(ward, slices) -> None:
    closed = ward.service.studies.close(STUDY)
    assert (closed.count, closed.created) == (3, True)
    body = ward.service.store.entry(closed.id).body
    assert decode_entry(body)["root"] == closed.root
    assert UID.encode() not in body and STUDY.encode() not in body


def test_a_whole_copy_is_complete(ward, slices) -> None:
    ward.service.studies.close(STUDY)
    found = ward.service.studies.verify(STUDY, keys(slices))
    assert (found.result, found.missing, found.extra, found.late) == ("complete", [], [], [])


def test_missing_and_extra_instances_are_named(ward, slices) -> None:
    ward.service.studies.close(STUDY)
    found = ward.service.studies.verify(STUDY, [*keys(slices[1:]), instance_key("1.9.9")])
    assert found.result == "differs"
    first = next(e for e in ward.service.history(kind="register").entries[::-1])
    assert [one.registration_id for one in found.missing] == [first.id]
    assert found.extra == [instance_key("1.9.9")]


def test_an_instance_that_came_after_the_close_is_late_until_the_study_is_closed_again(ward, slices) -> None:
    ward.service.studies.close(STUDY)
    late = ward.slice(7)
    ward.scanner().send(late)
    everything = keys([*slices, late])
    found = ward.service.studies.verify(STUDY, everything)
    assert (found.result, found.late) == ("differs", keys([late]))
    assert ward.service.studies.close(STUDY).count == 4
    assert ward.service.studies.verify(STUDY, everything).result == "complete"


def test_closing_twice_adds_nothing(ward, slices) -> None:
    first = ward.service.studies.close(STUDY)
    again = ward.service.studies.close(STUDY)
    assert (again.id, again.created) == (first.id, False)


def test_an_instance_sent_in_two_encodings_counts_once(ward, slices) -> None:
    again = slices[0]
    again.PatientComments = "another header"
    ward.scanner().send(again)
    assert ward.service.studies.close(STUDY).count == 3


def test_a_study_that_is_open_is_compared_with_what_there_is(ward, slices) -> None:
    found = ward.service.studies.verify(STUDY, keys(slices[:2]))
    assert (found.result, len(found.missing), found.closed) == ("open", 1, None)


def test_an_unknown_study_is_not_found(ward) -> None:
    with pytest.raises(NotFound):
        ward.service.studies.close(study_key("1.2.3.4"))


def test_a_quiet_study_is_closed_once_and_a_busy_one_is_not(ward, slices) -> None:
    assert ward.service.studies.close_quiet(3600) == []
    assert sorted(closed.count for closed in ward.service.studies.close_quiet(0)) == [1, 3]
    assert ward.service.studies.close_quiet(0) == []


def test_records_that_somebody_edited_do_not_pass(ward, slices) -> None:
    ward.service.studies.close(STUDY)
    with ward.service.store.write() as connection:
        connection.execute(text("UPDATE study_close SET members = substr(members, 1, 32)"))
    assert ward.service.studies.verify(STUDY, keys(slices[:2])).result == "unsound"
    assert [one.code for one in ward.service.audit().differences] == ["study_differs"]


def test_the_audit_names_a_closed_study_whose_record_is_gone(ward, slices) -> None:
    ward.service.studies.close(STUDY)
    with ward.service.store.write() as connection:
        connection.execute(text("DELETE FROM study_close"))
    assert [one.code for one in ward.service.audit().differences] == ["study_missing"]


def test_the_audit_finds_the_log_sound_with_a_closed_study(ward, slices) -> None:
    ward.service.studies.close(STUDY)
    assert ward.service.anchor_pending(60)
    assert ward.service.audit().consistent
    assert [entry.kind for entry in ward.service.history(kind="study-close").entries] == ["study-close"]


def test_the_command_names_what_is_missing_extra_and_altered(ward, slices, tmp_path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    for number, one in enumerate(slices):
        one.save_as(folder / f"{number}.dcm")
    (folder / "note.txt").write_text("not DICOM")
    assert medseal(ward, "study", "close", str(folder)).returncode == 0
    whole = medseal(ward, "study", "verify", str(folder))
    assert (whole.returncode, whole.stdout.split()[0]) == (0, "COMPLETE"), whole.stderr
    (folder / "0.dcm").unlink()
    slices[1].PixelData = bytes(len(slices[1].PixelData))
    slices[1].save_as(folder / "1.dcm")
    ward.slice(8).save_as(folder / "8.dcm")
    found = medseal(ward, "study", "verify", str(folder))
    assert found.returncode == 1
    for word in ("DIFFERS", "missing  registration", f"extra    {folder / '8.dcm'}", f"altered  {folder / '1.dcm'}"):
        assert word in found.stdout


def medseal(ward: Any, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("medseal")), *words, "--data", str(ward.settings.data)]
    ward.listener.stop(5)
    ward.service.close()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    ward.service = type(ward.service).open(ward.settings)
    return done


def test_of_several_that_close_a_study_at_once_one_makes_the_entry(ward, slices) -> None:
    study = study_key(slices[0].StudyInstanceUID)
    with ThreadPoolExecutor(4) as pool:
        closed = list(pool.map(lambda _: ward.service.studies.close(study), range(4)))
    assert sorted(one.created for one in closed) == [False, False, False, True]
    assert len({one.id for one in closed}) == 1
    assert len({one.root for one in closed}) == 1
    assert len(ward.service.history(kind="study-close").entries) == 1


def test_quiet_studies_are_closed_beside_whatever_registers(ward, slices) -> None:
    stop = threading.Event()
    closing = threading.Thread(target=close_quiet_studies, args=(ward.service, 1, stop))
    closing.start()
    deadline = time.monotonic() + 20
    while len(ward.service.history(kind="study-close").entries) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    stop.set()
    closing.join(10)
    assert len(ward.service.history(kind="study-close").entries) == 2, "one for each study"


def test_closing_a_folder_says_what_of_it_the_entry_does_not_count(ward, slices, tmp_path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    for number, one in enumerate(slices):
        one.save_as(folder / f"{number}.dcm")
    ward.slice(60).save_as(folder / "unsent.dcm")
    ward.slice(61, study="1.2.826.0.1.3680043.2.77").save_as(folder / "other.dcm")
    done = medseal(ward, "study", "close", str(folder))
    assert done.returncode == 1
    assert f"missing  {folder / 'unsent.dcm'}" in done.stdout and f"foreign  {folder / 'other.dcm'}" in done.stdout
    assert "1 of them not registered" in done.stdout
    assert "close the study again" in done.stderr
    verified = medseal(ward, "study", "verify", "--instances-only", str(folder))
    assert "1 of another study" in verified.stdout.splitlines()[0]
