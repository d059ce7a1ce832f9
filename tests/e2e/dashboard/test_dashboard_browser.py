"""The dashboard as its users meet it: in a browser, at the width of a desk and of a phone."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import PATIENCE, still
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from ledger.client import Client
from ledger.core.detection import ModalityRates
from ledger.errors import StoreUnavailable

pytestmark = pytest.mark.needs_browser
SIZES = {"desk": (1360, 900), "phone": (390, 844)}
Open = Callable[..., Page]


@pytest.fixture
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """A phone, where space is scarce, unless the test asks for another."""
    return SIZES[getattr(request, "param", "phone")]


@pytest.fixture
def open_page(browser: Browser, dashboard: str, size: tuple[int, int]) -> Iterator[Open]:
    """Opens a path of the dashboard; every request of the browser goes to the dashboard itself."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(PATIENCE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def at(path: str = "") -> Page:
        page.goto(f"{dashboard}/{path}")
        return page

    yield at
    page.close()
    outside = {url for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert {urlsplit(url).hostname for url in outside} == {"127.0.0.1"}


@pytest.mark.parametrize(("path", "title"), [("history", "History"), ("register", "Register")])
def test_any_page_can_be_the_first_after_a_start(browser: Browser, fresh_dashboard: str, path: str, title: str) -> None:
    page = browser.new_page()
    page.goto(f"{fresh_dashboard}/{path}")
    expect(page.get_by_role("heading", name=re.compile(title)).first).to_be_visible()
    navigation = page.get_by_test_id("stSidebarNav")
    expect(navigation.get_by_text("Verify", exact=True)).to_be_visible()
    expect(navigation.get_by_text("app", exact=True)).to_have_count(0)
    page.close()


def upload(page: Page, name: str, data: bytes) -> None:
    file: Any = {"name": name, "mimeType": "image/png", "buffer": data}
    page.locator("input[type=file]").first.set_input_files(file)


def fits(page: Page) -> bool:
    """Nothing on the page is wider than the window."""
    still(page)
    return bool(page.evaluate("document.querySelector('.stMain').scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("size", list(SIZES), indirect=True)
def test_an_uploaded_png_gets_a_verdict_its_checks_and_its_receipt(
    open_page: Open, stack: Any, picture: Callable[[int], bytes], tmp_path: Path
) -> None:
    found = Client(stack.url, stack.key).register(picture(21))
    stack.anchor()
    page = open_page()
    upload(page, "copy.png", picture(21))
    expect(page.locator(".ms-banner h2")).to_have_text("Authentic")
    expect(page.locator(".ms-check")).to_have_count(12)
    expect(page.locator(".v-status")).to_contain_text("Zoom")
    shape = page.locator(".ms-banner-icon .ms-icon").evaluate("element => getComputedStyle(element).maskImage")
    assert shape.startswith('url("data:image/svg+xml')
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Receipt").click()
    download.value.save_as(tmp_path / "receipt.json")
    assert found.registration_id in (tmp_path / "receipt.json").read_text()


@pytest.mark.parametrize("size", list(SIZES), indirect=True)
def test_an_unregistered_png_gets_the_detectors_heat_map_and_its_error_levels(
    open_page: Open, picture: Callable[[int], bytes]
) -> None:
    page = open_page()
    upload(page, "unknown.png", picture(23))
    expect(page.locator(".ms-detector")).to_contain_text("not an area")
    expect(page.get_by_label("Show: Heat map")).to_be_checked()
    before = page.locator(".v-stage canvas").screenshot()
    page.get_by_label("Show: Error levels (ELA)").check()
    expect(page.get_by_text("stretched to its brightest")).to_be_visible()
    assert page.locator(".v-stage canvas").screenshot() != before
    assert fits(page)


def test_history_opens_from_a_link_with_the_timeline(
    open_page: Open, stack: Any, picture: Callable[[int], bytes]
) -> None:
    found = Client(stack.url, stack.key).register(picture(22))
    stack.anchor()
    page = open_page(f"history?registration={found.registration_id}")
    expect(page.locator(".ms-timeline li")).to_have_count(5)
    expect(page.locator(".ms-entries tbody tr").first).to_be_visible()
    assert fits(page)


def test_an_image_registered_in_the_page_shows_its_state(open_page: Open, size: tuple[int, int], picture: Any) -> None:
    page = open_page("register")
    upload(page, "new.png", picture(size[0]))
    page.get_by_role("button", name="Register 1 image").click()
    expect(page.locator(".ms-sub")).to_have_text("1 of 1 registered")
    expect(page.locator(".ms-card .ms-chip").last).to_have_text(re.compile("sequenced|anchoring|anchored|final"))
    page.get_by_text("Show in history").click()
    expect(page.locator(".ms-timeline li")).to_have_count(5)
    assert fits(page)


@pytest.mark.parametrize("size", list(SIZES), indirect=True)
def test_a_patched_copy_gets_a_change_map_to_look_at_and_its_mask_to_save(
    open_page: Open, stack: Any, size: tuple[int, int], patched: Callable[[int], tuple[bytes, bytes]], tmp_path: Path
) -> None:
    original, copy = patched(size[0])
    found = Client(stack.url, stack.key).register(original)
    page = open_page()
    upload(page, "copy.jpg", copy)
    expect(page.locator(".ms-banner h2")).to_have_text("Altered")
    expect(page.locator(".ms-change")).to_contain_text(found.registration_id)
    expect(page.get_by_label("Show: Change map")).to_be_checked()
    expect(page.locator(".v-places button").first).to_contain_text("1 · ")
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Mask (PNG)").click()
    download.value.save_as(tmp_path / "mask.png")
    with Image.open(tmp_path / "mask.png") as mask:
        assert mask.size == (512, 512)
        assert mask.convert("L").getpixel((144, 208)) == 255


def test_the_report_button_gives_a_pdf_of_what_the_page_says(
    open_page: Open, stack: Any, picture: Callable[[int], bytes], tmp_path: Path
) -> None:
    found = Client(stack.url, stack.key).register(picture(27))
    stack.anchor()
    page = open_page()
    upload(page, "slice 27.png", picture(27))
    button = page.get_by_role("button", name="Report (PDF)")
    expect(button).to_be_visible()
    with page.expect_download() as download:
        button.click()
    download.value.save_as(tmp_path / "report.pdf")
    said = "".join(part.extract_text() for part in PdfReader(tmp_path / "report.pdf").pages)
    said = re.sub(r"\s", "", said)
    assert "“slice27.png”" in said and "authentic" in said.lower()
    assert found.registration_id in said
    made = page.get_by_text("PDF and dossier come from one verification")
    expect(made).to_be_visible()
    page.get_by_role("button", name="Check again").click()
    expect(made).to_have_count(0)
    expect(button).to_be_visible()


def test_a_file_that_cannot_be_made_at_the_click_has_words(
    open_page: Open, stack: Any, picture: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    Client(stack.url, stack.key).register(picture(28))
    page = open_page()
    upload(page, "copy.png", picture(28))
    receipt = page.get_by_role("button", name="Receipt")
    expect(receipt).to_be_visible()

    def gone(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("the database cannot be read")

    monkeypatch.setattr(stack.service, "receipt", gone)
    receipt.click()
    toast = page.get_by_test_id("stToast")
    expect(toast).to_contain_text("The ledger's database cannot be read or written")
    expect(toast).to_contain_text("The file could not be made")


TABLES = "[...document.querySelectorAll('.ms-scroll')].map(one => one.scrollWidth - one.clientWidth)"


@pytest.mark.parametrize("size", ["desk"], indirect=True)
def test_the_tables_fit_their_cards_on_a_desk(
    open_page: Open, stack: Any, picture: Callable[[int], bytes], size: tuple[int, int], detector: Any
) -> None:
    rates = ModalityRates("CT", ("CT",), 470, 0, (0.0, 0.0755), 470, 0, (0.0, 0.0755), (0.51, 0.49, 0.59))
    detector.answer = replace(detector.answer, modality="CT", by_modality=(rates,))
    Client(stack.url, stack.key).register(picture(29))
    stack.anchor()
    page = open_page("hospital")
    expect(page.locator(".ms-costs")).to_be_visible()
    assert max(page.evaluate(TABLES)) <= 0
    page = open_page()
    upload(page, "unknown.png", picture(30))
    expect(page.locator(".ms-methods table")).to_be_visible()
    assert max(page.evaluate(TABLES)) <= 0


def give(page: Page, *files: tuple[str, bytes]) -> None:
    listed: list[Any] = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
    page.locator("input[type=file]").first.set_input_files(listed)


@pytest.mark.parametrize("size", ["desk"], indirect=True)
def test_authentic_re_encoded_altered_forged_and_broken_files_each_read_their_verdict_on_the_page(
    open_page: Open, stack: Any, patched: Any, detector: Any
) -> None:
    original, copy = patched(401)
    Client(stack.url, stack.key).register(original)
    stream = io.BytesIO()
    with Image.open(io.BytesIO(original)) as image:
        image.save(stream, "TIFF")
    detector.answer = replace(detector.answer, band="altered", probability=0.95)
    page = open_page()
    give(
        page, ("authentic.png", original), ("again.tif", stream.getvalue()), ("altered.jpg", copy),
        ("forged.png", patched(402)[0]), ("broken.png", original[:900]),
    )  # fmt: skip
    expected = ["Authentic", "Authentic, re-encoded", "Altered", "Suspect", "Undetermined"]
    expect(page.locator(".ms-file-verdict")).to_have_text(expected)
    for name, title in (("broken.png", "Undetermined"), ("altered.jpg", "Altered"), ("forged.png", "Suspect")):
        page.locator(".st-key-files").get_by_role("button", name=name).click()
        expect(page.locator(".ms-banner h2")).to_have_text(title)
    assert "file=sha256" in page.url
    page.reload()
    expect(page.get_by_text("Drop this file again")).to_be_visible()


def test_many_files_show_how_far_they_are(
    open_page: Open, picture: Any, detector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = type(detector).examine

    def slow(self: Any, image: bytes, *, pictures: bool = False) -> Any:
        time.sleep(1.2)
        return examine(self, image, pictures=pictures)

    monkeypatch.setattr(type(detector), "examine", slow)
    page = open_page()
    give(page, *((f"{name}.png", picture(ord(name) + 400)) for name in "abc"))
    expect(page.get_by_text("Verifying b.png (2 of 3)")).to_be_visible()
    expect(page.locator(".ms-done .ms-chip").first).to_be_visible()
    expect(page.locator(".ms-file-verdict")).to_have_count(3)
