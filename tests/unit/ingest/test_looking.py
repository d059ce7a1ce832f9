"""The helper process: the same digests to the bit, with it, without it, and when it goes."""

from __future__ import annotations

import os
import signal
import time
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
from ledger.core.digests.looks import Planes, trace_of
from ledger.errors import InputError
from ledger.ingest import looking as looking_module
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


def large_plane() -> Planes:
    """More than a connection holds without anybody reading."""
    samples = np.random.default_rng(5).integers(0, 4096, (1024, 1024)).astype(np.uint16)
    return Planes(1, ((0, samples),))


def stop(looking: Looking) -> None:
    assert looking._helper is not None
    os.kill(looking._helper._process.pid, signal.SIGSTOP)


def test_a_helper_that_stands_still_costs_one_image_some_seconds_and_no_digest() -> None:
    looking, planes = Looking(), large_plane()
    assert looking(planes)() == trace_of(planes)
    stop(looking)
    began = time.monotonic()
    assert looking(planes)() == trace_of(planes)
    assert time.monotonic() - began < 10
    began = time.monotonic()
    assert looking(planes)() == trace_of(planes)
    assert time.monotonic() - began < 2, "the helper that stood still is asked again"
    looking.close()


def test_a_helper_that_stands_still_after_it_took_an_image_costs_no_digest(monkeypatch) -> None:
    monkeypatch.setattr(looking_module, "_SECONDS", 0.5)
    looking = Looking()
    planes = Planes(1, ((0, np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)),))
    stop(looking)
    answer = looking(planes)  # fits into the connection
    assert answer() == trace_of(planes)
    looking.close()


def test_closing_does_not_wait_for_a_helper_that_stands_still() -> None:
    looking = Looking()
    helper = looking._helper
    assert helper is not None
    stop(looking)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(lambda: looking(large_plane())())
        time.sleep(0.3)
        began = time.monotonic()
        looking.close()
        assert time.monotonic() - began < 2
        assert answer.result(10) == trace_of(large_plane())
    assert helper._process.poll() is not None


def test_a_helper_that_went_is_started_again_after_a_pause(monkeypatch) -> None:
    monkeypatch.setattr(looking_module, "_PAUSE_SECONDS", 0.2)
    looking, planes = Looking(), large_plane()
    first = looking._helper
    assert first is not None
    first._process.kill()
    assert looking(planes)() == trace_of(planes)
    assert looking._helper is None
    time.sleep(0.25)
    assert looking(planes)() == trace_of(planes)
    assert looking._helper is not None and looking._helper is not first
    looking.close()


def test_an_interrupt_in_the_middle_leaves_the_turn_to_the_next(monkeypatch) -> None:
    monkeypatch.setattr(looking_module, "_PAUSE_SECONDS", 0.0)
    looking, planes = Looking(), large_plane()
    with monkeypatch.context() as patch:
        patch.setattr(looking_module, "_send", interrupted)
        with pytest.raises(KeyboardInterrupt):
            looking(planes)
    assert looking(planes)() == trace_of(planes)
    assert looking._helper is not None, "the turn was not given back"
    looking.close()


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt
