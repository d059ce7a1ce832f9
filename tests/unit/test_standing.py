"""What is in force follows from the statements alone."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from ledger.core.model import LogEntry, Standing
from ledger.registration import draft_entry
from ledger.standing import standing_of


def said(kind: str, reason: str = "why") -> LogEntry:
    fields = {"target": "0" * 32, "reason": reason, "author": "QA", "nonce": "1" * 32}
    if kind == "supersede":
        fields["replacement"] = "2" * 32
    draft = draft_entry("3" * 64, kind, fields, lambda: datetime.now(UTC), target="0" * 32)
    return LogEntry("3" * 64, 1, draft.id, kind, draft.leaf, draft.body, draft.target, draft.time)


def test_nothing_said_is_in_force() -> None:
    fact = standing_of([])
    assert (fact.standing, fact.statement) == (Standing.IN_FORCE, None)


@pytest.mark.parametrize(
    ("kind", "standing"),
    [("revoke", Standing.REVOKED), ("supersede", Standing.SUPERSEDED), ("dispute", Standing.DISPUTED)],
)
def test_each_statement_has_its_standing_and_its_words(kind: str, standing: Standing) -> None:
    fact = standing_of([said(kind, "a reason")])
    assert fact.standing is standing
    assert fact.fields is not None
    assert fact.fields["reason"] == "a reason"


def test_the_order_in_which_things_were_said_does_not_soften_a_revocation() -> None:
    statements = [said("dispute"), said("supersede"), said("revoke")]
    for order in itertools.permutations(statements):
        assert standing_of(order).standing is Standing.REVOKED
    for order in itertools.permutations(statements[:2]):
        assert standing_of(order).standing is Standing.SUPERSEDED


def test_among_equal_statements_the_first_counts() -> None:
    first, second = said("revoke", "first"), said("revoke", "second")
    fact = standing_of([first, second])
    assert fact.fields is not None
    assert fact.fields["reason"] == "first"
