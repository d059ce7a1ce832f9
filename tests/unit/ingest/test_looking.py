"""The helper process: the same digests to the bit, with it, without it, and when it goes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import RLELossless

from ledger.core.digests import digest_set
from ledger.errors import InputError
from ledger.ingest.looking import Looking


@pytest.fixture(scope="module")
def looking() -> Iterator[Looking]:
    made = Looking()
    yield made
    made.close()


def picture(number: int, mode: str = "L", edge: int = 96) -> bytes:
    file = BytesIO()
    values = np.random.default_rng(number).integers(0, 256, (edge, edge, 3)).astype(np.uint8)
    Image.fromarray(values).convert(mode).save(file, "PNG")
    return file.getvalue()


def sample(name: str) -> bytes:
    return Path(str(get_testdata_file(name))).read_bytes()


def seven_frames(*, last: bytes | None = None) -> bytes:
    """An RLE image of seven frames, of which numbers 1, 3 and 5 are traced; with ``last`` as its last codestream."""
    data_set = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    samples = data_set.pixel_array
    data_set.NumberOfFrames = 7
    data_set.PixelData = b"".join((samples + number).tobytes() for number in range(7))
    data_set.compress(RLELossless, generate_instance_uid=False)
    frames = list(generate_frames(data_set.PixelData, number_of_frames=7))
    data_set.PixelData = encapsulate([*frames[:-1], last or frames[-1]])
    file = BytesIO()
    data_set.save_as(file)
    return file.getvalue()


@pytest.mark.parametrize("name", ["CT_small.dcm", "examples_palette.dcm", "examples_rgb_color.dcm"])
def test_dicom_images_have_the_same_digests_with_a_helper(looking: Looking, name: str) -> None:
    data = sample(name)
    assert digest_set(data, traced=True, look=looking) == digest_set(data, traced=True)


@pytest.mark.parametrize(("mode", "edge"), [("L", 96), ("RGB", 96), ("P", 96), ("L", 20)])
def test_pictures_have_the_same_digests_with_a_helper(looking: Looking, mode: str, edge: int) -> None:
    data = picture(1, mode, edge)
    assert digest_set(data, traced=True, look=looking) == digest_set(data, traced=True)


def test_an_image_of_many_frames_has_the_same_digests_with_a_helper(looking: Looking) -> None:
    data = seven_frames()
    assert digest_set(data, traced=True, look=looking) == digest_set(data, traced=True)


def test_several_threads_each_get_the_digests_of_their_own_image(looking: Looking) -> None:
    images = [picture(number) for number in range(24)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda data: digest_set(data, traced=True, look=looking), images))
    assert found == [digest_set(data, traced=True) for data in images]


def test_an_image_that_turns_out_broken_leaves_the_next_one_its_own_digests(looking: Looking) -> None:
    with pytest.raises(InputError):
        digest_set(seven_frames(last=bytes(64)), traced=True, look=looking)
    data = picture(7)
    assert digest_set(data, traced=True, look=looking) == digest_set(data, traced=True)


def test_a_helper_that_was_killed_costs_no_digest() -> None:
    looking = Looking()
    data = picture(3)
    assert looking._helper is not None
    looking._helper._process.kill()
    looking._helper._process.wait()
    for _ in range(2):
        assert digest_set(data, traced=True, look=looking) == digest_set(data, traced=True)
    looking.close()


def test_after_closing_no_process_is_left() -> None:
    looking = Looking()
    helper = looking._helper
    assert helper is not None
    looking.close()
    assert helper._process.poll() is not None
    assert digest_set(picture(4), traced=True, look=looking) == digest_set(picture(4), traced=True)
