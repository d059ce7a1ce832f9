"""codestream/1 stands among the digests exactly where the samples depend on the decoder."""

import json
import runpy
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import JPEG2000, JPEG2000Lossless, JPEGBaseline8Bit

from ledger.core.digests import digest_set
from ledger.core.digests.dataset import attribute_digests
from ledger.core.images import Attribute

VECTORS = Path(__file__).parents[2] / "vectors" / "digests"
MAKE = runpy.run_path(str(VECTORS / "make.py"))


def _inputs():
    return {
        name: (VECTORS / "inputs" / name).read_bytes() for name in json.loads((VECTORS / "expected.json").read_text())
    }


def _in_dicom(syntax):
    ds = pydicom.dcmread(BytesIO(MAKE["written"](MAKE["data_set"](MAKE["slice_16"](), bits=12, signed=True))))
    options = {"j2k_cr": [4]} if syntax == JPEG2000 else {}
    ds.compress(syntax, generate_instance_uid=False, **options)
    out = BytesIO()
    ds.save_as(out)
    return out.getvalue()


def _jpeg_tiff(quality=90, **options):
    return MAKE["tiff"](MAKE["colour"](), compression="jpeg", quality=quality, **options)


def _lossy():
    grey = MAKE["colour"]()[:, :, 0].copy()
    frame = MAKE["jpeg"](grey)
    return {
        "file.jpg": MAKE["jpeg"](MAKE["colour"]()),
        "progressive.jpg": MAKE["jpeg"](MAKE["colour"](), progressive=True),
        "baseline.dcm": MAKE["with_frames"](MAKE["data_set"](grey), JPEGBaseline8Bit, [frame], "MONOCHROME2"),
        "jpeg2000.dcm": _in_dicom(JPEG2000),
        "jpeg.tiff": _jpeg_tiff(),
    }


def test_a_codestream_digest_is_there_exactly_for_lossy_data_of_every_format():
    files = {**_inputs(), "lossless-jpeg2000.dcm": _in_dicom(JPEG2000Lossless), **_lossy()}
    lossy = {name for name, data in files.items() if digest_set(data).facts["lossy"]}
    assert lossy == {*_lossy(), "colour-lossy.jpg", "colour-lossy.dcm", "colour-lossy.tiff"}
    assert lossy == {name for name, data in files.items() if "codestream/1" in digest_set(data).digests}


@pytest.mark.parametrize("made", ["file.jpg", "baseline.dcm", "jpeg2000.dcm", "jpeg.tiff"])
def test_the_data_set_digest_of_lossy_data_binds_the_codestream(made):
    found = digest_set(_lossy()[made])
    [pixels] = [a for a in found.attributes if a.vr == "digest"]
    assert pixels.path in ("pixels", "(7FE0,0010)")
    value = found.digests["codestream/1"].encode()
    [expected] = attribute_digests([Attribute(pixels.path, pixels.name, "digest", value)])
    assert pixels.digest == expected.digest


def test_the_codestream_of_a_tiff_page_holds_its_strips_and_tables_and_no_metadata():
    plain, named = digest_set(_jpeg_tiff()), digest_set(_jpeg_tiff(tiffinfo={270: "a description"}))
    assert plain.digests["codestream/1"] == named.digests["codestream/1"]
    assert plain.digests["codestream/1"] != digest_set(_jpeg_tiff(quality=80)).digests["codestream/1"]
    data = bytearray(_jpeg_tiff())
    table = data.index(b"\xff\xdb")  # in JPEGTables, shared by all strips
    data[table + 6] ^= 1
    assert digest_set(bytes(data)).digests["codestream/1"] != plain.digests["codestream/1"]


def test_a_page_of_lossy_samples_has_a_codestream_of_its_own():
    pages = [Image.fromarray(np.roll(MAKE["colour"](), index, axis=0)) for index in range(2)]
    out = BytesIO()
    pages[0].save(out, "TIFF", compression="jpeg", save_all=True, append_images=pages[1:])
    both = digest_set(out.getvalue())
    assert both.facts["frames"] == 2
    assert both.digests["codestream/1"] != digest_set(_jpeg_tiff()).digests["codestream/1"]


def test_a_baseline_frame_that_counts_from_white_to_black_is_read():
    grey = MAKE["colour"]()[:, :, 0].copy()
    ds = MAKE["data_set"](grey)
    found = digest_set(MAKE["with_frames"](ds, JPEGBaseline8Bit, [MAKE["jpeg"](grey)], "MONOCHROME1"))
    assert found.facts["photometric"] == "monochrome-inverted"
    assert found.facts["lossy"] is True


def _with_jfif(frame):
    return frame[:2] + b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + frame[2:]


def _without_application_data(frame):
    return frame[:2] + frame[frame.index(b"\xff\xdb") :]


def _codestream(frame, photometric):
    data = MAKE["with_frames"](MAKE["data_set"](MAKE["colour"]()), JPEGBaseline8Bit, [frame], photometric)
    return digest_set(data).digests["codestream/1"]


def test_a_marker_that_turns_rgb_into_ybr_changes_the_codestream_digest():
    rgb = MAKE["jpeg"](MAKE["colour"](), keep_rgb=True)  # with Adobe's marker, components named R, G, B
    for frame in (rgb, _without_application_data(rgb)):
        assert _codestream(frame, "RGB") != _codestream(_with_jfif(frame), "RGB")
        assert digest_set(frame).digests["codestream/1"] == _codestream(frame, "RGB")
    numbered = _without_application_data(MAKE["jpeg"](MAKE["colour"]()))
    assert _codestream(numbered, "RGB") != _codestream(_with_jfif(numbered), "RGB")


def test_a_marker_that_says_what_is_so_without_it_keeps_the_codestream_digest():
    frame = _without_application_data(MAKE["jpeg"](MAKE["colour"]()))
    assert _codestream(frame, "YBR_FULL_422") == _codestream(_with_jfif(frame), "YBR_FULL_422")
