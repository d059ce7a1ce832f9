"""The dashboard's entry: ``python -m streamlit run dashboard/app.py``. Frame, navigation and connection status."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.icons import icon_styles
from dashboard.components.sidebar import show_sidebar

_ASSETS = Path(__file__).parent / "assets"


def main() -> None:
    """Draw the frame, the chosen page, and then the status, so that a slow server does not hold up the page."""
    st.set_page_config(page_title="MedSeal", page_icon=str(_ASSETS / "icon.svg"), layout="wide")
    st.logo(str(_ASSETS / "logo.svg"), size="large", icon_image=str(_ASSETS / "icon.svg"))
    st.html(_ASSETS / "style.css")
    st.html(icon_styles())
    page = st.navigation(
        [
            st.Page("screens/verify.py", title="Verify", icon=":material/verified_user:", default=True),
            st.Page("screens/register.py", title="Register", icon=":material/app_registration:"),
            st.Page("screens/history.py", title="History", icon=":material/history:"),
            st.Page("screens/audit.py", title="Audit", icon=":material/fact_check:"),
            st.Page("screens/hospital.py", title="Hospital", icon=":material/local_hospital:"),
        ]
    )
    page.run()
    show_sidebar()


main()
