"""The offline checker: a receipt, the digests of an image and a trust file in, numbered checks out.

A pure state machine: no clock, no socket, no file. Its rules:

0. The image was decoded, or why not.
1. An opened ``file/1`` equals the image's and opens the entry's commitment.
2. The same for ``pixel/1`` of lossless data, or ``codestream/1`` of lossy data: decoders of lossy data differ.
3. The same for ``dataset/1``.
4. The audit path leads from the entry's leaf to the checkpoint's root.
5. The block header and state proofs show that the pinned contract held that root; the block is pinned.
6. The registrar and key are pinned, the key signed the receipt while it was valid, every opening fits the entry, and
   if the key was compromised later, a pinned block from before that holds the entry.
7. It was in force when the receipt was issued; what was said of it later cannot be known offline.

Checks 8 to 10 belong to the online verifier. A digest that the holder withheld is skipped, never passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.core.entry import DERIVE, REGISTERING, opens, parse_timestamp
from ledger.core.ethproof import verify_anchor
from ledger.core.merkle import verify_inclusion
from ledger.core.model import Standing
from ledger.core.moments import when, when_of
from ledger.core.receipt import Receipt, parse
from ledger.core.trust import Trust, TrustedKey, load_trust, valid_at
from ledger.core.verdict import Check, Decision, Policy, Status, decide
from ledger.errors import InputError, InvalidProof

_ALIKE = "a receipt is checked without the hospital's index of look-alikes"
_ONLINE = "a receipt is checked without the forgery detector"
_AGREE = {1: "the bytes are the registered ones", 2: "the samples are the registered ones", 3: "no attribute differs"}


@dataclass(frozen=True)
class Presented:
    """The image in hand: its digests by name, whether its pixel data is lossy, and why decoding failed, if it did."""

    digests: Mapping[str, str]
    lossy: bool = False
    decode_error: str | None = None

    @property
    def pixel_digest(self) -> str:
        """The digest that identifies the pixels: lossy data has a codestream/1, and only it has."""
        return "codestream/1" if "codestream/1" in self.digests else "pixel/1"


@dataclass(frozen=True)
class OfflineResult:
    """All checks, 11 (policy) included, and the decision."""

    checks: Sequence[Check]
    decision: Decision
    receipt: Receipt


def check_receipt(receipt_bytes: bytes, image: bytes, trust_bytes: bytes, policy: Policy) -> OfflineResult:
    """The decision on an image by its receipt. InvalidReceipt or InvalidTrust if either file is not one."""
    receipt, trust = parse(receipt_bytes), load_trust(trust_bytes)
    checks = verify_receipt(receipt, trust, present(image))
    decision = decide(checks, policy)
    return OfflineResult((*checks, policy_check(decision, policy)), decision, receipt)


def present(image: bytes) -> Presented:
    """The digests of ``image``; of a file that can't be decoded, ``file/1`` alone and why."""
    from ledger.core.digests import digest_file, digest_set

    try:
        digests = digest_set(image)
    except InputError as error:
        return Presented({"file/1": digest_file(image)}, decode_error=str(error))
    return Presented(digests.digests, bool(digests.facts.get("lossy")))


def policy_check(decision: Decision, policy: Policy) -> Check:
    """Check 11: what the policy made of the others."""
    status = Status.PASSED if decision.accepted else Status.FAILED
    if decision.exit_code == 3:
        status = Status.UNDETERMINED
    return Check(11, status, f"{policy.name}: {decision.reason}", {"policy": policy.name})


def decode_check(presented: Presented) -> Check:
    """Check 0."""
    if presented.decode_error:
        return Check(0, Status.FAILED, presented.decode_error)
    return Check(0, Status.PASSED, "decoded", {"digests": sorted(presented.digests), "lossy": presented.lossy})


def skipped(number: int, reason: str) -> Check:
    """A check that was not made, and why."""
    return Check(number, Status.SKIPPED, reason)


def verify_receipt(receipt: Receipt, trust: Trust, presented: Presented) -> list[Check]:
    """Checks 0 to 10 by the rules above. Nothing raises: what is wrong is a failed check."""
    anchor, time = _anchor_check(receipt, trust)
    return [
        decode_check(presented),
        _digest_check(1, "file/1", receipt, presented),
        _pixel_check(receipt, presented),
        _digest_check(3, "dataset/1", receipt, presented),
        _inclusion_check(receipt),
        anchor,
        _registrar_check(receipt, trust, time),
        _standing_check(receipt),
        *(skipped(number, _ALIKE) for number in (8, 9)),
        skipped(10, _ONLINE),
    ]


def _digest_check(number: int, name: str, receipt: Receipt, presented: Presented) -> Check:
    if receipt.entry["kind"] not in REGISTERING:
        return Check(number, Status.FAILED, f"the receipt is of a {receipt.entry['kind']} entry, not of an image")
    opening, found = receipt.openings.get(name), presented.digests.get(name)
    if opening is None:
        return skipped(number, f"{name} is not disclosed by this receipt")
    if not opens(receipt.entry, name, opening.key, opening.digest):
        return Check(number, Status.FAILED, f"the opening of {name} does not fit the entry's commitment")
    if found is None:
        return skipped(number, f"the image in hand has no {name}")
    figures = {"expected": opening.digest, "found": found}
    if found != opening.digest:
        return Check(number, Status.FAILED, f"{name} differs: this receipt registers another", figures)
    return Check(number, Status.PASSED, _AGREE[number], figures)


