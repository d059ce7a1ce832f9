"""Links within the pages lead on in the same session.

A link in markup makes a browser load the page anew, and a new page is a new session: whoever signed in by key would be
signed out. So a script without a picture takes plain clicks on links to pages of this app and hands their target to
Python, which goes there. The links stay links: they can be copied, and opened in another tab.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from dashboard.pages_by_role import places

_KEY = "inside.links"
_MOST = 400
PARAMETERS = {"registration", "entry", "block", "transaction", "file", "case"}
"""What an address of these pages may ask for."""
_SCRIPT = """
export default function (component) {
  const { data, setTriggerValue } = component;
  const go = (event) => {
    if (event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    // the path goes into the shadow roots of other components, where event.target does not
    const link = event.composedPath().find((node) => node.matches?.("a[href]"));
    const target = link?.getAttribute("href") ?? "";
    const [page] = target.split("?");
    if (!link || link.target === "_blank" || !data.pages.includes(page)) return;
    event.preventDefault();
    setTriggerValue("target", target);
  };
  document.addEventListener("click", go);
  return () => document.removeEventListener("click", go);
}
"""


def keep_links_inside() -> None:
    """From here on, links of this page to pages of the app are followed in this session."""
    said: Any = st.session_state.get(_KEY)
    target = said.get("target") if hasattr(said, "get") else None
    with st.container(key="inside-links"):
        _component()(key=_KEY, data={"pages": [place.name for place in places()]}, on_target_change=lambda: None)
    found = page_of(target) if isinstance(target, str) else None
    if found is not None:
        st.switch_page(found[0], query_params=found[1])


def page_of(target: str) -> tuple[str, Mapping[str, str]] | None:
    """The file of the page that a link names, and its query; None for anything that is no link within the app."""
    if len(target) > _MOST:
        return None
    try:
        parts = urlsplit(target)
    except ValueError:  # a bracket that no host has
        return None
    place = next((one for one in places() if one.name == parts.path), None)
    if place is None or parts.scheme or parts.netloc:
        return None
    return place.file, {name: value for name, value in parse_qsl(parts.query) if name in PARAMETERS}


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    return st.components.v2.component("medseal_links", html="<span></span>", js=_SCRIPT)
