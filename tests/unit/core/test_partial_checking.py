"""The checker of partial receipts on golden ones: one test a rule, and every byte changed."""

from __future__ import annotations

import json
import random
import runpy
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ledger.core.entry import canonical
from ledger.core.partial import Box, parse
from ledger.core.partial_checking import PartialResult, check_partial, read_picture, verify_partial
from ledger.core.partial_making import disclose
from ledger.core.trust import load_trust
from ledger.core.verdict import CLINICAL, STRICT, Policy, Status, Verdict, decide
from ledger.errors import InvalidReceipt

VECTORS = Path(__file__).parents[2] / "vectors" / "partial"
IMAGE, RECEIPT, TRUST, CROP, CROP_PNG, REDACTED, REDACTED_PNG = (
    (VECTORS / name).read_bytes()
    for name in (
        *("image.png", "receipt.json", "trust.json", "crop.partial.json", "crop.png"),
        *("redacted.partial.json", "redacted.png"),
    )
)
MAKE = runpy.run_path(str(VECTORS / "make.py"))


def check(partial: bytes = CROP, picture: bytes = CROP_PNG, policy: Policy = CLINICAL) -> PartialResult:
    return check_partial(partial, picture, TRUST, policy)


def samples(png: bytes) -> np.ndarray:
    return np.array(Image.open(BytesIO(png)))


def png(array: np.ndarray, **options: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(array).save(file, "PNG", **options)
    return file.getvalue()


def changed(partial: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    value = json.loads(partial)
    change(value)
    return canonical(value)


def refused(result: PartialResult, said: str = "") -> bool:
    check = result.checks[2]
    assert check.status is Status.FAILED
    assert said in check.detail
    return result.decision.verdict is Verdict.UNREGISTERED and not result.decision.accepted


@pytest.mark.parametrize(("partial", "picture"), [(CROP, CROP_PNG), (REDACTED, REDACTED_PNG)])
def test_a_golden_part_is_accepted_for_ever(partial: bytes, picture: bytes) -> None:
    result = check(partial, picture)
    assert result.decision.verdict is Verdict.AUTHENTIC_REENCODED
    assert result.decision.accepted
    assert [c.number for c in result.checks] == list(range(12))
    assert result.decision.reason.startswith("only the part shown is proven")


@pytest.mark.parametrize(
    ("kind", "box", "partial", "picture"),
    [
        ("crop", Box(40, 40, 10, 10), CROP, CROP_PNG),
        ("redacted", Box(70, 4, 28, 16), REDACTED, REDACTED_PNG),
    ],
)
def test_the_same_receipt_and_image_make_the_golden_bytes(kind, box, partial, picture) -> None:
    made = disclose(RECEIPT, IMAGE, kind, [box])
    assert made.partial == partial
    assert np.array_equal(samples(made.picture), samples(picture))


def test_the_strict_policy_asks_for_the_header_that_a_part_has_not() -> None:
    assert not check(policy=STRICT).decision.accepted


def test_what_is_not_shown_is_listed() -> None:
    result = check(REDACTED, REDACTED_PNG)
    assert "not shown: 36 × 32 pixels at 64,0" in result.checks[2].detail
    assert result.checks[2].figures["part"]["not_shown"] == [{"x": 64, "y": 0, "w": 36, "h": 32}]


def test_no_partial_receipt_with_a_bit_of_any_byte_flipped_is_accepted() -> None:
    chosen, trust = random.Random(20261123), load_trust(TRUST)
    for original, picture in ((CROP, read_picture(CROP_PNG)), (REDACTED, read_picture(REDACTED_PNG))):
        assert decide(verify_partial(parse(original), trust, picture), CLINICAL).accepted
        for place in range(len(original)):
            mutant = bytearray(original)
            mutant[place] ^= 1 << chosen.randrange(8)
            try:
                decision = decide(verify_partial(parse(bytes(mutant)), trust, picture), CLINICAL)
            except InvalidReceipt:
                continue
            assert not decision.accepted, (place, bytes(mutant)[max(0, place - 20) : place + 20])


@pytest.mark.parametrize("place", [(0, 0), (31, 31), (17, 5)])
def test_a_changed_sample_of_a_crop_is_refused(place: tuple[int, int]) -> None:
    array = samples(CROP_PNG)
    array[place] ^= 1
    assert refused(check(picture=png(array)), "tile/1 differs")


def test_a_changed_sample_beside_the_hidden_tiles_is_refused() -> None:
    array = samples(REDACTED_PNG)
    array[0, 63] ^= 1
    assert refused(check(REDACTED, png(array)), "tile/1 differs")


def test_nobody_paints_into_a_hidden_tile() -> None:
    array = samples(REDACTED_PNG)
    array[31, 99] = 1
    assert refused(check(REDACTED, png(array)), "hidden tiles to be black")


def test_swapped_tiles_are_refused() -> None:
    array = samples(REDACTED_PNG)
    array[:32, :32], array[32:64, :32] = array[32:64, :32].copy(), array[:32, :32].copy()
    assert refused(check(REDACTED, png(array)), "tile/1 differs")


def test_a_moved_crop_is_refused() -> None:
    assert refused(check(changed(CROP, lambda v: v.update(boxes=[[0, 1, 1, 1]]))))


def test_another_layout_of_the_registered_image_is_refused() -> None:
    for change in ({"rows": 71}, {"columns": 99}, {"kind": "palette"}, {"frames": 2}):
        partial = changed(CROP, lambda v, change=change: v["image"].update(change))
        assert refused(check(partial))


def test_a_tile_of_another_frame_is_refused() -> None:
    image = (VECTORS.parent / "digests" / "inputs" / "frames.dcm").read_bytes()
    receipt = MAKE["receipt_of"](image)
    first, last = (disclose(receipt, image, "crop", [Box(0, 0, 32, 32)], frame) for frame in (0, 2))
    assert check(last.partial, last.picture).decision.accepted
    assert refused(check(last.partial, first.picture), "tile/1 differs")
    assert refused(check(changed(last.partial, lambda v: v.update(frame=0)), last.picture))


def test_a_node_too_many_is_refused() -> None:
    assert refused(check(changed(CROP, lambda v: v.update(proof=v["proof"] + "00" * 32))), "fewer nodes")


def test_a_part_shown_as_the_other_kind_is_refused() -> None:
    assert refused(check(CROP, REDACTED_PNG), "expected 32 × 32 pixels, found 100 × 70")
    assert refused(check(REDACTED, CROP_PNG), "expected 100 × 70 pixels, found 32 × 32")


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (png((samples(CROP_PNG) >> 8).astype(np.uint8)), "expected 1 samples a pixel of 2 bytes"),
        (png(np.zeros((32, 32, 3), np.uint8)), "expected 1 samples a pixel of 2 bytes"),
        (cv2.imencode(".jpg", np.zeros((32, 32), np.uint8))[1].tobytes(), "lossless"),
    ],
)
def test_another_kind_of_sample_is_named(picture: bytes, said: str) -> None:
    assert refused(check(picture=picture), said)