def _pixel_check(receipt: Receipt, presented: Presented) -> Check:
    name = presented.pixel_digest
    if name == "pixel/1" and "codestream/1" in receipt.entry.get("commitments", {}):
        return skipped(2, "registered as lossy: samples decide nothing without the codestream, decoders differ")
    return _digest_check(2, name, receipt, presented)


def _inclusion_check(receipt: Receipt) -> Check:
    point = receipt.checkpoint
    if point is None:
        return skipped(4, "pending: the receipt was issued before its entry was anchored")
    figures = {"index": receipt.index, "size": point.size, "root": point.root.hex()}
    if not verify_inclusion(receipt.leaf, receipt.index, point.size, point.path, point.root):
        return Check(4, Status.FAILED, "the audit path does not lead to the checkpoint's root", figures)
    return Check(4, Status.PASSED, f"entry {receipt.index} is in the log of {point.size} entries", figures)


def _anchor_check(receipt: Receipt, trust: Trust) -> tuple[Check, int | None]:
    """Check 5, and the time of the pinned block when it passed."""
    anchor, point = receipt.anchor, receipt.checkpoint
    if anchor is None or point is None:
        return skipped(5, "pending: the receipt was issued before its entry was anchored"), None
    figures = {"chain_id": anchor.chain_id, "block_number": anchor.block_number, "transaction": anchor.transaction}
    if anchor.chain_id != trust.chain.chain_id:
        detail = f"expected chain {trust.chain.chain_id}, found {anchor.chain_id}"
        return Check(5, Status.FAILED, detail, figures), None
    if anchor.contract.lower() != trust.chain.contract.lower():
        detail = f"expected contract {trust.chain.contract}, found {anchor.contract[:42]}"
        return Check(5, Status.FAILED, detail, figures), None
    try:
        header = verify_anchor(anchor, receipt.registrar_id, trust.chain.roots_slot, point.root)
    except InvalidProof as error:
        return Check(5, Status.FAILED, str(error), figures), None
    return _pinned(anchor.block_number, header.hash, header.timestamp, trust, figures)


def _pinned(
    number: int, found: bytes, time: int, trust: Trust, figures: Mapping[str, object]
) -> tuple[Check, int | None]:
    pinned = trust.blocks.get(number)
    if pinned is None:
        detail = f"the proofs hold, but the trust file does not pin block {number}: export a newer one"
        return Check(5, Status.SKIPPED, detail, figures), None
    if pinned != "0x" + found.hex():
        return Check(5, Status.FAILED, f"block {number} is not the pinned one", figures), None
    return Check(5, Status.PASSED, f"the contract held this root in pinned block {number}", figures), time


def _standing_check(receipt: Receipt) -> Check:
    issued, entry = when(receipt.issued_at), receipt.entry
    if receipt.standing is not Standing.IN_FORCE:
        detail = f"{receipt.standing} when the receipt was issued, {issued}"
        return Check(7, Status.FAILED, detail, {"state": receipt.standing.value})
    origin = ""
    if entry["kind"] == DERIVE:
        origin = f"; derived ({entry['operation']}, {entry['checked']}) from registration {entry['target']}"
    return skipped(7, f"in force at {issued}; what was said of it later cannot be known offline{origin}")


def _registrar_check(receipt: Receipt, trust: Trust, anchored_at: int | None) -> Check:
    registrar = trust.registrar(receipt.registrar_id)
    if registrar is None or receipt.entry["registrar"] != receipt.registrar_id:
        return Check(6, Status.FAILED, "the trust file does not name this registrar")
    if registrar.name != receipt.registrar_name:
        return Check(6, Status.FAILED, "the registrar's name is not the trusted one")
    key = registrar.key(receipt.public_key)
    if key is None:
        return Check(6, Status.FAILED, "the signing key is not one of the registrar's trusted keys")
    if not _signed(receipt):
        return Check(6, Status.FAILED, "the signature does not fit: the receipt was changed")
    for name, opening in receipt.openings.items():
        if not opens(receipt.entry, name, opening.key, opening.digest):
            return Check(6, Status.FAILED, f"the opening {name[:20]} does not fit the entry: the receipt was changed")
    return _entitled(receipt, registrar.name, key, anchored_at)


def _entitled(receipt: Receipt, name: str, key: TrustedKey, anchored_at: int | None) -> Check:
    if not valid_at(key, receipt.issued_at):
        return Check(6, Status.FAILED, f"the key was not in use at {when(receipt.issued_at)}")
    if key.compromised_since is not None:
        since = parse_timestamp(key.compromised_since).timestamp()
        if anchored_at is None or anchored_at >= since:
            moment = when_of(key.compromised_since)
            detail = f"the key is compromised since {moment}; no earlier pinned block holds the entry"
            return Check(6, Status.FAILED, detail)
    figures = {"registrar": receipt.registrar_id, "public_key": receipt.public_key}
    return Check(6, Status.PASSED, f"signed by {name}", figures)


def _signed(receipt: Receipt) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(receipt.public_key)).verify(receipt.signature, receipt.signed)
    except (InvalidSignature, ValueError):
        return False
    return True
