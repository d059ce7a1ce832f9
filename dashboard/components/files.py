"""Several verified files as a list: each with its verdict, one of them chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from dashboard.components.by_link import PARAMETER
from dashboard.components.markup import plain, text
from dashboard.components.verifying import Answer, verdict_chip
from dashboard.words import verdict_words

_HIGH = 420
_MANY = 8


def chosen(answers: Sequence[Answer]) -> Answer:
    """The file that the address names, else the first."""
    wanted = st.query_params.get(PARAMETER)
    return next((one for one in answers if one.given.digest == wanted), answers[0])


def count_words(answers: Sequence[Answer]) -> str:
    """How many files ended how, in one line."""
    titles = [verdict_words(one.verification.verdict).title if one.verification else "No verdict" for one in answers]
    counts = " · ".join(f"{number} {title.lower()}" for title, number in Counter(titles).most_common())
    return f"{len(answers)} files: {counts}"


def show_files(answers: Sequence[Answer]) -> Answer:
    """Draw the list, a button and a verdict a file; the chosen one, which then also stands in the address."""
    now = chosen(answers)
    st.html(f'<h2 class="ms-sub">{text(count_words(answers))}</h2>')
    with st.container(border=True, height=_HIGH if len(answers) > _MANY else "content", key="files"):
        for number, answer in enumerate(answers):
            _show_row(number, answer, here=answer is now)
    return now


def _show_row(number: int, answer: Answer, *, here: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"file-row-{number}"):
        st.html(f'<div class="ms-file-verdict">{verdict_chip(answer)}</div>', width="content")
        st.button(
            plain(answer.given.name),
            key=f"files.open.{number}",
            type="primary" if here else "tertiary",
            help="Shown below" if here else "Show this file",
            on_click=_open,
            args=(answer.given.digest,),
        )


def _open(digest: str) -> None:
    st.query_params[PARAMETER] = digest
