"""Derivations that change every sample, checked by the fingerprint that was kept at registration."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ledger.errors import DerivationContradicted
from ledger.samples import registered_samples
from ledger.schemas import Derivation, DerivationRequest

PHANTOM = registered_samples()["phantom.png"]
Samples = np.ndarray[Any, Any]


def picture() -> Samples:
    """The phantom's 16 bits in 8, nothing clipped."""
    samples = np.asarray(Image.open(BytesIO(PHANTOM))).astype(float)
    return (samples / samples.max() * 255).astype(np.uint8)


def windowed() -> Samples:
    """A narrower window: the darkest and the brightest samples are clipped."""
    samples = picture().astype(float)
    low, high = np.percentile(samples, [5, 95])
    return (np.clip((samples - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def patched(samples: Samples) -> Samples:
    """The picture with a square of it copied to another place."""
    changed = samples.copy()
    changed[85:136, 85:136] = changed[128:179, 32:83]
    return changed


def saved(samples: Samples, file_format: str, **options: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(samples).save(file, file_format, **options)
    return file.getvalue()


@pytest.fixture
def derive(hospital: Any) -> Any:
    target = hospital.register(PHANTOM).registration_id

    def derive_it(image: bytes, operation: str, original: bytes | None = None) -> Derivation:
        request = DerivationRequest.model_validate({"operation": operation, "reason": "teaching", "author": "QA"})
        return hospital.service.derive(target, image, request, original=original)

    return derive_it


@pytest.mark.parametrize("original", [None, PHANTOM])
@pytest.mark.parametrize(
    ("operation", "cut", "file_format"),
    [("windowed", 0, "PNG"), ("windowed", 0, "JPEG"), ("recompressed", 0, "JPEG"), ("cropped", 10, "JPEG")],
)
def test_an_honest_copy_is_consistent_and_a_patched_one_refused(
    derive: Any, operation: str, cut: int, file_format: str, original: bytes | None
) -> None:
    options = {"quality": 90} if file_format == "JPEG" else {}
    made = windowed() if operation == "windowed" else picture()
    honest, changed = (saved(one[cut:, cut:], file_format, **options) for one in (made, patched(made)))
    assert derive(honest, operation, original).checked == "consistent"
    with pytest.raises(DerivationContradicted, match="of the image changed"):
        derive(changed, operation, original)


def test_another_picture_is_refused(derive: Any) -> None:
    other = np.random.default_rng(1).integers(0, 255, (256, 256), np.uint8)
    with pytest.raises(DerivationContradicted, match="found another"):
        derive(saved(other, "PNG"), "recompressed")


def test_a_derived_image_keeps_a_fingerprint_of_its_own(derive: Any, hospital: Any) -> None:
    made = derive(saved(windowed(), "PNG"), "windowed").registration
    assert "trace/1" in made.digests
    assert hospital.service.store.trace(made.registration_id)
    assert hospital.service.audit().consistent
