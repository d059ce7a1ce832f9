"""A real browser for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 20_000
"""Milliseconds that a page is given: where tests run side by side, it is right late and still right."""
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, that asks nobody but the page; expectations wait for PATIENCE."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(_FLAGS))
        yield launched
        launched.close()


_STILL = """() => new Promise((done) => {
  const app = document.querySelector("[data-testid=stApp]");
  let timer;
  const again = () => { clearTimeout(timer); timer = setTimeout(() => {
    if (app.getAttribute("data-test-script-state") === "notRunning") { watch.disconnect(); done(); } else again();
  }, 250); };
  const watch = new MutationObserver(again);
  watch.observe(app, { childList: true, subtree: true, attributes: true });
  again();
})"""


def still(page: Page) -> None:
    """The page is whole when this returns: its script has ended, and nothing was drawn for a quarter of a second.

    The end of the script alone does not say so: the browser draws what came of it in parts, up to half a second later.
    """
    expect(page.get_by_test_id("stApp")).to_be_attached()
    page.evaluate(_STILL)
