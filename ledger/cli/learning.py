"""``medseal train`` and ``medseal evaluate``: making a detector's model, and measuring what detectors are worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.cli.edge import Json, Verbose

Report = Callable[[int, int, str], None]
Pictures = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="Pictures: a folder, a manifest, DICOM series, CASIA, a made set.")
]


def train(
    method: Annotated[str, typer.Option("--method", metavar="NAME", help="Which detector.")],
    data: Pictures,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of models; this one is made in DIR/NAME.")
    ] = Path("weights"),
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="TOML laid over the method's own settings.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="SOURCE", help="Leave this source out; * matches.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0)] = 1,
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Go on with what is in DIR/NAME, or train it anew.")
    ] = True,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Train a detector, calibrate it, and write DIR/NAME for `medseal analyze --weights DIR`.

    Forgeries are made when the pictures have none. A stopped training goes on after its last epoch.
    """
    del verbose  # read by the edge
    from detector.training.complete import train_completely
    from ledger.cli import output

    with _bars() as report:
        made = train_completely(
            method,
            data,
            out,
            seed=seed,
            config=config,
            without=without or (),
            fresh=not resume,
            report=report,
        )
    if as_json:
        output.emit({"folder": str(out / method), **made})
        return
    pairs: list[tuple[str, object]] = [("folder", out / method), ("version", made["version"]), ("seed", made["seed"])]
    pairs += [(f"{side} side", _counts(made["data"][side])) for side in ("train", "held")]
    pairs += [(name.replace("_", " "), _shown(value)) for name, value in made["training"].items()]
    pairs += [("files", ", ".join(made["files"])), ("seconds", made["seconds"])]
    typer.echo(f"trained {method}")
    output.facts(pairs)
    output.say(f"Use it with: medseal analyze FILE --method {method} --weights {out}")


def evaluate(
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Pristine pictures; made ones, which tell little, if not given."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Results, and all that resuming needs.")] = Path(
        "benchmark"
    ),
    methods: Annotated[
        str | None, typer.Option("--methods", metavar="A,B", help="These detectors only, by comma.")
    ] = None,
    protocols: Annotated[
        str | None, typer.Option("--protocols", metavar="A,B", help="honest, source-out, paper, leaky; by comma.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", metavar="N", min=1, help="The first N seeds of the configuration.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Another run than the shipped one.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="The small run: minutes instead of hours.")] = False,
    finished: Annotated[
        bool, typer.Option("--finished", help="Tables of what is finished in --out; nothing more is run.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Train, calibrate and judge detectors under several protocols; print the table and write table, JSON and plots.

    A stopped run goes on. The same folder holds one run only.
    """
    del verbose  # read by the edge
    from detector.evaluation.config import load_config
    from detector.evaluation.run import evaluate as run
    from ledger.cli import output

    chosen = load_config(config, quick=quick).only(_names(methods), _names(protocols), seeds)
    with _bars() as report:
        run(data, out, config=chosen, report=report, finished=finished)
    if as_json:
        import json

        output.emit(json.loads((out / "results.json").read_text("utf-8")))
        return
    typer.echo((out / "table.md").read_text("utf-8"))
    output.say(f"Written to {out}: results.json, table.md, plots")


@contextmanager
def _bars() -> Iterator[Report]:
    """One bar that shows what is under way; silent when standard error is no terminal."""
    from ledger.cli import output

    with output.progress() as bars:
        bar = bars.add_task("starting", total=None)
        yield lambda done, total, words: bars.update(bar, description=output.clean(words), completed=done, total=total)


def _names(given: str | None) -> list[str] | None:
    return None if given is None else [name.strip() for name in given.split(",") if name.strip()]


def _counts(side: dict[str, Any]) -> str:
    sources = len(side["sources"])
    word = "source" if sources == 1 else "sources"
    return f"{side['pictures']} pictures, {side['forged']} of them forged, {sources} {word}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_shown(inner)}" for name, inner in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
