"""The localizer with a kind of evidence taken away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detector.benchmarks import make_set
from detector.datasets.opening import open_dataset
from detector.evaluation.blinding import ALL, KINDS, Scored, main, table, without
from detector.localizer.features import BLOCK_FEATURES, Features, features


@pytest.fixture(scope="module")
def found() -> Features:
    return features(np.random.default_rng(3).integers(0, 256, (96, 128)).astype(np.uint8))


def test_every_map_belongs_to_one_kind_and_no_constant_to_any() -> None:
    named = [name for names in KINDS.values() for name in names if name != "pixels"]
    assert len(named) == len(set(named))
    assert set(BLOCK_FEATURES) - set(named) >= {"is JPEG", "quality", "noise of all", "colour"}
    assert {"noise", "own grid", "ghost 90", "against the first save", "blue noise"} <= set(named)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (ALL, "pixels")])
def test_what_is_taken_away_is_the_same_everywhere_and_nothing_else_changes(found: Features, kind: str) -> None:
    blind = without(found, KINDS[kind])
    taken = [name in KINDS[kind] for name in BLOCK_FEATURES]
    assert np.ptp(blind.blocks[..., taken].astype(np.float32), axis=(0, 1)).max() == 0
    assert np.array_equal(blind.blocks[..., ~np.array(taken)], found.blocks[..., ~np.array(taken)])
    assert np.array_equal(blind.pixels, found.pixels)


def test_pixels_are_taken_away_alone(found: Features) -> None:
    blind = without(found, KINDS["pixels"])
    assert np.ptp(blind.pixels.astype(int), axis=(0, 1)).max() == 0
    assert np.array_equal(blind.blocks, found.blocks)
    assert np.ptp(found.pixels.astype(int), axis=(0, 1)).min() > 0, "what was given is left as it was"


def test_the_table_has_a_line_for_each_kind_and_a_dash_where_a_class_is_missing() -> None:
    scores = dict.fromkeys(KINDS, 0.0)
    pictures = [Scored(k % 2 == 1, str(k), "B1", scores | {ALL: float(k % 2)}) for k in range(20)]
    lines = table(pictures).splitlines()
    assert len(lines) == 2 + len(KINDS)
    assert lines[2] == f"| {ALL} | 1.00 (1.00–1.00) | – | 1.00 (1.00–1.00) | – | – |"
    assert "0.50 (0.50–0.50)" in lines[3]


def test_the_shipped_model_is_judged_on_a_made_set(hospital: Path, tmp_path: Path) -> None:
    make_set(list(open_dataset(hospital)), tmp_path / "set", count=4, seed=2, processes=1)
    weights = Path(__file__).parents[4] / "detector" / "weights"
    main(["--models", str(weights), "--out", str(tmp_path / "t.md"), "--processes", "1", str(tmp_path / "set")])
    assert (tmp_path / "t.md").read_text("utf-8").count("\n") == 2 + len(KINDS)
