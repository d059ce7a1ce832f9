"""Each trouble has its own words and a next step."""

from __future__ import annotations

import pytest

from dashboard.components.notice import notice_markup, notice_of
from dashboard.components.statement import complaint
from ledger import errors
from ledger.errors import ChainSilent, ChainUnreachable, InputError, LedgerError, LimitExceeded, NotAllowed, OutageError

ONE, TWO = "1" * 32, "2" * 32


def refusal(status: int, code: str) -> NotAllowed:
    """A refusal as the client raises it."""
    error = NotAllowed("expected a key", code=code)
    error.status = status
    return error


def test_a_missing_key_and_a_refused_key_are_two_things() -> None:
    missing = notice_of(NotAllowed("expected a key"), has_key=False)
    refused = notice_of(refusal(401, "unauthenticated"), has_key=True)
    assert missing.title == "The dashboard has no API key"
    assert "MEDSEAL_API_KEY" in missing.advice
    assert refused.title == "The server refused this API key"


def test_each_refusal_of_a_person_has_its_own_words() -> None:
    cases = [(401, "sign_in_expired"), (401, "sign_in_refused"), (401, "unauthenticated"), (403, "not_allowed")]
    found = [notice_of(refusal(*case), has_key=True) for case in cases]
    assert len({notice.title for notice in found}) == len(cases)
    assert found[0].title == "Your sign-in has expired"
    assert "Ask an administrator" in found[3].advice
    assert all(notice.code == code for notice, (_, code) in zip(found, cases, strict=True))


def test_a_chain_outage_is_undetermined_and_never_unregistered() -> None:
    assert "undetermined, not unregistered" in notice_of(ChainUnreachable("no answer"), has_key=True).title


def test_a_chain_that_hangs_is_told_from_one_that_is_away() -> None:
    away = notice_of(ChainUnreachable("http://a:1 does not answer: eth_call ended in OSError"), has_key=True)
    late = notice_of(ChainSilent("http://a:1 did not answer eth_call"), has_key=True)
    assert late.title == "The chain takes questions and does not answer them: undetermined, not unregistered"
    assert (away.code, late.code) == ("chain_unreachable", "chain_silent")


def test_a_file_that_is_too_large_says_what_to_do() -> None:
    notice = notice_of(LimitExceeded("expected at most 5 bytes, found 6"), has_key=True)
    assert notice.title == "This file is too large"
    assert "expected at most 5 bytes, found 6" in notice_markup(notice)
    assert LimitExceeded.advice in notice_markup(notice)


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, LedgerError) and kind is not NotAllowed
    ],
)
def test_every_error_shows_its_message_its_advice_and_its_code(kind: type[LedgerError]) -> None:
    notice = notice_of(kind("expected this, found that"), has_key=True)
    assert notice.title
    assert (notice.body, notice.advice, notice.code) == ("expected this, found that", kind.advice, kind.code)


def test_errors_that_a_reader_meets_have_titles_of_their_own() -> None:
    codes = ["server_unreachable", "server_timeout", "empty_file", "unreadable_image", "unsupported_image"]
    titles = {notice_of(OutageError("x", code=code), has_key=True).title for code in [*codes, "limit_exceeded"]}
    assert len(titles) == 6


def test_what_the_server_says_is_never_markup() -> None:
    markup = notice_markup(notice_of(InputError("<script>", advice="<b>", code="<i>"), has_key=True))
    assert "<script>" not in markup
    assert "<i>" not in markup


@pytest.mark.parametrize(
    ("target", "kind", "reason", "author", "replacement", "expected"),
    [
        ("zz", "revoke", "r", "a", "", "registration id of 32 hex digits"),
        (ONE, "revoke", "", "a", "", "a reason and an author"),
        (ONE, "revoke", "r", "", "", "a reason and an author"),
        (ONE, "supersede", "r", "a", "", "that replaces this one"),
        (ONE, "supersede", "r", "a", ONE, "another registration"),
    ],
)
def test_a_statement_that_cannot_be_sent_says_what_is_missing(
    target: str, kind: str, reason: str, author: str, replacement: str, expected: str
) -> None:
    assert expected in complaint(target, kind, reason, author, replacement)


def test_a_whole_statement_has_nothing_to_complain_of() -> None:
    assert complaint(ONE, "revoke", "r", "a", "") == ""
    assert complaint(ONE, "supersede", "r", "a", TWO) == ""
