"""C-STORE and C-ECHO: who is let in, what is answered, and that nothing else leaves."""

from __future__ import annotations

import struct
import threading
import zlib
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.uid import ComprehensiveSRStorage, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import MRImageStorage

from ledger.errors import StorageFull, StoreUnavailable

PATIENT = "Doe^Jane^Secret"


def test_a_sender_can_ask_whether_anybody_is_there(ward) -> None:
    association = ward.scanner().open()
    assert association.send_c_echo().Status == 0x0000
    association.release()


def test_what_was_sent_is_authentic_byte_by_byte_of_its_data_set(ward) -> None:
    sent = ward.slice(1)
    assert ward.scanner().send(sent) == [0x0000]
    found = ward.service.verify(as_file(sent))
    assert found.verdict in ("authentic", "authentic-reencoded")
    assert found.accepted


def test_success_means_that_the_row_is_committed(ward) -> None:
    association = ward.scanner().open(ExplicitVRLittleEndian)
    for number in range(3):
        assert association.send_c_store(ward.slice(number)).Status == 0x0000
        assert ward.registered() == number + 1
    association.release()


def test_the_same_object_again_is_a_success_and_no_second_entry(ward) -> None:
    sent = ward.slice(1)
    assert ward.scanner().send(sent, sent) == [0x0000, 0x0000]
    assert ward.registered() == 1


@pytest.mark.parametrize(("error", "status"), [(StorageFull, 0xA700), (StoreUnavailable, 0xA700)])
def test_a_database_that_refuses_is_out_of_resources(ward, monkeypatch, error, status) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error("no")

    monkeypatch.setattr(ward.service.store, "append", refuse)
    assert ward.scanner().send(ward.slice(1)) == [status]
    monkeypatch.undo()
    assert ward.registered() == 0


def test_a_fault_of_ours_is_not_told_as_a_broken_object(ward, monkeypatch, log_lines) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise RuntimeError("ours, about Doe")

    monkeypatch.setattr(ward.service, "register", break_down)
    assert ward.scanner().send(ward.slice(1)) == [0xA700]
    assert [line["code"] for line in log_lines if line["event"] == "not stored"] == ["internal_error"]
    assert "Doe" not in repr(log_lines)
    monkeypatch.undo()
    assert ward.scanner().send(ward.slice(1)) == [0x0000]


def test_an_object_beyond_the_limit_is_out_of_resources_and_the_association_lives(open_ward, log_lines) -> None:
    ward = open_ward(max_upload_mb=1)
    large = ward.slice(1)
    large.Rows = large.Columns = 1024
    large.PixelData = bytes(2 << 20)
    assert ward.scanner().send(large, ward.slice(2)) == [0xA700, 0x0000]
    assert [line["bytes"] > 2 << 20 for line in log_lines if line["event"] == "not stored"] == [True]


def test_all_objects_together_have_a_budget_that_is_given_back(open_ward) -> None:
    ward = open_ward(dicom_memory_mb=1)
    sent = [ward.slice(number) for number in range(40)]  # 1.5 MB in all
    assert ward.scanner().send(*sent) == [0x0000] * 40


def test_an_object_without_pixels_is_registered_by_its_bytes(ward) -> None:
    report = ward.slice(1)
    for name in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(report, name)
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = ComprehensiveSRStorage
    assert ward.scanner().send(report) == [0x0000]
    assert ward.registered() == 1


def test_a_private_storage_class_is_taken_as_well(ward) -> None:
    private = ward.slice(1)
    private.SOPClassUID = private.file_meta.MediaStorageSOPClassUID = "1.3.12.2.1107.5.9.1"
    assert ward.scanner().send(private) == [0x0000]


def test_another_instance_than_announced_is_refused(ward) -> None:
    association = ward.scanner().open(ExplicitVRLittleEndian)
    assert raw_store(association, as_body(ward.slice(1)), "1.2.3.4") == 0xA900
    association.release()
    assert ward.registered() == 0


def test_another_class_than_announced_is_refused(ward) -> None:
    association = ward.scanner().open(ExplicitVRLittleEndian, sop_class=MRImageStorage)
    sent = ward.slice(1)
    assert raw_store(association, as_body(sent), sent.SOPInstanceUID) == 0xA900
    association.release()
    assert ward.registered() == 0


