"""The table of rules in the detector's page, and the census, are the rules' own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from structured import jpeg, png, scene, with_chunk

import detector
from detector.structure import RULES

ROOT = Path(detector.__file__).parent.parent
ROW = re.compile(r"^\| `([a-z]+-[a-z0-9-]+)` \| (information|notable|strong) \|", re.M)


def test_the_page_lists_each_rule_with_its_strength() -> None:
    told = dict(ROW.findall((ROOT / "detector" / "README.md").read_text(encoding="utf-8")))
    assert told == {rule.code: rule.strength.value for rule in RULES}


def test_the_table_of_pristine_files_has_each_rule_with_its_strength() -> None:
    told = dict(ROW.findall((ROOT / "docs" / "benchmark" / "structure.md").read_text(encoding="utf-8")))
    assert told == {rule.code: rule.strength.value for rule in RULES}


def test_no_loud_rule_speaks_of_more_than_two_percent_of_pristine_files() -> None:
    rows = (line.split("|")[1:-1] for line in (ROOT / "docs" / "benchmark" / "structure.md").read_text().splitlines())
    loud = [[cell.strip() for cell in row] for row in rows if len(row) == 6 and row[1].strip() in ("notable", "strong")]
    assert loud
    assert all(float(share.removesuffix(" %")) <= 2.0 for _, _, _, _, share, _ in loud if share != "–")


def test_the_census_counts_findings_by_rule_and_source(tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "a.png").write_bytes(with_chunk(png(scene()), "gAMA", b"\0\0\xb1\x8f"))
    (folder / "b.png").write_bytes(png(scene()))
    (folder / "c.jpg").write_bytes(jpeg(scene()))
    command = [sys.executable, "-m", "detector.structure.census", str(tmp_path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert told.startswith("3 pristine files.")
    assert "| `png-colour-profile` | information | 2 | 1 | 50.0 % | source 1 |" in told


def test_the_census_takes_the_authentic_files_of_a_manifest(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(png(scene()))
    (tmp_path / "manifest.csv").write_text("path,source,kind\na.png,here,authentic\nb.png,here,forged\n")
    command = [sys.executable, "-m", "detector.structure.census", str(tmp_path)]
    assert subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.startswith("1 pristine")
