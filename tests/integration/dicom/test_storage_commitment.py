"""Storage commitment: what is asked is kept, what is final is committed, what failed is named."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from committing import TRANSACTION, asked, uids
from waiting import wait_until

from ledger import committing
from ledger.ingest.background import Background
from ledger.schemas import StatementRequest


def test_what_is_final_is_committed_to_on_the_same_association(ward, reports) -> None:
    sent = [ward.slice(number) for number in range(2)]
    ward.scanner().send(*sent)
    ward.service.anchor_pending(60)
    status, association = asked(ward, *(one.SOPInstanceUID for one in sent), reports=reports)
    assert status == 0x0000
    kind, told = reports.next()
    association.release()
    assert kind == 1
    assert told.TransactionUID == TRANSACTION
    assert uids(told.ReferencedSOPSequence) == [one.SOPInstanceUID for one in sent]
    assert "FailedSOPSequence" not in told


def test_what_waits_for_its_anchor_is_not_committed_to_yet(open_ward, reports, sender_port) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port}")
    sent = ward.slice(1)
    ward.scanner().send(sent)
    _, association = asked(ward, sent.SOPInstanceUID)
    association.release()
    assert not reports.came.wait(2)
    ward.service.anchor_pending(60)
    kind, told = reports.next()
    assert (kind, uids(told.ReferencedSOPSequence)) == (1, [sent.SOPInstanceUID])


def test_an_unknown_instance_is_named_as_failed_with_the_reason(open_ward, reports, sender_port) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port}")
    sent = ward.slice(1)
    ward.scanner().send(sent)
    ward.service.anchor_pending(60)
    _, association = asked(ward, sent.SOPInstanceUID, "1.2.3.4.5")
    association.release()
    kind, told = reports.next()
    assert kind == 2
    assert uids(told.ReferencedSOPSequence) == [sent.SOPInstanceUID]
    assert [(one.ReferencedSOPInstanceUID, one.FailureReason) for one in told.FailedSOPSequence] == [
        ("1.2.3.4.5", 0x0112)
    ]


def test_a_revoked_registration_is_not_committed_to(open_ward, reports, sender_port) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port}")
    sent = ward.slice(1)
    ward.scanner().send(sent)
    entry = ward.service.history(kind="register").entries[0]
    ward.service.state_request(entry.id, StatementRequest(kind="revoke", reason="wrong", author="QA"))
    ward.service.anchor_pending(60)
    _, association = asked(ward, sent.SOPInstanceUID)
    association.release()
    kind, told = reports.next()
    assert (kind, told.FailedSOPSequence[0].FailureReason) == (2, 0x0110)


def test_a_request_survives_a_restart_between_request_and_report(open_ward, reports, sender_port) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port}")
    sent = ward.slice(1)
    ward.scanner().send(sent)
    _, association = asked(ward, sent.SOPInstanceUID)
    association.release()
    ward.restart()
    ward.service.anchor_pending(60)
    kind, told = reports.next()
    assert (kind, uids(told.ReferencedSOPSequence)) == (1, [sent.SOPInstanceUID])


def test_a_request_is_erased_once_its_report_was_taken(open_ward, reports, sender_port) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port}")
    _, association = asked(ward, "1.2.3.4.5")
    association.release()
    assert len(ward.service.store.commitments()) <= 1
    reports.next()
    wait_until(lambda: ward.service.store.commitments() == [])


def test_a_sender_that_cannot_be_reached_is_tried_again(open_ward, unused_port) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{unused_port}")
    _, association = asked(ward, "1.2.3.4.5")
    association.release()
    wait_until(lambda: ward.service.store.commitments()[0].attempts >= 2)
    assert len(ward.service.store.commitments()) == 1


def test_what_is_never_final_is_reported_as_failed_in_the_end(open_ward, reports, sender_port, monkeypatch) -> None:
    monkeypatch.setattr(committing, "LONGEST_WAIT", timedelta(seconds=1))
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port}")
    sent = ward.slice(1)
    ward.scanner().send(sent)
    _, association = asked(ward, sent.SOPInstanceUID)
    association.release()
    kind, told = reports.next()
    assert (kind, told.FailedSOPSequence[0].FailureReason) == (2, 0x0110)


def test_the_listener_anchors_by_itself_when_no_worker_does(open_ward, reports, sender_port) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port}", batch_seconds=0.1)
    background = Background(ward.service, ward.settings)
    background.start()
    sent = ward.slice(1)
    ward.scanner().send(sent)
    _, association = asked(ward, sent.SOPInstanceUID)
    association.release()
    assert reports.next()[0] == 1
    background.stop()


@pytest.mark.parametrize(("action", "instances", "status"), [(2, ["1.2"], 0x0123), (1, [], 0x0115), (1, ["x"], 0x0115)])
def test_what_is_no_request_for_commitment_is_refused(ward, action, instances, status) -> None:
    found, association = asked(ward, *instances, action=action)
    association.release()
    assert found == status
    assert ward.service.store.commitments() == []


def test_a_sender_that_does_not_answer_keeps_no_other_waiting(open_ward, reports, sender_port, deaf_port) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port} DEAF@127.0.0.1:{deaf_port}")
    for by in ("DEAF", "DEAF", "DEAF", "CT1"):
        asked(ward, "1.2.3.4.5", by=by)[1].release()
    assert reports.next(4)[1].FailedSOPSequence[0].FailureReason == 0x0112
    wait_until(lambda: sum(one.attempts for one in ward.service.store.commitments()) >= 1)
    assert {one.peer for one in ward.service.store.commitments()} == {"DEAF"}


def test_a_request_that_breaks_us_waits_and_the_others_are_reported(
    open_ward, reports, sender_port, monkeypatch
) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port}")
    judge = ward.service.commitments.judge

    def judged(request: Any) -> Any:
        if request.items[0][1] == "1.2.3.4.5":
            raise RuntimeError("ours")
        return judge(request)

    monkeypatch.setattr(ward.service.commitments, "judge", judged)
    for instance in ("1.2.3.4.5", "1.2.3.4.6"):
        asked(ward, instance, transaction=instance)[1].release()
    assert uids(reports.next(5)[1].FailedSOPSequence) == ["1.2.3.4.6"]
    wait_until(lambda: [one.attempts >= 2 for one in ward.service.store.commitments()] == [True])


def test_a_fault_of_ours_is_a_failure_of_processing(ward, monkeypatch) -> None:
    def break_down(*_: Any) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(ward.service.commitments, "ask", break_down)
    status, association = asked(ward, "1.2.3")
    association.release()
    assert status == 0x0110


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Somebody who takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield int(listener.getsockname()[1])


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
