"""medseal registrar: the directory's commands, over the embedded chain of a data folder."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from ledger.chain.deploy import fund
from ledger.chain.keys import load_or_create_sender_key
from ledger.chain.testnet import LocalProvider, LocalTestnet
from ledger.chain.transactions import address_of

STRANGER = "0x" + "5a" * 20


@pytest.fixture
def folder(registered, tmp_path):
    """A copy of the session's folder, so that what is changed on its chain changes nothing for other tests."""
    shutil.copytree(registered["folder"], tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def image(tmp_path):
    """A picture that nobody has registered."""
    path = tmp_path / "new.png"
    cv2.imwrite(str(path), np.random.default_rng(11).integers(0, 255, (32, 32), np.uint8))
    return path


@pytest.fixture
def registrar(run_bare, folder):
    """One ``medseal registrar`` command on the copy."""
    return lambda *arguments: run_bare("registrar", *arguments, "--json", "--data", folder)


def test_a_suspended_registrar_anchors_nothing_until_it_is_active_again(run_bare, registrar, folder, image):
    assert registrar("status", "suspended").line["status"] == "suspended"
    assert run_bare("registrars", "--json", "--data", folder).line["on_chain_status"] == "suspended"
    refused = run_bare("register", image, "--data", folder)
    assert refused.code == 3
    assert "the registrar is suspended" in refused.err
    assert registrar("status", "active", "--registrar", "Local Hospital").code == 0
    assert run_bare("register", image, "--json", "--data", folder).line["state"] == "final"


def test_a_compromise_stands_in_the_trust_file_at_once_and_can_only_move_back(run_bare, registrar, folder, images):
    since = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    assert registrar("compromised", "--since", since.isoformat()).code == 0
    (trusted,) = json.loads((folder / "trust.json").read_text())["registrars"]
    assert datetime.fromisoformat(trusted["keys"][0]["compromised_since"]) == since
    found = run_bare("verify", images / "CT_small.dcm", "--json", "--data", folder)
    assert (found.code, found.line["accepted"]) == (1, False)
    later = registrar("compromised", "--since", (since + timedelta(minutes=1)).isoformat())
    assert later.code == 3
    assert "CompromiseDateRefused" in later.err


def test_a_retired_sender_is_refused_and_an_added_one_writes(run_bare, registrar, folder, image, tmp_path, monkeypatch):
    files = folder / "keys" / "sender.key", tmp_path / "new.key"
    old, new = (address_of(load_or_create_sender_key(path)) for path in files)
    assert registrar("add-sender", new).line["sender"] == new
    assert registrar("retire-sender", old).line["retired_sender"] == old
    assert registrar("retire-sender", old).code == 0
    refused = run_bare("register", image, "--data", folder)
    assert refused.code == 3
    assert f"{old} is no sender" in refused.err
    with LocalTestnet(folder / "chain" / "chain.sqlite") as node:
        fund(LocalProvider(node), load_or_create_sender_key(folder / "keys" / "admin.key"), new, 10**18)
    monkeypatch.setenv("MEDSEAL_SENDER_KEY_FILE", str(tmp_path / "new.key"))
    assert run_bare("register", image, "--json", "--data", folder).line["state"] == "final"
    assert "SenderExists" in registrar("add-sender", old).err


def test_only_the_administrator_changes_the_directory(registrar, tmp_path):
    load_or_create_sender_key(tmp_path / "other.key")
    ran = registrar("status", "suspended", "--key-file", tmp_path / "other.key")
    assert ran.code == 3
    assert "AccessControl" in ran.err
    assert "administrator" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "suspended", "--registrar", "Nobody"),
        ("status", "suspended", "--key-file", "/no/such.key"),
        ("status", "asleep"),
        ("compromised", "--since", "yesterday"),
        ("compromised", "--since", "1969-01-01"),
        ("add-sender", "0x12"),
        ("retire-sender", "nobody"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(registrar, arguments):
    ran = registrar(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err


def test_a_sender_that_the_contract_does_not_know_cannot_be_retired(registrar):
    ran = registrar("retire-sender", STRANGER)
    assert ran.code == 3
    assert "UnknownSender" in ran.err


def test_without_a_deployment_there_is_no_directory(run_bare, tmp_path):
    ran = run_bare("registrar", "status", "active", "--registrar", "0" * 64, "--data", tmp_path / "none")
    assert ran.code == 3
    assert "deployment.json" in ran.err
