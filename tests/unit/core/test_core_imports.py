"""The core may import the standard library without sockets and processes, and the few packages that are named here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import ledger.core

CORE = Path(ledger.core.__file__).parent
PACKAGES = {"PIL", "cryptography", "cv2", "ledger", "numpy", "pdqhash", "pydicom", "rfc8785", "sha3"}
OUTSIDE = {"asyncio", "http", "multiprocessing", "os", "shutil", "socket", "sqlite3", "ssl", "subprocess", "urllib"}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def test_the_core_imports_no_package_but_the_named_ones_and_nothing_of_the_machine() -> None:
    allowed = PACKAGES | set(sys.stdlib_module_names) - OUTSIDE
    found = {
        f"{path.relative_to(CORE)}: {name}"
        for path in CORE.rglob("*.py")
        for name in _imports(ast.parse(path.read_text()))
        if name not in allowed
    }
    assert not found
