"""The committed artifact is what the committed sources give."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

import contracts
from contracts import build
from ledger.errors import SettingsError


@pytest.mark.needs_node
def test_recompiling_gives_the_committed_bytes() -> None:
    text = build.render(build.compile_artifact(build.find_solc()))
    assert text == contracts.ARTIFACT.read_text(encoding="utf-8")


def test_the_artifact_was_made_from_these_sources(artifact: contracts.Artifact) -> None:
    assert artifact.source_digest == contracts.source_digest()
    assert artifact.compiler.split("+")[0] == contracts.package_versions()["solc"]
    assert artifact.settings == build.SETTINGS


def test_the_source_digest_moves_with_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contracts.source_digest()
    for name in (*contracts.OWN_SOURCES, "package.json"):
        shutil.copy(contracts.FOLDER / name, tmp_path)
    monkeypatch.setattr(contracts, "FOLDER", tmp_path)
    assert contracts.source_digest() == before
    with (tmp_path / "MerkleLog.sol").open("a") as source:
        source.write("\n")
    assert contracts.source_digest() != before


def test_the_artifact_is_frozen_and_says_where_roots_are_stored(artifact: contracts.Artifact) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        artifact.compiler = "another"  # type: ignore[misc]
    rows = json.loads(contracts.ARTIFACT.read_text(encoding="utf-8"))["storage"]
    assert artifact.storage == rows
    assert {"_logs", "_roots"} <= set(artifact.storage)


def test_a_missing_or_broken_artifact_is_a_settings_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "ARTIFACT", tmp_path / "ImageRegistry.json")
    load = contracts.load_artifact.__wrapped__
    with pytest.raises(SettingsError, match="can't be used"):
        load()
    (tmp_path / "ImageRegistry.json").write_text('{"abi": []}')
    with pytest.raises(SettingsError, match="bytecode"):
        load()


def test_a_machine_without_a_compiler_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SettingsError, match="no Solidity compiler") as caught:
        build.find_solc()
    assert "Node.js" in caught.value.advice


def test_the_build_checks_without_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "ImageRegistry.json"
    monkeypatch.setattr(build, "ARTIFACT", written)
    monkeypatch.setattr(build, "find_solc", lambda: Path("solc"))
    monkeypatch.setattr(build, "compile_artifact", lambda solc: {"abi": []})
    assert build.main(["--check"]) == 1
    assert "not what the sources give" in capsys.readouterr().err
    assert not written.exists()
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0
