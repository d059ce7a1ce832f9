"""Digest mode end to end: clients that post batches at once while the worker anchors, until acknowledged and until on
the chain. Beside it the same rows with nothing round them: hashes, signatures and one SQLite transaction a batch."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.bench.bench import Bench
from ledger.bench.figures import RATE, Bare, Figure, Target, median, quantile
from ledger.bench.material import digest_batch, digests
from ledger.bench.stack import Stack
from ledger.bench.wire import Wire
from ledger.core.images import Limits
from ledger.core.model import Registrar
from ledger.registration import DigestedImage, Registrations, draft_entry
from ledger.store import SqlStore

SUITE = "registration"
CLIENTS = 4
PACE = 500
_TARGET = Target(PACE)
_RECEIPT_TARGET = Target(1)
_ENTRY_BYTES = 620


@dataclass(frozen=True)
class _Run:
    """One burst: images a second until acknowledged and until anchored, and a second of each part's processor time;
    seconds from each POST to a receipt."""

    acknowledged: float
    anchored: float
    parts: dict[str, float]
    receipts: list[float]


def run(bench: Bench) -> Iterator[Figure]:
    """As fast as it goes in batches of 500 and 1,000, then at the target's pace, then in anchor mode."""
    rounds, stack = bench.rounds(3), bench.stack()
    images = 2_000 if bench.quick else 4_000
    _burst(stack, 1_000, 250)
    for batch in (500, 1_000):
        bare, inside, runs = [], [], []
        for number in range(rounds):
            bench.say(f"registering {images:,} images in batches of {batch}, {number + 1} of {rounds}")
            bare.append(_bare_rate(bench.folder / f"bare-{batch}-{number}.db", images, batch))
            inside.append(_inside_rate(bench.folder / f"inside-{batch}-{number}.db", images, batch))
            runs.append(_burst(stack, images, batch))
        yield from _figures(f"batches of {batch:,}", runs, inside, Bare("hash, sign, SQLite", median(bare)))
    for batch in (100, 500):
        bench.say(f"registering {PACE} images a second in batches of {batch}")
        times = _paced(stack, batch, 8 if bench.quick else 24)
        beside = Bare("hash, sign, SQLite of the batch", batch / median(bare))
        what = f"POST to signed receipt at {PACE} images/s, batches of {batch}, p95"
        yield Figure(SUITE, what, quantile(times, 0.95), "s", _RECEIPT_TARGET, beside, times)
    stack.anchor_by("anchor")
    bench.say("registering in anchor mode")
    rates = [_burst(stack, images, 1_000).anchored for _ in range(rounds)]
    yield Figure(SUITE, "until on the chain, anchor mode, batches of 1,000", median(rates), RATE, values=rates)


def _figures(words: str, runs: list[_Run], inside: list[float], bare: Bare) -> Iterator[Figure]:
    rates, anchored = [run.acknowledged for run in runs], [run.anchored for run in runs]
    receipts = [seconds for run in runs for seconds in run.receipts]
    yield Figure(SUITE, f"register until acknowledged, {words}", median(rates), RATE, _TARGET, bare, rates)
    yield Figure(SUITE, f"… the use case alone, without HTTP, {words}", median(inside), RATE, None, bare, inside)
    yield Figure(SUITE, f"… until on the chain, {words}", median(anchored), RATE, _TARGET, bare, anchored)
    for part in runs[0].parts:
        shares = [run.parts[part] for run in runs]
        what = f"… images a second of the {part}'s processor time, {words}"
        yield Figure(SUITE, what, median(shares), RATE, values=shares)
    what = f"… POST to signed receipt with {CLIENTS} clients that never pause, {words}, p95"
    yield Figure(SUITE, what, quantile(receipts, 0.95), "s", values=receipts)


