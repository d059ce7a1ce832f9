"""The benchmark: train, examine, calibrate and judge each method under each protocol and seed.

Every finished piece is a file under ``out`` (``sets``, ``models``, ``scores``, ``costs``), so a run that was stopped
goes on, and the tables are made again from what is there. ``run.json`` keeps what the pieces were made by: a folder of
another run is refused, not mixed in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from detector.calibrate import FORMAT, Calibration
from detector.datasets.contract import Example
from detector.datasets.opening import open_dataset
from detector.datasets.splitting import Split
from detector.errors import UnusableConfig, UnusableData
from detector.evaluation import report as reporting
from detector.evaluation.columns import Answers
from detector.evaluation.config import BenchmarkConfig, ProtocolConfig
from detector.evaluation.costs import measure_cost
from detector.evaluation.examining import Examiners, calibrate, whole_pairs
from detector.evaluation.facts import commit
from detector.evaluation.learning import Training, audit_tested, read_training
from detector.evaluation.made import made_pictures
from detector.evaluation.outcomes import Outcome, read_outcomes
from detector.evaluation.protocols import Report, build, pristine
from detector.evaluation.summary import Results, summarize
from detector.predict import CALIBRATION
from detector.registry import SHIPPED
from detector.training.run import train


@dataclass(frozen=True)
class Piece:
    """One protocol and seed; ``turn`` counts the seeds from 0."""

    protocol: ProtocolConfig
    seed: int
    turn: int

    @property
    def name(self) -> str:
        """The name of its folders."""
        return f"{self.protocol.name}-{self.seed}"


def evaluate(
    data: Path | None, out: Path, *, config: BenchmarkConfig, report: Report, finished: bool = False
) -> Results:
    """Run ``config`` on the pristine pictures of the data set ``data`` (None: made ones) and write all under ``out``.

    Afterwards ``out`` holds ``results.json``, ``table.md`` and ``plots/*.png``. Goes on where an earlier run of the
    same configuration stopped; with ``finished`` nothing is trained or examined, and the tables are of what was judged
    to the end. UnusableConfig when ``out`` holds another run; UnusableData when ``data`` holds too
    little. ``report(done, total, words)`` counts pieces.
    """
    out.mkdir(parents=True, exist_ok=True)
    commits = _remember(out, data, config)
    originals = pristine(open_dataset(data) if data else made_pictures(out / "made"), config.without)
    pieces = [Piece(protocol, seed, turn) for protocol in config.protocols for turn, seed in enumerate(config.seeds)]
    steps = Steps(len(pieces) * (1 + len(config.methods)) + len(config.methods), report)
    answers: list[Answers] = []
    tested: dict[str, list[tuple[str, Sequence[Example]]]] = {}
    with Examiners(config.processes) as examiners:
        for piece in pieces:
            if finished and not (out / "scores" / piece.name).is_dir():
                continue
            sides = build(
                piece.protocol,
                originals,
                out / "sets" / (piece.protocol.name if piece.protocol.division == "random" else piece.name),
                first=config.seeds[0],
                turn=piece.turn,
                seed=piece.seed,
                report=steps.inner(f"{piece.name}: making pictures"),
            )
            steps.done(f"{piece.name}: {len(sides.train)} + {len(sides.held)} + {len(sides.test)} pictures")
            tested.setdefault(piece.protocol.name, []).append((piece.name, sides.test))
            for method in config.in_turn:
                if finished and not _is_judged(piece, method, sides, out, config):
                    continue
                answers.append(_judge(piece, method, sides, out, config, examiners, steps))
                steps.done(f"{piece.name}: {method}")
    if not answers:
        raise UnusableData(f"expected something finished in {out}, found nothing", advice="Run without --finished.")
    models = {answer.method: out / "models" / f"{answer.protocol}-{answer.seed}" for answer in reversed(answers)}
    models |= {method: SHIPPED for method in models if config.of(method).shipped}
    costs = {method: _cost(method, out, models[method], steps) for method in config.methods if method in models}
    results = replace(
        summarize(answers, costs, config, data=data, commits=commits),
        learning=_learning(pieces, config, out),
        cues={name: audit_tested(sets, config.seeds[0]) for name, sets in tested.items()},
    )
    reporting.write(results, answers, out)
    return results


class Steps:
    """How far the run is: whole steps, and words about the one under way."""

    def __init__(self, total: int, report: Report) -> None:
        self._total, self._at, self._report = total, 0, report

    def done(self, words: str) -> None:
        """One more step is done."""
        self._at += 1
        self._report(self._at, self._total, words)

    def inner(self, words: str) -> Report:
        """What the step under way reports to."""
        return lambda done, total, more: self._report(self._at, self._total, f"{words} {done}/{total} {more}".rstrip())


def _judge(
    piece: Piece,
    method: str,
    sides: Split,
    out: Path,
    config: BenchmarkConfig,
    examiners: Examiners,
    steps: Steps,
) -> Answers:
    words = f"{piece.name}: {method}"
    settings = config.of(method)
    models = SHIPPED if settings.shipped else out / "models" / piece.name
    if not settings.shipped:
        train(
            method,
            sides.train,
            sides.held,
            models / method,
            seed=piece.seed,
            config=settings.settings(piece.protocol.name),
            report=steps.inner(f"{words} trains"),
        )
    *held, found = (
        examiners.examine(method, models, chosen, kept, report=steps.inner(f"{words} examines {kept.stem}"))
        for kept, chosen in _asked(piece, method, sides, out, config)
    )
    calibration = _calibration(models / method, held[0]) if held else Calibration.load(models / method / CALIBRATION)
    return Answers(method, piece.protocol.name, piece.seed, found, calibration)


def _asked(
    piece: Piece, method: str, sides: Split, out: Path, config: BenchmarkConfig
) -> list[tuple[Path, list[Example]]]:
    """The held-out (but of a shipped model) and the test pictures that ``method`` is asked about, each with the file
    that keeps its answers."""
    folder, settings = out / "scores" / piece.name, config.of(method)
    parts = [("test", sides.test)] if settings.shipped else [("held", sides.held), ("test", sides.test)]
    return [(folder / f"{method}-{side}.jsonl", whole_pairs(part, settings.limit, piece.seed)) for side, part in parts]


def _is_judged(piece: Piece, method: str, sides: Split, out: Path, config: BenchmarkConfig) -> bool:
    """Whether every answer is there."""
    return all(
        {str(example.path) for example in chosen} <= {outcome.path for outcome in read_outcomes(kept)}
        for kept, chosen in _asked(piece, method, sides, out, config)
    )


def _calibration(folder: Path, held: Sequence[Outcome]) -> Calibration | None:
    """The calibration in ``folder``, made from ``held`` when it is not there, or older; None when too few have a
    score."""
    path = folder / CALIBRATION
    if path.exists() and json.loads(path.read_text(encoding="utf-8")).get("format") == FORMAT:
        return Calibration.load(path)
    try:
        return calibrate(folder, held)
    except UnusableData:
        return None


def _learning(
    pieces: Sequence[Piece], config: BenchmarkConfig, out: Path
) -> dict[str, dict[str, tuple[Training, ...]]]:
    """How each network's training went, by protocol and method, one a seed; other methods are not in it."""
    found: dict[str, dict[str, tuple[Training, ...]]] = {}
    for piece in pieces:
        mine = found.setdefault(piece.protocol.name, {})
        for method in config.methods:
            training = read_training(out / "models" / piece.name / method)
            if training is not None:
                mine[method] = (*mine.get(method, ()), training)
    return found


def _cost(method: str, out: Path, models: Path, steps: Steps) -> dict[str, float]:
    kept = out / "costs" / f"{method}.json"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(measure_cost(method, models)) + "\n", encoding="utf-8")
    steps.done(f"{method}: time and memory")
    found: dict[str, float] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _remember(out: Path, data: Path | None, config: BenchmarkConfig) -> list[str]:
    """The commits that this folder's pieces were made by, this one last; UnusableConfig when it holds another run."""
    path = out / "run.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"commits": [], "made by": {}}
    mine: dict[str, object] = {"data": str(data), "without": list(config.without)}
    mine |= {f"protocol {protocol.name}": asdict(protocol) for protocol in config.protocols}
    mine |= {f"method {method}": asdict(config.of(method)) for method in config.methods}
    mine = json.loads(json.dumps(mine))
    for key, value in mine.items():
        if known["made by"].get(key, value) != value:
            raise UnusableConfig(
                f"expected in {out} a run with the same {key}, found {known['made by'][key]}",
                advice="Choose another folder with --out, or remove this one.",
            )
    commits: list[str] = [*(each for each in known["commits"] if each != commit()), commit()]
    path.write_text(json.dumps({"commits": commits, "made by": known["made by"] | mine}, indent=1), encoding="utf-8")
    return commits
