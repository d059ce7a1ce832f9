"""The trivial-cue audit passes an honest set and fails a leaky one."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.audit import CUES, Cue, audit, failures
from detector.benchmarks import make_set
from detector.datasets.opening import open_dataset
from detector.errors import UnusableData


def test_no_trivial_cue_tells_forged_from_pristine_in_an_honest_set(hospital: Path, tmp_path: Path) -> None:
    cues = audit(make_set(open_dataset(hospital), tmp_path / "set", count=80, seed=2, processes=1))
    assert [cue.name for cue in cues] == list(CUES)
    assert failures(cues) == []


def test_a_leaky_set_fails_the_audit_by_its_final_quality(hospital: Path, tmp_path: Path) -> None:
    cues = audit(make_set(open_dataset(hospital), tmp_path / "set", count=80, seed=2, leaky=True, processes=1))
    failed = {cue.name: cue for cue in failures(cues)}
    assert failed["final quality"].auc > 0.75
    assert failed["final quality"].low > 0.55


def test_an_auc_outside_fails_on_both_sides() -> None:
    cues = [Cue("low", 0.44, 0.4, 0.5), Cue("fair", 0.5, 0.4, 0.6), Cue("high", 0.56, 0.5, 0.6)]
    assert [cue.name for cue in failures(cues)] == ["low", "high"]


def test_one_class_alone_cannot_be_audited(hospital: Path) -> None:
    with pytest.raises(UnusableData, match="one class"):
        audit(open_dataset(hospital))
