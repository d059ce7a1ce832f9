"""The doctor reads the list of DICOM senders."""

from __future__ import annotations

from ledger.doctor import examine
from ledger.doctor.senders import senders
from ledger.settings import Settings


def test_without_a_list_there_is_nothing_to_look_at() -> None:
    assert list(senders(Settings())) == []


def test_a_list_that_can_be_read_is_well() -> None:
    (finding,) = senders(Settings(dicom_peers="CT1@10.0.0.5:104 *@10.1.0.0/16"))
    assert finding.ok and "CT1@10.0.0.5:104" in finding.detail


def test_a_word_that_is_no_sender_is_named_with_what_to_do(tmp_path) -> None:
    found = [one for one in examine(Settings(data=tmp_path, dicom_peers="CT1 10.0.0.5")) if one.name == "senders"]
    assert [one.ok for one in found] == [False]
    assert "'CT1'" in found[0].detail and "AE@ADDRESS" in str(found[0].advice)
