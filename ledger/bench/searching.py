"""Finding look-alikes among a million registered codes, beside a bare scan of the same codes."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from ledger.bench.bench import Bench
from ledger.bench.figures import RATE, Bare, Figure, Target, median, milliseconds, quantile, side_by_side
from ledger.core.model import CodeRow, Draft, ImageRecord, Registrar, TraceRecord
from ledger.errors import LedgerError
from ledger.lookalikes import FlatIndex
from ledger.ports import CODE_RECORD
from ledger.store import SqlStore

SUITE = "search"
_CODES = 1_000_000
_EACH = 5
"""Codes of one registration: one of the whole and four of windows."""
_COUNT = 10
_ASKED = 16
"""What one disputed image asks for: 8 orientations, each as it is and inverted."""
_BITS = 20
"""How many of 256 bits the planted codes are away from what is asked for."""
_A_CODE = Target(3)
_STORED, _STORED_QUICK = 10_000, 1_000
_BATCH = 500
_TRACE_BYTES = 10_000
_LOG = "a" * 64

Codes = npt.NDArray[np.uint8]


class _Rows:
    """What an index asks of a store, over codes in memory."""

    def __init__(self, codes: Codes) -> None:
        places = np.zeros((len(codes), CODE_RECORD - codes.shape[1]), np.uint8)
        self._records = np.hstack([places, codes]).reshape(-1, _EACH * CODE_RECORD)

    def registrars(self) -> list[Registrar]:
        return [_registrar()]

    def log_size(self, _registrar: str) -> int:
        return len(self._records)

    def codes(self, registrar: str, start: int = 0, stop: int | None = None) -> Iterable[CodeRow]:
        rows = enumerate(self._records[start:stop], start)
        return (CodeRow(registrar, at, f"{at:032x}", record.tobytes()) for at, record in rows)


def run(bench: Bench) -> Iterator[Figure]:
    """Random codes with a few planted near ones, and a database to fill from."""
    bench.say(f"searching {_CODES:,} codes")
    random = np.random.default_rng(0)
    codes = random.integers(0, 256, (_CODES, 32), np.uint8)
    asked = random.integers(0, 256, (_ASKED, 32), np.uint8)
    planted = random.choice(_CODES, _ASKED, replace=False)
    codes[planted] = _flipped(asked, random)
    index = FlatIndex(_Rows(codes))  # type: ignore[arg-type]
    index.nearest(asked.tobytes(), 1)
    for number, rounds in ((1, bench.rounds(64)), (_ASKED, bench.rounds(20))):
        yield from _searches(index, codes, asked[:number], planted[:number].tolist(), rounds)
    bench.say("filling the index from a database")
    yield _fill(bench)


def _flipped(codes: Codes, random: np.random.Generator) -> Codes:
    bits = np.unpackbits(codes, axis=1)
    for row in bits:
        row[random.choice(len(row), _BITS, replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def _searches(index: FlatIndex, codes: Codes, asked: Codes, planted: list[int], rounds: int) -> Iterator[Figure]:
    """The time of one search divided by the number of codes asked for."""
    question = asked.tobytes()
    found = {(near.registration, near.distance) for near in index.nearest(question, len(asked))}
    if found != {(f"{place // _EACH:032x}", _BITS) for place in planted}:
        raise LedgerError("expected the planted codes as the nearest ones, found others")
    works = (lambda: index.nearest(question, _COUNT), lambda: [_scan(codes, one) for one in asked])
    wall, processor = (
        [[one / len(asked) for one in milliseconds(times)] for times in side_by_side(count, *works, clock=clock)]
        for count, clock in ((rounds, time.perf_counter), (max(2, rounds // 4), time.process_time))
    )
    what = f"nearest of {len(codes):,} codes, {len(asked)} asked for at once, each"
    yield _figure(f"{what}, p50", wall, median)
    yield _figure("… p95", wall, lambda times: quantile(times, 0.95))
    yield _figure("… processor time, whatever else runs", processor, median)


def _figure(what: str, times: list[list[float]], of: Callable[[list[float]], float]) -> Figure:
    searched, scanned = times
    return Figure(SUITE, what, of(searched), "ms", _A_CODE, Bare("numpy scan", of(scanned)), searched)


def _scan(codes: Codes, asked: Codes) -> npt.NDArray[np.intp]:
    """The nearest codes, by numpy alone."""
    distances = np.bitwise_count(codes.view(np.uint64) ^ asked.view(np.uint64)).sum(axis=1, dtype=np.uint16)
    return np.argpartition(distances, _COUNT)[:_COUNT]


def _fill(bench: Bench) -> Figure:
    """Codes a second from a database of encrypted fingerprints into the index, beside reading the file."""
    images = _STORED_QUICK if bench.quick else _STORED
    file = bench.folder / "fingerprints.db"
    with SqlStore.open(f"sqlite:///{file}", trace_key=os.urandom(32)) as store:
        store.add_registrar(_registrar(), _draft("genesis"))
        for _ in range(0, images, _BATCH):
            store.append(_LOG, [_draft("register") for _ in range(_BATCH)])
        asked = os.urandom(32)
        taken, bare = side_by_side(3, lambda: FlatIndex(store).nearest(asked, 1), file.read_bytes)
        rates, bare_rates = ([images * _EACH / one for one in times] for times in (taken, bare))
    what = f"codes from a database of {images:,} images, decrypted, into the index"
    return Figure(SUITE, what, median(rates), RATE, bare=Bare("reading the file", median(bare_rates)), values=rates)


def _registrar() -> Registrar:
    return Registrar(_LOG, "bench", "b" * 64, datetime.now(UTC))


def _draft(kind: str) -> Draft:
    """An entry of ``kind``; a registration has a random fingerprint."""
    made = os.urandom(16).hex()
    leaf = hashlib.sha256(made.encode()).digest()
    image = None
    if kind == "register":
        trace = TraceRecord(os.urandom(_TRACE_BYTES), os.urandom(_EACH * CODE_RECORD))
        image = ImageRecord(made, {"file/1": f"sha256:{leaf.hex()}"}, os.urandom(32), {}, b"", None, None, trace)
    return Draft(made, kind, made.encode(), leaf, None, datetime.now(UTC), image)
