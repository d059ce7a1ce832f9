"""Files as archives hold them: longer than they should be, encoded otherwise than they say, and still one image."""

import runpy
import warnings
from io import BytesIO
from pathlib import Path
from struct import unpack_from

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.data.data_manager import DATA_ROOT
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from ledger.core.digests import digest_set
from ledger.core.images import decode
from ledger.errors import UnreadableImage

MAKE = runpy.run_path(str(Path(__file__).parents[2] / "vectors" / "digests" / "make.py"))


def _packaged():
    return sorted(path for path in (Path(DATA_ROOT) / "test_files").rglob("*") if path.is_file())


def _pydicom_decodes(path):
    try:
        with warnings.catch_warnings(action="ignore"):
            return pydicom.dcmread(path).pixel_array is not None
    except Exception:
        return False


def _padded(samples, excess, **values):
    ds = MAKE["data_set"](samples)
    for name, value in values.items():
        setattr(ds, name, value)
    ds.PixelData = samples.tobytes() + excess
    return MAKE["written"](ds)


def _body_under_other_meta(body_syntax, meta_syntax):
    """A file whose data set is encoded in one syntax while its meta information names the other."""
    files = [
        MAKE["written"](MAKE["data_set"](np.arange(64, dtype="<u2").reshape(8, 8)), s)
        for s in (body_syntax, meta_syntax)
    ]
    (body, start), (meta, end) = [(file, 144 + unpack_from("<I", file, 140)[0]) for file in files]
    return meta[:end] + body[start:]


def test_every_packaged_file_that_pydicom_decodes_has_digests():
    decoded = [path for path in _packaged() if _pydicom_decodes(path)]
    assert len(decoded) > 70
    for path in decoded:
        assert "pixel/1" in digest_set(path.read_bytes()).digests, path.name


def test_excess_behind_the_last_frame_is_bound_by_the_file_digest_alone():
    samples = np.arange(64, dtype="<u2").reshape(8, 8)
    plain, padded = (digest_set(_padded(samples, excess)).digests for excess in (b"", b"\x7f" * 126))
    assert {name for name in plain if plain[name] != padded[name]} == {"file/1"}


def test_the_padded_slice_of_pydicom_has_the_samples_that_pydicom_reads():
    path = str(get_testdata_file("MR_small_padded.dcm"))
    [frame] = decode(Path(path).read_bytes()).read_frames()
    with warnings.catch_warnings(action="ignore"):
        assert np.array_equal(frame[:, :, 0].view("<i2"), pydicom.dcmread(path).pixel_array)


def test_a_whole_frame_more_than_declared_is_unreadable():
    with pytest.raises(UnreadableImage, match="expected 128 bytes of pixel data, found 256"):
        decode(_padded(np.arange(64, dtype="<u2").reshape(8, 8), bytes(128)))


def test_colour_declared_as_subsampled_but_stored_in_full_is_unreadable():
    full = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(UnreadableImage, match="expected 128 bytes of pixel data, found 192"):
        decode(_padded(full, b"", PhotometricInterpretation="YBR_FULL_422"))


@pytest.mark.parametrize("body", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_data_set_encoded_otherwise_than_its_transfer_syntax_says_is_the_same_data_set(body):
    meta = ImplicitVRLittleEndian if body == ExplicitVRLittleEndian else ExplicitVRLittleEndian
    honest, odd = (digest_set(_body_under_other_meta(body, syntax)).digests for syntax in (body, meta))
    assert {name for name in honest if honest[name] != odd[name]} == {"file/1"}


def test_an_implicit_data_set_round_jpeg_frames_is_the_explicit_one():
    implicit = Path(str(get_testdata_file("SC_rgb_jpeg.dcm"))).read_bytes()
    with warnings.catch_warnings(action="ignore"):
        data_set = pydicom.dcmread(BytesIO(implicit))
    list(data_set.iterall())  # gives every element its value representation
    explicit = BytesIO()
    pydicom.dcmwrite(explicit, data_set, implicit_vr=False, little_endian=True, force_encoding=True)
    before, after = digest_set(implicit).digests, digest_set(explicit.getvalue()).digests
    assert {name for name in before if before[name] != after[name]} == {"file/1"}
