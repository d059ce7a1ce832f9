"""The page of cases as a reviewer meets it, in a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import PATIENCE, chromium
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.needs_browser


@pytest.fixture
def page(dashboard: str) -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1360, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{dashboard}/cases")
        yield page


def test_a_reviewer_opens_a_case_adds_a_file_finds_and_closes_and_takes_it_along(page: Page, picture: Any) -> None:
    def fill(label: str, value: str) -> None:
        page.get_by_role("textbox", name=label, exact=True).fill(value)

    page.get_by_text("Open a new case").click()
    fill("Title", "A case in a browser")
    fill("Your name", "Dr. Browser")
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("heading", name="No items yet")).to_be_visible()
    file = {"name": "slice.png", "mimeType": "image/png", "buffer": picture(83)}
    page.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="Verify and add").click()
    expect(page.get_by_role("heading", name="1 slice.png")).to_be_visible()

    page.get_by_role("radio", name="Finding").click()
    fill("Why", "nothing to go by")
    page.get_by_role("button", name="Write this finding").click()
    expect(page.locator(".ms-item .ms-chip", has_text="cannot tell")).to_be_visible()

    page.get_by_role("radio", name="Close", exact=True).click()
    fill("Conclusion", "open question")
    page.get_by_text("nothing more can be written").click()
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_text("This case is closed")).to_be_visible()
    expect(page.get_by_role("heading", name="Intact")).to_be_visible()

    link = page.url
    with page.expect_download() as download:
        page.get_by_role("button", name="Case (JSON)").click()
    taken = json.loads(Path(download.value.path()).read_text())
    assert re.fullmatch(r".*/cases\?case=[0-9a-f]{32}", link)
    assert (taken["id"], taken["status"], len(taken["events"])) == (link[-32:], "closed", 4)
    page.get_by_role("button", name="All cases").click()
    expect(page.get_by_role("heading", name="A case in a browser closed")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", name="A case in a browser")).to_be_visible(timeout=20_000)
