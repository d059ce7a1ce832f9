"""Whole runs on planted pictures: the benchmark must find what is there, and nothing where nothing is."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from detector.datasets.contract import HISTORIES, Example
from detector.errors import UnusableConfig, UnusableData
from detector.evaluation import protocols, run
from detector.evaluation import report as reporting
from detector.evaluation.config import BenchmarkConfig, read_config
from detector.evaluation.learning import read_training
from detector.evaluation.report import markdown
from detector.evaluation.summary import Figure, Results
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
            example = replace(
                original, path=path, forged=forged, pair=pair, history=histories[number // 2 % len(histories)]
            )
            made.append(replace(example, mask=where, area=0.1, forgery="copy-move") if forged else example)
        return made

    return make_set


def _prepare(patch: pytest.MonkeyPatch) -> None:
    module = ModuleType("bright_method")
    module.Bright = Bright  # type: ignore[attr-defined]
    patch.setitem(sys.modules, "bright_method", module)
    patch.setitem(METHODS, "bright", "bright_method:Bright")  # type: ignore[arg-type]
    patch.setattr(run, "measure_cost", lambda *_: {"seconds_per_megapixel": 1.0, "peak_mb": 1.0})


@pytest.fixture
def evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Results]:
    _prepare(monkeypatch)
    monkeypatch.setattr(reporting, "write", lambda *_: None)

    def evaluate(level: int = 250, finished: bool = False, **change: Any) -> Results:
        monkeypatch.setattr(protocols, "make_set", _planter(level))
        config = _config(("honest",), **{"seeds": [1], **change})
        return run.evaluate(None, tmp_path, config=config, report=lambda *_: None, finished=finished)

    return evaluate


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Results, Path]]:
    """A run of all protocols with a planted signal, and its folder."""
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        _prepare(patch)
        patch.setattr(protocols, "make_set", _planter(250))
        config = _config(("honest", "source-out", "paper", "leaky"))
        yield run.evaluate(None, out, config=config, report=lambda *_: None), out


def _config(names: Sequence[str], **change: Any) -> BenchmarkConfig:
    tables: dict[str, dict[str, Any]] = {name: {"count": 120, "held": 0.45, "test": 0.4} for name in names}
    if "source-out" in tables:
        tables["source-out"] |= {"sources": ["made-a"], "test_count": 40}
    raw = {"protocols": tables, "methods": ["bright"], "seeds": [1, 2], "processes": 1, "rounds": 50}
    return read_config({**raw, **change})


def test_a_planted_signal_is_found_and_localized(whole: tuple[Results, Path]) -> None:
    row = whole[0].row("honest", "bright")
    assert row.figures["auc"].mean == row.figures["accuracy"].mean == row.figures["auc"].low == 1.0
    assert (row.counts["tp"], row.counts["fp"], row.counts["tn"], row.counts["fn"]) == (48, 0, 48, 0)
    assert row.figures["pixel_f1"].mean > 0.9
    assert row.figures["area_error"].mean < 1.5
    assert row.figures["band_found"].mean > 0.85


def test_where_nothing_was_planted_nothing_is_found(evaluate: Callable[..., Results]) -> None:
    row = evaluate(-1, seeds=[2, 3]).row("honest", "bright")
    assert row.figures["auc"].low < 0.5 < row.figures["auc"].high
    assert row.figures["pixel_f1"].mean < 0.3
    assert row.figures["band_false_alarms"].mean <= 0.1


def test_every_protocol_is_in_the_table_the_json_and_the_plots(whole: tuple[Results, Path]) -> None:
    table = (whole[1] / "table.md").read_text()
    for words in ("## honest", "## source-out", "## paper", "## leaky", "reported by the seed paper", "seeds 1, 2"):
        assert words in table
    assert "nan" not in table
    body = json.loads((whole[1] / "results.json").read_text())
    assert body["protocols"]["paper"][0]["figures"]["auc"]["mean"] == 1.0
    names = {path.name for path in (whole[1] / "plots").iterdir()}
    assert names == {"bars.png", "reliability.png", "roc.png", "score-by-history.png"}


def test_what_is_said_of_the_leak_follows_from_the_leaky_and_the_papers_figures(whole: tuple[Results, Path]) -> None:
    said = (whole[1] / "table.md").read_text()
    assert "lies above that under the paper's, the 95 % intervals apart, for no method." in said
    paper, leaky = whole[0].row("paper", "bright"), whole[0].row("leaky", "bright")
    weak = replace(paper, figures={**paper.figures, "auc": Figure(0.55, 0.45, 0.65)})
    other = replace(whole[0], protocols={"paper": (weak,), "leaky": (leaky,)})
    assert "the 95 % intervals apart, for `bright` (1.00 against 0.55)." in markdown(other)
    other = replace(whole[0], protocols={"source-out": (weak,), "leaky": (leaky,)})
    assert "intervals apart" not in markdown(other)


def test_what_is_better_than_guessing_follows_from_the_honest_figures(whole: tuple[Results, Path]) -> None:
    assert "lies above one half for `bright` (1.00 [1.00, 1.00]); it does not for none of them." in markdown(whole[0])
    honest = whole[0].row("honest", "bright")
    weak = replace(honest, figures={**honest.figures, "auc": Figure(0.55, 0.45, 0.65)})
    assert "lies above one half for no method; it does not for `bright`." in markdown(
        replace(whole[0], protocols={"honest": (weak,)})
    )


def test_each_row_says_how_many_pictures_were_tested(whole: tuple[Results, Path]) -> None:
    assert "| bright | 96 | 48 | 0 | 48 | 0 |" in (whole[1] / "table.md").read_text()


def test_a_method_that_decides_nothing_has_a_dash_for_copy_or_original(whole: tuple[Results, Path]) -> None:
    assert whole[0].row("honest", "bright").counts["copies"] == 48
    assert "| – | – |\n" in (whole[1] / "table.md").read_text()


def test_a_trivial_cue_of_the_tested_pictures_is_in_the_table(whole: tuple[Results, Path]) -> None:
    cues = {cue.name: cue.auc for cue in whole[0].cues["honest"]}
    assert cues["bytes"] < 0.1  # a box of one grey level makes a smaller PNG
    assert cues["width × height"] == 0.5
    assert "bytes (honest)" in (whole[1] / "table.md").read_text()


def test_a_model_without_a_network_has_not_learned_by_epochs(whole: tuple[Results, Path], tmp_path: Path) -> None:
    assert read_training(tmp_path) is None
    assert "Did it learn?" not in (whole[1] / "table.md").read_text()


def test_no_group_is_on_two_sides_of_the_honest_protocol(whole: tuple[Results, Path]) -> None:
    held, test = (_seen(whole[1], "honest-1", side, "group") for side in ("held", "test"))
    assert held and test and not held & test


def test_the_left_out_source_is_tested_alone_and_not_calibrated_on(whole: tuple[Results, Path]) -> None:
    assert _seen(whole[1], "source-out-1", "test", "source") == {"made-a"}
    assert _seen(whole[1], "source-out-1", "held", "source") == {"made-b"}


def _seen(out: Path, piece: str, side: str, key: str) -> set[str]:
    lines = (out / "scores" / piece / f"bright-{side}.jsonl").read_text().splitlines()
    return {json.loads(line)[key] for line in lines}


def test_a_part_counts_a_pristine_picture_with_its_forged_twin(whole: tuple[Results, Path]) -> None:
    parts = whole[0].row("honest", "bright").breakdowns
    assert (parts["forgery"]["copy-move"].pristine, parts["area"]["over 7 %"].forged) == (48, 48)
    assert set(parts["history"]) == set(HISTORIES)


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


def test_tables_of_what_is_finished_name_what_is_not(evaluate: Callable[..., Results], tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="something finished"):
        evaluate(seeds=[1, 2], finished=True)
    first = evaluate()
    tables = evaluate(seeds=[1, 2], finished=True)
    assert not (tmp_path / "models" / "honest-2").exists()
    assert tables.about["unfinished"] == ["honest-2 bright"]
    assert tables.row("honest", "bright").counts == first.row("honest", "bright").counts
    assert "Not finished, so not in these tables: honest-2 bright." in markdown(tables, [])


def test_a_folder_of_another_run_is_refused(evaluate: Callable[..., Results]) -> None:
    evaluate()
    with pytest.raises(UnusableConfig, match="same protocol honest"):
        evaluate(protocols={"honest": {"count": 100}})


def test_a_method_that_raises_is_counted_and_the_others_go_on(
    evaluate: Callable[..., Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Evidence:
        raise ZeroDivisionError

    monkeypatch.setattr(Bright, "examine", broken)
    row = evaluate().row("honest", "bright")
    assert row.counts["failed"] == row.counts["without_answer"] == 48
    assert (row.counts["tp"], row.counts["fp"]) == (0, 0)


def test_a_picture_without_an_answer_is_not_called_forged_and_ranks_lowest(
    evaluate: Callable[..., Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_dark(self: Bright, pixels: np.ndarray, jpeg: bytes | None) -> Applicability:
        return Applicability(bool(pixels.max() < 240), "no white picture")

    monkeypatch.setattr(Bright, "applicable", only_dark)
    row = evaluate().row("honest", "bright")
    assert (row.counts["tp"], row.counts["fn"], row.counts["without_answer"]) == (0, 24, 24)
    assert row.figures["auc"].mean == 0.0  # every forgery below every pristine picture


def test_where_hardly_a_picture_has_an_answer_there_is_no_area_under_the_curve(
    evaluate: Callable[..., Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bright, "applicable", lambda *_: Applicability(False, "none"))
    row = evaluate().row("honest", "bright")
    assert np.isnan(row.figures["auc"].mean)
    assert row.figures["accuracy"].mean == 0.5


def test_an_older_calibration_is_made_again(evaluate: Callable[..., Results], tmp_path: Path) -> None:
    evaluate()
    path = tmp_path / "models" / "honest-1" / "bright" / "calibration.json"
    made = json.loads(path.read_text())
    path.write_text(json.dumps({**made, "format": 1}))
    evaluate()
    assert json.loads(path.read_text()) == made


def test_a_limit_takes_whole_pairs(evaluate: Callable[..., Results]) -> None:
    row = evaluate(settings={"bright": {"limit": 20}}).row("honest", "bright")
    assert row.counts["tp"] == row.counts["tn"] == 10


def test_a_shipped_model_is_judged_by_its_own_bands_and_not_trained(
    evaluate: Callable[..., Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    trained = evaluate()
    (shipped / "bright").parent.mkdir()
    (tmp_path / "models" / "honest-1" / "bright").rename(shipped / "bright")
    for kept in (tmp_path / "scores").rglob("*.jsonl"):
        kept.unlink()
    (tmp_path / "run.json").unlink()
    monkeypatch.setattr(run, "SHIPPED", shipped)
    monkeypatch.setattr(run, "train", lambda *_, **__: pytest.fail("trained"))
    found = evaluate(settings={"bright": {"shipped": True}})
    assert found.row("honest", "bright").figures == trained.row("honest", "bright").figures
    assert [kept.name for kept in (tmp_path / "scores").rglob("*.jsonl")] == ["bright-test.jsonl"]
    assert "As shipped, bands and all, not trained here: bright." in markdown(found)
