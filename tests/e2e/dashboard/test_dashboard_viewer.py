"""The viewer in a real browser: what the reader moves changes the pixels that are shown."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from pydicom.data import get_testdata_file

from ledger.client import Client

pytestmark = pytest.mark.needs_browser
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
_PATIENCE = 20_000
Open = Callable[..., Page]
SUM = """canvas => { const {width, height} = canvas;
  const all = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  let sum = 0;
  for (let i = 0; i < all.length; i += 4) sum = (sum * 31 + all[i] + 7 * all[i + 1] + 13 * all[i + 2]) % 1000000007;
  return sum; }"""
WIDER = "v => [...v.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth).length"
PIXEL = """(canvas, [x, y]) => Array.from(canvas.getContext("2d").getImageData(
  Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1).data)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def verify(browser: Browser, dashboard: str) -> Iterator[Open]:
    """Opens the verify page and drops these files on it."""
    pages: list[Page] = []

    def at(*files: tuple[str, bytes], width: int = 1360, original: bytes | None = None) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        page.set_default_timeout(_PATIENCE)
        page.goto(dashboard)
        give(page.locator("input[type=file]").first, *files)
        expect(page.locator(".ms-banner h2")).to_be_visible(timeout=_PATIENCE)
        if original is not None:
            page.get_by_text("Original, if you have it").click()
            give(page.locator("input[type=file]").nth(1), ("original.png", original))
        return page

    yield at
    for page in pages:
        page.close()


def give(place: Locator, *files: tuple[str, bytes]) -> None:
    listed: list[Any] = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
    place.set_input_files(listed)


def canvas(page: Page) -> Locator:
    """The canvas once it shows something."""
    expect(page.locator(".v-status")).to_contain_text("Zoom", timeout=_PATIENCE)
    return page.locator(".v-stage canvas")


def shown(page: Page) -> int:
    """A sum over all pixels that are shown, once they stand still."""
    before = None
    for _ in range(40):
        now = int(canvas(page).evaluate(SUM))
        if now == before:
            return now
        before = now
        page.wait_for_timeout(40)
    raise AssertionError("the picture does not come to rest")


def pixel(page: Page, across: float, down: float) -> list[int]:
    shown(page)
    found: list[int] = canvas(page).evaluate(PIXEL, [across, down])
    return found


def slide(page: Page, name: str, value: float) -> None:
    """Moves a slider of the viewer as its user's hand does: with an input event."""
    page.get_by_label(name, exact=True).fill(str(value))


def ct() -> bytes:
    return Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()


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


def test_authentic_re_encoded_altered_forged_and_broken_files_each_read_their_verdict_on_the_page(
    verify: Open, stack: Any, patched: Any, detector: Any
) -> None:
    original, copy = patched(401)
    client = Client(stack.url, stack.key)
    client.register(original)
    with Image.open(io.BytesIO(original)) as image:
        again = encoded(np.asarray(image), "TIFF")
    detector.answer = replace(detector.answer, band="altered", probability=0.95)
    page = verify(
        ("authentic.png", original), ("again.tif", again), ("altered.jpg", copy), ("forged.png", patched(402)[0]),
        ("broken.png", original[:900]),
    )  # fmt: skip
    verdicts = page.locator(".ms-file-verdict")
    expected = ["Authentic", "Authentic, re-encoded", "Altered", "Suspect", "Undetermined"]
    expect(verdicts).to_have_text(expected, timeout=_PATIENCE)
    for name, title in (("broken.png", "Undetermined"), ("altered.jpg", "Altered"), ("forged.png", "Suspect")):
        page.locator(".st-key-files").get_by_role("button", name=name).click()
        expect(page.locator(".ms-banner h2")).to_have_text(title)
    assert "file=sha256%3A" in page.url or "file=sha256:" in page.url


def test_the_opacity_of_the_change_map_changes_the_pixels(verify: Open, stack: Any, patched: Any) -> None:
    original, copy = patched(403)
    Client(stack.url, stack.key).register(original)
    page = verify(("copy.jpg", copy))
    middle = ((96 + 48) / 512, (160 + 48) / 512)
    red, green, _, _ = pixel(page, *middle)
    assert red > green + 40
    slide(page, "Opacity: Change map", 0)
    red, green, blue, _ = pixel(page, *middle)
    assert red == green == blue
    slide(page, "Opacity: Change map", 100)
    assert pixel(page, *middle)[:3] == [235, 64, 24]
    page.get_by_label("Show: Change map").uncheck()
    red, green, blue, _ = pixel(page, *middle)
    assert red == green == blue


