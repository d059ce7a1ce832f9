"""Storage commitment beside other things: requests repeated, two listeners, objects sent meanwhile."""

from __future__ import annotations

import time

import pydicom
from committing import CT, TRANSACTION, Reports, asked, uids
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance
from waiting import wait_until

from ledger.core.images.identity import instance_key
from ledger.ingest.dicom.listener import Listener


def test_a_request_asked_again_before_its_report_stays_one(ward, make_slice) -> None:
    one = make_slice()
    ward.scanner().send(one)
    for _ in range(2):
        status, association = asked(ward, one.SOPInstanceUID)
        association.release()
        assert status == 0x0000
    assert len(ward.service.store.commitments()) == 1


def test_a_transaction_in_use_for_other_objects_is_refused(ward, make_slice) -> None:
    one = make_slice()
    ward.scanner().send(one)
    asked(ward, one.SOPInstanceUID)[1].release()
    status, association = asked(ward, "1.2.3.4")
    association.release()
    assert status == 0x0115
    assert [len(known.items) for known in ward.service.store.commitments()] == [1]


def test_of_two_listeners_on_one_ledger_one_reports(open_ward, reports, sender_port) -> None:
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender_port}")
    other = Listener(ward.service, ward.settings, commitments=ward.service.commitments)
    other.start()
    for number in range(6):
        asked(ward, "1.2.3.4", transaction=f"1.2.3.{number}")[1].release()
    wait_until(lambda: not ward.service.store.commitments())
    other.stop()
    assert sorted(str(told.TransactionUID) for _, told in reports.got) == [f"1.2.3.{number}" for number in range(6)]


def test_an_object_sent_again_with_other_pixels_is_not_committed_to_before_both_are_final(ward, make_slice) -> None:
    first, second = make_slice(1), make_slice(2)
    second.SOPInstanceUID = second.file_meta.MediaStorageSOPInstanceUID = first.SOPInstanceUID
    ward.scanner().send(first)
    assert ward.service.anchor_pending(60)
    key = instance_key(first.SOPInstanceUID)
    assert ward.service.studies.states([key]) == ["final"]
    ward.scanner().send(second)
    assert ward.service.studies.states([key]) == ["waiting"]
    assert ward.service.anchor_pending(60)
    assert ward.service.studies.states([key]) == ["final"]


def test_objects_that_come_while_a_report_waits_for_its_answer_are_stored(ward, make_slice) -> None:
    """The sender has one association: it asks, and goes on sending without waiting for the report."""
    slices = [make_slice(number) for number in range(40)]
    slow = Reports()

    def take(event: evt.Event) -> tuple[int, None]:
        time.sleep(0.3)
        return slow.take(event)

    ae = AE(ae_title="CT1")
    ae.add_requested_context(StorageCommitmentPushModel)
    ae.add_requested_context(CT)
    handlers = [(evt.EVT_N_EVENT_REPORT, take)]
    association = ae.associate("127.0.0.1", ward.port, ae_title="MEDSEAL", evt_handlers=handlers)
    assert association.is_established
    information = pydicom.Dataset()
    information.TransactionUID = TRANSACTION
    item = pydicom.Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CT, "1.2.3.4"
    information.ReferencedSOPSequence = [item]
    association.send_n_action(information, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
    statuses = []
    for one in slices:
        statuses.append(association.send_c_store(one).Status)
        time.sleep(0.04)
    assert statuses == [0x0000] * len(slices)
    assert uids(slow.next()[1].FailedSOPSequence) == ["1.2.3.4"]
    association.release()
    assert ward.registered() == len(slices)
