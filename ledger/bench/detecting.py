"""The detector on made 512×512 pictures: each method, the seed paper's network alone, and the forgery generator."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from ledger.bench.bench import Bench
from ledger.bench.figures import RATE, Bare, Figure, Target, median, milliseconds, seconds, side_by_side
from ledger.bench.material import slices

SUITE = "detector"
_EXAMINE, _NETWORK, _GENERATE = Target(60), Target(200), Target(5)
_BATCH = 32
_MADE = 48


def run(bench: Bench) -> Iterator[Figure]:
    """Warm, after decoding; the generator with all it does: read, forge, save, mask."""
    import numpy as np
    import pydicom

    files = [pydicom.dcmread(io.BytesIO(data)) for data in slices(4)]
    pictures = [(file.pixel_array - file.pixel_array.min()).astype(np.uint16) for file in files]
    yield from _methods(bench, pictures)
    yield _network(bench)
    yield _generator(bench)


def _methods(bench: Bench, pictures: list[Any]) -> Iterator[Figure]:
    from detector.methods.ela_cnn import ElaCnn
    from detector.predict import Analyzer
    from detector.registry import METHODS

    for name in METHODS:
        bench.say(f"examining with {name}")
        analyzer, turn = Analyzer(name), count()
        works = (
            lambda analyzer=analyzer, turn=turn: analyzer.analyze(pictures[next(turn) % 4]),
            lambda: _resave(pictures),
        )
        times, bare = (milliseconds(one) for one in side_by_side(bench.rounds(16), *works))
        beside = Bare("save as JPEG, decode", median(bare))
        target = _EXAMINE if name == ElaCnn.name else None
        yield Figure(SUITE, f"examine 512×512, warm: {name}", median(times), "ms", target, beside, times)


def _resave(pictures: list[Any]) -> object:
    """What no method of re-compression can leave out."""
    from detector.ela import error_levels
    from detector.pictures import to_rgb8

    return error_levels(to_rgb8(pictures[0]))


def _network(bench: Bench) -> Figure:
    import numpy as np

    from detector.methods.ela_cnn import ElaCnn
    from detector.registry import SHIPPED

    bench.say("the network of ela_cnn alone")
    method = ElaCnn.load(SHIPPED / ElaCnn.name)
    batch = np.random.default_rng(1).random((_BATCH, 128, 128, 3), np.float32)
    (times,) = side_by_side(bench.rounds(16), lambda: method.probabilities(batch))
    rates = [_BATCH / taken for taken in times]
    return Figure(SUITE, f"network of ela_cnn, batches of {_BATCH}", median(rates), RATE, _NETWORK, values=rates)


def _generator(bench: Bench) -> Figure:
    from detector.benchmarks import make_set
    from detector.datasets.opening import open_dataset

    bench.say("forging and saving 512×512 pictures in one process")
    material = bench.folder / "material"
    _write(material, 12)
    examples = open_dataset(material)
    made = (bench.folder / f"set-{number}" for number in count())

    def work() -> object:
        return make_set(examples, next(made), count=_MADE, seed=1, processes=1)

    rates = [_MADE / seconds(work) for _ in range(bench.rounds(3))]
    return Figure(SUITE, "forge and save 512×512, one process", median(rates), RATE, _GENERATE, values=rates)


def _write(folder: Path, number: int) -> None:
    folder.mkdir()
    for index, data in enumerate(slices(number)):
        (folder / f"{index}.dcm").write_bytes(data)
