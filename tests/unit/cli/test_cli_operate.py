"""medseal doctor and deploy, how fast help comes, and what the commands share."""

from __future__ import annotations

import errno
import json
import stat
import subprocess
import sys

import pytest

from ledger.chain.keys import load_or_create_sender_key
from ledger.chain.testnet import LocalTestnet, serve
from ledger.chain.transactions import address_of
from ledger.cli.app import app
from ledger.cli.edge import worst
from ledger.cli.output import clean
from ledger.errors import StorageFull
from ledger.files import from_os_error, write_atomically
from ledger.folder import Folder

HEAVY = ("web3", "eth", "eth_account", "pydicom", "cv2", "numpy", "fastapi", "streamlit", "tensorflow", "sqlalchemy")

# These need no ledger: nothing of theirs is in a data folder or behind a server.
WITHOUT_LEDGER = {"bench", "disclose", "analyze", "forge", "train", "evaluate"}


def test_help_imports_nothing_heavy_and_is_quick():
    program = (
        "import sys, time\n"
        "began = time.process_time()\n"
        "from ledger.cli.app import app\n"
        "try:\n    app(['--help'], prog_name='medseal')\n"
        "except SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], time.process_time() - began)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    *text, last = ran.stdout.splitlines()
    assert "register" in "\n".join(text)
    loaded, seconds = last.rsplit(" ", 1)
    assert loaded == "[]"
    # Processor time, so that a busy machine does not fail this: half a second is what a person may wait.
    assert float(seconds) < 0.5


def test_every_command_has_help_and_says_data_and_server_where_they_apply(run_bare):
    top = run_bare("--help").out
    assert all(command.name in top for command in app.registered_commands if command.name)
    for name in sorted({command.name for command in app.registered_commands if command.name} - WITHOUT_LEDGER):
        shown = run_bare(name, "--help")
        assert shown.code == 0
        assert "--data" in shown.out
        if name not in ("up", "deploy"):
            assert "--server" in shown.out


def test_the_version_is_the_packages(run_bare):
    from importlib.metadata import version

    assert run_bare("--version").out.strip() == version("medseal")


def test_the_doctor_finds_a_sound_ledger_sound(run):
    ran = run("doctor", "--json")
    assert ran.code == 0, ran.out
    names = {line["name"] for line in ran.lines}
    assert {"python", "packages", "data folder", "key files", "database", "chain", "contract", "server"} <= names


def test_the_doctor_makes_nothing(run_bare, tmp_path):
    ran = run_bare("doctor", "--data", tmp_path / "none")
    assert ran.code == 0, ran.out
    assert not (tmp_path / "none").exists()


def test_the_doctor_names_a_key_that_others_can_read(run_bare, images, tmp_path):
    run_bare("register", images / "phantom.png", "--no-wait", "--data", tmp_path)
    key = tmp_path / "keys" / "signing.key"
    key.chmod(0o644)
    ran = run_bare("doctor", "--data", tmp_path)
    assert ran.code == 1
    assert f"chmod 600 {key}" in ran.out
    key.chmod(0o600)


def test_the_doctor_says_that_a_chain_is_down(run, monkeypatch):
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", "http://127.0.0.1:9")
    ran = run("doctor", "--json")
    assert ran.code == 1
    (failed,) = [line for line in ran.lines if not line["ok"]]
    assert failed["name"] == "chain"
    assert "chain_unreachable" in failed["detail"]
    assert failed["advice"]


def test_a_deployment_by_url_is_used_by_the_commands_after_it(run_bare, images, tmp_path, monkeypatch):
    data = tmp_path / "data"
    admin = load_or_create_sender_key(tmp_path / "admin.key")
    with LocalTestnet(tmp_path / "elsewhere.sqlite", chain_id=4242, funded=[address_of(admin)]) as node:
        server = serve(node)
        options = ("--rpc", server.url, "--key-file", tmp_path / "admin.key", "--registrar", "Saint Elsewhere")
        made = run_bare("deploy", *options, "--json", "--data", data)
        assert made.code == 0, made.err
        assert made.line["chain_id"] == 4242
        assert json.loads((data / "deployment.json").read_text()) == made.line
        again = run_bare("deploy", *options, "--data", data)
        assert again.code == 2
        assert "conflict" in again.err
        monkeypatch.setenv("MEDSEAL_CHAIN_URL", server.url)
        assert run_bare("register", images / "phantom.png", "--json", "--data", data).line["state"] == "final"
        assert run_bare("registrars", "--json", "--data", data).line["name"] == "Saint Elsewhere"
        assert run_bare("doctor", "--data", data).code == 0
        server.close()


def test_deploying_with_a_key_file_that_is_not_there_makes_none(run_bare, tmp_path):
    ran = run_bare("deploy", "--rpc", "http://127.0.0.1:9", "--key-file", tmp_path / "no.key", "--data", tmp_path)
    assert ran.code == 2
    assert not (tmp_path / "no.key").exists()


def test_deploying_where_nobody_answers_is_an_outage(run_bare, tmp_path):
    ran = run_bare("deploy", "--rpc", "http://127.0.0.1:9", "--data", tmp_path)
    assert ran.code == 3
    assert "chain_unreachable" in ran.err
    assert not (tmp_path / "deployment.json").exists()


@pytest.mark.parametrize(
    ("codes", "expected"), [([], 0), ([0, 0], 0), ([0, 1], 1), ([1, 3, 0], 3), ([3, 2, 1], 2), ([2, 0], 2)]
)
def test_the_worst_code_wins(codes, expected):
    assert worst(codes) == expected


def test_control_characters_become_their_escapes():
    assert clean("a\x1b[2Jb\n\u202e") == "a\\x1b[2Jb\\n\\u202e"


def test_a_full_disk_is_named_as_one():
    assert isinstance(from_os_error(OSError(errno.ENOSPC, "No space left on device"), "x"), StorageFull)


def test_a_file_that_could_not_be_written_whole_is_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "receipt.json"
    write_atomically(path, b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageFull):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["receipt.json"]


def test_what_a_command_writes_is_for_its_owner_alone(tmp_path):
    write_atomically(tmp_path / "new" / "receipt.json", b"{}")
    assert stat.S_IMODE((tmp_path / "new" / "receipt.json").stat().st_mode) == 0o600


def test_the_chain_file_is_where_the_supervisor_looks_for_it(tmp_path):
    assert Folder(tmp_path).chain == tmp_path / "chain" / "chain.sqlite"
    assert Folder(tmp_path).running == tmp_path / "run.json"


def test_logs_hide_what_is_named_as_a_secret(capsys):
    import structlog

    from ledger import logs

    logs.configure(json_lines=True)
    structlog.get_logger("x").warning("made", api_key="ms_1_2", count=3)
    line = json.loads(capsys.readouterr().err)
    assert line["api_key"] == "***"
    assert line["count"] == 3
