"""Messages that are no C-STORE, from senders that mean harm: what they may weigh, and in which context they come."""

from __future__ import annotations

import struct
import time
import zlib
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, events
from pynetdicom.dimse_primitives import C_ECHO, N_ACTION, N_CREATE, N_SET
from pynetdicom.dsutils import encode
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.sop_class import (
    CTImageStorage,
    ModalityPerformedProcedureStep,
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
    Verification,
)
from waiting import wait_until

from ledger.ingest.dicom import receiving

SERVICES = [StorageCommitmentPushModel, ModalityPerformedProcedureStep]


def opened(ward: Any, *contexts: tuple[str, str]) -> Any:
    ae = AE(ae_title="CT1")
    for abstract, syntax in contexts:
        ae.add_requested_context(abstract, syntax)
    return ae.associate("127.0.0.1", ward.port, ae_title="MEDSEAL")


def bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    header = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 1 << 30)
    return packer.compress(header + bytes(1 << 26)) + packer.flush()


def request(kind: str, body: bytes) -> Any:
    asked: Any
    if kind == "N-ACTION":
        asked = N_ACTION()
        asked.RequestedSOPClassUID = StorageCommitmentPushModel
        asked.RequestedSOPInstanceUID = StorageCommitmentPushModelInstance
        asked.ActionTypeID = 1
        asked.ActionInformation = BytesIO(body)
    elif kind == "N-CREATE":
        asked = N_CREATE()
        asked.AffectedSOPClassUID = ModalityPerformedProcedureStep
        asked.AffectedSOPInstanceUID = "1.2.3"
        asked.AttributeList = BytesIO(body)
    else:
        asked = N_SET()
        asked.RequestedSOPClassUID = ModalityPerformedProcedureStep
        asked.RequestedSOPInstanceUID = "1.2.3"
        asked.ModificationList = BytesIO(body)
    asked.MessageID = 1
    return asked


def answered(association: Any, message: Any, context: int) -> int | None:
    """The status of a request of any bytes in any context; None when the association ends."""
    association._reactor_checkpoint.clear()
    association.dimse.send_msg(message, context)
    _, answer = association.dimse.get_msg(block=True)
    association._reactor_checkpoint.set()
    return int(answer.Status) if answer is not None else None


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_but_storage_is_deflated(ward, service) -> None:
    association = opened(ward, (service, DeflatedExplicitVRLittleEndian), (CTImageStorage, ExplicitVRLittleEndian))
    assert [one.abstract_syntax for one in association.accepted_contexts] == [CTImageStorage]
    association.release()


@pytest.mark.parametrize("kind", ["N-ACTION", "N-CREATE", "N-SET"])
def test_a_deflated_request_in_a_context_of_storage_ends_the_association_before_it_unfolds(ward, kind) -> None:
    association = opened(ward, (CTImageStorage, DeflatedExplicitVRLittleEndian))
    context = association.accepted_contexts[0].context_id
    assert answered(association, request(kind, bomb()), context) is None
    assert ward.service.store.commitments() == []
    assert ward.scanner().send(ward.slice(1)) == [0x0000]


def element(group: int, number: int, value: bytes) -> bytes:
    """An element of a data set in implicit VR, little endian."""
    return struct.pack("<HHI", group, number, len(value)) + value


def items(count: int) -> bytes:
    """The items of a sequence, all empty."""
    return struct.pack("<HHI", 0xFFFE, 0xE000, 0) * count


TOO_LARGE = element(0x0008, 0x1199, bytes(5 << 20))
TOO_MANY = element(0x0008, 0x1199, items(50_000))


def service_of(kind: str) -> str:
    return StorageCommitmentPushModel if kind == "N-ACTION" else ModalityPerformedProcedureStep


@pytest.mark.parametrize("kind", ["N-ACTION", "N-CREATE", "N-SET"])
@pytest.mark.parametrize("body", [TOO_LARGE, TOO_MANY], ids=["too-large", "too-many-items"])
def test_a_message_that_is_too_large_is_refused_unread_and_the_association_lives(ward, monkeypatch, kind, body) -> None:
    association = opened(ward, (service_of(kind), ImplicitVRLittleEndian))
    context = association.accepted_contexts[0].context_id
    parsed: list[int] = []
    monkeypatch.setattr(events, "decode", lambda *_: parsed.append(1))
    assert answered(association, request(kind, body), context) == 0x0213
    assert parsed == []
    assert association.is_established
    association.release()


def test_an_object_may_be_larger_than_other_messages(ward) -> None:
    large = ward.slice(1)
    large.Rows = large.Columns = 2048
    large.PixelData = bytes(8 << 20)
    assert ward.scanner().send(large) == [0x0000]


