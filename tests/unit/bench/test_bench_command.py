"""The command as a whole, on what is cheap; shapes are asserted, never times."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from ledger.bench import command, main
from ledger.bench.bench import Bench
from ledger.bench.figures import Figure
from ledger.bench.material import digest_batch, slices
from ledger.core.digests import digest_set
from ledger.errors import OutageError
from ledger.schemas import DigestBatch


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the benchmark makes its folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_quick_run_of_one_suite_prints_its_figures_as_json(
    temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--quick", "--json", "--only", "digests"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["quick"] is True
    assert {"cores", "processor", "python", "date", "load_before", "load_after"} <= found["machine"].keys()
    assert len(found["figures"]) == 3
    for figure in found["figures"]:
        assert (figure["suite"], figure["unit"]) == ("digests", "/s")
        assert figure["value"] > 0 and figure["bare"]["value"] > 0 and figure["times_bare"] > 0
        assert figure["met"] is (figure["value"] >= figure["target"]["limit"] == 40)
    assert list(temporary.iterdir()) == []


def test_what_was_measured_before_a_failure_is_shown(
    temporary: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_bench: Bench) -> Iterator[Figure]:
        yield Figure("gas", "the first figure", 1.0, "gas")
        raise OutageError("no answer")

    monkeypatch.setattr(command, "import_module", lambda _name: SimpleNamespace(run=broken))
    with pytest.raises(OutageError):
        main(["--only", "gas"])
    assert "the first figure" in capsys.readouterr().out
    assert list(temporary.iterdir()) == []


def test_an_unknown_suite_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "everything"])
    assert ended.value.code == 2
    assert "registration" in capsys.readouterr().err


@pytest.mark.parametrize("name", command.SUITES)
def test_each_suite_has_its_module(name: str) -> None:
    assert name == import_module(f"ledger.bench.{command.SUITES[name]}").SUITE


def test_made_slices_are_512_by_512_of_16_bits_and_each_another_image() -> None:
    first, second = (digest_set(data) for data in slices(2))
    facts = first.facts
    assert (facts["rows"], facts["columns"], facts["bits"], facts["lossy"]) == (512, 512, 16, False)
    assert first.digests["pixel/1"] != second.digests["pixel/1"]
    assert first.sop_instance_uid != second.sop_instance_uid


def test_a_made_batch_is_one_that_the_api_takes() -> None:
    batch = DigestBatch.model_validate_json(digest_batch(3, urgent=True))
    assert batch.urgent and len({image.digests["file/1"] for image in batch.images}) == 3
    assert set(batch.images[0].digests) == {"file/1", "pixel/1", "dataset/1", "tile/1", "view/1"}


def test_suites_can_be_named_without_an_option(temporary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digests", "--quick", "--json"]) == 0
    assert {figure["suite"] for figure in json.loads(capsys.readouterr().out)["figures"]} == {"digests"}
    with pytest.raises(SystemExit) as ended:
        main(["everything"])
    assert ended.value.code == 2


def test_a_run_without_names_leaves_out_the_long_suites(
    temporary: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def suite(module: str) -> SimpleNamespace:
        ran.append(module.removeprefix("ledger.bench."))
        return SimpleNamespace(run=lambda _bench: iter(()))

    monkeypatch.setattr(command, "import_module", suite)
    assert main([]) == 0
    assert ran == [module for name, module in command.SUITES.items() if name not in command.LONG]
    assert "altering" not in ran
