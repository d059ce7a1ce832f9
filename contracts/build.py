"""Compile ImageRegistry.sol and write, or compare with, the committed artifact.

``python -m contracts.build`` writes ``ImageRegistry.json``; with ``--check`` it writes nothing and fails when the
committed file is not byte for byte what the sources give. A native ``solc`` of the right version is used when there
is one on the PATH, else npm's behind ``solc-shim.js``; both give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import solcx
from solcx.exceptions import SolcError
from solcx.wrapper import get_solc_version

from contracts import ARTIFACT, CONTRACT, FOLDER, OWN_SOURCES, package_versions, source_digest
from ledger.errors import SettingsError

SETTINGS: dict[str, Any] = {
    "optimizer": {"enabled": True, "runs": 200},
    "evmVersion": "cancun",
    # Without these two the bytecode depends on nothing but code and settings.
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}
_OUTPUT = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "storageLayout"]
_IMPORT = re.compile(r'^import\s(?:[^;"]*?from\s)?\s*"([^"]+)"\s*;', re.MULTILINE)
_ADVICE = "Run scripts/build-contracts on a machine with Node.js 20 or newer; running MedSeal needs no compiler."


def find_solc() -> Path:
    """A compiler of the version pinned in package.json. Raises SettingsError when there is none."""
    wanted = package_versions()["solc"]
    native = shutil.which("solc")
    if native and str(get_solc_version(native)) == wanted:
        return Path(native)
    shim, package = FOLDER / "solc-shim.js", FOLDER / "node_modules" / "solc"
    if shutil.which("node") is None or not package.is_dir():
        raise SettingsError(
            f"no Solidity compiler: expected solc {wanted} on the PATH, or Node.js with {package}", advice=_ADVICE
        )
    return shim


def collect_sources() -> dict[str, str]:
    """Every source that the contract needs, by the name it is imported under: own ones by file name."""
    found: dict[str, str] = {}
    waiting = list(OWN_SOURCES)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = _read(name)
        waiting += [_resolve(name, path) for path in _IMPORT.findall(found[name])]
    return dict(sorted(found.items()))


def compile_artifact(solc: Path) -> dict[str, Any]:
    """The artifact's content. Raises SettingsError when a source is missing or does not compile, or warns."""
    sources = collect_sources()
    result = _compile(solc, sources)
    contract = result["contracts"][f"{CONTRACT}.sol"][CONTRACT]
    return {
        "contract": CONTRACT,
        "compiler": str(get_solc_version(solc, with_commit_hash=True)),
        "settings": SETTINGS,
        "packages": {"@openzeppelin/contracts": package_versions()["@openzeppelin/contracts"]},
        "source_digest": source_digest(),
        "sources": {name: _digest(text) for name, text in sources.items()},
        "storage": {row["label"]: int(row["slot"]) for row in contract["storageLayout"]["storage"]},
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployed_bytecode": "0x" + contract["evm"]["deployedBytecode"]["object"],
    }


def render(artifact: dict[str, Any]) -> str:
    """The artifact file's text; the same artifact gives the same text."""
    return json.dumps(artifact, indent=1, ensure_ascii=False) + "\n"


def _compile(solc: Path, sources: dict[str, str]) -> dict[str, Any]:
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {**SETTINGS, "outputSelection": {f"{CONTRACT}.sol": {CONTRACT: _OUTPUT}}},
    }
    try:
        result: dict[str, Any] = solcx.compile_standard(request, solc_binary=solc)
    except SolcError as error:
        raise _refused(error.error_dict or [{"formattedMessage": str(error)}]) from error
    if result.get("errors"):
        raise _refused(result["errors"])
    return result


def _refused(messages: list[dict[str, Any]]) -> SettingsError:
    return SettingsError(
        "the contracts do not compile without errors and warnings:\n"
        + "\n".join(row["formattedMessage"] for row in messages),
        advice="Mend the sources.",
    )


def _read(name: str) -> str:
    path = FOLDER / ("node_modules" if name.startswith("@") else ".") / name
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SettingsError(f"no source {path}", advice=_ADVICE) from error


def _resolve(importer: str, path: str) -> str:
    """The source name that ``import "path"`` means inside ``importer``."""
    if not path.startswith("."):
        return path
    parts = importer.split("/")[:-1]
    for step in path.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """Write the artifact (or compare, with ``--check``) and answer the exit code: 0 done or equal, 1 not."""
    parser = argparse.ArgumentParser(prog="python -m contracts.build", description="Compile the contracts.")
    parser.add_argument("--check", action="store_true", help="compare with the committed artifact, write nothing")
    check = parser.parse_args(arguments).check
    try:
        text = render(compile_artifact(find_solc()))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n{error.advice}\n")
        return 1
    if not check:
        ARTIFACT.write_text(text, encoding="utf-8")
    elif not ARTIFACT.exists() or ARTIFACT.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{ARTIFACT} is not what the sources give; run scripts/build-contracts and commit it\n")
        return 1
    sys.stdout.write(f"{ARTIFACT.name}: {_digest(text)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
