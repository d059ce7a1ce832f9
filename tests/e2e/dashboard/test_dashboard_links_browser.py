"""The script that takes clicks on links within the pages, alone in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import chromium
from playwright.sync_api import Page

from dashboard.components import inside

pytestmark = pytest.mark.needs_browser
_PAGE = """<a id="plain" href="history?block=1"><b>plain</b></a><a id="out" href="elsewhere">out</a>
<a id="tab" href="history" target="_blank">tab</a><p id="text">text</p><div id="outer"></div>"""
_SHADOWS = """() => {
  const outer = document.querySelector("#outer").attachShadow({ mode: "open" });
  outer.innerHTML = '<a id="shadowed" href="history?block=2"><b>in</b></a><i id="quiet">i</i><div id="inner"></div>';
  const inner = outer.querySelector("#inner").attachShadow({ mode: "open" });
  inner.innerHTML = '<a id="deeper" href="cases">deep</a>';
  window.taken = [];
  document.addEventListener("click", (event) => event.preventDefault());
}"""
_START = "const data = { pages: ['history', 'cases'] }; const setTriggerValue = (_, target) => taken.push(target);"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(_PAGE)
        script = inside._SCRIPT.replace("export default function", "window.start = function")
        page.add_script_tag(content=script)
        # the script first: after it a listener that keeps the page where it is, whatever is clicked
        page.evaluate(f"() => {{ {_START} window.stop = start({{ data, setTriggerValue }}); }}")
        page.evaluate(_SHADOWS)
        yield page


@pytest.mark.parametrize(
    ("where", "taken"),
    [
        ("#plain b", ["history?block=1"]),
        ("#shadowed b", ["history?block=2"]),
        ("#deeper", ["cases"]),
        ("#out", []),
        ("#tab", []),
        ("#text", []),
        ("#quiet", []),
    ],
)
def test_a_click_on_a_link_to_a_page_is_taken_wherever_the_link_stands(
    page: Page, where: str, taken: list[str]
) -> None:
    page.evaluate("() => { window.taken.length = 0; }")
    page.locator(where).click()
    assert page.evaluate("() => window.taken") == taken


def test_a_click_with_a_key_held_is_left_to_the_browser(page: Page) -> None:
    page.evaluate("() => { window.taken.length = 0; }")
    page.locator("#deeper").click(modifiers=["Shift"])
    assert page.evaluate("() => window.taken") == []
