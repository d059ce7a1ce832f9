"""Checking a receipt offline: warm in this process, and cold as the command that an outsider types."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.bench.bench import Bench
from ledger.bench.figures import Bare, Figure, Target, median, milliseconds, side_by_side
from ledger.bench.material import slices
from ledger.bench.starting import BARE_START, MEDSEAL, bare_start
from ledger.bench.wire import FORM, form
from ledger.core.offline import check_receipt, present, verify_receipt
from ledger.core.receipt import parse
from ledger.core.trust import load_trust
from ledger.core.verdict import CLINICAL, decide
from ledger.errors import LedgerError

SUITE = "receipts"
_WARM = Target(5)
_COLD = Target(150, later=True)


def run(bench: Bench) -> Iterator[Figure]:
    """One anchored receipt of a 512×512 CT slice and the trust file of the same ledger."""
    bench.say("checking a receipt offline")
    image = slices(1)[0]
    receipt, trust = _fetch(bench, image)
    presented = present(image)
    key, body = Ed25519PrivateKey.generate(), receipt[:2000]
    signature, public = key.sign(body), key.public_key()
    alone, whole, bare = side_by_side(
        bench.rounds(64),
        lambda: decide(verify_receipt(parse(receipt), load_trust(trust), presented), CLINICAL),
        lambda: check_receipt(receipt, image, trust, CLINICAL),
        lambda: (hashlib.sha256(receipt).digest(), public.verify(signature, body)),
    )
    beside = Bare("one SHA-256, one Ed25519", median(milliseconds(bare)))
    for what, times, target in (
        ("check a receipt, digests in hand", alone, _WARM),
        ("… with the digest set of its 512×512 image", whole, None),
    ):
        values = milliseconds(times)
        yield Figure(SUITE, f"{what}, warm", median(values), "ms", target, beside, values)
    yield _cold(bench, receipt, image, trust)


def _fetch(bench: Bench, image: bytes) -> tuple[bytes, bytes]:
    stack = bench.stack()
    with stack.wire() as wire:
        made = json.loads(wire.post("/v1/registrations", form(image), FORM))
        stack.settle(wire)
        receipt, trust = wire.get(f"/v1/receipts/{made['registration_id']}"), wire.get("/v1/trust")
    result = check_receipt(receipt, image, trust, CLINICAL)
    if not result.decision.accepted:
        raise LedgerError(f"expected a receipt that is accepted, found {result.decision.reason}")
    return receipt, trust


def _cold(bench: Bench, receipt: bytes, image: bytes, trust: bytes) -> Figure:
    paths: list[Path] = []
    for name, data in (("receipt.json", receipt), ("image.dcm", image), ("trust.json", trust)):
        paths.append(bench.folder / name)
        paths[-1].write_bytes(data)
    command = [*MEDSEAL, "receipt", "verify", str(paths[0]), str(paths[1]), "--trust", str(paths[2])]
    cold, bare = side_by_side(
        bench.rounds(12), lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), bare_start
    )
    values = milliseconds(cold)
    beside = Bare(BARE_START, median(milliseconds(bare)))
    return Figure(SUITE, "medseal receipt verify, cold", median(values), "ms", _COLD, beside, values)
