"""Command sets that no honest sender sends: what is answered, what is logged, and that the listener goes on."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.dsutils import encode
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.sop_class import CTImageStorage, ModalityPerformedProcedureStep, Verification

PATIENT = "Mustermann"


class Sender:
    """Sends command sets as they are given."""

    def __init__(self, port: int) -> None:
        ae = AE(ae_title="CT1")
        for context in (CTImageStorage, Verification, ModalityPerformedProcedureStep):
            ae.add_requested_context(context, ExplicitVRLittleEndian)
        self.association = ae.associate("127.0.0.1", port, ae_title="MEDSEAL")
        assert self.association.is_established
        self._messages = self.association.dimse.msg_queue
        self._contexts = {str(one.abstract_syntax): one.context_id for one in self.association.accepted_contexts}

    def send(self, context: str, command: bytes, data: bytes | None = None) -> None:
        parts = [b"\x03" + command] + ([b"\x02" + data] if data is not None else [])
        for part in parts:
            sent = P_DATA()
            sent.presentation_data_value_list = [[self._contexts[context], part]]
            self.association.dul.send_pdu(sent)

    def keep_answers(self) -> None:
        """What comes is not taken by the association's own thread, which knows no such request."""
        self.association.dimse.get_msg = lambda block=False: (time.sleep(0.01), None)

    def answer(self, seconds: float = 10) -> Any:
        try:
            return self._messages.get(timeout=seconds)[1]
        except queue.Empty:
            return None

    def ends(self, seconds: float = 10) -> bool:
        self.association.join(seconds)
        return not self.association.is_established


def command(**elements: Any) -> bytes:
    data_set = pydicom.Dataset()
    for name, value in elements.items():
        setattr(data_set, name, value)
    encoded = encode(data_set, True, True)
    assert encoded is not None
    return encoded


def store(instance: str) -> bytes:
    return command(
        AffectedSOPClassUID=CTImageStorage,
        AffectedSOPInstanceUID=instance,
        CommandField=0x0001,
        MessageID=1,
        Priority=2,
        CommandDataSetType=1,
    )


def broken_commands() -> dict[str, bytes]:
    return {
        "garbage": b"\xff" * 40,
        "empty": b"",
        "no such command": command(CommandField=0x7777, MessageID=1, CommandDataSetType=0x0101),
        "no class": command(CommandField=0x0030, MessageID=1, CommandDataSetType=0x0101),
        "no message id": command(AffectedSOPClassUID=Verification, CommandField=0x0030, CommandDataSetType=0x0101),
        "an answer to nothing": command(
            AffectedSOPClassUID=Verification,
            CommandField=0x8030,
            MessageIDBeingRespondedTo=7,
            CommandDataSetType=0x0101,
            Status=0,
        ),
    }


@pytest.mark.parametrize("name", broken_commands())
def test_a_broken_command_ends_its_association_with_one_line_and_no_other(
    ward: Any, log_lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    died: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    other, sender = Sender(ward.port), Sender(ward.port)
    sender.send(Verification, broken_commands()[name])
    assert sender.ends()
    assert [line["event"] for line in log_lines if line["log_level"] == "warning"] == ["aborted"]
    assert died == []
    assert other.association.send_c_echo().Status == 0x0000
    other.association.release()


def test_who_calls_another_title_is_refused_and_named_in_the_log(ward: Any, log_lines: list[dict[str, Any]]) -> None:
    ae = AE(ae_title="CT7")
    ae.add_requested_context(Verification)
    association = ae.associate("127.0.0.1", ward.port, ae_title="ARCHIVE")
    assert association.is_rejected
    (line,) = (line for line in log_lines if line["event"] == "refused")
    assert (line["calling"], line["called"]) == ("CT7", "ARCHIVE")


def test_who_is_not_on_the_list_is_named_in_the_log(open_ward: Any, log_lines: list[dict[str, Any]]) -> None:
    ward = open_ward(dicom_peers="CT1@127.0.0.1")
    ae = AE(ae_title="CT7")
    ae.add_requested_context(Verification)
    assert ae.associate("127.0.0.1", ward.port, ae_title="MEDSEAL").is_rejected
    (line,) = (line for line in log_lines if line["event"] == "refused")
    assert (line["calling"], line["address"]) == ("CT7", "127.0.0.1")


@pytest.fixture
def listener(founded: Path, tmp_path: Path) -> Iterator[tuple[int, Callable[[], str]]]:
    """The port of a real ``medseal listen``, and how to end it for all that it wrote."""
    said = (tmp_path / "said").open("w+", encoding="utf-8")
    words = [str(Path(sys.executable).with_name("medseal")), "listen", "--port", "0", "--data", str(founded)]
    environment = os.environ | {"MEDSEAL_DETECTOR": "none"}
    process = subprocess.Popen(words, stdout=said, stderr=said, env=environment)

    def port() -> int | None:
        for line in (tmp_path / "said").read_text("utf-8").splitlines():
            if line.startswith("{") and json.loads(line)["event"] == "listening":
                return int(json.loads(line)["port"])
        return None

    def end() -> str:
        process.terminate()
        process.wait(60)
        return (tmp_path / "said").read_text("utf-8")

    while (found := port()) is None:
        assert process.poll() is None
        threading.Event().wait(0.1)
    yield found, end
    process.kill()
    process.wait()
    said.close()


def test_no_value_of_a_command_or_data_set_reaches_what_the_listener_writes(
    listener: tuple[int, Callable[[], str]], make_slice: Any
) -> None:
    port, end = listener
    sender = Sender(port)
    sender.keep_answers()
    try:
        say_who_the_patient_is(sender, make_slice)
    finally:
        sender.association.abort()
    said = end()
    assert '"event": "not stored"' in said
    assert PATIENT not in said and "4711" not in said
    assert "Traceback" not in said and "Warning" not in said


def say_who_the_patient_is(sender: Sender, make_slice: Any) -> None:
    """In the command set, in the data set and in a message that is no object."""
    one = make_slice(5, PatientName=f"{PATIENT}^Erika", StudyDate="19991332")
    data = encode(one, False, True)
    sender.send(CTImageStorage, store(f"{PATIENT}^Erika"), data)
    assert sender.answer().Status in (0xA900, 0xC000)
    step = pydicom.Dataset()
    step.PerformedProcedureStepStatus = "IN PROGRESS"
    item = pydicom.Dataset()
    item.StudyInstanceUID = f"4711-{PATIENT}"
    step.ScheduledStepAttributesSequence = [item]
    creating = command(
        AffectedSOPClassUID=ModalityPerformedProcedureStep,
        AffectedSOPInstanceUID=f"{PATIENT}.1",
        CommandField=0x0140,
        MessageID=2,
        CommandDataSetType=1,
    )
    sender.send(ModalityPerformedProcedureStep, creating, encode(step, False, True))
    assert sender.answer() is not None
