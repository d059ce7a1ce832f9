"""The way to a chain that is not ours, through the command line alone: anvil, one of its own keys, an empty folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from ledger.cli.app import app
from ledger.core.receipt import parse
from ledger.samples import registered_samples

ANVIL = Path(__file__).parents[2] / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
ANVILS_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
"""The first of anvil's well-known keys, as it prints them: with 0x."""

Run = Callable[..., Result]

pytestmark = pytest.mark.needs_anvil


@pytest.fixture
def anvil(tmp_path: Path) -> Iterator[str]:
    """The URL of a chain that makes a block a second, as real ones do: transactions wait."""
    log = tmp_path / "anvil.log"
    command = [str(ANVIL), "--port", "0", "--chain-id", "31338", "--block-time", "1"]
    # Into a file: a pipe that nobody reads would fill and stop the node.
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            yield f"http://{_listening(log)}"
        finally:
            process.terminate()


def _listening(log: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := re.search(r"Listening on (\S+)", log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"anvil did not start: {log.read_text()[-500:]}")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """One command on the folder ``data``."""
    for name in [name for name in os.environ if name.startswith("MEDSEAL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEDSEAL_DATA", str(tmp_path / "data"))
    yield lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="medseal")
    structlog.reset_defaults()  # as the other tests found it, before a command configured it


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "CT_small.dcm"
    path.write_bytes(registered_samples()["CT_small.dcm"])
    return path


@pytest.fixture
def deployed(anvil: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The chain with the contract on it, put there by ``medseal deploy`` as the README says, and its URL set."""
    key = tmp_path / "admin.key"
    key.touch(mode=0o600)
    key.write_text(ANVILS_KEY)
    made = run("deploy", "--rpc", anvil, "--key-file", key, "--registrar", "Saint Elsewhere")
    assert made.exit_code == 0, made.stderr
    assert "will send the sender 1 ether" in made.stderr
    monkeypatch.setenv("MEDSEAL_CHAIN_URL", anvil)
    return anvil


def test_an_image_goes_the_whole_way_over_a_foreign_chain(
    deployed: str, run: Run, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDSEAL_CONFIRMATIONS", "1")
    made = run("register", image, "--json")
    assert made.exit_code == 0, made.stderr
    registered = json.loads(made.stdout)
    assert registered["state"] == "final"
    found = run("verify", image, "--policy", "strict", "--json")
    assert (found.exit_code, json.loads(found.stdout)["verdict"]) == (0, "authentic")

    offline = ("receipt", "verify", registered["receipt"], image, "--trust", tmp_path / "data" / "trust.json", "--json")
    with monkeypatch.context() as elsewhere:
        elsewhere.delenv("MEDSEAL_CHAIN_URL")
        checked = run(*offline, "--policy", "strict")
    assert (checked.exit_code, json.loads(checked.stdout)["verdict"]) == (0, "authentic")
    anchor = parse(Path(registered["receipt"]).read_bytes()).anchor
    assert anchor is not None
    assert anchor.chain_id == 31338

    audited = json.loads(run("audit", "--json").stdout)
    assert (audited["consistent"], audited["complete"], audited["heads"]) == (True, True, 1)
    assert json.loads(run("rebuild", "--json").stdout)["equal"] is True
    examined = run("doctor")
    assert examined.exit_code == 0, examined.stdout


def test_a_deployment_of_another_chain_is_named_and_nothing_is_sent(
    deployed: str, run: Run, image: Path, tmp_path: Path
) -> None:
    record = tmp_path / "data" / "deployment.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"chain_id": 1}))
    refused = run("register", image)
    assert refused.exit_code == 3
    assert "chain_mismatch" in refused.stderr
    assert re.search(r"expected chain 1\b.*31338", refused.stderr)
    examined = run("doctor", "--json")
    assert examined.exit_code == 1
    assert "chain_mismatch" in examined.stdout
