"""The compiled contract: what a deployment and a client need, read from the committed ``ImageRegistry.json``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ledger.errors import SettingsError

__all__ = [
    "ARTIFACT",
    "CONTRACT",
    "FOLDER",
    "OWN_SOURCES",
    "Artifact",
    "load_artifact",
    "package_versions",
    "source_digest",
]

FOLDER = Path(__file__).resolve().parent
CONTRACT = "ImageRegistry"
ARTIFACT = FOLDER / f"{CONTRACT}.json"
OWN_SOURCES = ("IImageRegistry.sol", "ImageRegistry.sol", "MerkleLog.sol")


@dataclass(frozen=True)
class Artifact:
    """The compiled contract and where it came from.

    ``bytecode`` (creation) and ``deployed_bytecode`` are hex with ``0x``; ``compiler`` is like
    ``0.8.37+commit.f401782d``; ``settings`` are solc's; ``storage`` maps a state variable's name to its slot;
    digests are ``sha256:<hex>``: of the own sources with the package versions they import, and of the artifact file.
    """

    abi: list[dict[str, Any]]
    bytecode: str
    deployed_bytecode: str
    compiler: str
    settings: dict[str, Any]
    source_digest: str
    storage: dict[str, int]
    artifact_digest: str


@cache
def load_artifact() -> Artifact:
    """The committed artifact. Raises SettingsError when it is missing or not readable."""
    try:
        raw = ARTIFACT.read_bytes()
        content = json.loads(raw)
        return Artifact(
            abi=content["abi"],
            bytecode=content["bytecode"],
            deployed_bytecode=content["deployed_bytecode"],
            compiler=content["compiler"],
            settings=content["settings"],
            source_digest=content["source_digest"],
            storage=content["storage"],
            artifact_digest="sha256:" + hashlib.sha256(raw).hexdigest(),
        )
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(
            f"the contract artifact {ARTIFACT} can't be used: {error!r}",
            advice="Install MedSeal again, or run scripts/build-contracts.",
        ) from error


def package_versions() -> dict[str, str]:
    """The npm packages, pinned in package.json, that the contract is compiled from and with."""
    content: dict[str, dict[str, str]] = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    return content["dependencies"]


def source_digest() -> str:
    """``sha256:<hex>`` over the own sources (name and digest, a line each) and the versions of package_versions().

    The imported OpenZeppelin files are not part of the project, so their version stands for them here; the digest of
    each file that was compiled stands in the artifact under ``sources``.
    """
    lines = [f"{name} {hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}" for name in OWN_SOURCES]
    lines += [f"{name} {version}" for name, version in sorted(package_versions().items())]
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
