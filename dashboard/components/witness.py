"""Witnessing on a page: two moments on a slider, and the proof between the heads that the chain had then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard.components.chain import block_link, transaction_link
from dashboard.components.icons import icon
from dashboard.components.markup import code, counted, details, facts, text, when
from dashboard.session import client, told
from ledger.schemas.operations import LogStatus, OperationsStatus, SeenHead, Witness

_STEPS = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
_STOPS = 400
_STATE = "audit.witness"
_RESULTS = {
    "holds": ("Append-only: proven", "check", "good"),
    "fails": ("Not proven: the records do not lead to the chain's roots", "cross", "bad"),
    "undetermined": ("Undetermined: this could not be asked", "hourglass", "open"),
}


def span_of(log: LogStatus, status: OperationsStatus) -> tuple[datetime, datetime, timedelta]:
    """From the log's beginning to the newest block or now, whichever is later, and the slider's step. UTC, naive."""
    ends = [status.at, *([status.chain.block_time] if status.chain.block_time else [])]
    first, last = _whole(log.created_at), _whole(max(ends)) + timedelta(seconds=1)
    step = next((step for step in _STEPS if (last - first) / step <= _STOPS), _STEPS[-1])
    # Whole steps: a slider lets its right end go to the last step before an end that lies between two of them.
    return first, first + max(1, -(-(last - first) // step)) * step, step


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)


def ask_witness(status: OperationsStatus) -> None:
    """Registrar, slider and button; the answer stays until another one is asked for."""
    log = _ask_log(status.logs)
    # Fixed for the session: a slider whose ends move is another slider, and forgets what was chosen. Its right end
    # stands for the present head, so nothing is lost.
    first, last, step = st.session_state.setdefault(f"witness.ends.{log.registrar}", span_of(log, status))
    since, until = st.slider(
        "Between (UTC)", first, last, (first, last), step=step, format="D MMM, HH:mm:ss", key="witness.span"
    )
    st.caption(f"From {when(since.replace(tzinfo=UTC))} to {_to_words(until, last)}.")
    if st.button("Witness the proof", type="primary", icon=":material/rule:", key="witness.ask"):
        with told(), st.spinner("Reading both heads from the chain, hashing the records, checking the proof …"):
            later = None if until >= last else until.replace(tzinfo=UTC)
            found = client().operations.witness(since=since.replace(tzinfo=UTC), until=later, registrar=log.registrar)
            st.session_state[_STATE] = found
    known = st.session_state.get(_STATE)
    if isinstance(known, Witness):
        show_witness(known)


def _to_words(until: datetime, last: datetime) -> str:
    return "the present head" if until >= last else when(until.replace(tzinfo=UTC))


def _ask_log(logs: Sequence[LogStatus]) -> LogStatus:
    if len(logs) == 1:
        return logs[0]
    names = {log.registrar: log for log in logs}
    return names[st.selectbox("Registrar", list(names), format_func=lambda one: names[one].name, key="witness.log")]


def show_witness(found: Witness) -> None:
    """The answer as a card, and as a file to take along."""
    st.html(witness_markup(found))
    st.download_button(
        "Proof (JSON)",
        found.model_dump_json(indent=2),
        "witness.json",
        "application/json",
        on_click="ignore",
        icon=":material/data_object:",
        key="witness.file",
    )


def witness_markup(found: Witness) -> str:
    """Outcome, both heads with block and transaction, and the proof's hashes behind a click."""
    title, mark, tone = _RESULTS[found.result]
    reason = found.reason[:1].upper() + found.reason[1:]
    verdict = (
        f'<div class="ms-verdict ms-{tone}" role="status">{icon(mark, 28)}<div><b>{text(title)}</b>{text(reason)}.'
        "</div></div>"
    )
    proof = "".join(f"<li>{code(node, whole=True)}</li>" for node in found.proof)
    shown = (
        details(f"Consistency proof (RFC 9162): {counted(len(found.proof), 'hash', 'hashes')}", f"<ol>{proof}</ol>")
        if proof
        else ""
    )
    rows = [("Registrar", text(found.registrar_name)), ("Witnessed", text(when(found.witnessed_at)))]
    heads = _heads(found.old, found.new, tone)
    return f'<section class="ms-card" id="witness">{verdict}{heads}{facts(rows)}{shown}</section>'


def _heads(old: SeenHead | None, new: SeenHead | None, tone: str) -> str:
    if old is None or new is None:
        return ""
    return f'<div class="ms-heads ms-{tone}">{_head("Earlier", old)}<span>→</span>{_head("Later", new)}</div>'


def _head(label: str, head: SeenHead) -> str:
    if head.block_number is None:
        return f"<div><h4>{label}</h4><b>No head yet</b><small>the log was not anchored</small></div>"
    return (
        f"<div><h4>{label}</h4><b>Head {head.sequence}, {counted(head.size, 'entry')}</b>"
        f"<small>{text(when(head.block_time))}, {block_link(head.block_number)}</small>"
        f"<small>root {code(head.root)}</small><small>{transaction_link(head.transaction)}</small></div>"
    )
