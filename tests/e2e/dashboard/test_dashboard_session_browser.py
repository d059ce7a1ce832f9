"""What only a browser can tell of a signed-in person's way through the pages: links, waiting, keys, narrow screens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import PATIENCE, still
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from ledger.client import Client
from ledger.schemas import CaseOpening, ItemAddition, scopes_of

pytestmark = pytest.mark.needs_browser
_SOON = 3_000
"""For words that have to be there within a second, on a machine that may be busy."""
_FOCUSED = """(() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return `${at.tagName.toLowerCase()} ${at.className} ${at.innerText ?? ""}`;
})()"""
Sign = Callable[..., Page]
Picture = Callable[[int], bytes]


@pytest.fixture
def signed_in(browser: Browser, dashboard_with_sign_in: str, stack: Any) -> Iterator[Sign]:
    """Opens an address of the dashboard and signs in there with a key of these roles."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)

    def at(path: str, *roles: str, width: int = 1280) -> Page:
        _, key = stack.service.keys.create(" and ".join(roles), scopes_of(roles))
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{dashboard_with_sign_in}/{path}")
        page.get_by_label("API key").fill(key)
        expect(page.get_by_label("API key")).to_have_value(key)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator(".ms-who")).to_be_attached()
        return page

    yield at
    page.close()


def upload(page: Page, data: bytes) -> None:
    file: Any = {"name": "copy.png", "mimeType": "image/png", "buffer": data}
    page.locator("input[type=file]").first.set_input_files(file)


def fits(page: Page) -> bool:
    still(page)
    return bool(page.evaluate("document.querySelector('.stMain').scrollWidth <= window.innerWidth"))


def test_a_permalink_stands_after_signing_in_and_links_in_cards_keep_the_session(
    signed_in: Sign, stack: Any, picture: Picture
) -> None:
    made = Client(stack.url, stack.key).register(picture(501))
    stack.anchor()
    page = signed_in(f"history?registration={made.registration_id}", "auditor")
    expect(page.locator(".ms-life")).to_contain_text("Registered")
    page.locator(".ms-life a", has_text="block").first.click()
    expect(page.get_by_role("heading", name=re.compile(r"^Block \d+"))).to_be_visible()
    assert "history?block=" in page.url
    expect(page.locator(".ms-who")).to_contain_text("auditor")
    page.go_back()
    expect(page.locator(".ms-life")).to_contain_text("Registered")
    expect(page.get_by_label("Registration id")).to_have_value(made.registration_id)


def test_one_click_brings_the_report_and_words_say_what_came(
    signed_in: Sign, stack: Any, picture: Picture, tmp_path: Path
) -> None:
    Client(stack.url, stack.key).register(picture(502))
    page = signed_in("", "reviewer")
    upload(page, picture(502))
    expect(page.locator(".ms-banner h2")).to_have_text("Authentic")
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (PDF)").click()
    download.value.save_as(tmp_path / "report.pdf")
    assert "Examination report" in PdfReader(tmp_path / "report.pdf").pages[0].extract_text()
    expect(page.get_by_text("PDF and dossier come from one verification")).to_be_visible()


def test_viewer_methods_checks_and_downloads_are_reached_by_the_tab_key(signed_in: Sign, picture: Picture) -> None:
    page = signed_in("", "reviewer")
    upload(page, picture(503))
    expect(page.locator(".v-status")).to_contain_text("Zoom")
    expect(page.locator(".ms-check")).to_have_count(12)
    still(page)
    page.locator("input[type=file]").first.focus()
    wanted = {"canvas": False, "Report (PDF)": False, "Run all methods": False, "ms-check": False}
    for _ in range(70):
        page.keyboard.press("Tab")
        said = page.evaluate(_FOCUSED)
        wanted = {name: found or name in said for name, found in wanted.items()}
        if all(wanted.values()):
            return
    raise AssertionError(wanted)


