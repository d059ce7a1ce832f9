"""Hospital: registrars and their keys, queues, the chain, gas and cost, and what has waited longest."""

from __future__ import annotations

import streamlit as st

from dashboard.components.hospital import (
    chain_markup,
    cost_markup,
    queue_markup,
    registrar_markup,
    tiles_markup,
)
from dashboard.components.markup import heading, text, when
from dashboard.components.notice import Notice, show_notice
from dashboard.components.sources import alarms_markup, sources_markup
from dashboard.components.styles import operations_styles
from dashboard.session import client, may, told
from ledger.schemas.operations import LogStatus

_EVERY = "5s"


def show_status() -> None:
    """How the ledger runs now; drawn again every few seconds."""
    with told():
        with st.spinner("Asking the ledger and the chain how they are …"):
            status = client().operations.status()
        st.html(tiles_markup(status))
        if alarms := alarms_markup(status):
            st.html(alarms)
        st.html(sources_markup(status))
        if not status.logs:
            show_notice(Notice("No registrar yet", "This ledger has no log.", "Register an image first.", "inbox"))
        left, right = st.columns(2, gap="medium")
        with left:
            for log in status.logs:
                _show_log(log)
        right.html(chain_markup(status) + cost_markup(status))
        st.html(f'<p class="ms-note">As of {text(when(status.at))}; drawn again every five seconds.</p>')


def _show_log(log: LogStatus) -> None:
    """A log's queue and its registrar; the way to its oldest unanchored entry keeps the session, as a link does not."""
    st.html(queue_markup(log))
    if log.oldest_id and may("history"):
        query = {"registration": log.oldest_id}
        label = "Show the oldest entry"
        st.page_link("screens/history.py", label=label, icon=":material/history:", query_params=query)
    st.html(registrar_markup(log))


def main() -> None:
    """The whole page is one question, asked again and again."""
    st.html(operations_styles())
    st.html(heading("Hospital", "Who registers, with which keys, what waits, how the chain is, and what it costs."))
    st.fragment(show_status, run_every=_EVERY)()


main()
