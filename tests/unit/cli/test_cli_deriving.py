"""medseal derive."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

SAID = ("--reason", "teaching file", "--author", "Radiology QA")


def cut(images: Path, folder: Path, top: int, left: int) -> Path:
    """A 64×64 part of the CT slice as DICOM."""
    data_set = pydicom.dcmread(images / "CT_small.dcm")
    part = data_set.pixel_array[top : top + 64, left : left + 64]
    data_set.Rows, data_set.Columns = part.shape
    data_set.PixelData = part.tobytes()
    path = folder / f"cut-{top}-{left}.dcm"
    data_set.save_as(path)
    return path


def test_a_crop_is_registered_with_its_origin_and_says_how_it_was_checked(run, registered, images, tmp_path) -> None:
    crop, original = cut(images, tmp_path, 32, 64), registered["ct"]["registration_id"]
    ran = run("derive", original, crop, "--operation", "cropped", *SAID, "--json")
    assert ran.code == 0, ran.err
    line = ran.line
    assert (line["original"], line["operation"], line["checked"]) == (original, "cropped", "proven")
    assert line["figures"] == {"x": 64, "y": 32, "w": 64, "h": 64}
    assert json.loads(json.loads(Path(line["receipt"]).read_text())["entry"])["target"] == original
    seen = run("verify", crop, "--json").line
    assert seen["verdict"] == "authentic"
    assert f"derived (cropped, proven) from registration {original}" in seen["reason"]


def test_people_read_what_was_checked(run, registered, images, tmp_path) -> None:
    crop, original = cut(images, tmp_path, 0, 32), registered["ct"]["registration_id"]
    ran = run("derive", original, crop, "--operation", "cropped", *SAID, "--no-wait")
    assert ran.code == 0, ran.err
    assert "registered as" in ran.out
    assert "proven: the registered tiles (tile/1) from x 32 to 95, y 0 to 63" in ran.out
    again = run("derive", original, crop, "--operation", "cropped", *SAID)
    assert "was registered before as" in again.out


def test_a_crop_between_the_tiles_is_proven_with_the_original(run, registered, images, tmp_path) -> None:
    crop, original = cut(images, tmp_path, 5, 7), registered["ct"]["registration_id"]
    options = ("--operation", "cropped", *SAID, "--original", images / "CT_small.dcm", "--json")
    line = run("derive", original, crop, *options).line
    assert (line["checked"], line["figures"]["x"], line["figures"]["y"]) == ("proven", 7, 5)


def blacked_out(images: Path, folder: Path) -> Path:
    samples = np.asarray(Image.open(images / "phantom.png")).copy()
    samples[:32, :64] = samples.max()
    file = BytesIO()
    Image.fromarray(samples).save(file, "PNG")
    path = folder / "hidden.png"
    path.write_bytes(file.getvalue())
    return path


@pytest.mark.parametrize(("boxes", "code"), [((), 2), (("--hide", "0,0,64,31"), 2), (("--hide", "0,0,64,32"), 0)])
def test_boxes_say_what_was_hidden(run, registered, images, tmp_path, boxes: tuple[Any, ...], code: int) -> None:
    image = blacked_out(images, tmp_path)
    ran = run("derive", registered["png"]["registration_id"], image, "--operation", "de-identified", *SAID, *boxes)
    assert ran.code == code, ran.err
    assert ("derivation_contradicted" in ran.err) == (code == 2)
    assert ("consistent: " in ran.out) == (code == 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--hide", "1,2,3"), "hide"),
        (("--hide", "1,2,3,x"), "hide"),
        (("--reason", " "), "reason"),
        (("--operation", "cropped", "--hide", "0,0,8,8"), "de-identified alone"),
    ],
)
def test_a_malformed_declaration_is_refused(run, registered, images, arguments: tuple[str, ...], said: str) -> None:
    options = ("--operation", "de-identified", *SAID, *arguments)
    ran = run("derive", registered["ct"]["registration_id"], images / "CT_small.dcm", *options)
    assert ran.code == 2
    assert said in ran.err


def test_an_unknown_original_is_not_found(run, images) -> None:
    ran = run("derive", "0" * 32, images / "CT_small.dcm", "--operation", "cropped", *SAID)
    assert ran.code == 2
    assert "no registration" in ran.err
