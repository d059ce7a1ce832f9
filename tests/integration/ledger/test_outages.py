"""A chain that is away, another chain, and a registrar that is compromised."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.deploy import Directory
from ledger.chain.keys import load_or_create_sender_key
from ledger.chain.rpc import Rpc
from ledger.errors import ChainMismatch, ChainUnreachable, SettingsError
from ledger.folder import Folder
from ledger.service import Service
from ledger.settings import Settings


def test_without_the_chain_images_are_registered_and_verification_is_undetermined(
    remote_hospital: Any, remote_chain: Any
) -> None:
    hospital = remote_hospital
    hospital.anchored(hospital.capture())
    remote_chain.stop()
    time.sleep(1.1)  # chain answers are remembered for one second
    late = hospital.register(hospital.picture())
    assert late.created
    known, unknown = hospital.verify(hospital.capture()), hospital.verify(hospital.picture(9))
    assert (known.verdict, known.checks[5].status) == ("undetermined", "undetermined")
    assert (unknown.verdict, unknown.checks[5].figures["code"]) == ("undetermined", "chain_unreachable")
    assert hospital.service.health().parts == {"database": "ok", "chain": "chain_unreachable"}
    audit = hospital.service.audit()
    assert not audit.complete
    with pytest.raises(ChainUnreachable):
        hospital.service.rebuild()
    remote_chain.start()
    assert hospital.service.anchor_pending(60)
    assert hospital.verify(hospital.capture(), "strict").verdict == "authentic"
    assert hospital.service.registration(late.registration_id).state == "final"


def test_a_chain_that_hangs_makes_verification_undetermined_in_seconds_and_is_said(
    remote_hospital: Any, remote_chain: Any
) -> None:
    hospital = remote_hospital
    hospital.anchored(hospital.capture())
    remote_chain.hang()
    time.sleep(1.1)  # chain answers are remembered for one second
    began = time.monotonic()
    known, unknown = hospital.verify(hospital.capture()), hospital.verify(hospital.picture(9))
    status = hospital.service.operations.status()
    took = time.monotonic() - began
    assert (known.verdict, known.checks[5].figures["code"]) == ("undetermined", "chain_silent")
    assert (unknown.verdict, unknown.checks[5].status) == ("undetermined", "undetermined")
    assert (status.chain.code, status.logs[0].comparison) == ("chain_silent", "unknown")
    assert hospital.service.health().parts["chain"] == "chain_silent"
    assert took < 6 * hospital.settings.chain_timeout, "each question waited anew"
    remote_chain.go_on()
    time.sleep(hospital.settings.chain_timeout)  # so long a silent node is not asked again
    assert hospital.verify(hospital.capture()).verdict == "authentic"


def test_a_ledger_is_opened_patiently_without_its_chain_and_believes_no_other(
    remote_hospital: Any, remote_chain: Any
) -> None:
    hospital = remote_hospital
    hospital.anchored(hospital.capture())
    hospital.close()
    remote_chain.stop()
    hospital.service = Service.open(hospital.settings, patient=True)
    assert hospital.verify(hospital.capture()).verdict == "undetermined"
    record = hospital.folder.deployment
    record.write_text(record.read_text().replace('"chain_id": 1337', '"chain_id": 1'))
    hospital.close()
    hospital.service = Service.open(hospital.settings, patient=True)
    remote_chain.start()
    found = hospital.verify(hospital.capture())
    assert (found.verdict, found.checks[5].figures["code"]) == ("undetermined", "chain_mismatch")


def test_another_chain_at_the_url_is_refused(remote_hospital: Any, tmp_path: Path) -> None:
    remote_hospital.close()
    record = remote_hospital.folder.deployment
    record.write_text(record.read_text().replace('"chain_id": 1337', '"chain_id": 1'))
    with pytest.raises(ChainMismatch, match="expected chain 1,"):
        Service.open(remote_hospital.settings)
    record.write_text(record.read_text().replace('"chain_id": 1', '"chain_id": 1337'))
    remote_hospital.service = Service.open(remote_hospital.settings)


def test_a_fresh_folder_on_a_foreign_chain_asks_for_a_deployment(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("ledger.bootstrap.LOCAL_CLIENT", "another client")
    with pytest.raises(ChainMismatch) as caught:
        Service.open(Settings(data=tmp_path / "fresh"))
    assert "medseal deploy" in caught.value.advice


def _directory(hospital: Any) -> Directory:
    parts = hospital.service.parts
    admin = load_or_create_sender_key(Folder(parts.folder.root).keys / "admin.key")
    return Directory(hospital.settings.chain_url, parts.deployment, admin)


def test_what_was_anchored_before_a_compromise_stays_and_what_came_after_does_not(
    remote_hospital: Any,
) -> None:
    hospital = remote_hospital
    registration = hospital.anchored(hospital.capture())
    block = Rpc(hospital.settings.chain_url).call("eth_getBlockByNumber", "latest", False)
    _directory(hospital).mark_compromised(registration.registrar, int(block["timestamp"], 16))
    time.sleep(1.1)
    result = hospital.verify(hospital.capture())
    assert (result.verdict, result.checks[6].status) == ("unregistered", "failed")
    assert "compromised" in result.checks[6].detail
    assert '"compromised_since": "20' in hospital.service.trust()


def test_a_retired_registrar_was_entitled_while_it_was_active(remote_hospital: Any) -> None:
    hospital = remote_hospital
    registration = hospital.anchored(hospital.capture())
    _directory(hospital).set_status(registration.registrar, "retired")
    time.sleep(1.1)
    result = hospital.verify(hospital.capture())
    assert result.verdict == "authentic"
    assert "now retired" in result.checks[6].detail


def test_two_ledgers_of_one_folder_take_turns_on_the_embedded_chain(hospital: Any) -> None:
    from ledger.bootstrap import open_testnet
    from ledger.errors import Conflict

    with pytest.raises(Conflict):
        open_testnet(hospital.folder, [], wait=0.2)


def test_a_lost_signing_key_is_no_new_identity(hospital: Any) -> None:
    hospital.register(hospital.capture())
    key = hospital.folder.keys / "signing.key"
    kept = key.rename(key.with_suffix(".kept"))
    with pytest.raises(SettingsError, match="found none") as caught:
        hospital.restart()
    assert "backup" in caught.value.advice
    kept.rename(key)
    hospital.restart()
    assert hospital.verify(hospital.capture()).accepted


def test_nobody_else_can_read_what_a_ledger_keeps(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    with Service.open(Settings(data=folder)):
        handed_on = {"trust.json", "deployment.json"}
        for path in folder.rglob("*"):
            if path.name not in handed_on:
                assert path.stat().st_mode & 0o077 == 0, path
