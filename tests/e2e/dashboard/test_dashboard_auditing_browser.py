"""The auditor's pages in a browser: links to the chain, the slider by keyboard, and the width of a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import PATIENCE, still
from playwright.sync_api import Browser, Page, expect

from ledger.client import Client

pytestmark = pytest.mark.needs_browser
SIZES = {"desk": (1360, 900), "phone": (390, 844)}


@pytest.fixture(params=list(SIZES))
def open_page(browser: Browser, dashboard: str, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Page]]:
    """Opens a path of the dashboard at the width of a desk, and of a phone."""
    width, height = SIZES[request.param]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(PATIENCE)

    def at(path: str) -> Page:
        page.goto(f"{dashboard}/{path}")
        return page

    yield at
    page.close()


@pytest.fixture
def anchored(stack: Any, picture: Callable[[int], bytes]) -> Any:
    """A registration that is final on the chain."""
    client = Client(stack.url, stack.key)
    made = client.register(picture(401))
    stack.anchor()
    return client.registration(made.registration_id)


def fits(page: Page) -> bool:
    """Nothing on the page is wider than the window."""
    still(page)
    return bool(page.evaluate("document.querySelector('.stMain').scrollWidth <= window.innerWidth"))


def test_a_registration_s_block_opens_live_in_a_dialog_and_by_its_link(
    open_page: Callable[[str], Page], anchored: Any
) -> None:
    page = open_page(f"history?registration={anchored.registration_id}")
    expect(page.locator(".ms-life li")).not_to_have_count(0)
    expect(page.locator(".ms-whole")).to_contain_text("equals the contract's head")
    assert fits(page)
    page.get_by_role("button", name=f"Block {anchored.anchor.block_number}, live").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(anchored.anchor.block_hash)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.locator(".ms-life a", has_text=f"block {anchored.anchor.block_number}").first.click()
    expect(page.get_by_role("heading", name="On the chain, now")).to_be_visible()
    expect(page.locator(".ms-card").first).to_contain_text(anchored.anchor.block_hash)
    assert fits(page)


def test_an_audit_shows_its_result_and_the_slider_moves_by_keyboard_to_a_proof(
    open_page: Callable[[str], Page], anchored: Any, tmp_path: Path
) -> None:
    page = open_page("audit")
    page.get_by_role("button", name="Run a full audit").click()
    expect(page.locator(".ms-verdict").first).to_contain_text("Records, log and contract agree")
    expect(page).to_have_url(re.compile(r"run=[0-9a-f]{16}"))
    said = page.get_by_text(re.compile(r"^From \d.* to ")).first
    still(page)
    before = said.text_content()
    page.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    expect(said).not_to_have_text(before or "")
    page.get_by_role("button", name="Witness the proof").click()
    expect(page.locator("#witness .ms-verdict, .ms-verdict").last).to_contain_text("Append-only: proven")
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Proof (JSON)").click()
    download.value.save_as(tmp_path / "witness.json")
    found = json.loads((tmp_path / "witness.json").read_text())
    assert (found["result"], found["registrar"]) == ("holds", anchored.registrar)


def test_the_filtered_history_is_taken_along_as_a_file(
    open_page: Callable[[str], Page], anchored: Any, tmp_path: Path
) -> None:
    page = open_page(f"history?registration={anchored.registration_id}")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON lines").click()
    download.value.save_as(tmp_path / "history.jsonl")
    (line,) = (tmp_path / "history.jsonl").read_text().splitlines()
    assert anchored.registration_id in line


def test_the_hospital_page_fits_and_shows_its_tiles(open_page: Callable[[str], Page], anchored: Any) -> None:
    page = open_page("hospital")
    expect(page.locator(".ms-tile")).to_have_count(4)
    expect(page.locator(".ms-tile").last).to_contain_text("Block")
    assert fits(page)
