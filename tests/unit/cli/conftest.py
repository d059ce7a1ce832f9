"""A data folder with two registered images, and the command line over it, in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import structlog
from typer.testing import CliRunner

from ledger.cli.app import app
from ledger.samples import copies_to_try, registered_samples


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        (only,) = self.lines
        return only


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _nothing_from_outside_and_nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings of the environment reach a command, its logging stays in its test, and the detector is off."""
    for name in [name for name in os.environ if name.startswith("MEDSEAL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEDSEAL_DETECTOR", "none")
    yield
    structlog.reset_defaults()


def invoke(*arguments: object) -> Ran:
    """One command in this process."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="medseal")
    return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples and their copies as files, and files that are no images."""
    folder = tmp_path_factory.mktemp("images")
    for name, data in (registered_samples() | copies_to_try()).items():
        (folder / name).write_bytes(data)
    (folder / "empty.png").write_bytes(b"")
    (folder / "truncated.png").write_bytes((folder / "phantom.png").read_bytes()[:900])
    (folder / "text.txt").write_text("no image")
    nested = folder / "nested" / "deeper"
    nested.mkdir(parents=True)
    cv2.imwrite(str(nested / "dots.png"), np.random.default_rng(7).integers(0, 255, (32, 32), np.uint8))
    return folder


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory, images: Path) -> dict[str, Any]:
    """``folder``, and the lines that registering CT_small.dcm (``ct``) and phantom.png (``png``) there answered."""
    folder = tmp_path_factory.mktemp("cli") / "data"
    ran = invoke("register", images / "CT_small.dcm", images / "phantom.png", "--json", "--data", folder)
    assert ran.code == 0, ran.err
    ct, png = ran.lines
    return {"folder": folder, "ct": ct, "png": png}


@pytest.fixture
def run(registered: dict[str, Any]) -> Run:
    """One command on the session's folder."""
    return lambda *arguments: invoke(*arguments, "--data", registered["folder"])


@pytest.fixture
def run_bare() -> Run:
    """One command with exactly these arguments."""
    return invoke
