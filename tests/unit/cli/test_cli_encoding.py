"""What a terminal is shown of names that its encoding cannot hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np


def _run(code: str, *arguments: str, encoding: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, encoding=encoding, check=False)


def _forge(*arguments: str) -> subprocess.CompletedProcess[str]:
    return _run("from ledger.cli import main; main()", "forge", *arguments, encoding="latin-1")


def test_a_path_is_shown_escaped_and_is_whole_in_json(tmp_path: Path) -> None:
    pictures, out = tmp_path / "pictures", tmp_path / "Größe 😀"
    pictures.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40)).astype(np.uint8)
    cv2.imwrite(str(pictures / "a.png"), cv2.resize(pixels, (160, 160), interpolation=cv2.INTER_CUBIC))
    told, line = (_forge(str(pictures), "--out", str(out), "--count", "2", *more) for more in ((), ("--json",)))
    assert (told.returncode, line.returncode) == (0, 0), told.stderr + line.stderr
    assert "Größe \\U0001f600, 1 of them forged" in told.stdout
    assert json.loads(line.stdout)["folder"] == str(out)


def test_a_table_in_ascii_shows_a_name_escaped() -> None:
    code = "from ledger.cli.output import table, write_anything; write_anything(); table(['file'], [['M\u00fcller']])"
    ran = _run(code, encoding="ascii")
    assert (ran.returncode, "M\\xfcller" in ran.stdout) == (0, True), ran.stderr