def test_the_before_after_line_uncovers_the_original_laid_where_it_belongs(
    verify: Open, stack: Any, patched: Any
) -> None:
    original, copy = patched(404)
    Client(stack.url, stack.key).register(original)
    page = verify(("copy.jpg", copy), original=original)
    expect(page.get_by_label("Before and after")).to_be_visible(timeout=_PATIENCE)
    page.get_by_label("Show: Change map").uncheck()
    page.get_by_role("button", name="Outlines").click()
    with Image.open(io.BytesIO(original)) as image:
        was = np.asarray(image)
    with Image.open(io.BytesIO(copy)) as image:
        now = np.asarray(image)
    x, y = 130, 200
    assert abs(int(was[y, x]) - int(now[y, x])) > 12
    slide(page, "Before and after", 100)
    assert abs(pixel(page, x / 512, y / 512)[0] - int(was[y, x])) < 8
    slide(page, "Before and after", 0)
    assert abs(pixel(page, x / 512, y / 512)[0] - int(now[y, x])) < 8


def test_another_picture_can_be_laid_beside_it_in_the_page(verify: Open, picture: Any) -> None:
    page = verify(("a.png", picture(405)))
    before = shown(page)
    page.get_by_text("Compare with another picture").click()
    give(page.locator("input[type=file]").last, ("b.png", picture(406)))
    expect(page.get_by_label("Before and after")).to_be_visible(timeout=_PATIENCE)
    assert shown(page) != before
    canvas(page).scroll_into_view_if_needed()
    box = canvas(page).bounding_box()
    assert box is not None
    at = box["y"] + box["height"] / 3
    page.mouse.move(box["x"] + box["width"] / 2, at)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, at, steps=4)
    page.mouse.up()
    expect(page.get_by_label("Before and after")).to_have_value("25")


def test_frames_of_a_short_series_are_at_hand(verify: Open) -> None:
    page = verify(("series.tif", series(4, 64)))
    expect(page.locator(".v-status")).to_contain_text("frame 1 of 4")
    page.get_by_label("Show: Heat map").uncheck()
    assert pixel(page, 0.4, 0.4)[0] == 10
    slide(page, "Frame", 3)
    expect(page.locator(".v-status")).to_contain_text("frame 3 of 4")
    assert pixel(page, 0.4, 0.4)[0] == 90
    canvas(page).press("PageDown")
    assert pixel(page, 0.4, 0.4)[0] == 130


def test_a_frame_of_a_long_series_is_fetched_and_the_view_stays(verify: Open) -> None:
    page = verify(("long.tif", series(4, 1500)))
    first = page.locator(".v-status").inner_text()
    canvas(page).press("+")
    expect(page.locator(".v-status")).not_to_have_text(first)
    zoom = page.locator(".v-status").inner_text().split(" · ")[0]
    slide(page, "Frame", 4)
    expect(page.locator(".v-status")).to_contain_text("frame 4 of 4", timeout=_PATIENCE)
    assert pixel(page, 0.4, 0.4)[0] == 130
    expect(page.locator(".v-status")).to_contain_text(zoom)


def test_window_and_level_change_the_pixels_by_slider_preset_key_and_right_button(verify: Open) -> None:
    page = verify(("ct.dcm", ct()))
    page.get_by_label("Show: Heat map").uncheck()
    seen = [shown(page)]
    page.get_by_label("Window preset").select_option("CT bone")
    expect(page.locator(".v-status")).to_contain_text("window 2000, level 500 HU")
    seen.append(shown(page))
    slide(page, "Window width", 400)
    expect(page.locator(".v-status")).to_contain_text("window 400, level 500 HU")
    seen.append(shown(page))
    canvas(page).press("l")
    expect(page.locator(".v-status")).not_to_contain_text("level 500 HU")
    seen.append(shown(page))
    canvas(page).press("r")
    assert shown(page) == seen[0]
    drag(page, "right", 60, 40)
    seen.append(shown(page))
    assert len(set(seen)) == len(seen)


def drag(page: Page, button: Any, across: float, down: float) -> None:
    canvas(page).scroll_into_view_if_needed()
    box = canvas(page).bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down(button=button)
    page.mouse.move(left + across, top + down, steps=4)
    page.mouse.up(button=button)


def test_the_window_shows_each_value_as_the_standard_says(verify: Open) -> None:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
    values = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    page = verify(("ct.dcm", ct()))
    page.get_by_label("Show: Heat map").uncheck()
    page.get_by_label("Window preset").select_option("CT soft tissue")
    for x, y in ((30, 90), (64, 20), (100, 64)):
        share = (values[y, x] - 39.5) / 399 + 0.5
        expected = round(float(np.clip(share, 0, 1)) * 255)
        assert abs(pixel(page, (x + 0.5) / 128, (y + 0.5) / 128)[0] - expected) <= 1


