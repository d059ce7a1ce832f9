"""medseal deploy on a chain that is not the folder's own: who pays, with which key, and what the doctor says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ledger.chain.keys import load_or_create_sender_key, load_or_create_signing_key
from ledger.chain.testnet import LocalTestnet, serve
from ledger.chain.transactions import address_of
from ledger.core.trust import load_trust
from ledger.errors import SettingsError


@pytest.fixture
def admin(tmp_path):
    return address_of(load_or_create_sender_key(tmp_path / "admin.key"))


@pytest.fixture
def elsewhere(tmp_path, admin) -> Iterator[str]:
    """The URL of a chain on which the administrator is rich."""
    with LocalTestnet(tmp_path / "elsewhere.sqlite", chain_id=4242, funded=[admin]) as node:
        server = serve(node)
        yield server.url
        server.close()


@pytest.fixture
def deploy(run_bare, elsewhere, tmp_path, monkeypatch):
    """``medseal deploy`` there for the folder ``data``; what follows uses that chain."""
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", elsewhere)
    options = ("--rpc", elsewhere, "--key-file", tmp_path / "admin.key", "--data", tmp_path / "data")
    return lambda *more: run_bare("deploy", *options, *more)


def test_the_sender_is_funded_with_a_sum_that_is_said_before_and_both_balances_after(deploy, admin, tmp_path):
    ran = deploy("--fund-sender", "2.5")
    assert ran.code == 0, ran.err
    sender = address_of(load_or_create_sender_key(tmp_path / "data" / "keys" / "sender.key"))
    steps = ran.err.splitlines()
    said = next(at for at, line in enumerate(steps) if "will send the sender 2.5 ether" in line)
    assert said < steps.index("deploying the contract")
    assert f"{sender}, 2.5 ether" in ran.out
    assert re.search(rf"{admin}, [\d.e+]+ ether", ran.out)


def test_a_folder_that_was_deployed_has_its_trust_file_before_the_first_image(deploy, tmp_path):
    assert deploy().code == 0
    trust = load_trust((tmp_path / "data" / "trust.json").read_bytes())
    assert trust.chain.chain_id == 4242
    assert len(trust.registrars) == 1


def test_the_first_use_of_a_folder_writes_its_trust_file(run_bare, images, tmp_path):
    assert run_bare("register", images / "phantom.png", "--no-wait", "--data", tmp_path / "new").code == 0
    assert load_trust((tmp_path / "new" / "trust.json").read_bytes()).registrars


def test_a_sender_that_nobody_funds_is_said_and_found_by_the_doctor_and_blocks_with_the_reason(
    deploy, run_bare, images, tmp_path
):
    ran = deploy("--fund-sender", "0")
    assert ran.code == 0, ran.err
    sender = address_of(load_or_create_sender_key(tmp_path / "data" / "keys" / "sender.key"))
    assert f"before you send ether to {sender}" in ran.err
    blocked = run_bare("register", images / "phantom.png", "--data", tmp_path / "data")
    assert blocked.code == 3
    examined = run_bare("doctor", "--json", "--data", tmp_path / "data")
    assert examined.code == 1
    failed = {line["name"]: line for line in examined.lines if not line["ok"]}
    assert failed.keys() == {"sender", "anchoring"}
    assert f"{sender} holds 0 ether" in failed["sender"]["detail"]
    assert f"Send ether to {sender}" in failed["sender"]["advice"]
    assert "batch 1 of Local Hospital is blocked: " in failed["anchoring"]["detail"]


def test_an_administrator_with_less_than_the_sum_is_refused_before_anything_is_sent(deploy, tmp_path):
    ran = deploy("--fund-sender", "1e30")
    assert ran.code == 2
    assert "insufficient_funds" in ran.err
    assert "--fund-sender" in ran.err
    assert "deploying" not in ran.err
    assert not (tmp_path / "data" / "deployment.json").exists()


def test_a_sum_below_nothing_is_refused(deploy):
    assert deploy("--fund-sender", "-1").code == 2


def test_the_doctor_says_for_how_many_batches_a_funded_sender_has_ether(deploy, run_bare, tmp_path):
    assert deploy().code == 0
    examined = run_bare("doctor", "--json", "--data", tmp_path / "data")
    assert examined.code == 0, examined.out
    (sender,) = [line for line in examined.lines if line["name"] == "sender"]
    assert re.search(r"holds 1 ether, enough for about [\d,]+ batches", sender["detail"])


@pytest.mark.parametrize("prefix", ["", "0x", "0X"])
def test_a_key_may_begin_with_0x(tmp_path, prefix):
    path = tmp_path / "some.key"
    path.touch(mode=0o600)
    path.write_text(prefix + "11" * 32 + "\n")
    assert bytes(load_or_create_sender_key(path)) == b"\x11" * 32
    assert load_or_create_signing_key(path).private_bytes_raw() == b"\x11" * 32


@pytest.mark.parametrize("text", ["0x" + "11" * 31, "0x0x" + "11" * 31, "x" + "11" * 32, "11" * 33, "0x"])
def test_a_key_of_another_length_or_form_is_refused(tmp_path, text):
    path = tmp_path / "some.key"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(SettingsError, match="expected 64 hex digits"):
        load_or_create_sender_key(path)


def test_the_doctor_names_the_file_that_cannot_be_used(run_bare, registered, tmp_path):
    import shutil

    folder = tmp_path / "data"
    shutil.copytree(registered["folder"], folder)
    for name in ("deployment.json", "keys/sender.key"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(b"{}")
        ran = run_bare("doctor", "--data", folder)
        assert ran.code == 1
        assert f"FAIL  {'contract' if name == 'deployment.json' else 'keys'}" in ran.out
        assert str(folder / name) in ran.out
        (folder / name).write_bytes(kept)
    assert run_bare("doctor", "--data", folder).code == 0
