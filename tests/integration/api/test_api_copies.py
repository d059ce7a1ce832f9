"""Copies of a registered picture over the API, with the mask and with the original sent along."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import cv2
import numpy as np
import pytest

from ledger.client import Client


def picture(painted: bool = False) -> Any:
    """512×512 textured grey samples of 8 bits, with a bright spot around (320, 200) if ``painted``."""
    random = np.random.default_rng(41)
    coarse = cv2.resize(random.random((12, 12)), (512, 512), interpolation=cv2.INTER_CUBIC)
    samples = 60 + 130 * coarse + 8 * cv2.GaussianBlur(random.standard_normal((512, 512)), (0, 0), 1.5)
    if painted:
        rows, columns = np.mgrid[0:512, 0:512]
        samples += 60 * np.exp(-((np.hypot(columns - 320, rows - 200) / 30) ** 4))
    return np.clip(samples, 0, 255).astype(np.uint8)


def encoded(kind: str, samples: Any, *options: int) -> bytes:
    return bytes(cv2.imencode(kind, samples, list(options))[1])


ORIGINAL = encoded(".png", picture())
ALTERED = encoded(".jpg", picture(painted=True), cv2.IMWRITE_JPEG_QUALITY, 85)


@pytest.fixture
def client(url: str, secrets: dict[str, str]) -> Any:
    with Client(url, secrets["register"]) as sender:
        sender.register(ORIGINAL)
    with Client(url, secrets["verify"]) as made:
        yield made


def test_a_changed_copy_comes_with_its_map_and_on_request_with_the_mask(client: Client) -> None:
    found = client.verify(ALTERED)
    assert found.verdict == "altered"
    assert found.change is not None
    assert found.change.mask_png is None
    shown = client.verify(ALTERED, pictures=True).change
    assert shown is not None
    assert shown.regions == found.change.regions
    mask = cv2.imdecode(np.frombuffer(b64decode(shown.mask_png or ""), np.uint8), cv2.IMREAD_UNCHANGED)
    assert (mask.shape, mask[200, 320], mask[450, 60]) == ((512, 512), 255, 0)


def test_the_original_is_sent_along_and_counts_when_it_is_registered(client: Client) -> None:
    found = client.verify(encoded(".png", picture(painted=True)), original=ORIGINAL)
    assert found.verdict == "altered"
    assert found.change is not None
    assert found.change.basis == "original"
    stranger = client.verify(ALTERED, original=encoded(".png", picture()[::-1]))
    assert "the original given is not registered" in next(c.detail for c in stranger.checks if c.number == 8)


def test_an_original_and_a_registration_to_compare_with_are_a_conflict(api: Any, bearer: Any) -> None:
    files = {"file": ("i", ALTERED), "original": ("o", ORIGINAL)}
    answer = api.post("/v1/verifications", files=files, data={"against": "0d" * 16}, headers=bearer("verify"))
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
