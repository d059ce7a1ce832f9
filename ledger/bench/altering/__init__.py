"""Altered copies of registered images: are their originals found, and is it seen what was changed?

Originals are registered as any image is, with every other authentic image of the data as a distractor. Each gets a
pristine and an altered copy; both go through every transform (:mod:`.copies`) and are written as files, and each file
is searched for by ``LookAlikes.find``. What a user would do otherwise is measured on the same files.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger.bench import machine
from ledger.bench.bench import Bench, Copies
from ledger.bench.figures import Figure

SUITE = "altered"
_BESIDE = Path(__file__).resolve().parents[4] / "shared" / "data"
"""Where real pictures stand on the machines this project is made on; no part of the project."""
_COUNT, _COUNT_QUICK = 420, 24


def run(bench: Bench) -> Iterator[Figure]:
    """What it costs; the tables follow after all suites, and stand in ``--out`` with every single outcome."""
    from ledger.bench.altering import costs, material, measures, report, running

    wanted, start = bench.copies, time.perf_counter()
    facts = machine.facts()
    count = wanted.count or (_COUNT_QUICK if bench.quick else _COUNT)
    folder = _data(wanted, quick=bench.quick)
    bench.say(f"altered copies of {count} originals, pictures of {folder or 'its own making'}")
    examples = material.examples(folder, bench.folder / "made", count, wanted.seed)
    with running.Running(bench, wanted.jobs) as workers:
        registered = material.register(workers, examples, bench.folder / "altered.db")
        originals = material.drawn(registered.pictures, count, wanted.seed)
        outcomes = workers.judged(originals, registered, wanted.seed)
    bench.say("what fingerprints cost")
    cost = costs.measure(originals, registered, outcomes)
    facts |= {
        "load_after": machine.load(),
        "data": str(folder) if folder else "made pictures",
        "originals": len(originals),
        "registered": len(registered.pictures),
        "left_out": dict(registered.left_out),
        "same_image_groups": registered.alike,
        "without_altered_copy": len(originals) - len({one.original for one in outcomes if one.kind}),
        "copies": len(outcomes),
        "command": _command(wanted, quick=bench.quick),
        "minutes": round((time.perf_counter() - start) / 60, 1),
    }
    found = measures.tables(outcomes)
    text = report.markdown(facts, found, cost)
    bench.shown.texts.append(text)
    bench.shown.objects[SUITE] = measured = {"run": facts, **found, "cost": cost}
    if wanted.out:
        _write(wanted.out, text, measured, [dataclasses.asdict(one) for one in outcomes])
    yield from report.figures(cost)


def _data(wanted: Copies, *, quick: bool) -> Path | None:
    if wanted.data:
        return wanted.data
    return _BESIDE if not quick and (_BESIDE / "manifest.csv").is_file() else None


def _command(wanted: Copies, *, quick: bool) -> str:
    words = ["medseal bench altered", *(["--quick"] if quick else []), f"--seed {wanted.seed} --jobs {wanted.jobs}"]
    for name in ("data", "count"):
        words += [f"--{name} {given}"] if (given := getattr(wanted, name)) else []
    return " ".join(words)


def _write(folder: Path, text: str, measured: dict[str, Any], outcomes: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "altered.md").write_text(text)
    (folder / "altered.json").write_text(json.dumps(measured, indent=1) + "\n")
    (folder / "outcomes.jsonl").write_text("".join(json.dumps(one) + "\n" for one in outcomes))
