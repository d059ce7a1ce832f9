"""Performed procedure steps (MPPS): a study is closed when the scanner says that it is done."""

from __future__ import annotations

import time
from typing import Any

import pydicom
import pytest
from pydicom.uid import generate_uid
from pynetdicom import AE
from pynetdicom.sop_class import ModalityPerformedProcedureStep

from ledger.core.images.identity import study_key
from ledger.errors import NotFound

STUDY = "1.2.826.0.1.3680043.2.7"
IN_PROGRESS, COMPLETED, DISCONTINUED = "IN PROGRESS", "COMPLETED", "DISCONTINUED"


class Modality:
    """A scanner that says what it performs."""

    def __init__(self, ward: Any) -> None:
        self.ward = ward
        self.uid = str(generate_uid())

    def begin(self, *, study: str = STUDY, status: str = IN_PROGRESS, **left_out: bool) -> int:
        said = pydicom.Dataset()
        said.PerformedProcedureStepStatus = status
        said.PerformedSeriesSequence = []
        if not left_out.get("without_study"):
            item = pydicom.Dataset()
            item.StudyInstanceUID = study
            said.ScheduledStepAttributesSequence = [item]
        return int(self._asked("send_n_create", said).Status)

    def set(self, status: str, *instances: str) -> pydicom.Dataset:
        said = pydicom.Dataset()
        said.PerformedProcedureStepStatus = status
        series = pydicom.Dataset()
        series.SeriesInstanceUID = generate_uid()
        series.ReferencedImageSequence = []
        for instance in instances:
            item = pydicom.Dataset()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", instance
            series.ReferencedImageSequence.append(item)
        said.PerformedSeriesSequence = [series]
        return self._asked("send_n_set", said)

    def _asked(self, how: str, said: pydicom.Dataset) -> pydicom.Dataset:
        ae = AE(ae_title="CT1")
        ae.add_requested_context(ModalityPerformedProcedureStep)
        association = ae.associate("127.0.0.1", self.ward.port, ae_title="MEDSEAL")
        assert association.is_established
        status, _ = getattr(association, how)(said, ModalityPerformedProcedureStep, self.uid)
        association.release()
        return status


@pytest.fixture
def modality(ward) -> Modality:
    return Modality(ward)


def closed_count(ward: Any, study: str = STUDY) -> int | None:
    """How many instances the newest closing entry of the study counts; None without one."""
    try:
        closed = ward.service.studies.verify(study_key(study), []).closed
    except NotFound:
        return None
    return closed.count if closed else None


