"""Register: images go in one by one; each answers with its registration and a signed receipt at once."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.components.downloads import receipt_button
from dashboard.components.facts import both_chips
from dashboard.components.markup import chip, code, details, digests, facts, heading, plain, text, when
from dashboard.components.notice import Notice, notice_markup, show_notice
from dashboard.session import client, explain
from dashboard.words import STATES, STEPS
from ledger.errors import LedgerError, NotAllowed, OutageError
from ledger.schemas import Registration

_STATE = "register.results"
_SETTLED = {"final", "blocked"}


@dataclass(frozen=True)
class Result:
    """What became of one file: its registration, or the notice that says why there is none."""

    name: str
    registration: Registration | None = None
    notice: Notice | None = None


def register_all(uploads: list[UploadedFile], urgent: bool) -> list[Result]:
    """Register file after file with a progress bar. A file's own fault stops nothing; an outage or a refusal does."""
    bar = st.progress(0.0, text="Starting …")
    results: list[Result] = []
    for done, upload in enumerate(uploads):
        bar.progress(done / len(uploads), text=f"Registering {plain(upload.name)} ({done + 1} of {len(uploads)}) …")
        try:
            results.append(Result(upload.name, client().register(upload.getvalue(), urgent=urgent)))
        except (OutageError, NotAllowed) as error:
            results.append(Result(upload.name, notice=explain(error)))
            results += [_not_sent(rest.name) for rest in uploads[done + 1 :]]
            break
        except LedgerError as error:
            results.append(Result(upload.name, notice=explain(error)))
    bar.empty()
    return results


def _not_sent(name: str) -> Result:
    return Result(
        name, notice=Notice("Not sent", "The file before it met an outage or a refusal.", "Register it again.")
    )


def refreshed(results: list[Result]) -> list[Result]:
    """The same results with the present states of what is still on its way; an outage leaves the last known one."""
    now: list[Result] = []
    for result in results:
        found = result.registration
        if found is not None and found.state not in _SETTLED:
            try:
                fresh = client().registration(found.registration_id)
                result = Result(result.name, fresh.model_copy(update={"created": found.created}))
            except LedgerError:
                pass
        now.append(result)
    return now


def waiting(results: list[Result]) -> bool:
    """Whether any registration is still on its way to finality."""
    return any(one.registration and one.registration.state not in _SETTLED for one in results)


def result_markup(name: str, registration: Registration) -> str:
    """One registered file as a card."""
    anchor = registration.anchor
    block = (
        f"block <b>{anchor.block_number}</b>" if anchor and anchor.block_number is not None else "not in a block yet"
    )
    known = "" if registration.created else chip("was registered before", "near", "The same content: no new entry")
    rows = [
        ("Registration id", code(registration.registration_id, whole=True)),
        ("Registered", text(when(registration.registered_at))),
        ("Log index", f"{registration.index} · {block}"),
    ]
    chips = known + both_chips(registration)
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>{text(name)}</h3><span>{chips}</span></div>'
        f"{facts(rows)}{details('Digests', digests(registration.digests))}</section>"
    )


def show_result(result: Result, position: int) -> None:
    """A file's card with its receipt and the way to its history, or why it was not registered."""
    if result.registration is None or result.notice is not None:
        if result.notice is not None:
            st.html(f'<h3 class="ms-file">{text(result.name)}</h3>{notice_markup(result.notice)}')
        return
    found = result.registration
    st.html(result_markup(result.name, found))
    with st.container(horizontal=True, vertical_alignment="center", key=f"actions-{position}"):
        receipt_button(found.registration_id, position)
        st.page_link(
            "screens/history.py",
            label="Show in history",
            icon=":material/history:",
            query_params={"registration": found.registration_id},
        )


def show_results() -> None:
    """The results of the last run, kept fresh every two seconds while any of them is on its way to finality."""
    before: list[Result] = st.session_state.get(_STATE, [])
    results = refreshed(before)
    st.session_state[_STATE] = results
    if waiting(before) and not waiting(results):
        st.rerun()
    registered = sum(result.registration is not None for result in results)
    st.html(f'<h2 class="ms-sub">{registered} of {len(results)} registered</h2>')
    for position, result in enumerate(results):
        show_result(result, position)


def show_states() -> None:
    """What the states mean, in their order."""
    with st.expander("What the states mean"):
        order = [*STEPS, *(state for state in STATES if state not in STEPS)]
        st.html(facts((state, text(STATES[state].meaning)) for state in order))


def main() -> None:
    """Ask for files; register on a click; show what became of each."""
    st.html(
        heading(
            "Register images",
            "Each image gets its place in your log, a signed receipt at once, and its proof on chain soon after.",
        )
    )
    uploads = st.file_uploader(
        "DICOM, PNG, JPEG or TIFF; one or several", accept_multiple_files=True, key="register.files"
    )
    with st.container(horizontal=True, vertical_alignment="center", key="register-actions"):
        label = f"Register {len(uploads)} image{'s' if len(uploads) > 1 else ''}" if uploads else "Register"
        pressed = st.button(label, type="primary", disabled=not uploads, icon=":material/task_alt:")
        urgent = st.toggle(
            "Anchor at once", help="Do not wait until a batch is full or old enough; costs more gas an image."
        )
    if pressed:
        st.session_state[_STATE] = register_all(uploads, urgent)
    results: list[Result] = st.session_state.get(_STATE, [])
    if results:
        st.fragment(show_results, run_every="2s" if waiting(results) else None)()
    elif not uploads:
        show_notice(
            Notice(
                "Nothing to register yet",
                "Drop one or several images above. Only salted commitments go on the chain, never the image.",
                "Registering the same content twice is safe: it answers the registration there is.",
                "inbox",
            )
        )
    show_states()


main()
