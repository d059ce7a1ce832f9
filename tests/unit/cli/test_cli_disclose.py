"""medseal disclose, and medseal receipt verify on what it writes: with a DICOM file of pydicom's, registered here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from PIL import Image

# Run in a process of its own: an audit hook cannot be taken out again.
_COUNTING = """
import sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("socket.") else None)
from ledger.cli.app import app
code = 0
try:
    app(sys.argv[1:], prog_name="medseal")
except SystemExit as end:
    code = end.code
sys.stderr.write("events %r" % seen)
sys.exit(code)
"""


@pytest.fixture
def trust(run, tmp_path) -> Path:
    path = tmp_path / "trust.json"
    assert run("trust", "--out", path).code == 0
    return path


@pytest.fixture
def ct(registered, images):
    """The arguments that name the registered slice, of 128 × 128 signed samples of 16 bits."""
    return registered["ct"]["receipt"], "--image", images / "CT_small.dcm"


def test_a_crop_of_a_registered_slice_is_proven_offline(run_bare, ct, images, trust, tmp_path):
    made = run_bare("disclose", *ct, "--region", "40,70,20,20", "--out", tmp_path / "out", "--json")
    assert made.code == 0, made.err
    assert made.line["part"]["shown"] == [{"x": 32, "y": 64, "w": 32, "h": 32}]
    picture = Path(made.line["picture"])
    assert [picture.name, Path(made.line["partial"]).name] == ["CT_small.crop.png", "CT_small.partial.json"]
    expected = pydicom.dcmread(images / "CT_small.dcm").pixel_array[64:96, 32:64]
    assert np.array_equal(np.array(Image.open(picture)).astype(np.uint16), expected.astype(np.int16).view(np.uint16))
    ran = run_bare("receipt", "verify", made.line["partial"], "--image", picture, "--trust", trust, "--json")
    assert ran.code == 0
    assert ran.line["verdict"] == "authentic-reencoded"
    assert ran.line["part"] == made.line["part"]
    statuses = {check["number"]: check["status"] for check in ran.line["checks"]}
    assert [statuses[number] for number in (0, 2, 4, 5, 6, 11)] == ["passed"] * 6


def test_burned_in_text_is_blacked_out_and_the_rest_proven(run_bare, images, tmp_path):
    dataset = pydicom.dcmread(images / "CT_small.dcm")
    text = np.zeros((128, 128), np.uint8)
    cv2.putText(text, "DOE^JOHN", (66, 20), cv2.FONT_HERSHEY_PLAIN, 0.6, 255)
    assert not text[32:].any() and not text[:, :64].any()
    samples = np.where(text > 0, np.int16(2000), dataset.pixel_array)
    dataset.PixelData = samples.tobytes()
    original, ledger = tmp_path / "burned.dcm", ("--data", tmp_path / "ledger")
    dataset.save_as(original)
    receipt = run_bare("register", original, "--json", *ledger).line["receipt"]
    trust, out = tmp_path / "trust.json", tmp_path / "shared.partial.json"
    assert run_bare("trust", "--out", trust, *ledger).code == 0
    made = run_bare("disclose", receipt, "--image", original, "--hide", "64,8,64,16", "--out", out, "--json")
    assert made.code == 0, made.err
    picture = np.array(Image.open(tmp_path / "shared.redacted.png"))
    assert not picture[:32, 64:].any()
    assert np.array_equal(picture[32:].astype(np.uint16), samples[32:].view(np.uint16))
    ran = run_bare("receipt", "verify", out, tmp_path / "shared.redacted.png", "--trust", trust)
    assert ran.code == 0
    assert "not shown: 64 × 32 pixels at 64,0" in " ".join(ran.out.split())


def test_a_part_with_a_changed_sample_is_a_no(run_bare, ct, trust, tmp_path):
    made = run_bare("disclose", *ct, "--hide", "0,0,5,5", "--hide", "100,100,5,5", "--out", tmp_path, "--json").line
    array = np.array(Image.open(made["picture"]))
    array[40, 40] ^= 1
    Image.fromarray(array).save(made["picture"])
    ran = run_bare("receipt", "verify", made["partial"], made["picture"], "--trust", trust)
    assert ran.code == 1
    assert "tile/1 differs" in " ".join(ran.out.split())


def test_neither_command_opens_a_socket(run_bare, ct, trust, tmp_path):
    crop = ["disclose", *ct, "--region", "0,0,8,8", "--out", tmp_path]
    check = ["receipt", "verify", tmp_path / "CT_small.partial.json", tmp_path / "CT_small.crop.png", "--trust", trust]
    for command in (crop, check):
        ran = subprocess.run(
            [sys.executable, "-c", _COUNTING, *map(str, command)], capture_output=True, text=True, timeout=120
        )
        assert ran.returncode == 0, ran.stderr
        assert "events []" in ran.stderr


def test_the_registered_bytes_may_come_in_another_file(run_bare, registered, images, tmp_path):
    image = images / "ct-reencoded-rle.dcm"
    ran = run_bare("disclose", registered["ct"]["receipt"], "--image", image, "--hide", "0,0,9,9", "--out", tmp_path)
    assert ran.code == 0
    assert "not shown" in ran.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "either --region or --hide"),
        (["--region", "0,0,8,8", "--hide", "0,0,8,8"], "either --region or --hide"),
        (["--region", "0,0,8"], "x,y,width,height"),
        (["--region", "-1,0,8,8"], "x,y,width,height"),
        (["--region", "120,0,16,8"], "inside 128 × 128 pixels"),
        (["--hide", "0,0,128,128"], "all of them hidden"),
        (["--region", "0,0,8,8", "--frame", "1"], "frame from 0 to 0"),
    ],
)
def test_a_part_that_cannot_be_is_bad_input_and_writes_nothing(run_bare, ct, tmp_path, options, said):
    ran = run_bare("disclose", *ct, *options, "--out", tmp_path / "out")
    assert ran.code == 2
    assert said in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("which", ["image", "opening"])
def test_what_the_receipt_does_not_register_is_not_disclosed(run_bare, registered, images, tmp_path, which):
    receipt, image = Path(registered["ct"]["receipt"]), images / "CT_small.dcm"
    if which == "image":
        image = images / "ct-tampered.dcm"
    else:
        withheld = tmp_path / "withheld.json"
        assert run_bare("receipt", "withhold", receipt, "--keep", "pixel/1", "--out", withheld).code == 0
        receipt = withheld
    ran = run_bare("disclose", receipt, "--image", image, "--region", "0,0,8,8", "--out", tmp_path / "out")
    assert ran.code == 2
    assert ("other_image" if which == "image" else "no_tile_opening") in ran.err
    assert not (tmp_path / "out").exists()


def test_the_receipt_is_never_written_over(run_bare, ct, tmp_path):
    copy = tmp_path / "receipt.json"
    copy.write_bytes(Path(ct[0]).read_bytes())
    ran = run_bare("disclose", copy, *ct[1:], "--region", "0,0,8,8", "--out", copy)
    assert ran.code == 2
    assert json.loads(copy.read_bytes())["type"] == "medseal/receipt/1"


@pytest.mark.parametrize("images_given", [0, 2])
def test_a_receipt_is_checked_with_exactly_one_image(run_bare, ct, images, trust, images_given):
    picture = images / "CT_small.dcm"
    given = [picture, "--image", picture] if images_given else []
    ran = run_bare("receipt", "verify", ct[0], *given, "--trust", trust)
    assert ran.code == 2
    assert "image" in ran.err
