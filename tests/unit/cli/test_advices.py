"""What messages send people to is there: commands and settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import typer

import ledger
from ledger.cli.app import app
from ledger.settings import Settings

SOURCES = sorted(Path(ledger.__file__).parent.rglob("*.py"))


def _texts() -> Iterator[tuple[str, str]]:
    """Every string in the sources, with its place; the parts of an f-string apart, joined ones as one."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{path.name}:{node.lineno}", node.value


def _commands() -> set[str]:
    root = typer.main.get_command(app)
    found = set()
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        found.add(name)
        found |= {f"{name} {inner}" for inner in getattr(command, "commands", {})}
    return found


def test_every_command_that_a_text_names_exists():
    commands = _commands()
    groups = {name.split()[0] for name in commands if " " in name}
    named = 0
    for place, text in _texts():
        for first, second in re.findall(r"\bmedseal ([a-z]+)(?: ([a-z-]+))?", text):
            named += 1
            assert first in commands, (place, first)
            if first in groups and second:
                assert f"{first} {second}" in commands, (place, first, second)
    assert named > 30


def test_every_setting_that_a_text_names_exists():
    known = {f"MEDSEAL_{name.upper()}" for name in Settings.model_fields}
    for place, text in _texts():
        for name in re.findall(r"\bMEDSEAL_[A-Z_]*[A-Z]\b", text):
            assert name in known, (place, name)
