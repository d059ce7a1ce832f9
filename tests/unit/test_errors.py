"""The error tree is the one that is drawn, and each error can be acted on."""

from __future__ import annotations

import re

import pytest

from ledger import errors


def _classes(base: type[errors.LedgerError] = errors.LedgerError) -> dict[str, str]:
    found = {}
    for child in base.__subclasses__():
        if child.__module__ == "ledger.errors":
            found[child.__name__] = base.__name__
            found |= _classes(child)
    return found


def _drawn() -> dict[str, str]:
    parents: dict[int, str] = {}
    drawn = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ([│├└─ ]*)([A-Z]\w+)", line)
        if match:
            depth = len(match.group(1)) // 4
            parents[depth] = match.group(2)
            if depth:
                drawn[match.group(2)] = parents[depth - 1]
    return drawn


def test_the_drawing_and_the_classes_are_the_same_tree() -> None:
    assert _drawn() == _classes()


def test_every_error_has_its_own_code_and_an_advice() -> None:
    codes = [getattr(errors, name).code for name in _classes()]
    assert len(codes) == len(set(codes))
    for name in _classes():
        kind = getattr(errors, name)
        assert re.fullmatch(r"[a-z_]+", kind.code)
        assert kind.advice.endswith(".")


@pytest.mark.parametrize("name", sorted(_classes()))
def test_an_outage_is_a_5xx_and_an_input_error_a_4xx(name: str) -> None:
    kind = getattr(errors, name)
    assert (400 <= kind.status < 500) == issubclass(kind, errors.InputError)


def test_code_and_advice_can_be_more_exact_where_it_is_raised() -> None:
    error = errors.InputError("empty", code="empty_file", advice="Send it again.")
    assert (error.code, error.advice, str(error)) == ("empty_file", "Send it again.", "empty")
    assert errors.InputError.code == "input_error"
