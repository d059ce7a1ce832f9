"""The offline checker on golden receipts: one test a rule, and every byte of a receipt changed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from ledger.core.entry import canonical
from ledger.core.model import Registrar
from ledger.core.offline import OfflineResult, Presented, check_receipt, verify_receipt
from ledger.core.receipt import Checkpoint, issue, parse, withhold
from ledger.core.trust import load_trust
from ledger.core.verdict import CLINICAL, STRICT, Check, Policy, Status, Verdict, decide
from ledger.errors import InputError, InvalidReceipt

VECTORS = Path(__file__).parents[2] / "vectors" / "receipts"
IMAGE = (VECTORS / "image.png").read_bytes()
ANCHORED = (VECTORS / "anchored.json").read_bytes()
PENDING = (VECTORS / "pending.json").read_bytes()
TRUST = (VECTORS / "trust.json").read_bytes()


def check(
    receipt: bytes = ANCHORED, image: bytes = IMAGE, trust: bytes = TRUST, policy: Policy = CLINICAL
) -> OfflineResult:
    return check_receipt(receipt, image, trust, policy)


def found(result: OfflineResult, number: int) -> Check:
    return result.checks[number]


def trusting(change: Callable[[dict[str, Any]], None]) -> bytes:
    value = json.loads(TRUST)
    change(value)
    return json.dumps(value).encode()


@pytest.mark.parametrize("policy", [CLINICAL, STRICT])
def test_the_golden_receipt_is_authentic_for_ever(policy: Policy) -> None:
    result = check(policy=policy)
    assert result.decision.verdict is Verdict.AUTHENTIC
    assert [c.status for c in result.checks[:7]] == [Status.PASSED] * 7
    assert [c.number for c in result.checks] == list(range(12))


def test_a_pending_receipt_rests_on_the_signature_alone() -> None:
    assert check(PENDING).decision.verdict is Verdict.AUTHENTIC
    strict = check(PENDING, policy=STRICT)
    assert strict.decision.verdict is Verdict.UNDETERMINED
    assert [found(strict, number).status for number in (4, 5)] == [Status.SKIPPED, Status.SKIPPED]


def test_being_in_force_is_never_claimed_offline() -> None:
    result = check()
    assert found(result, 7).status is Status.SKIPPED
    for said in (result.decision.reason, found(result, 11).detail):
        assert "and in force" not in said
        assert "cannot be known" in said


def test_the_same_pixels_in_another_file_are_reencoded() -> None:
    file = BytesIO()
    Image.open(BytesIO(IMAGE)).save(file, "TIFF")
    result = check(image=file.getvalue())
    assert result.decision.verdict is Verdict.AUTHENTIC_REENCODED
    assert found(result, 1).status is Status.FAILED


def test_another_image_is_not_what_the_receipt_registers() -> None:
    file = BytesIO()
    Image.new("L", (48, 40), 7).save(file, "PNG")
    result = check(image=file.getvalue())
    assert result.decision.verdict is Verdict.UNREGISTERED
    assert result.decision.exit_code == 1


def test_a_file_that_is_no_image_is_compared_by_its_bytes_alone() -> None:
    result = check(image=b"not an image")
    assert found(result, 0).status is Status.FAILED
    assert found(result, 1).status is Status.FAILED
    assert result.decision.verdict is Verdict.UNDETERMINED


def test_no_receipt_with_one_bit_of_any_byte_flipped_is_accepted() -> None:
    chosen = random.Random(20261122)
    trust, presented = load_trust(TRUST), Presented(_digests())
    assert decide(verify_receipt(parse(ANCHORED), trust, presented), CLINICAL).accepted
    refused = 0
    for place in range(len(ANCHORED)):
        mutant = bytearray(ANCHORED)
        mutant[place] ^= 1 << chosen.randrange(8)
        try:
            decision = decide(verify_receipt(parse(bytes(mutant)), trust, presented), CLINICAL)
        except InputError as error:
            assert error.code == "invalid_receipt"
            refused += 1
        else:
            assert not decision.accepted, f"byte {place}: {bytes(mutant)[max(0, place - 20) : place + 20]!r}"
            refused += 1
    assert refused == len(ANCHORED)


@pytest.mark.slow
def test_no_receipt_with_any_bit_flipped_or_any_byte_lost_or_doubled_is_accepted() -> None:
    trust, presented = load_trust(TRUST), Presented(_digests())
    for original in (ANCHORED, PENDING):
        for place in range(len(original)):
            head, tail = original[:place], original[place + 1 :]
            byte = original[place]
            for changed in [*(bytes([byte ^ 1 << bit]) for bit in range(8)), b"", bytes([byte, byte])]:
                mutant = head + changed + tail
                try:
                    decision = decide(verify_receipt(parse(mutant), trust, presented), CLINICAL)
                except InputError:
                    continue
                assert not decision.accepted, (place, changed)


def _digests() -> dict[str, str]:
    return {name: opening.digest for name, opening in parse(ANCHORED).openings.items()}


def test_a_reformatted_receipt_is_refused_as_changed() -> None:
    with pytest.raises(InvalidReceipt, match="the file was changed"):
        check(json.dumps(json.loads(ANCHORED), indent=2).encode())


def test_a_withheld_digest_is_skipped_and_never_passed() -> None:
    result = check(withhold(ANCHORED, {"pixel/1"}))
    assert found(result, 1).status is Status.SKIPPED
    assert result.decision.verdict is Verdict.AUTHENTIC_REENCODED


def test_a_receipt_that_discloses_nothing_decides_nothing() -> None:
    assert check(withhold(ANCHORED, set())).decision.verdict is Verdict.UNDETERMINED


def test_an_opening_swapped_for_another_digest_fails() -> None:
    value = json.loads(ANCHORED)
    value["openings"]["pixel/1"], value["openings"]["file/1"] = (
        value["openings"]["file/1"],
        value["openings"]["pixel/1"],
    )
    result = check(canonical(value))
    assert found(result, 1).status is Status.FAILED
    assert found(result, 2).status is Status.FAILED
    assert not result.decision.accepted


def test_a_perceptual_hash_is_not_disclosed() -> None:
    assert set(parse(ANCHORED).openings) == {"file/1", "pixel/1", "dataset/1", "tile/1"}


def test_another_chain_is_named() -> None:
    result = check(trust=trusting(lambda t: t["chain"].update(chain_id=1)))
    assert found(result, 5).detail == "expected chain 1, found 1337"
    assert result.decision.verdict is Verdict.UNREGISTERED


def test_another_contract_is_named() -> None:
    result = check(trust=trusting(lambda t: t["chain"].update(contract="0x" + "11" * 20)))
    assert found(result, 5).status is Status.FAILED
    assert "expected contract 0x1111" in found(result, 5).detail


def test_an_unpinned_block_is_skipped_so_that_the_policy_decides() -> None:
    unpinned = trusting(lambda t: t.update(blocks=[]))
    assert check(trust=unpinned).decision.verdict is Verdict.AUTHENTIC
    strict = check(trust=unpinned, policy=STRICT)
    assert found(strict, 5).status is Status.SKIPPED
    assert strict.decision.verdict is Verdict.UNDETERMINED


def test_a_block_that_is_not_the_pinned_one_fails() -> None:
    other = trusting(lambda t: [block.update(hash="0x" + "00" * 32) for block in t["blocks"]])
    assert found(check(trust=other), 5).status is Status.FAILED


def test_another_storage_slot_proves_nothing() -> None:
    result = check(trust=trusting(lambda t: t["chain"].update(roots_slot=5)))
    assert found(result, 5).status is Status.FAILED
    assert not result.decision.accepted


def test_a_registrar_that_is_not_trusted_fails() -> None:
    assert found(check(trust=trusting(lambda t: t.update(registrars=[]))), 6).status is Status.FAILED


def test_a_registrar_under_another_name_fails() -> None:
    renamed = trusting(lambda t: t["registrars"][0].update(name="Other Hospital"))
    assert "name" in found(check(trust=renamed), 6).detail


def test_a_key_that_is_not_pinned_fails() -> None:
    other = trusting(lambda t: t["registrars"][0]["keys"][0].update(public_key="00" * 32))
    assert "signing key" in found(check(trust=other), 6).detail


@pytest.mark.parametrize("limits", [{"since": "2100-01-01T00:00:00.000Z"}, {"until": "2026-01-01T00:00:00.000Z"}])
def test_a_key_outside_its_time_fails(limits: dict[str, str]) -> None:
    changed = trusting(lambda t: t["registrars"][0]["keys"][0].update(limits | {"compromised_since": None}))
    assert "not in use" in found(check(trust=changed), 6).detail


def test_a_key_compromised_later_still_proves_what_a_pinned_block_holds_from_before() -> None:
    late = trusting(lambda t: t["registrars"][0]["keys"][0].update(compromised_since="2100-01-01T00:00:00.000Z"))
    assert found(check(trust=late), 6).status is Status.PASSED
    assert found(check(PENDING, trust=late), 6).status is Status.FAILED


def test_a_key_compromised_before_the_block_proves_nothing() -> None:
    early = trusting(lambda t: t["registrars"][0]["keys"][0].update(compromised_since="2026-01-01T00:00:00.000Z"))
    result = check(trust=early)
    assert "compromised" in found(result, 6).detail
    assert not result.decision.accepted


def _forged(**changes: Any) -> bytes:
    """A receipt of the golden entry, signed with a key of the forger's own."""
    key = Ed25519PrivateKey.generate()
    genuine = parse(ANCHORED)
    registrar = Registrar(genuine.registrar_id, genuine.registrar_name, genuine.public_key, genuine.issued_at)
    point = genuine.checkpoint
    assert point is not None
    forged = Checkpoint(point.sequence, changes.get("size", point.size), point.root, changes.get("path", point.path))
    body = canonical(dict(genuine.entry))
    return issue(
        registrar, body, genuine.index, genuine.openings, issued_at=genuine.issued_at, standing=genuine.standing,
        sign=key.sign, checkpoint=forged, anchor=genuine.anchor,
    )  # fmt: skip


