"""The sidebar's foot: whether the API answers, how its parts are, whose ledger it is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.components.markup import text
from dashboard.session import client, explain, server
from ledger.errors import LedgerError
from ledger.schemas import Health, RegistrarInfo


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


def show_sidebar() -> None:
    """Ask the API and draw; an API that does not answer is a state, not a crash."""
    with st.sidebar:
        try:
            health = client().health()
        except LedgerError as error:
            notice = explain(error)
            st.html(outage_markup(notice.title, notice.advice, server()))
            return
        try:
            registrars = client().registrars()
        except LedgerError:
            registrars = []
        st.html(health_markup(health, registrars, server()))