def cut_short(body: bytes) -> bytes:
    return body[: len(body) // 2]


def wrong_length(body: bytes) -> bytes:
    at = body.index(b"\x10\x00\x10\x00PN")
    return body[: at + 6] + b"\xff\xff" + body[at + 8 :]


def deep(body: bytes) -> bytes:
    sequence = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    return body + (sequence + item) * 10_000


def noise(body: bytes) -> bytes:
    return bytes((at * 7919) % 251 for at in range(len(body)))


@pytest.mark.parametrize("harm", [cut_short, wrong_length, deep, noise])
def test_a_broken_object_cannot_be_understood_and_is_a_line_without_the_patient(ward, log_lines, harm) -> None:
    sent = ward.slice(1, PatientName=PATIENT, PatientID="4711-secret")
    association = ward.scanner().open(ExplicitVRLittleEndian)
    status = raw_store(association, harm(as_body(sent)), sent.SOPInstanceUID)
    assert status == 0xC000
    assert association.send_c_store(ward.slice(2)).Status == 0x0000
    association.release()
    lines = [line for line in log_lines if line["event"] == "not stored"]
    assert len(lines) == 1
    assert lines[0]["status"] == f"0x{status:04X}"
    said = repr(log_lines)
    assert "Doe" not in said and "4711" not in said and sent.SOPInstanceUID not in said


def test_a_deflated_bomb_is_refused_before_it_unfolds(open_ward) -> None:
    ward = open_ward(max_upload_mb=4)
    packer = zlib.compressobj(9, wbits=-15)
    header = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 1 << 30)
    bomb = packer.compress(header + bytes(1 << 26)) + packer.flush()
    association = ward.scanner().open(DeflatedExplicitVRLittleEndian)
    assert raw_store(association, bomb, "1.2.3") == 0xC000
    association.release()
    assert ward.registered() == 0


def test_stopping_lets_an_association_finish(ward) -> None:
    association = ward.scanner().open(ExplicitVRLittleEndian)
    assert association.send_c_store(ward.slice(1)).Status == 0x0000
    stopping = threading.Thread(target=ward.listener.stop, args=(20,))
    stopping.start()
    assert association.send_c_store(ward.slice(2)).Status == 0x0000
    association.release()
    stopping.join(10)
    assert not stopping.is_alive()
    assert not ward.scanner().open().is_established
    assert ward.registered() == 2


def test_stopping_aborts_an_association_that_came_at_the_last_moment(ward, monkeypatch) -> None:
    shutdown = ward.listener._server.shutdown
    late: list[Any] = []

    def slow_shutdown() -> None:
        late.append(ward.scanner().open())
        shutdown()

    monkeypatch.setattr(ward.listener._server, "shutdown", slow_shutdown)
    assert ward.scanner().open().is_established
    ward.listener.stop(0.2)
    late[0].join(5)
    assert late[0].is_aborted


# what a sender does by hand


def as_file(data_set: pydicom.Dataset) -> bytes:
    file = BytesIO()
    data_set.save_as(file)
    return file.getvalue()


def as_body(data_set: pydicom.Dataset) -> bytes:
    """The data set as it travels: without preamble and file meta information."""
    file = BytesIO()
    bare = pydicom.Dataset(data_set)
    pydicom.filewriter.write_dataset(_little(file), bare)
    return file.getvalue()


def _little(file: BytesIO) -> Any:
    writer = pydicom.filebase.DicomIO(file)
    writer.is_little_endian, writer.is_implicit_VR = True, False
    return writer


def raw_store(association: Any, body: bytes, instance: str) -> int:
    """The status of a C-STORE of any bytes."""
    request = C_STORE()
    request.MessageID = 1
    context = next(
        one for one in association.accepted_contexts if one.abstract_syntax.startswith("1.2.840.10008.5.1.4")
    )
    request.AffectedSOPClassUID = context.abstract_syntax
    request.AffectedSOPInstanceUID = instance
    request.Priority = 2
    request.DataSet = BytesIO(body)
    association._reactor_checkpoint.clear()
    association.dimse.send_msg(request, context.context_id)
    _, answer = association.dimse.get_msg(block=True)
    association._reactor_checkpoint.set()
    assert answer is not None, "no answer"
    return int(answer.Status)
