"""Asking the ledger about the files that were given, and what of the answers this session remembers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import access
from dashboard.components.markup import chip, plain
from dashboard.components.notice import Notice
from dashboard.session import client, explain
from dashboard.words import verdict_words
from ledger.errors import LedgerError, NotAllowed, OutageError
from ledger.schemas import Verification

_STATE = "verify.answers"
_MOST_BYTES = 256_000_000
_ASKING = "Computing digests, asking the ledger and the chain, then the forgery detector …"
_NOT_ASKED = Notice(
    "Not asked", "A file before it met an outage or a refusal.", "Mend that, then ask again.", "hourglass", "open"
)


@dataclass(frozen=True)
class Given:
    """A file that the reader gave: its name, its bytes and this very upload."""

    name: str
    data: bytes
    upload: str

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and 64 hex digits; the same as the registered ``file/1``, and the key of its permalink."""
        return "sha256:" + hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Question:
    """What is asked: this very upload (never a file's name), its bytes, under which policy, against which original."""

    upload: str
    digest: str
    policy: str
    examine: bool
    original: str | None


@dataclass(frozen=True)
class Answer:
    """What became of one file: its verification, or the notice that says why there is none.

    ``stopped``: an outage or a refusal, which the next file would meet as well. ``stale``: to be asked again.
    """

    given: Given
    question: Question
    verification: Verification | None = None
    notice: Notice | None = None
    stopped: bool = False
    stale: bool = False


@dataclass(frozen=True)
class Terms:
    """Under which policy files are verified, whether registered ones are examined, and the original at hand."""

    policy: str
    examine: bool
    original: Given | None

    def question(self, given: Given) -> Question:
        """What is asked of one file under these terms."""
        beside = None if self.original is None else self.original.digest
        return Question(given.upload, given.digest, self.policy, self.examine, beside)


def given_by(upload: UploadedFile) -> Given:
    """The bytes of an upload; one that was verified before is not read and hashed again."""
    before = known().get(upload.file_id)
    return before.given if before is not None else Given(upload.name, upload.getvalue(), upload.file_id)


def known() -> dict[str, Answer]:
    """The last answer about each upload of this session, oldest first."""
    answers: dict[str, Answer] = st.session_state.setdefault(_STATE, {})
    return answers


def _remembered(question: Question) -> Answer | None:
    answer = known().get(question.upload)
    return answer if answer is not None and answer.question == question and not answer.stale else None


def answer_of(digest: str) -> Answer | None:
    """The newest answer of this session about these bytes."""
    return next((one for one in reversed(known().values()) if one.given.digest == digest), None)


def forget(question: Question) -> None:
    """Ask anew the next time."""
    answers = known()
    if question.upload in answers:
        answers[question.upload] = replace(answers[question.upload], stale=True)


def verify_all(files: Sequence[Given], terms: Terms) -> list[Answer]:
    """An answer for each file, in their order; asked anew for every upload, every other question, every *check again*.

    A file's own fault stops nothing; an outage or a refusal does, and is asked again with the next run.
    """
    _make_room(files)
    remembered = [answer for one in files if (answer := _remembered(terms.question(one))) is not None]
    # a place in every run, so that what follows stays where it is: else an old verdict stands beside the new one
    with st.container(key="asking"):
        if len(remembered) == len(files):
            return remembered
        if len(files) > 1:
            return _one_by_one(files, terms)
        with st.spinner(_ASKING, show_time=True):
            return [_kept(_ask(files[0], terms))]


def _one_by_one(files: Sequence[Given], terms: Terms) -> list[Answer]:
    bar, done = st.progress(0.0, text="Starting …"), st.empty()
    answers: list[Answer] = []
    for count, given in enumerate(files):
        answer = _remembered(terms.question(given))
        if answer is None and any(one.stopped for one in answers):
            answer = Answer(given, terms.question(given), notice=_NOT_ASKED, stopped=True)
        elif answer is None:
            bar.progress(count / len(files), text=f"Verifying {plain(given.name)} ({count + 1} of {len(files)}) …")
            answer = _kept(_ask(given, terms))
        answers.append(answer)
        done.html(f'<p class="ms-done">{"".join(map(verdict_chip, answers[-12:]))}</p>')
    bar.empty()
    done.empty()
    return answers


def verdict_chip(answer: Answer) -> str:
    """The verdict as a word in a pill; of a file without one, that there is none."""
    if answer.verification is None:
        return chip("no verdict", "mute", answer.notice.title if answer.notice else "")
    words = verdict_words(answer.verification.verdict)
    return chip(words.title, words.tone, answer.given.name)


def _ask(given: Given, terms: Terms) -> Answer:
    question = terms.question(given)
    try:
        original = terms.original.data if terms.original is not None else None
        found = client().verify(
            given.data, policy=terms.policy, examine=terms.examine, pictures=True, original=original
        )
    except LedgerError as error:
        access.heed(error)
        stops = isinstance(error, OutageError | NotAllowed)
        return Answer(given, question, notice=explain(error), stopped=stops)
    return Answer(given, question, found)


def _kept(answer: Answer) -> Answer:
    """Remember it as the newest, unless it is no answer."""
    if not answer.stopped:
        answers = known()
        answers.pop(answer.question.upload, None)
        answers[answer.question.upload] = answer
    return answer


def _make_room(files: Sequence[Given]) -> None:
    """Of what was verified before these files, the oldest go when all together are too large."""
    answers, now = known(), {given.upload for given in files}
    size = sum(len(one.given.data) for one in answers.values())
    for upload in [upload for upload in answers if upload not in now]:
        if size <= _MOST_BYTES:
            return
        size -= len(answers.pop(upload).given.data)