def _burst(stack: Stack, images: int, batch: int) -> _Run:
    bodies = [digest_batch(batch) for _ in range(images // batch)]
    with stack.wire() as wire, ThreadPoolExecutor(CLIENTS) as clients:
        stack.settle(wire)
        size = stack.anchored(wire)
        wires = [stack.wire() for _ in range(CLIENTS)]
        used, start = stack.processor_seconds(), time.perf_counter()
        shares = [clients.submit(_client, one, bodies[at::CLIENTS]) for at, one in enumerate(wires)]
        done = [answered for share in shares for answered in share.result()]
        acknowledged = max(ended for ended, _ in done) - start
        stack.settle(wire, size + images)
        anchored = time.perf_counter() - start
        parts = {name: images / (now - used[name]) for name, now in stack.processor_seconds().items()}
    return _Run(images / acknowledged, images / anchored, parts, [seconds for _, seconds in done])


def _client(wire: Wire, bodies: list[bytes]) -> list[tuple[float, float]]:
    """For each batch: when it was acknowledged, and how long after its POST a receipt was here."""
    done = []
    with wire:
        for body in bodies:
            start = time.perf_counter()
            done.append((_register(wire, body), time.perf_counter() - start))
    return done


def _register(wire: Wire, body: bytes) -> float:
    """When the batch was acknowledged; the receipt of its last image has been fetched too."""
    answer = wire.post("/v1/registrations/digests", body)
    acknowledged = time.perf_counter()
    wire.get(f"/v1/receipts/{json.loads(answer)[-1]['registration_id']}")
    return acknowledged


def _paced(stack: Stack, batch: int, seconds: int) -> list[float]:
    """Seconds to a receipt for each batch when :data:`PACE` images a second come, whether or not the last are done.

    Counted from when the batch was due, so that one slow answer shows in those that had to wait behind it.
    """
    pause, bodies = batch / PACE, [digest_batch(batch) for _ in range(seconds * PACE // batch)]
    with stack.wire() as wire:
        stack.settle(wire)
    wires: SimpleQueue[Wire] = SimpleQueue()
    with ExitStack() as closing, ThreadPoolExecutor(CLIENTS) as clients:
        for _ in range(CLIENTS):
            wires.put(closing.enter_context(stack.wire()))
        start = time.perf_counter()
        jobs = [clients.submit(_on_time, wires, body, start + at * pause) for at, body in enumerate(bodies)]
        return [job.result() for job in jobs]


def _on_time(wires: SimpleQueue[Wire], body: bytes, due: float) -> float:
    time.sleep(max(0.0, due - time.perf_counter()))
    wire = wires.get()
    try:
        _register(wire, body)
    finally:
        wires.put(wire)
    return time.perf_counter() - due


def _inside_rate(file: Path, images: int, batch: int) -> float:
    """Images a second through the registration use case on a database of its own: no HTTP, no worker beside it."""
    registrar = Registrar("ab" * 32, "bench", "cd" * 32, datetime.now(UTC))
    genesis = {"name": "bench", "public_key": registrar.public_key, "chain_id": 1, "contract": "0x" + "00" * 20}
    wanted = [[DigestedImage(digests()) for _ in range(batch)] for _ in range(images // batch)]
    with SqlStore.open(f"sqlite:///{file}") as store:
        store.add_registrar(registrar, draft_entry(registrar.id, "genesis", genesis, _now))
        registrations = Registrations(store, registrar, _now, Limits())
        start = time.perf_counter()
        for one in wanted:
            registrations.register_digests(one)
        return images / (time.perf_counter() - start)


def _bare_rate(file: Path, images: int, batch: int) -> float:
    """Images a second when each is one SHA-256, one Ed25519 signature and its eight rows, a transaction a batch."""
    key = Ed25519PrivateKey.generate()
    with sqlite3.connect(file, isolation_level=None) as database:
        database.executescript(_SCHEMA)
        start = time.perf_counter()
        for first in range(0, images, batch):
            bodies = [os.urandom(_ENTRY_BYTES) for _ in range(batch)]
            signed = [
                (at, hashlib.sha256(body).digest(), key.sign(body), body) for at, body in enumerate(bodies, first)
            ]
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", signed)
            database.executemany("INSERT INTO image VALUES (?, ?)", ((row[0], row[1]) for row in signed))
            five = ((row[0], name, row[1]) for row in signed for name in range(5))
            database.executemany("INSERT INTO digest VALUES (?, ?, ?)", five)
            database.executemany("INSERT INTO outbox VALUES (?)", ((row[0],) for row in signed))
            database.execute("COMMIT")
        taken = time.perf_counter() - start
    database.close()
    return images / taken


_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE entry (position INTEGER PRIMARY KEY, leaf BLOB, signature BLOB, body BLOB);
CREATE TABLE image (id INTEGER PRIMARY KEY, file_digest BLOB UNIQUE);
CREATE TABLE digest (id INTEGER, name INTEGER, value BLOB, PRIMARY KEY (id, name));
CREATE INDEX by_value ON digest (value);
CREATE TABLE outbox (position INTEGER PRIMARY KEY);
"""


def _now() -> datetime:
    return datetime.now(UTC)
