"""The dashboard's entry: ``python -m streamlit run dashboard/app.py``. Frame, navigation and connection status."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import access, way_back
from dashboard.components.downloads import show_troubles
from dashboard.components.gate import pass_or_say
from dashboard.components.icons import icon_styles
from dashboard.components.inside import keep_links_inside
from dashboard.components.sidebar import show_sidebar
from dashboard.pages_by_role import FIRST, SIGN_IN, Place, places
from dashboard.session import client
from ledger.schemas import Session

_ASSETS = Path(__file__).parent / "assets"


def main() -> None:
    """Draw the frame, the chosen page, and then the status, so that a slow server does not hold up the page."""
    st.set_page_config(page_title="MedSeal", page_icon=str(_ASSETS / "icon.svg"), layout="wide")
    st.logo(str(_ASSETS / "logo.svg"), size="large", icon_image=str(_ASSETS / "icon.svg"))
    st.html(_ASSETS / "style.css")
    st.html(icon_styles())
    with st.container(key="standing"), st.spinner("Asking the server who you are …"):
        standing = access.Standing() if access.signed_out() else access.standing(client())
    pages = {place: _page(place, standing.session) for place in (*places(), SIGN_IN)}
    chosen = st.navigation([*pages.values(), st.Page(_to_first, url_path=FIRST, title="Verify", visibility="hidden")])
    _lead_back()
    keep_links_inside()
    if chosen not in pages.values():
        chosen.run()
    place = next(place for place, page in pages.items() if page == chosen)
    if pass_or_say(place, standing):
        chosen.run()
    show_troubles()
    show_sidebar(standing)


def _to_first() -> None:
    """A link that names the first page leads to it, with its query."""
    st.switch_page(f"screens/{FIRST}.py", query_params=st.query_params.to_dict())


def _lead_back() -> None:
    """Once, after signing in at the organisation: to where this browser was before."""
    spot = way_back.take() if access.just_came() else None
    found = next((place for place in places() if spot is not None and place.name == spot.page), None)
    if found is not None and spot is not None:
        st.switch_page(found.file, query_params=dict(spot.query))


def _page(place: Place, session: Session | None) -> st.Page:
    """Every page can be opened by its address; the navigation shows those that this person may use."""
    shown = place != SIGN_IN and not access.signed_out() and (session is None or session.may(*place.scopes))
    return st.Page(
        place.file,
        title=place.title,
        icon=place.icon,
        default=place.name == FIRST,
        # a first page is served at the bare address alone, so its own name is another page that leads there
        url_path="start" if place.name == FIRST else None,
        visibility="visible" if shown else "hidden",
    )


main()
