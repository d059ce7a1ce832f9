"""Verify: files go in; a verdict, its numbered checks, the registration and a picture to look at come out."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.components.by_link import PARAMETER, show_by_link
from dashboard.components.files import show_files
from dashboard.components.markup import heading, plain
from dashboard.components.notice import Notice, show_notice
from dashboard.components.outcome import show_answer
from dashboard.components.verifying import Answer, Given, Terms, answer_of, forget, given_by, known, verify_all
from dashboard.session import may
from dashboard.words import POLICIES, verdict_words

_FILES, _LINK = "verify.file", "verify.link"


def ask_policy() -> str:
    """The policy that the reader chose, with one line on what it accepts."""
    policy = st.segmented_control("Policy", list(POLICIES), default="clinical", required=True, key="verify.policy")
    st.caption(POLICIES[policy])
    return policy


def ask_examine() -> bool:
    """Whether the detector shall look at the image even if it is registered."""
    return st.toggle(
        "Examine registered images as well",
        key="verify.examine",
        help="The forgery detector looks at images that are not registered. What it says of a registered one is shown"
        " and never changes the verdict.",
    )


def ask_original() -> UploadedFile | None:
    """The original to compare with, if the reader holds one."""
    with st.expander("Original, if you have it", icon=":material/compare:"):
        return st.file_uploader(
            "What you verify is compared with it pixel by pixel. It is sent along, and not kept.", key="verify.original"
        )


def leave_emptied() -> None:
    """When the last file was taken out, the address names none any more."""
    if not st.session_state.get(_FILES):
        st.query_params.pop(PARAMETER, None)


def show_without_upload(terms: Terms, original: Given | None) -> None:
    """No file was given: what the address names, asked anew; of files that this session has, with their picture."""
    wanted = st.query_params.get(PARAMETER)
    answer = answer_of(wanted) if wanted else None
    if answer is not None:
        _ask_once_anew(answer)
        st.caption(f"“{plain(answer.given.name)}” from this session. Drop a file above to verify another.")
        show_given([answer.given], terms, original)
    elif wanted is not None:
        show_by_link(wanted, terms.policy)
        show_earlier()
    else:
        show_notice(_empty())
        show_earlier()


def _ask_once_anew(answer: Answer) -> None:
    """A link is answered by what holds now, not by what held before; asked once, not with each run of the page."""
    if st.session_state.get(_LINK) != answer.given.digest:
        st.session_state[_LINK] = answer.given.digest
        forget(answer.question)


def _empty() -> Notice:
    body = "Drop one or several files above. They are sent to your MedSeal server and to nobody else, and are not kept."
    samples = "The first start of MedSeal put images to try into the folder samples of its data folder."
    own = " Or register one of yours first, and verify a copy of it." if may("register") else ""
    return Notice("No image yet", body, f"Have none at hand? {samples}{own}", "inbox")


def show_earlier() -> None:
    """What this session verified before, newest first, each by a button."""
    earlier: dict[str, Answer] = {one.given.digest: one for one in known().values() if one.verification is not None}
    if not earlier:
        return
    st.html('<h2 class="ms-sub">Verified in this session</h2>')
    for digest, answer in list(reversed(earlier.items()))[:12]:
        verdict = verdict_words(answer.verification.verdict).title if answer.verification else ""
        if st.button(f"{plain(answer.given.name)}: {plain(verdict)}", key=f"earlier.{digest}", type="tertiary"):
            st.query_params[PARAMETER] = digest
            st.rerun()


def show_given(files: Sequence[Given], terms: Terms, original: Given | None) -> None:
    """The verdicts of what was given: of several files a list first, then the chosen one."""
    answers = verify_all(files, terms)
    answer = show_files(answers) if len(answers) > 1 else answers[0]
    st.query_params[PARAMETER] = answer.given.digest
    show_answer(answer, original)


def main() -> None:
    """Ask for files and a policy; verify; show."""
    st.html(
        heading("Verify an image", "Is this the image that was registered, by whom and when, and does it still hold?")
    )
    left, right = st.columns([7, 5], gap="medium")
    with left:
        uploads = st.file_uploader(
            "DICOM, PNG, JPEG or TIFF; one or several", accept_multiple_files=True, key=_FILES, on_change=leave_emptied
        )
        beside = ask_original()
    with right:
        policy = ask_policy()
        examine = ask_examine()
    original = given_by(beside) if beside is not None else None
    terms = Terms(policy, examine, original)
    if uploads:
        st.session_state.pop(_LINK, None)
        show_given([given_by(upload) for upload in uploads], terms, original)
    else:
        show_without_upload(terms, original)


main()
