"""The dashboard's entry: ``python -m streamlit run dashboard/app.py``. Frame, navigation and connection status."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import access, way_back
from dashboard.components.gate import pass_or_say
from dashboard.components.icons import icon_styles
from dashboard.components.sidebar import show_sidebar
from dashboard.pages_by_role import SIGN_IN, Place, places
from dashboard.session import client
from ledger.schemas import Session

_ASSETS = Path(__file__).parent / "assets"


def main() -> None:
    """Draw the frame, the chosen page, and then the status, so that a slow server does not hold up the page."""
    st.set_page_config(page_title="MedSeal", page_icon=str(_ASSETS / "icon.svg"), layout="wide")
    st.logo(str(_ASSETS / "logo.svg"), size="large", icon_image=str(_ASSETS / "icon.svg"))
    st.html(_ASSETS / "style.css")
    st.html(icon_styles())
    standing = access.Standing() if access.signed_out() else access.standing(client())
    pages = {place: _page(place, standing.session) for place in (*places(), SIGN_IN)}
    chosen = st.navigation(list(pages.values()))
    _lead_back()
    place = next(place for place, page in pages.items() if page == chosen)
    if pass_or_say(place, standing):
        chosen.run()
    show_sidebar(standing)


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
        default=place.name == "verify",
        visibility="visible" if shown else "hidden",
    )


main()
