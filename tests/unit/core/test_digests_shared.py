"""A sweep over real files that are not part of the project."""

from pathlib import Path

import pytest

from ledger.core.digests import digest_set
from ledger.errors import UnreadableImage, UnsupportedImage

SHARED = Path(__file__).parents[4] / "shared" / "data"
pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is missing (the developers' sample images)"),
]
# Two hold 12-bit lossy JPEG, for which no decoder of a fitting licence is installed.
UNSUPPORTED = 2


def _files(pattern, most):
    files = sorted(path for path in SHARED.rglob(pattern) if path.stat().st_size < 1_000_000)
    return files[:: max(1, len(files) // most)]


def test_real_dicom_files_all_have_a_digest_set():
    refused = []
    files = _files("*.dcm", 45)
    for path in files:
        try:
            found = digest_set(path.read_bytes())
        except UnsupportedImage:
            refused.append(path)
        else:
            assert {"file/1", "pixel/1", "dataset/1", "tile/1"} <= set(found.digests)
    assert len(files) > 20
    assert len(refused) <= UNSUPPORTED


@pytest.mark.parametrize("pattern", ["*.png", "*.jpg", "*.jpeg"])
def test_real_pictures_have_a_digest_set(pattern):
    for path in _files(pattern, 8):
        try:
            assert "pixel/1" in digest_set(path.read_bytes()).digests
        except UnreadableImage as error:
            pytest.fail(f"{path.name}: {error}")
