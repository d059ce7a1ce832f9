"""*Add to case* for any page that shows a verification."""

from __future__ import annotations

import secrets

import streamlit as st

from dashboard.components.case_writing import ask_author, remember, show_incomplete
from dashboard.components.markup import plain
from dashboard.components.notice import show_notice
from dashboard.session import client, explain, may, told
from ledger.errors import Conflict, LedgerError
from ledger.schemas import Case, CaseLine, CaseOpening, ItemAddition, Verification, VerificationSummary

_NEW = ""
_IDS = "to_case.ids"
_MOST = 200


def show_add_to_case(verification: Verification, file_name: str, file_digest: str) -> None:
    """A button that opens a dialog: the verified file becomes an item of an open case, or of a new one.

    ``file_digest`` is ``sha256:`` and the SHA-256 of the file's bytes; nothing is asked before the click. Who may
    not write into cases sees no button.
    """
    if may("review") and st.button("Add to case", icon=":material/create_new_folder:", key=f"to_case.{file_digest}"):
        st.dialog("Add to a case")(choose_case)(verification, file_name, file_digest)


def choose_case(verification: Verification, file_name: str, file_digest: str) -> None:
    """What stands in the dialog: which case, what the item is called, who adds it."""
    try:
        with st.spinner("Asking the ledger for its open cases …"):
            cases = client().cases.find(status="open", limit=_MOST).cases
    except LedgerError as error:
        show_notice(explain(error))
        return
    titles = {_NEW: "a new case"} | {case.id: _title(case) for case in cases}
    first = 1 if cases else 0
    chosen = st.selectbox("Case", list(titles), index=first, format_func=titles.__getitem__, key="to_case.case")
    title = st.text_input("Title", max_chars=200, key="to_case.title").strip() if chosen == _NEW else ""
    name = st.text_input("Name of the item", value=file_name, max_chars=300, key=f"to_case.name.{file_digest}").strip()
    author = ask_author("to_case")
    if st.button("Add the item", type="primary", key="to_case.send"):
        remember(author)
        if not name or (chosen == _NEW and not title):
            show_incomplete("Expected a name for the item, and a title for a new case; found an empty field.")
            return
        with told(), st.spinner("Writing it into the log …"):
            summary = VerificationSummary.of(verification)
            addition = ItemAddition(name=name, file=file_digest, verification=summary, author=author or None)
            opening = CaseOpening(title=title, author=author or None) if chosen == _NEW else None
            try:
                case = _write(chosen, opening, addition)
            except Conflict:
                st.session_state.pop(_IDS, None)
                raise
            st.success(f"Item {case.items[-1].number} of “{plain(case.title)}”.", icon=":material/check_circle:")
            st.page_link("screens/cases.py", label="Show the case", query_params={"case": case.id})


def _write(case_id: str, opening: CaseOpening | None, addition: ItemAddition) -> Case:
    """The item is in the case, which is opened first where ``opening`` says so. After a failure on the way the same
    again repeats what was written and goes on from there: no second case, no second item."""
    if opening is not None:
        case_id = client().cases.open(opening.model_copy(update={"event_id": _id_of(opening)})).id
    case = client().cases.append(case_id, addition.model_copy(update={"event_id": _id_of(addition, case_id)}))
    st.session_state.pop(_IDS, None)
    return case


def _id_of(said: CaseOpening | ItemAddition, case_id: str = "") -> str:
    """The id of this very event: other words are another event, which the same id would only make a conflict."""
    ids: dict[str, str] = st.session_state.setdefault(_IDS, {})
    return ids.setdefault(case_id + said.model_dump_json(), secrets.token_hex(16))


def _title(case: CaseLine) -> str:
    # Streamlit tells choices apart by what is shown of them, so it must differ from case to case and not change.
    return f"{case.title or 'title lost'} ({case.id[:8]})"
