"""One verified file on the page: verdict, what was found, the picture, the checks."""

from __future__ import annotations

import streamlit as st

from dashboard.components.banner import banner_markup
from dashboard.components.change import change_markup, search_markup
from dashboard.components.checks import attributes_markup, checks_markup
from dashboard.components.detector import detector_markup
from dashboard.components.downloads import receipt_button, verification_json
from dashboard.components.facts import registration_markup, statements_markup
from dashboard.components.look import show_look
from dashboard.components.methods import show_methods
from dashboard.components.notice import notice_markup
from dashboard.components.report_buttons import show_report_buttons
from dashboard.components.structure import structure_markup
from dashboard.components.to_case import show_add_to_case
from dashboard.components.verifying import Answer, Given, forget
from dashboard.session import may
from ledger.schemas import Verification


def show_answer(answer: Answer, original: Given | None) -> None:
    """The outcome of a verification, or why there is none."""
    if answer.verification is not None:
        show_outcome(answer, answer.verification, original)
    elif answer.notice is not None:
        st.html(notice_markup(answer.notice))


def show_outcome(answer: Answer, verification: Verification, original: Given | None) -> None:
    """Banner, evidence to take along, then the picture beside what was found. The words come first, in time as well."""
    st.html(banner_markup(verification, answer.given.name))
    show_actions(answer, verification, original)
    left, right = st.columns([7, 5], gap="medium")
    with right:
        said = findings_markup(verification)
        if said:
            st.html(said)
        examined, registration, anyway = st.container(), st.container(), st.container()
        with registration:
            show_registration(verification)
    with left:
        place = st.container()
        st.html(checks_markup(verification.checks))
    with place:
        show_look(answer, verification, original)
    # beside the detector's card; of a registered image, which it was not asked about, after what matters more
    with examined if verification.detection is not None else anyway:
        show_methods(answer.given, verification)


def findings_markup(verification: Verification) -> str:
    """What was changed or searched for, what was stated, what the detector said: each a card when there is one."""
    change, found = verification.change, verification.registration
    return (
        (change_markup(change, found) if change is not None else "")
        + statements_markup(found.statements if found else [])
        + search_markup(verification)
        + attributes_markup(verification)
        + detector_markup(verification)
        + structure_markup(verification)
    )


def show_registration(verification: Verification) -> None:
    """The facts of the registration that was found, and for those who may read it the way to its history."""
    found = verification.registration
    if found is None:
        return
    copied = verification.verdict == "altered" or verification.change is not None
    st.html(registration_markup(found, "Registered original" if copied else "Registration"))
    if not may("history"):
        return
    st.page_link(
        "screens/history.py",
        label="Show in history",
        icon=":material/history:",
        query_params={"registration": found.registration_id},
    )


def show_actions(answer: Answer, verification: Verification, original: Given | None) -> None:
    """The evidence to take along: receipt (with proofs when anchored), this verification as JSON, a report."""
    found = verification.registration
    with st.container(horizontal=True, key="downloads"):
        if found is not None:
            receipt_button(found.registration_id)
        st.download_button(
            "Verification (JSON)",
            verification_json(verification),
            "verification.json",
            "application/json",
            on_click="ignore",
            icon=":material/data_object:",
        )
        show_report_buttons(
            answer.given.data,
            answer.given.name,
            verification.policy,
            verification.checked_at,
            examine=answer.question.examine,
            original=original.data if original is not None else None,
        )
        show_add_to_case(verification, answer.given.name, answer.given.digest)
        if st.button("Check again", icon=":material/refresh:", type="tertiary"):
            forget(answer.question)
            st.rerun()
