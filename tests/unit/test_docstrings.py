"""Whoever reads a public name finds a sentence that says what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    "ledger/*.py",
    "ledger/core/**/*.py",
    "ledger/store/*.py",
    "ledger/chain/**/*.py",
    "detector/**/*.py",
    "contracts/*.py",
)
# Its methods are those of the JSON-RPC standard; the module says so.
NAMED_BY_A_STANDARD = ROOT / "ledger/chain/testnet/methods.py"
FILES = sorted({path for room in ROOMS for path in ROOT.glob(room)})

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _public(parent: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    for node in parent.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from _public(node, f"{node.name}.")


def _silent(path: Path) -> list[str]:
    module = ast.parse(path.read_text())
    found = [] if ast.get_docstring(module) else ["the module"]
    return found + [
        name
        for name, node in _public(module)
        if not ast.get_docstring(node) and not (path == NAMED_BY_A_STANDARD and name.startswith("eth_"))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_name_has_a_docstring(path: Path) -> None:
    assert _silent(path) == []


def test_the_methods_without_docstrings_are_said_to_be_the_standards() -> None:
    assert "JSON-RPC specification" in (ast.get_docstring(ast.parse(NAMED_BY_A_STANDARD.read_text())) or "")
