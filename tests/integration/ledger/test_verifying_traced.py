"""Copies of registered pictures through the whole ledger: recompressed, changed, cropped, and with the store away."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from ledger.errors import StoreUnavailable
from ledger.schemas import CheckResult, Registration, Verification

Samples = npt.NDArray[Any]


def textured(seed: int) -> Samples:
    """512×512 samples of 12 bits in 16: smooth shapes, a dark border and fine texture, others for each seed."""
    random = np.random.default_rng(seed)
    coarse = cv2.resize(random.random((12, 12)), (512, 512), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(random.standard_normal((512, 512)), (0, 0), 1.5)
    rows, columns = np.mgrid[-1:1:512j, -1:1:512j]
    body = 1 / (1 + np.exp(40 * (np.hypot(rows, columns * 1.2) - 0.8)))
    return np.clip(body * (600 + 2200 * coarse + 250 * fine) + 60, 0, 4095).astype(np.uint16)


def as_png(samples: Samples) -> bytes:
    file = BytesIO()
    Image.fromarray(samples).save(file, "PNG")
    return file.getvalue()


def as_jpeg(samples: Samples, quality: int = 85) -> bytes:
    """The picture as a viewer exports it: 8 bits, lossy."""
    file = BytesIO()
    Image.fromarray((samples * (255 / 4095)).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def painted(samples: Samples) -> Samples:
    """The samples with a bright round spot of 60 pixels across around (320, 200)."""
    rows, columns = np.mgrid[0:512, 0:512]
    spot = np.exp(-((((columns - 320) ** 2 + (rows - 200) ** 2) / 30.0**2) ** 2))
    return np.clip(samples + 900 * spot, 0, 4095).astype(np.uint16)


@pytest.fixture
def original(hospital: Any) -> Any:
    """A registered picture among others."""
    for seed in (2, 3):
        hospital.register(as_png(textured(seed)))
    return hospital.anchored(as_png(textured(1)))


def check(result: Verification, number: int) -> CheckResult:
    return result.checks[number]


def test_a_recompressed_copy_is_reencoded_names_its_original_and_is_not_accepted(
    hospital: Any, original: Registration
) -> None:
    result = hospital.verify(as_jpeg(textured(1)), "strict")
    assert (result.verdict, result.accepted) == ("authentic-reencoded", False)
    assert result.registration.registration_id == result.change.original == original.registration_id
    assert (check(result, 8).status, check(result, 9).status) == ("passed", "passed")
    assert (result.change.regions, result.change.changed_percent) == ([], 0)


def test_a_changed_and_recompressed_copy_is_altered_where_it_was_changed(hospital: Any, original: Registration) -> None:
    result = hospital.verify(as_jpeg(painted(textured(1))), pictures=True)
    assert (result.verdict, result.change.original) == ("altered", original.registration_id)
    mask = cv2.imdecode(np.frombuffer(b64decode(result.change.mask_png), np.uint8), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (512, 512)
    assert mask[200, 320] == 255
    assert mask[400, 100] == 0
    assert any(r.x <= 320 < r.x + r.w and r.y <= 200 < r.y + r.h for r in result.change.regions)


def test_a_cropped_copy_lies_where_it_was_cut_from(hospital: Any, original: Registration) -> None:
    result = hospital.verify(as_jpeg(textured(1)[26:486, 26:486]))
    assert (result.verdict, result.change.original) == ("authentic-reencoded", original.registration_id)
    assert "cropped" in " ".join(result.change.transform.words)
    assert 70 < result.change.transform.shown_percent < 90


def test_another_picture_of_the_same_kind_is_no_copy(hospital: Any, original: Registration) -> None:
    result = hospital.verify(as_jpeg(textured(9)))
    assert (result.verdict, result.registration, check(result, 8).status) == ("unregistered", None, "failed")


def test_exact_tiles_say_what_was_changed_in_a_copy_without_loss(hospital: Any, original: Registration) -> None:
    result = hospital.verify(as_png(painted(textured(1))), against=original.registration_id)
    assert (result.verdict, result.change.basis) == ("altered", "tile/1")
    assert result.reason == check(result, 2).detail


def test_the_original_in_hand_shows_single_pixels(hospital: Any, original: Registration) -> None:
    samples = textured(1)
    samples[100, 50] ^= 1
    result = hospital.verify(as_png(samples), original=as_png(textured(1)))
    assert (result.verdict, result.change.basis) == ("altered", "original")
    assert [(r.x, r.y, r.w, r.h) for r in result.change.regions] == [(50, 100, 1, 1)]


def test_a_store_that_cannot_be_searched_leaves_the_verdict_undetermined(
    hospital: Any, original: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> Any:
        raise StoreUnavailable("the database does not answer")

    monkeypatch.setattr(hospital.service.store, "codes", away)
    result = hospital.verify(as_jpeg(textured(1)))
    assert (result.verdict, check(result, 8).status) == ("undetermined", "undetermined")
    assert check(result, 8).figures["code"] == "store_unavailable"


def test_a_fingerprint_is_committed_to_and_never_disclosed(hospital: Any, original: Registration) -> None:
    assert "trace/1" in original.digests
    assert b"trace/1" in hospital.service.store.entry(original.registration_id).body
    assert "trace/1" not in hospital.service.receipt(original.registration_id).decode().partition('"openings"')[2]
    assert "trace/1" not in hospital.verify(as_jpeg(textured(1))).registration.digests
