"""Verifying by hash over one kept-alive connection, beside an empty request; verifying and registering a file."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ledger.bench.bench import Bench
from ledger.bench.figures import Bare, Figure, Target, median, milliseconds, quantile, side_by_side
from ledger.bench.material import digest_batch, slices
from ledger.bench.stack import Stack
from ledger.bench.wire import FORM, Wire, form
from ledger.core.digests import digest_set
from ledger.errors import LedgerError

SUITE = "verification"
_TARGET = Target(10)
_HASHES = 100


def run(bench: Bench) -> Iterator[Figure]:
    """By hash first, then files of 512×512 samples."""
    stack = bench.stack()
    with stack.wire() as wire:
        bench.say("verifying by hash")
        yield from _by_hash(bench, stack, wire)
        bench.say("registering and verifying files")
        yield from _files(bench, stack, wire)


def _by_hash(bench: Bench, stack: Stack, wire: Wire) -> Iterator[Figure]:
    batch = digest_batch(_HASHES)
    wire.post("/v1/registrations/digests", batch)
    stack.settle(wire)
    images = json.loads(batch)["images"]
    questions = [json.dumps({"digests": {"file/1": image["digests"]["file/1"]}}).encode() for image in images]
    _must_be(wire.post("/v1/verifications/digests", questions[0]), "authentic")
    asked = iter(questions * 100)
    times, empty = side_by_side(
        bench.rounds(400),
        lambda: wire.post("/v1/verifications/digests", next(asked)),
        lambda: wire.get("/health"),
    )
    for share, target in ((0.5, _TARGET), (0.95, None)):
        bare = Bare("GET /health", quantile(milliseconds(empty), share))
        value = quantile(milliseconds(times), share)
        yield Figure(SUITE, f"verify by hash, p{share * 100:.0f}", value, "ms", target, bare)


def _files(bench: Bench, stack: Stack, wire: Wire) -> Iterator[Figure]:
    rounds = bench.rounds(24)
    files = slices(rounds + 1)
    ours, theirs, again = iter(files), iter(files), iter(files)
    registered, digested = side_by_side(
        rounds,
        lambda: wire.post("/v1/registrations", form(next(ours)), FORM),
        lambda: digest_set(next(theirs)),
    )
    stack.settle(wire)
    answers: list[bytes] = []
    (verified,) = side_by_side(rounds, lambda: answers.append(wire.post("/v1/verifications", form(next(again)), FORM)))
    for answer in answers:
        _must_be(answer, "authentic")
    bare = Bare("its digest set in process", median(milliseconds(digested)))
    for what, times in (("verify", verified), ("register", registered)):
        values = milliseconds(times)
        yield Figure(SUITE, f"{what} a file of 512×512 samples, p50", median(values), "ms", None, bare, values)


def _must_be(answer: bytes, verdict: str) -> None:
    found = json.loads(answer)["verdict"]
    if found != verdict:
        raise LedgerError(f"expected the verdict {verdict}, found {found}")
