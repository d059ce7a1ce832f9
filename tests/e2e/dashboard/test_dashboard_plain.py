"""Text from outside in labels, captions, tooltips and messages, which Streamlit reads as Markdown: in a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import PATIENCE, chromium
from playwright.sync_api import Page, expect

from ledger.client import Client
from ledger.schemas import CaseOpening

pytestmark = pytest.mark.needs_browser
Serving = Callable[[Path], AbstractContextManager[str]]
OUTSIDE = "a![x](http://host.example/b.png).png"
VERDICT = ":green[Authentic]"
NASTY = [
    OUTSIDE,
    VERDICT,
    ":material/check: fine :smile: :streamlit:",
    "&#33;[x](http://host.example/c.png) &amp; &copy;",
    "<img src=http://host.example/d.png>",
    "$x^2$ `code` **b** _i_ ~~s~~ a|b",
    "www.host.example http://host.example a@host.example mailto:x@host.example",
    "[x]: http://host.example",
    "back\\slash\\",
    *("# head", "> said", "1. one", "- one", "+ one", "---", "===", "    code", "\tcode"),
    "a -- b -> c <- d <-> e >= f <= g ~= h",
    "Dr. Ünal & Søn (QA), slice-17_a.dcm 12:30",
]
_PAGE = """
import json
import streamlit as st
from dashboard.components.markup import plain
for number, value in enumerate(json.loads({values!r})):
    shown = plain(value)
    with st.container(key=f"place{{number}}"):
        st.caption(shown)
        st.button(shown, key=f"button{{number}}", help=shown)
        st.progress(0.5, text=shown)
        st.success(shown)
st.caption("the end")
"""


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Every address that the browser asked for."""
    return []


@pytest.fixture(scope="module")
def page(asked: list[str]) -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1360, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: asked.append(request.url))
        yield page


@pytest.fixture
def plain_page(tmp_path: Path, serving_script: Serving) -> Iterator[str]:
    """A page with each of the values in every kind of place; its address."""
    script = tmp_path / "page.py"
    script.write_text(_PAGE.format(values=json.dumps(NASTY)), encoding="utf-8")
    with serving_script(script) as url:
        yield url


def hosts(asked: list[str]) -> set[str | None]:
    return {urlsplit(url).hostname for url in asked if urlsplit(url).scheme not in ("data", "blob")}


def line(shown: str) -> str:
    return " ".join(shown.replace("\u2060", "").split())


def test_no_value_acts_as_markdown_and_each_is_shown_as_it_is(plain_page: str, page: Page, asked: list[str]) -> None:
    page.goto(plain_page)
    expect(page.get_by_text("the end")).to_be_visible()
    for number, value in enumerate(NASTY):
        shown = page.locator(f".st-key-place{number} [data-testid=stMarkdownContainer]")
        expect(shown).to_have_count(4)
        for place in shown.all():
            assert line(place.inner_text()) == line(value)
            assert place.evaluate("e => [...e.querySelectorAll('*')].map(one => one.tagName)") in (["P"], [])
    page.locator(".st-key-button0 button").first.hover()
    tip = page.get_by_role("tooltip")
    expect(tip).to_be_visible()
    assert line(tip.inner_text()) == OUTSIDE
    assert tip.locator("img, a").count() == 0
    assert hosts(asked) == {"127.0.0.1"}


def test_a_file_name_fetches_nothing_and_imitates_no_verdict(
    dashboard: str, page: Page, asked: list[str], picture: Any
) -> None:
    page.goto(dashboard)
    names = (OUTSIDE, f"{VERDICT}.png")
    files: list[Any] = [
        {"name": name, "mimeType": "image/png", "buffer": picture(700 + number)} for number, name in enumerate(names)
    ]
    page.locator("input[type=file]").first.set_input_files(files)
    expect(page.locator(".ms-file-verdict")).to_have_count(2)
    buttons = page.locator(".st-key-files").get_by_role("button")
    expect(buttons).to_have_count(2)
    assert {line(name) for name in buttons.all_inner_texts()} == {*names}
    assert buttons.locator("img, a, span[class*=stMarkdownColored]").count() == 0
    assert hosts(asked) == {"127.0.0.1"}


def test_a_case_title_fetches_nothing(dashboard: str, page: Page, asked: list[str], stack: Any) -> None:
    Client(stack.url, stack.key).cases.open(CaseOpening(title=OUTSIDE))
    page.goto(f"{dashboard}/cases")
    expect(page.get_by_role("heading", name=OUTSIDE)).to_be_visible()
    page.locator("[class*=st-key-line-]").filter(has_text=OUTSIDE).get_by_role("button", name="Show").hover()
    tip = page.get_by_role("tooltip")
    expect(tip).to_be_visible()
    assert line(tip.inner_text()) == f"Show the case “{OUTSIDE}”"
    assert hosts(asked) == {"127.0.0.1"}
