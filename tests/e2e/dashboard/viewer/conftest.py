"""A browser on the verify page, and what its viewer shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import PATIENCE, still
from playwright.sync_api import Browser, Locator, Page, expect

_SUM = """canvas => { const {width, height} = canvas;
  const all = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  let sum = 0;
  for (let i = 0; i < all.length; i += 4) sum = (sum * 31 + all[i] + 7 * all[i + 1] + 13 * all[i + 2]) % 1000000007;
  return sum; }"""
_PIXEL = """(canvas, [x, y]) => Array.from(canvas.getContext("2d").getImageData(
  Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1).data)"""


class Look:
    """Reads and moves the viewer of a page."""

    @staticmethod
    def give(place: Locator, *files: tuple[str, bytes]) -> None:
        listed: list[Any] = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
        place.set_input_files(listed)

    @staticmethod
    def canvas(page: Page) -> Locator:
        """The canvas once it shows something."""
        expect(page.locator(".v-status")).to_contain_text("Zoom")
        return page.locator(".v-stage canvas")

    def shown(self, page: Page) -> int:
        """A sum over all pixels that are shown, once they stand still."""
        before = None
        for _ in range(40):
            now = int(self.canvas(page).evaluate(_SUM))
            if now == before:
                return now
            before = now
            page.wait_for_timeout(40)
        raise AssertionError("the picture does not come to rest")

    def pixel(self, page: Page, across: float, down: float) -> list[int]:
        """Red, green, blue and alpha at this share of the canvas's width and height."""
        self.shown(page)
        found: list[int] = self.canvas(page).evaluate(_PIXEL, [across, down])
        return found

    @staticmethod
    def slide(page: Page, name: str, value: float) -> None:
        """Moves a slider of the viewer as its user's hand does: with an input event."""
        page.get_by_label(name, exact=True).fill(str(value))


@pytest.fixture
def look() -> Look:
    return Look()


@pytest.fixture
def verify(browser: Browser, dashboard: str, look: Look) -> Iterator[Callable[..., Page]]:
    """Opens the verify page, drops these files on it, and gives it once all is drawn."""
    pages: list[Page] = []

    def at(*files: tuple[str, bytes], width: int = 1360, original: bytes | None = None) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        page.goto(dashboard)
        look.give(page.locator("input[type=file]").first, *files)
        expect(page.locator(".ms-banner h2")).to_be_visible()
        if original is not None:
            page.get_by_text("Original, if you have it").click()
            look.give(page.locator("input[type=file]").nth(1), ("original.png", original))
        still(page)
        return page

    yield at
    for page in pages:
        page.close()
