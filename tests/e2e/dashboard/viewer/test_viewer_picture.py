"""What the viewer shows in a real browser: values, layers, frames and a second picture."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pydicom.data import get_testdata_file

from ledger.client import Client

pytestmark = pytest.mark.needs_browser
Open = Callable[..., Page]


def ct() -> bytes:
    return Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()


def plain(look: Any, page: Page) -> None:
    """No heat map over the picture; a registered one has none."""
    look.shown(page)
    for shown in page.get_by_label("Show: Heat map").all():
        shown.uncheck()


def encoded(samples: Any, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(samples).save(stream, kind)
    return stream.getvalue()


def series(count: int, side: int) -> bytes:
    """A TIFF whose frames are grey, each brighter than the one before."""
    frames = [Image.new("L", (side, side), 10 + 40 * number) for number in range(count)]
    stream = io.BytesIO()
    frames[0].save(stream, "TIFF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


def test_the_opacity_of_the_change_map_changes_the_pixels(verify: Open, stack: Any, patched: Any, look: Any) -> None:
    original, copy = patched(403)
    Client(stack.url, stack.key).register(original)
    page = verify(("copy.jpg", copy))
    middle = ((96 + 48) / 512, (160 + 48) / 512)
    red, green, _, _ = look.pixel(page, *middle)
    assert red > green + 40
    look.slide(page, "Opacity: Change map", 0)
    red, green, blue, _ = look.pixel(page, *middle)
    assert red == green == blue
    look.slide(page, "Opacity: Change map", 100)
    assert look.pixel(page, *middle)[:3] == [235, 64, 24]
    page.get_by_label("Show: Change map").uncheck()
    red, green, blue, _ = look.pixel(page, *middle)
    assert red == green == blue


def test_the_before_after_line_uncovers_the_original_laid_where_it_belongs(
    verify: Open, stack: Any, patched: Any, look: Any
) -> None:
    original, copy = patched(404)
    Client(stack.url, stack.key).register(original)
    page = verify(("copy.jpg", copy), original=original)
    expect(page.get_by_role("slider", name="Line between the two pictures")).to_be_visible()
    page.get_by_label("Show: Change map").uncheck()
    page.get_by_role("button", name="Outlines").click()
    with Image.open(io.BytesIO(original)) as image:
        was = np.asarray(image)
    with Image.open(io.BytesIO(copy)) as image:
        now = np.asarray(image)
    x, y = 130, 200
    assert abs(int(was[y, x]) - int(now[y, x])) > 12
    look.slide(page, "Line between the two pictures", 100)
    assert abs(look.pixel(page, x / 512, y / 512)[0] - int(was[y, x])) < 8
    look.slide(page, "Line between the two pictures", 0)
    assert abs(look.pixel(page, x / 512, y / 512)[0] - int(now[y, x])) < 8


def test_another_picture_can_be_laid_beside_it_in_the_page(verify: Open, picture: Any, look: Any) -> None:
    page = verify(("a.png", picture(405)))
    before = look.shown(page)
    page.get_by_text("Compare with another picture").click()
    look.give(page.locator("input[type=file]").last, ("b.png", picture(406)))
    expect(page.get_by_role("slider", name="Line between the two pictures")).to_be_visible()
    assert look.shown(page) != before
    look.canvas(page).scroll_into_view_if_needed()
    box = look.canvas(page).bounding_box()
    assert box is not None
    at = box["y"] + box["height"] / 3
    page.mouse.move(box["x"] + box["width"] / 2, at)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, at, steps=4)
    page.mouse.up()
    expect(page.get_by_role("slider", name="Line between the two pictures")).to_have_value("25")


def test_frames_of_a_short_series_are_at_hand(verify: Open, look: Any) -> None:
    page = verify(("series.tif", series(4, 64)))
    expect(page.locator(".v-status")).to_contain_text("frame 1 of 4")
    page.get_by_label("Show: Heat map").uncheck()
    assert look.pixel(page, 0.4, 0.4)[0] == 10
    look.slide(page, "Frame", 3)
    expect(page.locator(".v-status")).to_contain_text("frame 3 of 4")
    assert look.pixel(page, 0.4, 0.4)[0] == 90
    look.canvas(page).press("PageDown")
    assert look.pixel(page, 0.4, 0.4)[0] == 130


def test_a_frame_of_a_long_series_is_fetched_and_the_view_stays(verify: Open, look: Any) -> None:
    page = verify(("long.tif", series(4, 1500)))
    first = page.locator(".v-status").inner_text()
    look.canvas(page).press("+")
    expect(page.locator(".v-status")).not_to_have_text(first)
    zoom = page.locator(".v-status").inner_text().split(" · ")[0]
    look.slide(page, "Frame", 4)
    expect(page.locator(".v-status")).to_contain_text("frame 4 of 4")
    assert look.pixel(page, 0.4, 0.4)[0] == 130
    expect(page.locator(".v-status")).to_contain_text(zoom)


def test_window_and_level_change_the_pixels_by_slider_preset_key_and_right_button(verify: Open, look: Any) -> None:
    page = verify(("ct.dcm", ct()))
    plain(look, page)
    seen = [look.shown(page)]
    page.get_by_label("Window preset").select_option("CT bone")
    expect(page.locator(".v-status")).to_contain_text("window 2000, level 500 HU")
    seen.append(look.shown(page))
    look.slide(page, "Window width", 400)
    expect(page.locator(".v-status")).to_contain_text("window 400, level 500 HU")
    seen.append(look.shown(page))
    look.canvas(page).press("l")
    expect(page.locator(".v-status")).not_to_contain_text("level 500 HU")
    seen.append(look.shown(page))
    look.canvas(page).press("r")
    assert look.shown(page) == seen[0]
    drag(look, page, "right", 60, 40)
    seen.append(look.shown(page))
    assert len(set(seen)) == len(seen)


def drag(look: Any, page: Page, button: Any, across: float, down: float) -> None:
    look.canvas(page).scroll_into_view_if_needed()
    box = look.canvas(page).bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down(button=button)
    page.mouse.move(left + across, top + down, steps=4)
    page.mouse.up(button=button)


SHARES: dict[str, Callable[[float], float]] = {
    "LINEAR": lambda value: (value - 39.5) / 399 + 0.5,
    "LINEAR_EXACT": lambda value: (value - 40) / 400 + 0.5,
    "SIGMOID": lambda value: 1 / (1 + np.exp(-4 * (value - 40) / 400)),
}


@pytest.mark.parametrize("shape", SHARES)
def test_the_window_shows_each_value_as_the_standard_says(verify: Open, look: Any, shape: str) -> None:
    dataset = pydicom.dcmread(io.BytesIO(ct()))
    values = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    dataset.VOILUTFunction, dataset.WindowCenter, dataset.WindowWidth = shape, 40, 400
    stream = io.BytesIO()
    dataset.save_as(stream)
    page = verify(("ct.dcm", stream.getvalue()))
    plain(look, page)
    expect(page.locator(".v-status")).to_contain_text("window 400, level 40 HU")
    for x, y in ((30, 90), (64, 20), (100, 64)):
        expected = round(float(np.clip(SHARES[shape](values[y, x]), 0, 1)) * 255)
        assert abs(look.pixel(page, (x + 0.5) / 128, (y + 0.5) / 128)[0] - expected) <= 1