@pytest.mark.parametrize("path", ["", "register", "history", "cases", "audit", "hospital"])
def test_nothing_is_wider_than_a_phone(signed_in: Sign, path: str) -> None:
    page = signed_in(path, "reviewer", "registrar", "auditor", width=390)
    expect(page.locator(".ms-head h1")).to_be_visible()
    expect(page.get_by_test_id("stSpinner")).to_have_count(0)
    assert fits(page)


def test_an_auditor_goes_from_a_row_to_its_block_and_back_without_signing_in_again(
    signed_in: Sign, stack: Any, picture: Picture
) -> None:
    Client(stack.url, stack.key).register(picture(317))
    stack.anchor()
    page = signed_in("history", "auditor")
    row = page.locator(".ms-entries tbody tr", has_text="register").first
    number = row.locator("td").nth(5).inner_text()
    row.get_by_role("link", name=number, exact=True).click()
    expect(page.get_by_role("heading", name=f"Block {number}", exact=True)).to_be_visible()
    page.get_by_role("button", name="Back to the history").click()
    row.get_by_role("link", name="register").click()
    expect(page.get_by_role("heading", name="Entry: register")).to_be_visible()
    expect(page.locator(".ms-entries tr[aria-current]")).to_have_count(1)
    row.get_by_role("link", name="0x").click()
    expect(page.get_by_role("heading", name="Transaction", exact=True)).to_be_visible()
    expect(page.locator(".ms-who")).to_be_attached()


def test_a_filter_of_the_history_is_there_again_after_a_look_at_a_block(
    signed_in: Sign, stack: Any, picture: Picture
) -> None:
    made = Client(stack.url, stack.key).register(picture(318))
    stack.anchor()
    page = signed_in("history", "auditor")
    still(page)
    page.get_by_label("Registration id").fill(made.registration_id)
    page.get_by_label("Registration id").press("Enter")
    expect(page.locator(".ms-entries tbody tr")).to_have_count(1)
    page.locator(".ms-entries tbody tr a[href*=block]").click()
    page.get_by_role("button", name="Back to the history").click()
    expect(page.get_by_label("Registration id")).to_have_value(made.registration_id)
    expect(page.locator(".ms-entries tbody tr")).to_have_count(1)


def test_a_case_with_an_item_and_long_words_is_not_wider_than_a_phone(
    signed_in: Sign, stack: Any, picture: Picture
) -> None:
    ledger = Client(stack.url, stack.key)
    case = ledger.cases.open(CaseOpening(title="A" * 120, question="B" * 300))
    digest = "sha256:" + "5f" * 32
    ledger.cases.append(case.id, ItemAddition(name="slice-" + "9" * 150 + ".dcm", file=digest))
    page = signed_in(f"cases?case={case.id}", "reviewer", width=390)
    expect(page.locator(".ms-item")).to_be_visible()
    assert fits(page)


def test_an_upload_that_takes_its_time_says_that_it_is_under_way(signed_in: Sign) -> None:
    page = signed_in("", "reviewer")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 20, "downloadThroughput": 1e7, "uploadThroughput": 5e4}
    network.send("Network.emulateNetworkConditions", slow)
    upload(page, b"no image" * 250_000)
    words = page.locator(".stFileChipName + div")
    expect(words).to_have_text("2.0MB")
    assert "uploading" in words.evaluate("element => getComputedStyle(element, '::after').content")
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    expect(page.get_by_text("This file cannot be read as an image").or_(page.locator(".ms-banner"))).to_be_visible()
    assert "uploading" not in words.evaluate("element => getComputedStyle(element, '::after').content")


def test_while_a_hung_server_is_asked_the_page_says_what_it_waits_for(
    browser: Browser, dashboard_of_a_hung_server: str
) -> None:
    page = browser.new_page()
    page.goto(dashboard_of_a_hung_server)
    expect(page.get_by_text("Asking the server who you are")).to_be_visible()
    expect(page.get_by_role("heading", name="Verify an image")).to_be_visible()
    expect(page.get_by_text("Asking how the ledger is")).to_be_visible(timeout=_SOON)
    page.close()
