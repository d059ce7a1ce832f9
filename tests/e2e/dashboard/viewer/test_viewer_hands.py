"""The viewer under keys, mouse and fingers, at the width of a desk and of a phone."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from ledger.client import Client

pytestmark = pytest.mark.needs_browser
Open = Callable[..., Page]
WIDER = "v => [...v.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth).length"


def encoded(samples: Any, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(samples).save(stream, kind)
    return stream.getvalue()


def test_keys_zoom_move_and_return_and_are_reached_by_the_tab_key(verify: Open, picture: Any, look: Any) -> None:
    page = verify(("a.png", picture(407)))
    whole = look.shown(page)
    first = page.locator(".v-status").inner_text()
    page.locator(".v-bar [data-do=help]").focus()
    page.keyboard.press("Tab")
    expect(look.canvas(page)).to_be_focused()
    page.keyboard.press("+")
    expect(page.locator(".v-status")).not_to_have_text(first)
    near = look.shown(page)
    page.keyboard.press("ArrowRight")
    moved = look.shown(page)
    page.keyboard.press("0")
    assert len({whole, near, moved}) == 3
    assert look.shown(page) == whole
    page.keyboard.press("?")
    expect(page.get_by_role("note")).to_contain_text("zoom in, zoom out")
    page.keyboard.press("Escape")
    expect(page.get_by_role("note")).to_have_count(0)


def test_the_wheel_scrolls_the_page_until_the_picture_was_clicked(verify: Open, picture: Any, look: Any) -> None:
    page = verify(("a.png", picture(408)))
    first = look.shown(page)
    look.canvas(page).hover()
    page.mouse.wheel(0, -120)
    expect(page.locator(".v-hint")).to_be_visible()
    assert look.shown(page) == first
    look.canvas(page).click()
    page.mouse.wheel(0, -120)
    page.wait_for_timeout(100)
    assert look.shown(page) != first


def test_the_pixel_under_the_pointer_is_read_out(verify: Open, look: Any) -> None:
    flat = np.full((64, 64), 300, np.uint16)
    flat[:, 32:] = 700
    page = verify(("flat.png", encoded(flat)))
    look.canvas(page).hover(position={"x": 20, "y": 20})
    expect(page.locator(".v-pixel")).to_contain_text(": 300")


def test_the_magnifier_changes_the_picture_and_says_that_it_is_on(verify: Open, picture: Any, look: Any) -> None:
    page = verify(("a.png", picture(409)))
    first = look.shown(page)
    button = page.get_by_role("button", name="Magnifier")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert look.shown(page) != first
    look.canvas(page).press("m")
    assert look.shown(page) == first


def test_a_region_is_enlarged_by_its_button(verify: Open, stack: Any, patched: Any, look: Any) -> None:
    original, copy = patched(410)
    Client(stack.url, stack.key).register(original)
    page = verify(("copy.jpg", copy))
    first = look.shown(page)
    region = page.locator(".v-places button").first
    region.click()
    expect(region).to_have_attribute("aria-current", "true")
    assert look.shown(page) != first
    zoom = float(page.locator(".v-status").inner_text().split()[1])
    assert zoom > 130


def test_two_fingers_enlarge_the_picture(browser: Browser, dashboard: str, picture: Any, look: Any) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    page.goto(dashboard)
    look.give(page.locator("input[type=file]").first, ("a.png", picture(412)))
    look.shown(page)
    look.canvas(page).scroll_into_view_if_needed()
    before, box = page.locator(".v-status").inner_text(), look.canvas(page).bounding_box()
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


@pytest.mark.parametrize("width", [360, 1360])
def test_at_any_width_all_of_it_fits_and_a_check_opens_to_its_reach(
    verify: Open, picture: Any, width: int, look: Any
) -> None:
    page = verify(("a.png", picture(411)), width=width)
    look.shown(page)
    assert page.evaluate("document.querySelector('.stMain').scrollWidth <= window.innerWidth")
    assert page.locator(".v").evaluate(WIDER) == 0
    row = page.locator(".ms-row").nth(4)
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(row.locator(".ms-reach").first).to_be_visible()
