"""``medseal forge``: a benchmark set of pristine and forged twins with exact masks, from pristine pictures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.cli.edge import Json, Verbose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.datasets.contract import Example

_WHY = "no room for them, or no donor: a splice needs two groups of one modality"


def forge(
    pictures: Annotated[
        Path, typer.Argument(metavar="DIR", help="Pristine pictures: a folder, a manifest, DICOM series.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the set is written, or gone on with.")],
    count: Annotated[int, typer.Option("--count", metavar="N", min=2, help="Pictures; half of them forged.")] = 600,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed makes the same set.")] = 1,
    histories: Annotated[
        str, typer.Option("--histories", metavar="A,B", help="Save histories, by comma: A, B1, B2, C.")
    ] = "A,B1,B2,C",
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="SOURCE", help="Leave this source out; * matches.")
    ] = None,
    leaky: Annotated[
        bool, typer.Option("--leaky", help="The unfair exhibit: forged files saved once more than pristine ones.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a set for training and measuring detectors: twins that pass through one save history, with masks.

    A stopped run goes on where it was. Forgeries: copy-move, splicing, modification, removal.
    """
    del verbose  # read by the edge
    from detector.benchmarks import lacking, make_set
    from detector.datasets.opening import open_dataset
    from detector.evaluation.protocols import pristine
    from ledger.cli import output

    wanted = [name.strip() for name in histories.split(",") if name.strip()]
    with output.progress() as bars:
        bar = bars.add_task("forging", total=count)
        examples = make_set(
            pristine(open_dataset(pictures), without or ()),
            out,
            count=count,
            seed=seed,
            histories=wanted,
            leaky=leaky,
            report=lambda done, total, _words: bars.update(bar, completed=done, total=total),
        )
    summary = {**_summary(examples), "lacking": lacking(examples, count)}
    if as_json:
        output.emit({"folder": str(out), "seed": seed, "leaky": leaky, **summary})
        return
    typer.echo(f"made {summary['pictures']} pictures in {output.clean(out)}, {summary['forged']} of them forged")
    output.facts((name, _shown(summary[name])) for name in ("forgeries", "histories", "sources"))
    if summary["lacking"]:
        output.facts([("fewer than asked for", f"{_shown(summary['lacking'])} ({_WHY})")])
    output.facts([("forged area", f"{summary['least_area']:.1%} to {summary['greatest_area']:.1%}")])


def _summary(examples: Sequence[Example]) -> dict[str, Any]:
    forged = [example for example in examples if example.forged]
    areas = [example.area for example in forged if example.area is not None]
    return {
        "pictures": len(examples),
        "forged": len(forged),
        "forgeries": dict(sorted(Counter(str(example.forgery) for example in forged).items())),
        "histories": dict(sorted(Counter(str(example.history) for example in examples).items())),
        "sources": dict(sorted(Counter(example.source for example in examples).items())),
        "least_area": min(areas, default=0.0),
        "greatest_area": max(areas, default=0.0),
    }


def _shown(counts: dict[str, int]) -> str:
    from ledger.cli.output import clean

    return ", ".join(f"{clean(name)} {count}" for name, count in counts.items())
