"""Whole runs on planted pictures: the benchmark must find what is there, and nothing where nothing is."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from detector.datasets.contract import HISTORIES, Example
from detector.errors import UnusableConfig
from detector.evaluation import protocols, run
from detector.evaluation.config import BenchmarkConfig, load_config, read_config
from detector.evaluation.made import made_pictures
from detector.evaluation.summary import Results
from detector.registry import METHODS
from detector.types import Applicability, Evidence


class Bright:
    """Finds what is white. Knows nothing else."""

    name, version = "bright", "1"

    @classmethod
    def load(cls, weights: Path) -> "Bright":
        return cls()

    def applicable(self, pixels: np.ndarray, jpeg: bytes | None) -> Applicability:
        return Applicability(True, "any picture")

    def examine(self, pixels: np.ndarray, *, jpeg: bytes | None = None) -> Evidence:
        heat = cv2.blur(pixels, (3, 3)).astype(np.float32) / 256
        return Evidence(float(heat.max()), heat)


def _planter(level: int) -> Callable[..., list[Example]]:
    """A maker of sets whose forgeries are boxes of that grey level; -1 changes nothing, and only says it did."""

    def make_set(
        pristine: Sequence[Example], out: Path, *, count: int, seed: int, histories: Sequence[str], **_: Any
    ) -> list[Example]:
        rng, made = np.random.default_rng(seed), []
        (out / "files").mkdir(parents=True, exist_ok=True)
        for number in range(count):
            original, forged = pristine[number // 2 % len(pristine)], number % 2 == 1
            pixels = rng.integers(20, 200, (96, 96)).astype(np.uint8)
            mask = np.zeros_like(pixels)
            mask[20:50, 30:60] = 255
            if forged and level >= 0:
                pixels[mask > 0] = level
            path, where = out / "files" / f"{number}.png", out / "files" / f"{number}-mask.png"
            cv2.imwrite(str(path), pixels)
            cv2.imwrite(str(where), mask)
            pair = f"{original.pair}#{number // 2}"
            example = replace(original, path=path, forged=forged, pair=pair, history=histories[number // 2 % 4])
            made.append(replace(example, mask=where, area=0.1, forgery="copy-move") if forged else example)
        return made

    return make_set


@pytest.fixture
def evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Results]:
    module = ModuleType("bright_method")
    module.Bright = Bright  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bright_method", module)
    monkeypatch.setitem(METHODS, "bright", "bright_method:Bright")  # type: ignore[arg-type]
    monkeypatch.setattr(run, "measure_cost", lambda *_: {"seconds_per_megapixel": 1.0, "peak_mb": 1.0})

    def evaluate(level: int = 250, names: Sequence[str] = ("honest",), **change: Any) -> Results:
        monkeypatch.setattr(protocols, "make_set", _planter(level))
        return run.evaluate(None, tmp_path, config=_config(names, **change), report=lambda *_: None)

    return evaluate


def _config(names: Sequence[str], **change: Any) -> BenchmarkConfig:
    tables: dict[str, dict[str, Any]] = {name: {"count": 120, "held": 0.3, "test": 0.4} for name in names}
    if "source-out" in tables:
        tables["source-out"] |= {"sources": ["made-a"], "test_count": 40}
    raw = {"protocols": tables, "methods": ["bright"], "seeds": [1, 2], "processes": 1, "rounds": 100}
    return read_config({**raw, **change})


def test_a_planted_signal_is_found_and_localized(evaluate: Callable[..., Results], tmp_path: Path) -> None:
    row = evaluate().row("honest", "bright")
    assert row.figures["auc"].mean == row.figures["accuracy"].mean == row.figures["auc"].low == 1.0
    assert (row.counts["tp"], row.counts["fp"], row.counts["tn"], row.counts["fn"]) == (48, 0, 48, 0)
    assert row.figures["pixel_f1"].mean > 0.9
    assert row.figures["area_error"].mean < 1.5
    assert row.figures["band_found"].mean > 0.85
    assert "`bright` (1.00 [1.00, 1.00])" not in (tmp_path / "table.md").read_text()  # said only beside leaky


def test_where_nothing_was_planted_nothing_is_found(evaluate: Callable[..., Results]) -> None:
    row = evaluate(-1).row("honest", "bright")
    assert row.figures["auc"].low < 0.5 < row.figures["auc"].high
    assert row.figures["pixel_f1"].mean < 0.3
    assert row.figures["band_false_alarms"].mean <= 0.1


def test_every_protocol_runs_and_is_in_the_table_the_json_and_the_plots(
    evaluate: Callable[..., Results], tmp_path: Path
) -> None:
    evaluate(names=("honest", "source-out", "paper", "leaky"))
    table = (tmp_path / "table.md").read_text()
    for words in ("## honest", "## source-out", "## paper", "## leaky", "reported by the seed paper", "seeds 1, 2"):
        assert words in table
    assert "nan" not in table
    body = json.loads((tmp_path / "results.json").read_text())
    assert body["protocols"]["paper"][0]["figures"]["auc"]["mean"] == 1.0
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {
        "bars.png",
        "reliability.png",
        "roc.png",
        "score-by-history.png",
    }


def test_no_patient_is_on_two_sides_of_the_honest_protocol_nor_the_left_out_source_in_training(
    evaluate: Callable[..., Results], tmp_path: Path
) -> None:
    evaluate(names=("honest", "source-out"))

    def sides(piece: str, key: str) -> tuple[set[str], set[str]]:
        lines = ((tmp_path / "scores" / piece / f"bright-{side}.jsonl").read_text() for side in ("held", "test"))
        held, test = ({json.loads(line)[key] for line in text.splitlines()} for text in lines)
        return held, test

    held, test = sides("honest-1", "group")
    assert not held & test
    held, test = sides("source-out-1", "source")
    assert test == {"made-a"}
    assert held == {"made-b"}


def test_breakdowns_count_a_pristine_picture_with_its_forged_twin(evaluate: Callable[..., Results]) -> None:
    row = evaluate().row("honest", "bright")
    assert (row.breakdowns["forgery"]["copy-move"].pristine, row.breakdowns["area"]["over 7 %"].forged) == (48, 48)
    assert set(row.breakdowns["history"]) == set(HISTORIES)


def test_a_run_goes_on_from_what_is_there(
    evaluate: Callable[..., Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = evaluate()
    kept = tmp_path / "scores" / "honest-1" / "bright-test.jsonl"
    text = kept.read_text()
    kept.write_text(text[: len(text) // 2])  # stopped in the middle of a line
    asked: list[np.ndarray] = []
    examine = Bright.examine

    def counting(self: Bright, pixels: np.ndarray, *, jpeg: bytes | None = None) -> Evidence:
        asked.append(pixels)
        return examine(self, pixels, jpeg=jpeg)

    monkeypatch.setattr(Bright, "examine", counting)
    assert evaluate().protocols == first.protocols
    assert 0 < len(asked) < len(text.splitlines())


def test_a_folder_of_another_run_is_refused(evaluate: Callable[..., Results]) -> None:
    evaluate()
    with pytest.raises(UnusableConfig, match="same protocol honest"):
        evaluate(protocols={"honest": {"count": 100}})


def test_a_method_that_raises_is_counted_and_the_others_go_on(
    evaluate: Callable[..., Results], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: Any, **__: Any) -> Evidence:
        raise ZeroDivisionError

    monkeypatch.setattr(Bright, "examine", broken)
    row = evaluate().row("honest", "bright")
    assert row.counts["failed"] == row.counts["without_answer"] == 96
    assert (row.counts["tp"], row.counts["fp"]) == (0, 0)
    assert "(96 failed)" in (tmp_path / "table.md").read_text()


def test_a_limit_takes_whole_pairs(evaluate: Callable[..., Results]) -> None:
    row = evaluate(settings={"bright": {"limit": 20}}).row("honest", "bright")
    assert row.counts["tp"] == row.counts["tn"] == 20


def test_made_pictures_are_the_same_each_time(tmp_path: Path) -> None:
    first, again = made_pictures(tmp_path / "a", 2), made_pictures(tmp_path / "b", 2)
    assert [e.path.read_bytes() for e in first] == [e.path.read_bytes() for e in again]


def test_the_quick_run_makes_the_whole_table_of_made_pictures(tmp_path: Path) -> None:
    config = replace(load_config(quick=True), processes=1, rounds=50)
    results = run.evaluate(None, tmp_path, config=config, report=lambda *_: None)
    assert set(results.protocols) == {"honest", "leaky"}
    leaky = results.row("leaky", "random_forest")
    assert sum(leaky.counts[key] for key in ("tp", "fp", "tn", "fn")) == 16
    assert leaky.counts["failed"] == 0
    assert leaky.figures["auc"].mean > 0.6  # the extra save of the forged files is there to be found
    assert "Leaky and honest, side by side" in (tmp_path / "table.md").read_text()
