"""The full digest set of CT slices on disk, beside reading, hashing and decoding the same files."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ledger.bench.bench import Bench
from ledger.bench.figures import RATE, Bare, Figure, Target, median, side_by_side
from ledger.bench.material import slices
from ledger.core.digests import digest_set

SUITE = "digests"
_TARGET = Target(40)
_FILES = 16


def run(bench: Bench) -> Iterator[Figure]:
    """One thread, then as many as the API gives to images."""
    from ledger.api.backend import heavy_limiter

    bench.say("digesting 512×512 CT slices")
    files = []
    for number, data in enumerate(slices(_FILES)):
        files.append(bench.folder / f"slice-{number}.dcm")
        files[-1].write_bytes(data)
    rounds = bench.rounds(9)
    works = (lambda: [digest(file) for file in files], lambda: [bare(file) for file in files])
    yield _figure("digest set of a 512×512 CT slice, one thread", side_by_side(rounds, *works))
    processor = side_by_side(rounds, *works, clock=time.process_time)
    yield _figure("… a second of processor time, whatever else runs", processor)
    threads = int(heavy_limiter().total_tokens)
    with ThreadPoolExecutor(threads) as pool:
        shared = side_by_side(rounds, lambda: list(pool.map(digest, files)), lambda: list(pool.map(bare, files)))
    yield _figure(f"… in the API's pool, {threads} threads", shared)


def digest(file: Path) -> object:
    return digest_set(file.read_bytes())


def bare(file: Path) -> object:
    """Read, SHA-256 and decode, by pydicom alone."""
    import io

    import pydicom

    data = file.read_bytes()
    return hashlib.sha256(data).digest(), pydicom.dcmread(io.BytesIO(data)).pixel_array


def _figure(what: str, times: tuple[list[float], ...]) -> Figure:
    rates, bare_rates = ([_FILES / taken for taken in one] for one in times)
    beside = Bare("read, SHA-256, decode", median(bare_rates))
    return Figure(SUITE, what, median(rates), RATE, _TARGET, beside, rates)
