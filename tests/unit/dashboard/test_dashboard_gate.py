"""What is said to somebody whom a page does not let in, and which pages there are for whom."""

from __future__ import annotations

import pytest

from dashboard import access
from dashboard.components import gate
from dashboard.components.sidebar import who_markup
from dashboard.pages_by_role import FIRST, Place, places, roles_for
from ledger.api.auth import SCOPES
from ledger.schemas import Session, scopes_of

AUDIT = Place("audit", "Audit", "", ("audit",), "audit the ledger")


def session(*roles: str, name: str = "Kim", by: str = "oidc", scopes: tuple[str, ...] = ()) -> Session:
    """Somebody with these roles."""
    given = {"id": "1", "name": name, "signed_in_by": by, "roles": roles, "scopes": scopes or scopes_of(roles)}
    return Session.model_validate(given)


def test_a_refusal_names_the_page_the_person_and_the_roles_that_help() -> None:
    notice = gate.refusal(AUDIT, session("registrar"))
    assert "Kim (registrar)" in notice.body
    assert "To audit the ledger takes the role auditor or admin." in notice.body
    assert "auditor or admin" in notice.advice


def test_a_key_with_single_scopes_is_named_by_them() -> None:
    assert "Kim (scopes verify)" in gate.refusal(AUDIT, session(by="api-key", scopes=("verify",))).body


def test_somebody_without_roles_is_told_that_none_was_given() -> None:
    assert "no role of this ledger" in gate.refusal(AUDIT, session()).body


def test_a_sign_in_without_a_token_says_what_is_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "without_token", lambda: True)
    notice = gate._nobody()
    assert notice is not None
    assert 'expose_tokens = "id"' in notice.advice


def test_every_page_is_opened_by_scopes_that_there_are_and_by_some_role() -> None:
    for place in places():
        assert set(place.scopes) <= set(SCOPES)
        assert len(roles_for(place.scopes)) > 1, place.name
    assert places()[0].name == FIRST
    assert len({place.title for place in places()}) == len(places())


def test_names_in_the_sidebar_are_text() -> None:
    said = who_markup(session("reviewer", name="<b>Kim"), own=True)
    assert "&lt;b&gt;Kim" in said
    assert "reviewer" in said
    assert "by your organisation" in said
