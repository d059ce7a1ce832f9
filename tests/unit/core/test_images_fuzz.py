"""Whatever the bytes: a digest set or an error of the tree, never anything else."""

import random
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from ledger.core.digests import digest_set
from ledger.core.images import Limits
from ledger.errors import InputError

INPUTS = Path(__file__).parents[2] / "vectors" / "digests" / "inputs"
PACKAGED = ("SC_rgb_rle_16bit_2frame.dcm", "SC_rgb_small_odd_jpeg.dcm", "priv_SQ.dcm", "rtdose_rle.dcm")
FILES = [path.read_bytes() for path in sorted(INPUTS.iterdir())] + [
    Path(get_testdata_file(name, download=False)).read_bytes() for name in PACKAGED
]
LIMITS = Limits(max_bytes=1 << 24, max_pixels=1 << 22, max_frames=1000, max_decoded_bytes=1 << 25)


def _outcome(data):
    try:
        return digest_set(data, LIMITS).facts["media_type"]
    except InputError as error:
        assert "expected" in str(error)
        return error.code


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FILES), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8), st.floats(0, 1))
def test_flipped_and_truncated_files_end_in_an_input_error_or_a_digest(data, flips, kept):
    mutated = bytearray(data[: len(data) - int(kept * 64)])
    for place, value in flips:
        mutated[int(place * (len(mutated) - 1))] = value
    assert _outcome(bytes(mutated))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II\x2a\0", b"MM\0\x2a", bytes(128) + b"DICM"]),
    st.binary(),
)
def test_any_bytes_behind_a_signature_end_in_an_input_error(signature, rest):
    assert _outcome(signature + rest) in ("unreadable_image", "unsupported_image", "limit_exceeded")


def test_a_thousand_seeded_mutations_end_in_an_input_error_or_a_digest():
    rng = random.Random(20)
    found = Counter(_outcome(_mutated(rng)) for _ in range(1200))
    assert found["unreadable_image"] > 100
    assert found["application/dicom"] > 100


def _mutated(rng):
    data = bytearray(rng.choice(FILES))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        # Half of the blows go to the header, where the lengths are.
        place = rng.randrange(len(data)) if rng.random() < 0.5 else rng.randrange(min(len(data), 1500))
        data[place] = rng.choice((0, 255, data[place] ^ 1 << rng.randrange(8), rng.randrange(256)))
    if rng.random() < 0.1:
        start = rng.randrange(len(data))
        del data[start : start + rng.randrange(1, 40)]
    return bytes(data)
