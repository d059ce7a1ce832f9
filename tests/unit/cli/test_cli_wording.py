"""Errors speak of commands, options and settings to whoever types commands, whatever the server said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ledger.api.problems import CHECK_REQUEST, Unauthenticated
from ledger.cli import wording
from ledger.cli.wording import advice_of, message_of
from ledger.errors import InputError, LedgerError, NotAllowed

HTTP = re.compile(r"\b(GET|POST|PUT|DELETE|header|Authorization|Bearer|body|query|openapi|/v1/|/docs|route|JSON)\b")


def problem(code: str, detail: str) -> LedgerError:
    return InputError(detail, code=code, advice=CHECK_REQUEST)


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        (
            "query.limit: should be less than 1000",
            "--limit: should be less than 1000",
        ),
        ("body.note.text: String should have at least 1 character", "TEXT: String should have at least 1 character"),
        ("body.file: Field required", "FILE: Field required"),
        ("body.set_status.reason: too long; query.since: no time", "--reason: too long; --since: no time"),
        ("body.images.0.digests: too many", "images 0 digests: too many"),
    ],
)
def test_a_part_of_a_request_is_named_as_the_option(detail: str, said: str) -> None:
    assert message_of(problem("invalid_request", detail)) == said


@pytest.mark.parametrize(
    "error",
    [
        Unauthenticated("expected an API key or a sign-in token, found none"),
        NotAllowed("expected a key with the scope verify, found one without it"),
        problem("invalid_request", "query.limit: too large"),
        problem("no_such_route", "expected a path of this API, found another"),
        problem("method_not_allowed", "expected a method that this path has, found another"),
        problem("malformed_body", "expected a well-formed body, found one that cannot be parsed"),
    ],
    ids=lambda error: error.code,
)
def test_what_the_api_advises_becomes_a_command_or_a_setting(error: LedgerError) -> None:
    assert not HTTP.search(f"{message_of(error)} {advice_of(error)}")


def test_the_advice_of_other_errors_is_their_own() -> None:
    error = InputError("expected a number", advice="Give a number.")
    assert (message_of(error), advice_of(error)) == ("expected a number", "Give a number.")


def test_every_option_that_is_named_is_one_of_a_command() -> None:
    import typer

    from ledger.cli.app import app

    known: set[str] = set()

    def gather(command: Any) -> None:
        for parameter in command.params:
            known.update(parameter.opts)
        for inner in getattr(command, "commands", {}).values():
            gather(inner)

    gather(typer.main.get_command(app))
    named = {f"--{name}" for name in wording._SAME} | {one for one in wording._OPTIONS.values() if one[0] == "-"}
    assert named <= known, named - known
