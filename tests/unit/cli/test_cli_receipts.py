"""medseal receipt show, verify and withhold, and medseal trust."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# Run in a process of its own: an audit hook cannot be taken out again.
_COUNTING = """
import sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("socket.") else None)
from ledger.cli.app import app
code = 0
try:
    app(sys.argv[1:], prog_name="medseal")
except SystemExit as end:
    code = end.code
names = ("web3", "sqlalchemy", "fastapi", "httpx", "requests", "ledger.service")
heavy = [name for name in names if name in sys.modules]
sys.stderr.write("events %r heavy %r" % (seen, heavy))
sys.exit(code)
"""


@pytest.fixture
def trust(run, tmp_path) -> Path:
    path = tmp_path / "trust.json"
    assert run("trust", "--out", path).code == 0
    return path


def test_a_receipt_checks_offline_and_opens_no_socket(registered, images, trust):
    arguments = ["receipt", "verify", registered["ct"]["receipt"], str(images / "CT_small.dcm"), "--trust", str(trust)]
    ran = subprocess.run(
        [sys.executable, "-c", _COUNTING, *arguments, "--json", "--policy", "strict"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert "events [] heavy []" in ran.stderr
    line = json.loads(ran.stdout)
    assert line["verdict"] == "authentic"
    assert line["accepted"] is True
    assert [check["number"] for check in line["checks"]] == list(range(12))


@pytest.mark.parametrize(("name", "code"), [("ct-reencoded-rle.dcm", 0), ("ct-tampered.dcm", 1), ("phantom.png", 1)])
def test_another_image_does_not_pass_by_that_receipt(run_bare, registered, images, trust, name, code):
    ran = run_bare("receipt", "verify", registered["ct"]["receipt"], images / name, "--trust", trust)
    assert ran.code == code
    assert name in ran.out


def test_a_receipt_with_a_changed_byte_is_not_accepted(run_bare, registered, images, trust, tmp_path):
    content = Path(registered["ct"]["receipt"]).read_bytes()
    forged = tmp_path / "forged.json"
    forged.write_bytes(content.replace(b'"index":1', b'"index":2'))
    assert forged.read_bytes() != content
    ran = run_bare("receipt", "verify", forged, images / "CT_small.dcm", "--trust", trust, "--json")
    assert ran.code == 1
    assert ran.line["accepted"] is False


@pytest.mark.parametrize("broken", ["receipt", "image", "trust"])
def test_a_missing_file_is_bad_input(run_bare, registered, images, trust, tmp_path, broken):
    files = {"receipt": registered["ct"]["receipt"], "image": images / "CT_small.dcm", "trust": trust}
    files[broken] = tmp_path / "missing"
    ran = run_bare("receipt", "verify", files["receipt"], files["image"], "--trust", files["trust"])
    assert ran.code == 2
    assert "missing" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(("broken", "code"), [("receipt", "invalid_receipt"), ("trust", "invalid_trust")])
def test_a_file_of_another_kind_is_named(run_bare, registered, images, trust, broken, code):
    files = {"receipt": registered["ct"]["receipt"], "trust": trust}
    files[broken] = images / "text.txt"
    ran = run_bare("receipt", "verify", files["receipt"], images / "CT_small.dcm", "--trust", files["trust"])
    assert ran.code == 2
    assert code in ran.err


def test_showing_a_receipt_prints_its_bytes(run, registered):
    shown = run("receipt", "show", registered["ct"]["registration_id"])
    assert shown.code == 0
    assert json.loads(shown.out)["entry"] == json.loads(Path(registered["ct"]["receipt"]).read_bytes())["entry"]


def test_showing_an_unknown_receipt_is_bad_input(run):
    ran = run("receipt", "show", "f" * 32)
    assert ran.code == 2
    assert "not_found" in ran.err


def test_a_receipt_that_withholds_digests_still_proves_the_others(run_bare, registered, images, trust, tmp_path):
    path = tmp_path / "pixels-only.json"
    made = run_bare("receipt", "withhold", registered["ct"]["receipt"], "--keep", "pixel/1", "--out", path)
    assert made.code == 0
    assert json.loads(path.read_bytes())["openings"].keys() == {"pixel/1"}
    ran = run_bare("receipt", "verify", path, images / "ct-reencoded-rle.dcm", "--trust", trust, "--json")
    assert ran.code == 0
    statuses = {check["number"]: check["status"] for check in ran.line["checks"]}
    assert statuses[1] == "skipped"
    assert statuses[2] == "passed"


@pytest.mark.parametrize("which", ["digest", "file"])
def test_withholding_refuses_what_the_receipt_does_not_hold(run_bare, registered, images, which):
    receipt = registered["ct"]["receipt"] if which == "digest" else images / "text.txt"
    ran = run_bare("receipt", "withhold", receipt, "--keep", "smell/1")
    assert ran.code == 2
    assert ran.out == ""
    assert ("smell/1" if which == "digest" else "invalid_receipt") in ran.err


def test_the_trust_file_goes_to_standard_output_too(run, trust):
    assert json.loads(run("trust").out)["type"] == json.loads(trust.read_text())["type"] == "medseal/trust/1"


def test_a_receipt_sent_into_a_file_by_the_shell_is_byte_for_byte_the_receipt(run, registered, tmp_path):
    shown = run("receipt", "show", registered["ct"]["registration_id"])
    assert shown.code == 0
    assert shown.out.startswith("{") and shown.out.endswith("}")
