"""medseal verify on copies of a registered picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest


def picture(painted: bool = False) -> Any:
    """512×512 textured grey samples of 8 bits, with a bright spot around (320, 200) if ``painted``."""
    random = np.random.default_rng(43)
    coarse = cv2.resize(random.random((12, 12)), (512, 512), interpolation=cv2.INTER_CUBIC)
    samples = 60 + 130 * coarse + 8 * cv2.GaussianBlur(random.standard_normal((512, 512)), (0, 0), 1.5)
    if painted:
        rows, columns = np.mgrid[0:512, 0:512]
        samples += 60 * np.exp(-((np.hypot(columns - 320, rows - 200) / 30) ** 4))
    return np.clip(samples, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The picture, a JPEG copy as it is, and copies with the spot."""
    folder = tmp_path_factory.mktemp("copies")
    cv2.imwrite(str(folder / "original.png"), picture())
    cv2.imwrite(str(folder / "altered.png"), picture(painted=True))
    cv2.imwrite(str(folder / "copy.jpg"), picture(), [cv2.IMWRITE_JPEG_QUALITY, 85])
    cv2.imwrite(str(folder / "altered.jpg"), picture(painted=True), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return folder


@pytest.fixture
def original(run: Any, copies: Path) -> str:
    line: dict[str, str] = run("register", copies / "original.png", "--json").line
    return line["registration_id"]


def test_a_changed_copy_names_its_original_and_where_the_mask_lies(
    run: Any, registered: dict[str, Any], copies: Path, original: str
) -> None:
    ran = run("verify", copies / "altered.jpg", "--json")
    change = ran.line["change"]
    assert (ran.code, ran.line["verdict"], change["original"]) == (1, "altered", original)
    assert any(r["x"] <= 320 < r["x"] + r["w"] and r["y"] <= 200 < r["y"] + r["h"] for r in change["regions"])
    assert Path(change["mask"]).parent == registered["folder"] / "changes"
    mask = cv2.imread(change["mask"], cv2.IMREAD_UNCHANGED)
    assert (mask.shape, mask[200, 320]) == ((512, 512), 255)
    assert change["mask_png"] is None


def test_an_unchanged_copy_is_not_accepted_and_leaves_no_mask(run: Any, copies: Path, original: str) -> None:
    ran = run("verify", copies / "copy.jpg", "--json")
    assert (ran.code, ran.line["verdict"], ran.line["accepted"]) == (1, "authentic-reencoded", False)
    assert (ran.line["change"]["mask"], ran.line["change"]["regions"]) == (None, [])


def test_mask_and_overlay_go_where_they_are_asked_to_and_the_words_say_so(
    run: Any, copies: Path, original: str, tmp_path: Path
) -> None:
    out = run("verify", copies / "altered.jpg", "--out", tmp_path).out
    assert sorted(each.name for each in tmp_path.iterdir()) == ["altered.jpg.mask.png", "altered.jpg.overlay.png"]
    assert "ALTERED" in out
    assert original in out
    for word in ("lies", "changed", "region", "limits", "mask", "overlay"):
        assert f"\n  {word} " in out


def test_the_original_in_hand_is_compared_with(run: Any, copies: Path, original: str) -> None:
    line = run("verify", copies / "altered.png", "--original", copies / "original.png", "--json").line
    assert (line["verdict"], line["change"]["basis"], line["change"]["original"]) == ("altered", "original", original)


def test_an_original_that_cannot_be_read_is_bad_input(run: Any, images: Path, copies: Path) -> None:
    ran = run("verify", copies / "copy.jpg", "--original", images / "text.txt", "--json")
    assert ran.code == 2
    assert "the original given" in ran.line["error"]["message"]
