"""Gas an image, read from the receipts of real transactions, beside what any transaction with those bytes costs."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.bench.bench import Bench
from ledger.bench.figures import Bare, Figure, Target
from ledger.bench.material import digest_batch
from ledger.bench.stack import Stack
from ledger.bench.wire import Wire
from ledger.errors import LedgerError

SUITE = "gas"
_TRANSACTION_GAS = 21_000
_LEAF_BYTES_GAS = 32 * 16  # EIP-2028: 16 gas a byte that is not zero
_TARGETS = {("register", 100): Target(3_500), ("anchor", 1_000): Target(100)}


def run(bench: Bench) -> Iterator[Figure]:
    """Register mode with 1, 10, 100 and 500 images a transaction, anchor mode with 1,000."""
    stack = bench.stack()
    with stack.wire() as wire:
        for mode, count in (*(("register", count) for count in (1, 10, 100, 500)), ("anchor", 1_000)):
            bench.say(f"one {mode} transaction of {count:,} images")
            leaves = _LEAF_BYTES_GAS if mode == "register" else 0
            bare = Bare("the transaction and its leaves' bytes", _TRANSACTION_GAS / count + leaves)
            value = _gas_an_image(stack, wire, mode, count)
            what = f"gas an image, {mode} mode, {count:,} a transaction"
            yield Figure(SUITE, what, value, "gas", _TARGETS.get((mode, count)), bare)


def _gas_an_image(stack: Stack, wire: Wire, mode: str, count: int) -> float:
    stack.settle(wire)
    stack.anchor_by(mode)
    wire.post("/v1/registrations/digests", digest_batch(count, urgent=True))
    stack.settle(wire)
    batch = wire.json("/v1/batches?limit=1")[0]
    anchor = batch["anchor"]
    found = (anchor["mode"], anchor["size"] - batch["first"])
    if found != (mode, count):
        raise LedgerError(f"expected one {mode} transaction of {count} entries, found {found[0]} of {found[1]}")
    return float(anchor["gas_used"]) / count