def test_keys_zoom_move_and_return_and_are_reached_by_the_tab_key(verify: Open, picture: Any) -> None:
    page = verify(("a.png", picture(407)))
    whole = shown(page)
    first = page.locator(".v-status").inner_text()
    page.locator(".v-bar [data-do=help]").focus()
    page.keyboard.press("Tab")
    expect(canvas(page)).to_be_focused()
    page.keyboard.press("+")
    expect(page.locator(".v-status")).not_to_have_text(first)
    near = shown(page)
    page.keyboard.press("ArrowRight")
    moved = shown(page)
    page.keyboard.press("0")
    assert len({whole, near, moved}) == 3
    assert shown(page) == whole
    page.keyboard.press("?")
    expect(page.get_by_role("note")).to_contain_text("zoom in, zoom out")
    page.keyboard.press("Escape")
    expect(page.get_by_role("note")).to_have_count(0)


def test_the_wheel_scrolls_the_page_until_the_picture_was_clicked(verify: Open, picture: Any) -> None:
    page = verify(("a.png", picture(408)))
    first = shown(page)
    canvas(page).hover()
    page.mouse.wheel(0, -120)
    expect(page.locator(".v-hint")).to_be_visible()
    assert shown(page) == first
    canvas(page).click()
    page.mouse.wheel(0, -120)
    page.wait_for_timeout(100)
    assert shown(page) != first


def test_the_pixel_under_the_pointer_is_read_out(verify: Open) -> None:
    flat = np.full((64, 64), 300, np.uint16)
    flat[:, 32:] = 700
    page = verify(("flat.png", encoded(flat)))
    canvas(page).hover(position={"x": 20, "y": 20})
    expect(page.locator(".v-pixel")).to_contain_text(": 300")


def test_the_magnifier_changes_the_picture_and_says_that_it_is_on(verify: Open, picture: Any) -> None:
    page = verify(("a.png", picture(409)))
    first = shown(page)
    button = page.get_by_role("button", name="Magnifier")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert shown(page) != first
    canvas(page).press("m")
    assert shown(page) == first


def test_a_region_is_enlarged_by_its_button(verify: Open, stack: Any, patched: Any) -> None:
    original, copy = patched(410)
    Client(stack.url, stack.key).register(original)
    page = verify(("copy.jpg", copy))
    first = shown(page)
    region = page.locator(".v-places button").first
    region.click()
    expect(region).to_have_attribute("aria-current", "true")
    assert shown(page) != first
    zoom = float(page.locator(".v-status").inner_text().split()[1])
    assert zoom > 130


def test_two_fingers_enlarge_the_picture(browser: Browser, dashboard: str, picture: Any) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    page.goto(dashboard)
    give(page.locator("input[type=file]").first, ("a.png", picture(412)))
    shown(page)
    canvas(page).scroll_into_view_if_needed()
    before, box = page.locator(".v-status").inner_text(), canvas(page).bounding_box()
    assert box is not None
    middle, row = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hand = context.new_cdp_session(page)

    def touch(kind: str, apart: float | None) -> None:
        sides = () if apart is None else (middle - apart, middle + apart)
        points = [{"x": at, "y": row, "id": finger} for finger, at in enumerate(sides)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 20)
    for apart in (30, 45, 60, 80):
        touch("touchMove", apart)
    touch("touchEnd", None)
    expect(page.locator(".v-status")).not_to_have_text(before)
    zoom, whole = (float(words.split()[1]) for words in (page.locator(".v-status").inner_text(), before))
    assert 2.5 < zoom / whole < 5
    context.close()


def test_many_files_show_how_far_they_are(
    verify: Open, dashboard: str, browser: Browser, picture: Any, detector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = type(detector).examine

    def slow(self: Any, image: bytes, *, pictures: bool = False) -> Any:
        time.sleep(1.2)
        return examine(self, image, pictures=pictures)

    monkeypatch.setattr(type(detector), "examine", slow)
    page = browser.new_page()
    page.goto(dashboard)
    give(page.locator("input[type=file]").first, *((f"{name}.png", picture(ord(name) + 400)) for name in "abc"))
    expect(page.get_by_text("Verifying b.png (2 of 3)")).to_be_visible(timeout=_PATIENCE)
    expect(page.locator(".ms-done .ms-chip").first).to_have_text("Unregistered")
    expect(page.locator(".ms-file-verdict")).to_have_count(3, timeout=_PATIENCE)
    page.close()


@pytest.mark.parametrize("width", [360, 1360])
def test_at_any_width_all_of_it_fits_and_a_check_opens_to_its_reach(verify: Open, picture: Any, width: int) -> None:
    page = verify(("a.png", picture(411)), width=width)
    shown(page)
    assert page.evaluate("document.querySelector('.stMain').scrollWidth <= window.innerWidth")
    assert page.locator(".v").evaluate(WIDER) == 0
    row = page.locator(".ms-row").nth(4)
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(row.locator(".ms-reach").first).to_be_visible()
