"""Audit: everything read again and compared, with progress; the two heads; the append-only proof between two dates."""

from __future__ import annotations

import re

import streamlit as st

from dashboard.components.audits import progress_of, result_markup
from dashboard.components.heads import heads_markup
from dashboard.components.markup import heading, text, when
from dashboard.components.notice import Notice, show_notice
from dashboard.components.styles import operations_styles
from dashboard.components.witness import ask_witness
from dashboard.session import client, told
from ledger.errors import NotFound
from ledger.schemas.operations import AuditRun, OperationsStatus

_RUN, _GONE, _WATCHING = "audit.run", "audit.gone", "audit.watching"
_ID = re.compile(r"[0-9a-f]{16}")


def asked_run() -> str | None:
    """The run that this session watches: the one it started, else the one in the address."""
    return st.session_state.get(_RUN) or st.query_params.get("run")


def start() -> None:
    """An audit runs on the server, and the address names it."""
    st.session_state.pop(_GONE, None)
    with told():
        with st.spinner("Starting the audit on the server …"):
            run = client().operations.start_audit()
        st.session_state[_RUN] = run.id
        st.query_params["run"] = run.id
        if not run.created:
            st.toast("An audit was running already; this is its progress.")


def newest_run() -> AuditRun | None:
    """The run that was asked for, else the server's newest. None when there is none; why is remembered for the page."""
    operations, run_id = client().operations, asked_run()
    if run_id is None:
        return next(iter(operations.audit_runs()), None)
    if not _ID.fullmatch(run_id):
        st.session_state[_GONE] = _malformed(run_id)
        return None
    try:
        run = operations.audit_run(run_id)
    except NotFound as error:
        st.session_state.pop(_RUN, None)
        st.query_params.pop("run", None)
        st.session_state[_GONE] = Notice(
            "That audit is not here any more", str(error), error.advice, "inbox", "mute", error.code
        )
        return None
    st.session_state.pop(_GONE, None)
    return run


def _malformed(run_id: str) -> Notice:
    found = f"Expected ?run= and 16 hex digits in the address, found {run_id[:40]!r}."
    return Notice("That is not an audit", found, "Ask for the link again, or run an audit above.", "file", "warn")


def show_run(run: AuditRun) -> None:
    """Progress in words, or the result and its file, or why it ended early."""
    if run.state == "running":
        share, words = progress_of(run)
        st.progress(share, text=f"{words} …")
        st.caption(f"Started {when(run.started_at)}. It goes on when this page is closed; its address leads back here.")
        return
    if run.result is None:
        detail = run.detail or "It gave no result."
        show_notice(Notice("The audit ended early", detail, run.advice or "", "plug", "bad", run.code or ""))
        return
    st.html(result_markup(run, run.result))
    st.download_button(
        "Result (JSON)",
        run.result.model_dump_json(indent=2),
        f"audit-{run.id}.json",
        "application/json",
        on_click="ignore",
        icon=":material/data_object:",
        key="audit.file",
    )


def watch() -> None:
    """The run, drawn again every second while it runs; the page is drawn once more when that begins or ends."""
    with told():
        with st.spinner("Asking the server for its audits …"):
            run = newest_run()
        before, now = running(), run is not None and run.state == "running"
        st.session_state[_WATCHING] = now
        if before != now:
            st.rerun()
        gone = st.session_state.get(_GONE)
        if gone is not None:
            show_notice(gone)
        elif run is None:
            show_notice(_NONE)
        if run is not None:
            show_run(run)


_NONE = Notice(
    "No audit was run since the server started",
    "An audit reads every entry again, hashes it, and compares log, records and contract.",
    "Start one above. It changes nothing, and others can go on working meanwhile.",
    "magnifier",
)


def running() -> bool:
    """Whether the run of the last drawing was under way."""
    return bool(st.session_state.get(_WATCHING))


def show_heads(status: OperationsStatus) -> None:
    """Both heads of every registrar."""
    for log in status.logs:
        st.html(heads_markup(log, status))


def section(title: str, line: str) -> None:
    """A part of the page with its one sentence."""
    st.html(f'<h2 class="ms-section">{text(title)}</h2><p class="ms-note">{text(line)}</p>')


def main() -> None:
    """Full audit, heads, witness."""
    st.html(operations_styles())
    st.html(heading("Audit", "Nothing stored is believed: every entry is hashed again and held against the contract."))
    section("Full audit", "Reads all entries, records, batches, roots and events, and names each difference.")
    st.button(
        "Run a full audit",
        type="primary",
        icon=":material/fact_check:",
        on_click=start,
        disabled=running(),
        key="audit.start",
    )
    st.fragment(watch, run_every="1s" if running() else None)()
    with told():
        with st.spinner("Asking the chain for its heads …"):
            status = client().operations.status()
        section("Heads", "What the contract holds now, beside what the records lead to.")
        show_heads(status)
        section("Witness", "Was the log only appended to between two dates? The chain's two heads and the proof say.")
        if status.logs:
            ask_witness(status)


main()
