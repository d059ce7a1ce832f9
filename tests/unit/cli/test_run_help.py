"""``scripts/run --help`` sets nothing up."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[3] / "scripts" / "run"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with the script and a set-up that fails."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(RUN, tmp_path / "scripts" / "run")
    executable(tmp_path / "scripts" / "setup", "echo set up; exit 1")
    return tmp_path


def executable(file: Path, script: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def asked(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tree / "scripts" / "run", *words], capture_output=True, text=True, timeout=30, check=False)


def test_before_the_set_up_it_says_what_it_will_do(tree: Path) -> None:
    ran = asked(tree, "--help")
    assert (ran.returncode, "Sets up .venv" in ran.stdout, "set up" in ran.stdout) == (0, True, False)


def test_after_the_set_up_it_gives_the_options_whether_or_not_the_set_up_is_still_right(tree: Path) -> None:
    executable(tree / ".venv" / "bin" / "medseal", 'echo "options of $*"')
    ran = asked(tree, "--help")
    assert (ran.returncode, ran.stdout) == (0, "options of up --help\n")


def test_without_help_it_sets_up_first(tree: Path) -> None:
    assert asked(tree).stdout == "set up\n"
