"""Before a page: whether whoever opened it may see it, and if not, why and what to do."""

from __future__ import annotations

import streamlit as st

from dashboard import access, way_back
from dashboard.access import Standing
from dashboard.components.markup import heading
from dashboard.components.notice import Notice, notice_of, show_notice
from dashboard.components.sign_in import show_sign_in
from dashboard.pages_by_role import FIRST, SIGN_IN, Place, places, roles_for
from ledger.errors import NotAllowed
from ledger.schemas import Session


def pass_or_say(place: Place, standing: Standing) -> bool:
    """Whether the page may be drawn. If not, what stands in its place has been drawn, under the same address."""
    if place == SIGN_IN:
        return True
    if access.signed_out():
        show_sign_in(_nobody(), place.name)
        return False
    if standing.refusal is not None:
        show_sign_in(notice_of(standing.refusal, has_key=_has_key()), place.name)
        return False
    if standing.session is not None and not standing.session.may(*place.scopes):
        _lead_on(place, standing.session)
        way_back.refused(place.name)
        show_refusal(place, standing.session)
        return False
    way_back.refused(None)
    return True


def refusal(place: Place, session: Session) -> Notice:
    """The words for somebody whose role does not open a page."""
    wanted = " or ".join(roles_for(place.scopes))
    if not session.scopes:
        body = f"You are signed in as {session.name}, but no role of this ledger was given to you."
    else:
        body = (
            f"You are signed in as {session.name} ({role_words(session)}). To {place.purpose} takes the role {wanted}."
        )
    advice = f"Ask an administrator for the role {wanted}, or sign in as somebody who has it."
    return Notice("Your role does not open this page", body, advice, "key", "warn", NotAllowed.code)


def role_words(session: Session) -> str:
    """The roles of a session as text; its scopes when they make up no role."""
    return ", ".join(session.roles) or f"scopes {', '.join(session.scopes) or 'none'}"


def show_refusal(place: Place, session: Session) -> None:
    """The refusal where the page would stand, and the way to another sign-in."""
    st.html(heading(place.title, "This page is for other roles than yours."))
    show_notice(refusal(place, session))
    st.page_link(SIGN_IN.file, label="Sign in as somebody else", icon=SIGN_IN.icon)


def _lead_on(place: Place, session: Session) -> None:
    """The bare address leads to the first page that this person may use; a link to something says why it is not."""
    if place.name == FIRST and not st.query_params:
        mine = [one for one in places() if session.may(*one.scopes)]
        if mine:
            st.switch_page(mine[0].file)


def _has_key() -> bool:
    return bool(access.own_credential() or access.common_key())


_WITHOUT_TOKEN = Notice(
    "Your organisation signed you in, but the ledger cannot know it",
    "Expected a token beside the sign-in, found none: the dashboard's [auth] section does not expose it.",
    'An administrator sets expose_tokens = "id" there, or starts the dashboard by medseal up, which does.',
    "key",
    "warn",
)


def _nobody() -> Notice | None:
    if access.without_token():
        return _WITHOUT_TOKEN
    if access.sign_in_required():
        return None
    return notice_of(
        NotAllowed("No key is set for everybody, and nobody is signed in.", code="unauthenticated"), has_key=False
    )