def test_a_receipt_signed_by_somebody_else_fails() -> None:
    result = check(_forged())
    assert "signature" in found(result, 6).detail
    assert result.decision.verdict is Verdict.UNREGISTERED


def test_an_audit_path_that_leads_elsewhere_fails() -> None:
    assert found(check(_forged(path=(bytes(32),))), 4).status is Status.FAILED
    assert found(check(_forged(size=9)), 4).status is Status.FAILED


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "expected JSON"),
        (b"[]", "another form"),
        (b"{}", "exactly"),
        (b"\xff\xfe", "expected JSON"),
        (b" " * 600_000, "at most"),
        (b"[" * 20_000, "expected JSON"),
    ],
)
def test_what_is_no_receipt_is_refused_with_a_code(data: bytes, said: str) -> None:
    with pytest.raises(InvalidReceipt, match=said) as caught:
        parse(data)
    assert caught.value.code == "invalid_receipt"


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.update(type="medseal/receipt/2"),
        lambda v: v.update(index=-1),
        lambda v: v.update(index=True),
        lambda v: v.update(issued_at="yesterday"),
        lambda v: v.update(signature="00"),
        lambda v: v.update(checkpoint=None),
        lambda v: v.update(standing="fine"),
        lambda v: v.update(entry="{}"),
        lambda v: v["anchor"].update(header="XX"),
        lambda v: v["anchor"].update(storage_proof=["00"] * 81),
        lambda v: v["registrar"].update(id="00"),
        lambda v: v["openings"]["file/1"].pop("key"),
    ],
)
def test_a_receipt_with_a_field_of_another_form_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    value = json.loads(ANCHORED)
    change(value)
    with pytest.raises(InvalidReceipt):
        parse(canonical(value))
