"""``python -m detector.structure.census DIR``: how often each rule finds something in pristine files, as a table.

DIR holds ``manifest.csv`` with the columns path, source, kind, or any files, which then all count as pristine.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from detector.structure.inspecting import RULES, inspect
from detector.structure.model import State

_HEAD = "| rule | strength | asked | findings | share | sources |\n|---|---|---|---|---|---|"


def main() -> None:
    """Prints the table; with ``--files`` one line a finding as well."""
    asked = argparse.ArgumentParser(description="How often each structure rule finds something in pristine files.")
    asked.add_argument("folder", type=Path, metavar="DIR")
    asked.add_argument("--files", action="store_true", help="print each finding")
    wanted = asked.parse_args()
    counts, found, failed = Counter[str](), defaultdict[str, Counter[str]](Counter), Counter[str]()
    files = list(pristine(wanted.folder))
    for file, source in files:
        seen = inspect(file.read_bytes(), file.name)
        counts.update(rule.code for rule in seen.rules if rule.state in (State.FOUND, State.PASSED))
        failed.update(rule.code for rule in seen.rules if rule.state is State.FAILED)
        for one in seen.findings:
            found[one.code][source] += 1
            if wanted.files:
                _say(f"{file}\t{one.code}\t{one.strength}\t{one.text}")
    _say(f"{len(files)} pristine files.\n\n{_HEAD}")
    for rule in RULES:
        hits = found[rule.code].total()
        share = f"{100 * hits / counts[rule.code]:.1f} %" if counts[rule.code] else "–"
        where = ", ".join(f"{source} {count}" for source, count in sorted(found[rule.code].items()))
        _say(f"| `{rule.code}` | {rule.strength} | {counts[rule.code]} | {hits} | {share} | {where} |")
    if failed:
        _say("\nCould not be asked: " + ", ".join(f"{code} {count}" for code, count in sorted(failed.items())))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def pristine(folder: Path) -> Iterator[tuple[Path, str]]:
    """The pristine files and their sources: those of the manifest, or all there are."""
    listed = folder / "manifest.csv"
    if not listed.is_file():
        yield from ((path, path.parent.name) for path in sorted(folder.rglob("*")) if path.is_file())
        return
    with listed.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["kind"] == "authentic" and (folder / row["path"]).is_file():
                yield folder / row["path"], row["source"]


if __name__ == "__main__":
    main()