def test_a_request_of_the_most_items_is_taken(ward) -> None:
    association = opened(ward, (StorageCommitmentPushModel, ImplicitVRLittleEndian))
    one = element(0x0008, 0x1150, b"1.2.840.10008.5.1.4.1.1.2\0") + element(0x0008, 0x1155, b"1.2.3\0")
    sequence = (struct.pack("<HHI", 0xFFFE, 0xE000, len(one)) + one) * 20_000
    body = element(0x0008, 0x1195, b"1.2.3\0") + element(0x0008, 0x1199, sequence)
    context = association.accepted_contexts[0].context_id
    assert answered(association, request("N-ACTION", body), context) == 0x0000
    association.release()


def test_a_command_set_without_end_ends_the_association_and_is_not_kept(ward, log_lines) -> None:
    association = opened(ward, (StorageCommitmentPushModel, ImplicitVRLittleEndian))
    server = ward.listener._server.active_associations[0]
    context = association.accepted_contexts[0].context_id
    fragment = P_DATA()
    fragment.presentation_data_value_list = [[context, b"\x01" + bytes(16_000)]]  # of a command, not the last
    held = 0
    for _ in range(40):
        association.dul.send_pdu(fragment)
        time.sleep(0.02)
        if (message := server.dimse.message) is not None:
            held = max(held, len(message.encoded_command_set.getvalue()))
    wait_until(lambda: not server.is_alive())
    assert 0 < held <= 1 << 16
    wait_until(lambda: association.is_aborted)
    assert [line["why"] for line in log_lines if line["event"] == "aborted"] == ["a command set beyond the limit"]


def test_requests_without_end_that_wait_for_no_answer_end_the_association(ward, log_lines) -> None:
    association = opened(ward, (Verification, ExplicitVRLittleEndian))
    association._reactor_checkpoint.clear()
    asked = C_ECHO()
    asked.AffectedSOPClassUID = Verification
    for number in range(5000):
        if not association.is_established:
            break
        asked.MessageID = number % 65535 + 1
        association.dimse.send_msg(asked, 1)
    wait_until(lambda: any("waits for answers" in str(line.get("why")) for line in log_lines))
    association.abort()


class Slow:
    """A sender that begins an object and keeps it unfinished."""

    def __init__(self, ward: Any) -> None:
        self.association = opened(ward, (CTImageStorage, ExplicitVRLittleEndian))
        self.server = ward.listener._server.active_associations[-1]
        self._context = self.association.accepted_contexts[0].context_id
        command = pydicom.Dataset()
        command.AffectedSOPClassUID, command.AffectedSOPInstanceUID = CTImageStorage, "1.2.3"
        command.CommandField, command.MessageID, command.Priority, command.CommandDataSetType = 1, 1, 2, 1
        self._fragment(b"\x03" + encode(command, True, True))

    def go_on(self, count: int) -> None:
        for _ in range(count // 10_000):
            self._fragment(b"\x00" + bytes(10_000))

    def _fragment(self, value: bytes) -> None:
        data = P_DATA()
        data.presentation_data_value_list = [[self._context, value]]
        self.association.dul.send_pdu(data)

    @property
    def held(self) -> int:
        message = self.server.dimse.message
        return len(message.data_set.getvalue()) if message is not None else 0


def test_one_address_holds_half_of_the_memory_at_most(open_ward) -> None:
    ward = open_ward(dicom_memory_mb=2)
    slow = [Slow(ward) for _ in range(3)]
    for one in slow:
        one.go_on(500_000)
    wait_until(lambda: sum(one.held for one in slow) == 1_000_000)
    assert ward.scanner().send(ward.slice(1)) == [0x0000]  # it has 37 kB, and 48 kB are left
    large = ward.slice(1)
    large.Rows = large.Columns = 512
    large.PixelData = bytes(512 * 512 * 2)
    assert ward.scanner().send(large, bind_address=("127.0.0.2", 0)) == [0x0000]
    for one in slow:
        one.association.abort()


def test_a_sender_that_sends_too_slowly_is_cut_off_and_its_memory_is_free(ward, monkeypatch, log_lines) -> None:
    monkeypatch.setattr(receiving, "PATIENT_SECONDS", 0.5)
    slow = Slow(ward)
    slow.go_on(1_000_000)
    wait_until(lambda: slow.held == 1_000_000)
    monkeypatch.setattr(receiving, "LEAST_RATE", 1e9)
    time.sleep(0.6)
    slow.go_on(10_000)
    wait_until(lambda: slow.association.is_aborted)
    assert slow.held == 0
    assert [line["why"] for line in log_lines if line["event"] == "aborted"] == ["the sender is too slow"]


def test_no_object_takes_longer_than_its_time(ward, monkeypatch) -> None:
    monkeypatch.setattr(receiving, "MESSAGE_SECONDS", 0.5)
    slow = Slow(ward)
    deadline = time.monotonic() + 10
    while not slow.association.is_aborted:
        assert time.monotonic() < deadline
        slow.go_on(100_000)
        time.sleep(0.1)
