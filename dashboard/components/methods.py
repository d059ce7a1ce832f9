"""Method by method: what the verdict's method said, and on request every other method of the detector, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import access
from dashboard.components.markup import chip, code, plain, text
from dashboard.components.notice import show_notice
from dashboard.components.verifying import Given
from dashboard.session import client, explain, may
from dashboard.words import NO_ANSWERS, band_words
from ledger.errors import InputError, LedgerError, OutageError
from ledger.schemas import Detection, Verification
from ledger.schemas.likelihood import number
from ledger.schemas.methods import METHODS

_STATE = "methods.answers"
_NUMBER = 10
_SILENT = {"detector_off", "unreadable", "no_image"}
"""By the code of check 10: there is nothing that a method could be asked."""
_GONE = {"server_unreachable", "server_timeout", "unexpected_answer"}
"""Outages that the next method would meet as well."""
_ALONE = "The verdict rests on the first method alone. "
_SCALES = (
    "Each method has a scale of its own: compare the answers, not the scores. And the more methods are asked, the"
    " likelier is a false alarm of one of them."
)
_OFFER = "Slower: all methods in turn, some 3 to 20 s for one picture. It changes no verdict and is noted nowhere."


@dataclass(frozen=True)
class Said:
    """What became of one method: its answer, or the words for why there is none."""

    method: str
    found: Detection | None = None
    trouble: str = ""


@st.fragment
def show_methods(given: Given, verification: Verification) -> None:
    """The card of all methods that answered so far, and the button that asks all; nothing where none can be asked."""
    check = next((check for check in verification.checks if check.number == _NUMBER), None)
    if check is None or check.figures.get("code") in _SILENT:
        return
    known: dict[str, list[Said]] = st.session_state.setdefault(_STATE, {})
    place = st.container(key="methods")
    asked = known.get(given.digest)
    if asked is None and may("verify"):
        with place:
            asked = _offered(given)
        if asked is not None:
            known.clear()  # of one file at a time: answers are quickly asked again
            known[given.digest] = asked
    shown = asked or ([Said(verification.detection.method, verification.detection)] if verification.detection else [])
    with place:
        st.html(methods_markup(shown, verification))


def _offered(given: Given) -> list[Said] | None:
    """The button, with what it costs; once it is pressed and all answered, their answers stand in its place."""
    offer = st.empty()
    with offer.container():
        pressed = st.button("Run all methods", icon=":material/checklist:", width="stretch")
        st.caption(_OFFER)
    if not pressed:
        return None
    asked = _run_all(given)
    if asked is not None:
        offer.empty()
    return asked


def _run_all(given: Given) -> list[Said] | None:
    """Every method's answer, in words while it lasts; None when the server cannot be asked, which is said."""
    bar = st.progress(0.0, text="Asking the server which methods it has …")
    try:
        methods = client().examinations.methods()
        answers: list[Said] = []
        for count, name in enumerate(methods.names):
            words = f"Asking {name} ({count + 1} of {len(methods.names)}), {methods.seconds:g} s at most …"
            bar.progress(count / len(methods.names), text=plain(words))
            answers.append(_asked(given, name))
        return sorted(answers, key=lambda one: one.method != methods.default)
    except LedgerError as error:
        access.heed(error)
        show_notice(explain(error))
        return None
    finally:
        bar.empty()


def _asked(given: Given, method: str) -> Said:
    """One method's answer; what another method may still answer is a value. Else the error is raised."""
    try:
        return Said(method, client().examinations.examine(given.data, method))
    except (OutageError, InputError) as error:
        if error.code in _GONE:
            raise
        title = NO_ANSWERS[error.code][0] if error.code in NO_ANSWERS else str(error)
        return Said(method, trouble=title)


def methods_markup(answers: Sequence[Said], verification: Verification) -> str:
    """A row a method: answer with its band, score, probability, applicability and its reason."""
    rows = "".join(_row(one) for one in answers)
    empty = '<p class="ms-check-note">No method was asked: the image is registered.</p>' if not answers else ""
    first = _ALONE if verification.detection is not None and len(answers) > 1 else ""
    note = f'<p class="ms-check-note">{first}{_SCALES}</p>' if len(answers) > 1 else ""
    count = f"{len(answers)} asked" if answers else ""
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>Method by method</h3><span>{count}</span></div>'
        f'{empty}<ul class="ms-method-list">{rows}</ul>{note}</section>'
    )


def _row(one: Said) -> str:
    purpose = f"<small>{text(METHODS[one.method])}</small>" if one.method in METHODS else ""
    if one.found is None:
        return _item(one.method, purpose, chip("no answer", "open"), f"<p>{text(one.trouble)}.</p>")
    if not one.found.applicable:
        label = chip("does not apply", "mute")
        return _item(one.method, purpose, label, f"<p>It does not apply to this image: {_ended(one.found.reason)}.</p>")
    words = band_words(one.found.band)
    figures = (
        f"<p>{_figures(one.found)}</p><p>It applies to this image: {_ended(one.found.reason or 'no limit met')}.</p>"
    )
    return _item(f"{one.method} {one.found.version}", purpose, chip(words.label, words.tone, words.meaning), figures)


def _figures(found: Detection) -> str:
    score = "no score" if found.score is None else f"score {found.score:.3g}"
    sure = "no probability" if found.probability is None else f"probability {found.probability * 100:.0f} %"
    ratio = "" if found.likelihood_ratio is None else f" · likelihood ratio {number(found.likelihood_ratio)}"
    return f"Band {code(found.band, whole=True)} · {score} · {sure}{ratio} · {found.seconds:.2f} s"


def _ended(reason: str) -> str:
    return text(reason.rstrip("."))


def _item(name: str, purpose: str, label: str, body: str) -> str:
    return f"<li><div><b>{text(name)}</b> {purpose}</div>{label}{body}</li>"
