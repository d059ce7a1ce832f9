"""What medseal verify writes and says of a change map."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from ledger.cli.output import change_facts
from ledger.cli.verifying import ChangeMaps
from ledger.core.images import Limits
from ledger.errors import UnreadableImage
from ledger.export.overlay import overlay
from ledger.schemas import ChangedRegion, Verification

REGION = ChangedRegion(x=10, y=20, w=8, h=4, area_percent=0.5)


def png(picture: Any) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1])


GREY = png(np.full((60, 80), 100, np.uint8))
DEEP = png(np.linspace(0, 4095, 4800).reshape(60, 80).astype(np.uint16))


def mask_of(*regions: ChangedRegion) -> bytes:
    white = np.zeros((60, 80), np.uint8)
    for region in regions:
        white[region.y : region.y + region.h, region.x : region.x + region.w] = 255
    return png(white)


def answer(*regions: ChangedRegion) -> Verification:
    change = {
        "original": "0d" * 16,
        "basis": "trace/1",
        "frame": 0,
        "width": 80,
        "height": 60,
        "transform": {"matrix": (1, 0, 0, 0, 1, 0), "words": ["mirrored"], "shown_percent": 95.0},
        "changed_percent": 0.5 * len(regions),
        "regions": [region.model_dump() for region in regions],
        "mask_png": b64encode(mask_of(*regions)).decode(),
        "limits": "nothing below 8 pixels",
    }
    rest = {"verdict": "altered", "accepted": False, "policy": "clinical", "reason": "r", "checks": []}
    return Verification.model_validate(rest | {"change": change, "checked_at": "2026-03-02T09:15:00Z"})


def test_the_mask_of_a_changed_copy_lies_in_the_data_folder_under_the_files_digest(tmp_path: Path) -> None:
    kept = ChangeMaps(tmp_path / "changes", None, Limits()).kept(Path("scan.png"), GREY, answer(REGION)).change
    path = tmp_path / "changes" / f"{sha256(GREY).hexdigest()[:16]}.mask.png"
    assert kept is not None
    assert (kept.mask, kept.mask_png) == (str(path), None)
    assert path.read_bytes() == mask_of(REGION)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_nothing_is_written_where_nothing_changed_unless_asked_for(tmp_path: Path) -> None:
    kept = ChangeMaps(tmp_path / "changes", None, Limits()).kept(Path("scan.png"), GREY, answer()).change
    assert kept is not None
    assert (kept.mask, list(tmp_path.iterdir())) == (None, [])
    ChangeMaps(tmp_path / "changes", tmp_path / "out", Limits()).kept(Path("scan.png"), GREY, answer())
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["scan.png.mask.png", "scan.png.overlay.png"]


def test_files_of_one_name_do_not_overwrite_each_others_masks(tmp_path: Path) -> None:
    maps = ChangeMaps(tmp_path / "changes", tmp_path, Limits())
    for folder, image in (("a", GREY), ("b", DEEP)):
        maps.kept(Path(folder, "scan.png"), image, answer(REGION))
    assert len(list(tmp_path.glob("scan.png*.mask.png"))) == len(list(tmp_path.glob("scan.png*.overlay.png"))) == 2


@pytest.mark.parametrize("image", [GREY, DEEP])
def test_the_overlay_is_the_picture_with_the_regions_in_red(image: bytes) -> None:
    shown = cv2.imdecode(np.frombuffer(overlay(image, mask_of(REGION), 0, Limits()), np.uint8), cv2.IMREAD_UNCHANGED)
    assert shown.shape == (60, 80, 3)
    assert shown[20, 10].tolist() == [0, 0, 255]
    blue, green, red = shown[22, 14].tolist()
    assert blue == green < red
    outside = shown[50, 60].tolist()
    assert outside[0] == outside[1] == outside[2]


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="expected a mask of 80×60 pixels, found 5×4 pixels"):
        overlay(GREY, png(np.zeros((4, 5), np.uint8)), 0, Limits())


def test_words_for_people_say_how_the_copy_lies_what_changed_and_what_cannot_be_seen() -> None:
    change = answer(*[REGION] * 12).change
    assert change is not None
    said = list(change_facts(change))
    assert ("lies", "mirrored; shows 95.0 % of the original") in said
    assert ("region", "x 10, y 20, w 8, h 4: 0.50 %") in said
    assert ("regions", "2 more (--json lists them)") in said
    assert ("limits", "nothing below 8 pixels") in said


@pytest.mark.parametrize(("frame", "grey"), [(0, 30), (1, 90), (2, 150), (7, 90)])
def test_the_overlay_shows_the_frame_that_was_compared_or_the_middle_one(frame: int, grey: int) -> None:
    pages = [Image.fromarray(np.full((60, 80), value, np.uint8)) for value in (30, 90, 150)]
    file = BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    shown = cv2.imdecode(
        np.frombuffer(overlay(file.getvalue(), mask_of(), frame, Limits()), np.uint8), cv2.IMREAD_COLOR
    )
    assert shown[0, 0].tolist() == [grey] * 3
