"""The Solidity tests: units, fuzz and invariants, in forge's default profile."""

from __future__ import annotations

import os
import subprocess

import pytest

from contracts import FOLDER


@pytest.mark.needs_node
def test_the_solidity_tests_pass() -> None:
    found = sorted(FOLDER.glob("node_modules/@foundry-rs/forge-*/bin/forge*"))
    if not found:
        pytest.skip("no forge binary in contracts/node_modules; run npm ci in contracts/")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FOUNDRY_")}
    done = subprocess.run(
        [str(found[0]), "test"], cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " 0 failed" in done.stdout
