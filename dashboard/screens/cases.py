"""Cases: files grouped by a reviewer, with notes, bookmarks and findings, each an entry of the log."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.components.case_forms import show_forms
from dashboard.components.case_view import head_markup, item_markup, line_markup, seal_markup, timeline_markup
from dashboard.components.case_writing import ask_author, event_id, key, remember, show_done, show_incomplete, written
from dashboard.components.markup import heading, plain
from dashboard.components.notice import Notice, show_notice
from dashboard.session import client, may, told
from ledger.errors import Conflict, InputError, NotFound
from ledger.schemas import Case, CaseItem, CaseList, CaseOpening

_CASE = "case"
_OFFSET = "cases.offset"
_PAGE = 20
_STATUSES = {"all": None, "open": "open", "closed": "closed"}
_STYLE = Path(__file__).parents[1] / "assets" / "cases.css"


def show_list() -> None:
    """Filter, cases, and the form for a new one."""
    st.html(
        heading(
            "Cases",
            "Group files, keep evidence and say what you find. Each step is an entry of the log, so none can be"
            " changed or taken back unseen.",
        )
    )
    show_done()
    chosen = st.segmented_control(
        "Show", list(_STATUSES), default="all", required=True, key="cases.status", on_change=_to_the_first_page
    )
    with told():
        with st.spinner("Asking the ledger for its cases …"):
            page = client().cases.find(
                status=_STATUSES[chosen], limit=_PAGE, offset=st.session_state.setdefault(_OFFSET, 0)
            )
        if page.cases:
            show_page(page)
        else:
            show_notice(_empty(chosen))
    if may("review"):
        show_opening()


def show_page(page: CaseList) -> None:
    """One page of the list, each case with the way into it."""
    for line in page.cases:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"line-{line.id}"):
            st.html(line_markup(line), width="stretch")
            if st.button("Show", key=f"show.{line.id}", help=f"Show the case “{plain(line.title or 'title lost')}”"):
                st.query_params[_CASE] = line.id
                st.rerun()
    if page.offset or page.more:
        _turn_pages(page)


def _turn_pages(page: CaseList) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right", key="paging"):
        st.caption(f"Cases {page.offset + 1} to {page.offset + len(page.cases)}, the last changed first")
        for label, step, off in (("Newer", -_PAGE, page.offset == 0), ("Older", _PAGE, not page.more)):
            if st.button(label, disabled=off):
                st.session_state[_OFFSET] = max(0, page.offset + step)
                st.rerun()


def _to_the_first_page() -> None:
    st.session_state[_OFFSET] = 0


def _empty(status: str) -> Notice:
    if status == "all":
        return Notice(
            "No case yet",
            "A case holds the files that you look into, your notes and evidence, and what you find of each.",
            "Open one below, then add files to it.",
            "inbox",
        )
    other = "closed" if status == "open" else "open"
    return Notice(f"No case is {status}", f"There may be cases that are {other}.", "Choose “all” above.", "inbox")


def show_opening() -> None:
    """The form that opens a case and leads to it."""
    with st.expander("Open a new case", icon=":material/create_new_folder:"), st.form("opening", border=False):
        title = st.text_input("Title", key=key("title"), max_chars=200, placeholder="Chest CT, doubtful nodule").strip()
        question = st.text_area("Question", key=key("question"), max_chars=2000, height=80).strip()
        author = ask_author("open")
        st.caption("What you write stays in the hospital's store. The log and the chain hold a commitment to it.")
        sent = st.form_submit_button("Open the case", type="primary")
    if not sent:
        return
    remember(author)
    if not title:
        show_incomplete("Expected a title, found an empty field.")
        return
    opening = CaseOpening(title=title, question=question or None, author=author or None, event_id=event_id())
    with told(), st.spinner("Writing it into the log …"):
        try:
            made = client().cases.open(opening)
        except Conflict:
            st.session_state.pop("case.event", None)
            raise
        written("The case is open. Add files to it.")
        st.query_params[_CASE] = made.id
        st.rerun()


def show_case(case_id: str) -> None:
    """One case: head and seal, the forms, its items, its trail."""
    if st.button("All cases", icon=":material/arrow_back:", type="tertiary"):
        st.query_params.pop(_CASE, None)
        st.rerun()
    with told():
        try:
            with st.spinner("Reading the case, and holding each of its entries against the log and the chain …"):
                case = client().cases.get(case_id)
        except NotFound as error:
            show_notice(Notice("There is no such case", str(error), "Look for it among all cases.", "inbox"))
            return
        except InputError as error:
            if error.code != "invalid_request":
                raise
            show_notice(_malformed(case_id))
            return
        show_done()
        _show(case)


def _malformed(case_id: str) -> Notice:
    found = f"Expected 32 hex digits in the address, found {case_id[:80]!r}."
    return Notice("That is not a case id", found, "Look for it among all cases.", "file", "warn")


def _show(case: Case) -> None:
    top = st.columns([13, 11], gap="medium")
    with top[0]:
        st.html(head_markup(case))
        _show_actions(case)
    top[1].html(seal_markup(case))
    left, right = st.columns([13, 11], gap="medium")
    with left:
        for item in case.items:
            _show_item(case, item)
        if not case.items:
            advice = "Add files with the form; a note can be written about the whole case."
            show_notice(Notice("No items yet", "The case holds no file so far.", advice, "inbox"))
    with right, st.container(border=True, key="case-forms"):
        if may("review"):
            show_forms(case)
        else:
            st.caption("You may read cases and not write them: that takes the scope review.")
    st.html(timeline_markup(case))


def _show_item(case: Case, item: CaseItem) -> None:
    st.html(item_markup(case, item))
    found = item.verification.registration_id if item.verification else None
    if found:
        query = {"registration": found}
        label = f"History of item {item.number}"
        st.page_link("screens/history.py", label=label, icon=":material/history:", query_params=query)


def _show_actions(case: Case) -> None:
    with st.container(horizontal=True, key="case-actions"):
        st.download_button(
            "Case (JSON)",
            case.model_dump_json(indent=2),
            f"case-{case.id}.json",
            "application/json",
            on_click="ignore",
            icon=":material/data_object:",
            help="Everything, with each log entry and the salt that opens its commitment. Not for strangers.",
        )
        if st.button("Check again", icon=":material/refresh:", type="tertiary"):
            st.rerun()


def main() -> None:
    """The case that the address names, or the list."""
    st.html(_STYLE)
    case_id = st.query_params.get(_CASE, "").strip().lower()
    if case_id:
        show_case(case_id)
    else:
        show_list()


main()
