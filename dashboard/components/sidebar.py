"""The sidebar's foot: who is signed in, whether the API answers, how its parts are, whose ledger it is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import access
from dashboard.access import Standing
from dashboard.components.gate import role_words
from dashboard.components.markup import text, when
from dashboard.pages_by_role import SIGN_IN
from dashboard.session import client, explain, server
from ledger.errors import LedgerError
from ledger.schemas import Health, RegistrarInfo, Session


def health_markup(health: Health, registrars: Sequence[RegistrarInfo], url: str) -> str:
    """The connection as a short list; a part is well when its state begins with *ok*."""
    rows = _row("API", "connected", good=True)
    rows += "".join(_row(name, state, good=state.startswith("ok")) for name, state in sorted(health.parts.items()))
    names = "".join(f"<li>{text(one.name)} <small>{one.log_size} entries</small></li>" for one in registrars)
    whose = f"<h4>{'Registrar' if len(registrars) == 1 else 'Registrars'}</h4><ul>{names}</ul>" if registrars else ""
    return f'<div class="ms-side"><h4>Connection</h4><ul>{rows}</ul>{whose}{_foot(url, health.version)}</div>'


def outage_markup(title: str, advice: str, url: str) -> str:
    """What stands in the sidebar when the API gives no health."""
    rows = _row("API", title, good=False)
    return f'<div class="ms-side"><h4>Connection</h4><ul>{rows}</ul><p>{text(advice)}</p>{_foot(url, "")}</div>'


def _row(name: str, state: str, *, good: bool) -> str:
    mark = "●" if good else "▲"
    kind = "up" if good else "down"
    words = text(state.replace("_", " "))
    return f'<li class="{kind}"><i aria-hidden="true">{mark}</i><span>{text(name)}</span><b>{words}</b></li>'


def _foot(url: str, version: str) -> str:
    release = f"MedSeal {text(version)}<br>" if version else ""
    return f'<p class="ms-side-foot">{release}{text(url)}</p>'


_WAYS = {"api-key": "by API key", "oidc": "by your organisation"}


def who_markup(session: Session, *, own: bool) -> str:
    """Who is signed in, with which roles, how, until when; or what everybody may do here without signing in."""
    roles = text(role_words(session))
    if not own:
        lines = [f"Everybody at this dashboard may act as {roles}: it has a key of its own."]
    else:
        lines = [roles, text(_WAYS.get(session.signed_in_by, session.signed_in_by))]
    if session.expires_at is not None:
        lines.append(f"until {text(when(session.expires_at))}")
    name = f"<b>{text(session.name)}</b>" if own else ""
    said = "".join(f"<p>{line}</p>" for line in lines)
    return f'<div class="ms-side ms-who"><h4>{"Signed in" if own else "Not signed in"}</h4>{name}{said}</div>'


def show_sidebar(standing: Standing) -> None:
    """Who is here, and whether the API answers; an API that does not answer is a state, not a crash."""
    with st.sidebar:
        show_who(standing)
        with st.spinner("Asking how the ledger is …"):
            said = _state_markup()
        st.html(said)


def _state_markup() -> str:
    try:
        return health_markup(client().health(), _registrars(), server())
    except LedgerError as error:
        notice = explain(error)
        return outage_markup(notice.title, notice.advice, server())


def show_who(standing: Standing) -> None:
    """Who is signed in and the way out; or the way in."""
    own = access.own_credential() is not None
    if standing.session is not None:
        st.html(who_markup(standing.session, own=own))
    if own:
        st.button("Sign out", on_click=access.sign_out, icon=":material/logout:", key="access.out", width="stretch")
    elif not access.signed_out():
        st.page_link(SIGN_IN.file, label=SIGN_IN.title, icon=SIGN_IN.icon)


def _registrars() -> list[RegistrarInfo]:
    if access.signed_out():
        return []
    try:
        return client().registrars()
    except LedgerError:
        return []
