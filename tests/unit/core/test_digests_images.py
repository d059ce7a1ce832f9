"""A sweep over real files that are not part of the project: the folder that MEDSEAL_TEST_IMAGES names."""

import pytest

from ledger.core.digests import digest_set
from ledger.errors import UnreadableImage, UnsupportedImage

pytestmark = pytest.mark.needs_images


def _files(folder, pattern, most):
    files = sorted(path for path in folder.rglob(pattern) if path.stat().st_size < 1_000_000)
    return files[:: max(1, len(files) // most)]


def test_real_dicom_files_all_have_a_digest_set(test_images):
    refused = []
    files = _files(test_images, "*.dcm", 45)
    for path in files:
        try:
            found = digest_set(path.read_bytes())
        except UnsupportedImage:
            refused.append(path)
        else:
            assert {"file/1", "pixel/1", "dataset/1", "tile/1"} <= set(found.digests)
    assert files
    # 12-bit lossy JPEG is real too, but no decoder of a fitting licence is installed.
    assert len(refused) <= len(files) // 10


@pytest.mark.parametrize("pattern", ["*.png", "*.jpg", "*.jpeg"])
def test_real_pictures_have_a_digest_set(test_images, pattern):
    for path in _files(test_images, pattern, 8):
        try:
            assert "pixel/1" in digest_set(path.read_bytes()).digests
        except UnreadableImage as error:
            pytest.fail(f"{path.name}: {error}")