def wait_for_count(ward: Any, count: int, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while closed_count(ward) != count:
        assert time.monotonic() < deadline, f"expected a study closed over {count}, found {closed_count(ward)}"
        time.sleep(0.05)


def test_a_completed_step_closes_its_study_once_the_instances_that_it_names_are_there(ward, modality) -> None:
    slices = [ward.slice(number, study=STUDY) for number in range(3)]
    assert modality.begin() == 0x0000
    ward.scanner().send(*slices[:2])
    assert modality.set(COMPLETED, *(one.SOPInstanceUID for one in slices)).Status == 0x0000
    time.sleep(2.5)
    assert closed_count(ward) is None, "closed before the last instance came"
    ward.scanner().send(slices[2])
    wait_for_count(ward, 3)


def test_a_completed_step_whose_instances_never_come_closes_its_study_after_the_quiet_time(open_ward) -> None:
    ward = open_ward(study_quiet_seconds=2)
    modality = Modality(ward)
    modality.begin()
    ward.scanner().send(ward.slice(1, study=STUDY))
    modality.set(COMPLETED, "1.2.3.4.5")
    wait_for_count(ward, 1)


def test_a_study_of_two_steps_is_closed_once_over_both(ward) -> None:
    first, second = Modality(ward), Modality(ward)
    early, late = (ward.slice(number, study=STUDY) for number in range(2))
    first.begin()
    second.begin()
    ward.scanner().send(early)
    first.set(COMPLETED, early.SOPInstanceUID)
    time.sleep(2.5)
    assert closed_count(ward) is None, "closed while another step of the study goes on"
    second.set(COMPLETED, late.SOPInstanceUID)
    ward.scanner().send(late)
    wait_for_count(ward, 2)
    time.sleep(2.5)
    assert len(ward.service.history(kind="study-close").entries) == 1


def test_a_step_that_never_ends_keeps_a_study_open_no_longer_than_the_quiet_time(open_ward) -> None:
    ward = open_ward(study_quiet_seconds=3)
    lost, modality, sent = Modality(ward), Modality(ward), ward.slice(1, study=STUDY)
    lost.begin()
    modality.begin()
    ward.scanner().send(sent)
    modality.set(COMPLETED, sent.SOPInstanceUID)
    time.sleep(1.5)
    assert closed_count(ward) is None
    wait_for_count(ward, 1)


def test_a_step_of_another_study_keeps_none_open(ward, modality) -> None:
    Modality(ward).begin(study="1.2.3.4")
    sent = ward.slice(1, study=STUDY)
    modality.begin()
    ward.scanner().send(sent)
    modality.set(COMPLETED, sent.SOPInstanceUID)
    wait_for_count(ward, 1)


def test_a_discontinued_step_closes_its_study_after_the_quiet_time_and_says_so(open_ward, log_lines) -> None:
    ward = open_ward(study_quiet_seconds=3)
    modality, sent = Modality(ward), ward.slice(1, study=STUDY)
    modality.begin()
    ward.scanner().send(sent)
    modality.set(DISCONTINUED, sent.SOPInstanceUID)
    assert [line["how"] for line in log_lines if line["event"] == "procedure step ended"] == [DISCONTINUED]
    time.sleep(1.5)
    assert closed_count(ward) is None, "closed although the step was broken off a moment ago"
    wait_for_count(ward, 1)


def test_a_step_survives_a_restart_between_its_end_and_the_last_instance(ward, modality) -> None:
    slices = [ward.slice(number, study=STUDY) for number in range(2)]
    modality.begin()
    ward.scanner().send(slices[0])
    modality.set(COMPLETED, *(one.SOPInstanceUID for one in slices))
    ward.restart()
    ward.scanner().send(slices[1])
    wait_for_count(ward, 2)


def test_what_a_step_goes_on_to_name_takes_the_place_of_what_it_named_before(ward, modality) -> None:
    sent = ward.slice(1, study=STUDY)
    modality.begin()
    modality.set(IN_PROGRESS, "1.2.3.4.5")
    modality.set(COMPLETED, sent.SOPInstanceUID)
    ward.scanner().send(sent)
    wait_for_count(ward, 1)


def test_a_step_that_breaks_us_keeps_no_other_open(ward, monkeypatch) -> None:
    close, bad = ward.service.studies.close, study_key("1.2.3.4")

    def closes(study: str) -> Any:
        if study == bad:
            raise RuntimeError("ours")
        return close(study)

    monkeypatch.setattr(ward.service.studies, "close", closes)
    sent = [ward.slice(1, study="1.2.3.4"), ward.slice(2, study=STUDY)]
    ward.scanner().send(*sent)
    for one in sent:
        modality = Modality(ward)
        assert modality.begin(study=one.StudyInstanceUID) == 0x0000
        assert modality.set(COMPLETED, one.SOPInstanceUID).Status == 0x0000
    wait_for_count(ward, 1)


def test_an_ended_step_may_no_longer_be_updated(modality) -> None:
    modality.begin()
    modality.set(COMPLETED, "1.2.3.4.5")
    refused = modality.set(IN_PROGRESS)
    assert (refused.Status, refused.ErrorID) == (0x0110, 0xA710)


def test_a_step_is_created_once(modality) -> None:
    assert [modality.begin(), modality.begin()] == [0x0000, 0x0111]


def test_a_step_that_was_never_created_cannot_be_set(modality) -> None:
    assert modality.set(COMPLETED, "1.2.3").Status == 0x0112


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"status": COMPLETED}, 0x0106),
        ({"without_study": True}, 0x0120),
        ({"study": ""}, 0x0120),
    ],
    ids=["ended from the start", "no scheduled step", "no study"],
)
def test_what_begins_no_step_is_refused(modality, said, status) -> None:
    assert modality.begin(**said) == status
    assert modality.set(COMPLETED, "1.2.3").Status == 0x0112


def test_a_fault_of_ours_is_a_failure_of_processing(ward, modality, monkeypatch) -> None:
    def break_down(*_: Any) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(ward.listener._kept, "save_step", break_down)
    assert modality.begin() == 0x0110
    monkeypatch.undo()
    assert modality.begin() == 0x0000


def test_a_step_leaves_no_uid_in_the_log_nor_in_the_file(ward, modality, log_lines) -> None:
    modality.begin()
    modality.set(COMPLETED, "1.2.3.4.55555")
    kept = b"".join(path.read_bytes() for path in (ward.settings.data / "capture").iterdir())
    for uid in (modality.uid, STUDY, "1.2.3.4.55555"):
        assert uid not in str(log_lines)
        assert uid.encode() not in kept
