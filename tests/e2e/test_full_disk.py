"""A disk that fills up under the ledger, and is made larger again.

The data folder is a small file system in memory, so the kernel says "no space left" where a full disk would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

MEDSEAL = Path(sys.executable).with_name("medseal")
PICTURES = 60
LEFT = 256 * 1024
"""Bytes that are left before the pictures come: room for some of them, not for all."""


def mount(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *map(str, words)], capture_output=True, text=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB."""
    if os.geteuid() != 0:
        pytest.skip("a file system in memory cannot be mounted: not root")
    folder = tmp_path / "disk"
    folder.mkdir()
    made = mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", folder)
    if made.returncode:
        pytest.skip(f"a file system in memory cannot be mounted: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(PICTURES):
        noise = np.random.default_rng(seed).integers(0, 255, (64, 96), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{seed:03}.png")
    return folder


def medseal(*words: str | Path) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the JSON lines of one command."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEDSEAL_")}
    done = subprocess.run([MEDSEAL, *words, "--json"], capture_output=True, text=True, env=environment, timeout=120)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def fill(disk: Path) -> None:
    """Nothing but ``LEFT`` bytes are free afterwards."""
    found = os.statvfs(disk)
    (disk / "other").write_bytes(bytes(found.f_bavail * found.f_frsize - LEFT))


def test_a_full_disk_acknowledges_nothing_it_has_not_kept_and_goes_on_when_there_is_room(
    disk: Path, pictures: Path
) -> None:
    data = disk / "data"
    code, [first] = medseal("register", pictures / "000.png", "--data", data)
    assert (code, first["state"]) == (0, "final")
    fill(disk)

    code, answers = medseal("register", pictures, "-r", "--no-wait", "--data", data)
    kept = {answer["file"]: answer["registration_id"] for answer in answers if "error" not in answer}
    assert code == 3
    assert 0 < len(kept) < PICTURES == len(answers)
    assert {answer["error"]["code"] for answer in answers if "error" in answer} == {"storage_full"}
    receipts = {path.name: json.loads(path.read_bytes()) for path in (data / "receipts").iterdir()}
    assert set(receipts) == {f"{identity}.json" for identity in kept.values()}

    assert mount("-o", "remount,size=64m", disk).returncode == 0
    code, answers = medseal("register", pictures, "-r", "--data", data)
    assert (code, {answer["state"] for answer in answers}) == (0, {"final"})
    assert {a["file"]: a["registration_id"] for a in answers if a["file"] in kept} == kept
    assert not any(answer["created"] for answer in answers if answer["file"] in kept)

    code, [audit] = medseal("audit", "--data", data)
    assert (code, audit["consistent"], audit["complete"], audit["entries"]) == (0, True, True, PICTURES + 1)