def test_a_picture_that_says_how_to_show_its_samples_is_not_accepted() -> None:
    info = PngInfo()
    info.add(b"gAMA", (10_000).to_bytes(4, "big"))
    result = check(picture=png(samples(CROP_PNG), pnginfo=info))
    assert result.checks[2].status is Status.PASSED
    assert result.checks[3].status is Status.FAILED
    assert "png:gAMA" in result.checks[3].detail
    assert not result.decision.accepted


def test_the_samples_in_a_file_of_another_format_are_not_accepted() -> None:
    file = BytesIO()
    Image.fromarray(samples(CROP_PNG)).save(file, "TIFF")
    result = check(picture=file.getvalue())
    assert result.checks[2].status is Status.PASSED
    assert not result.decision.accepted


def test_a_picture_of_fewer_bits_that_a_viewer_spreads_is_refused() -> None:
    image = png(np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8) & 1)
    made = disclose(MAKE["receipt_of"](image), image, "crop", [Box(0, 0, 32, 32)])
    assert check(made.partial, made.picture).decision.accepted
    file = BytesIO()
    Image.fromarray(samples(made.picture).astype(bool)).save(file, "PNG")
    assert refused(check(made.partial, file.getvalue()), "expected samples stored with 8 bits, found 1")


def test_a_file_that_is_no_image_decides_nothing() -> None:
    result = check(picture=b"no image")
    assert result.checks[0].status is Status.FAILED
    assert result.decision.verdict is Verdict.UNDETERMINED


def test_the_signature_is_checked_as_of_any_receipt() -> None:
    partial = changed(CROP, lambda v: v["receipt"].update(signature="00" * 64))
    result = check(partial)
    assert result.checks[6].status is Status.FAILED
    assert not result.decision.accepted


def test_an_opening_that_does_not_fit_the_entry_is_refused() -> None:
    partial = changed(CROP, lambda v: v["receipt"]["openings"]["tile/1"].update(key="00" * 32))
    assert refused(check(partial), "does not fit the entry")
