"""Keys by role, and whom a key speaks of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.api import auth
from ledger.api.routes.keys import Scope
from ledger.cli import keys
from ledger.schemas import ROLES, Session, roles_of, scopes_of
from ledger.settings import Role


@pytest.mark.parametrize(
    ("options", "scopes"),
    [
        (["--role", "reviewer"], ["history", "review", "verify"]),
        (["--role", "registrar", "--role", "auditor"], ["audit", "history", "register", "verify"]),
        (["--role", "registrar", "--scope", "audit"], ["audit", "history", "register"]),
        (["--scope", "review"], ["review"]),
    ],
)
def test_a_key_gets_the_scopes_of_its_roles(run: Any, options: list[str], scopes: list[str]) -> None:
    assert run("keys", "create", "a", *options, "--json").line["scopes"] == scopes


def test_the_list_of_keys_says_roles_and_scopes(run: Any) -> None:
    made = run("keys", "create", "ward 7", "--role", "reviewer", "--json").line
    other = run("keys", "create", "agent", "--scope", "review", "--json").line
    listed = {line["id"]: line for line in run("keys", "list", "--json").lines}
    assert (listed[made["id"]]["roles"], listed[made["id"]]["scopes"]) == (
        ["reviewer"],
        ["history", "review", "verify"],
    )
    assert listed[other["id"]]["roles"] == []
    (row,) = [line for line in run("keys", "list").out.splitlines() if made["id"] in line]
    assert "reviewer" in row and "history review verify" in row


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--role", "surgeon"], "expected roles of registrar"), ([], "expected --role or --scope, found neither")],
)
def test_a_key_for_an_unknown_role_or_for_nothing_is_refused(run: Any, options: list[str], words: str) -> None:
    ran = run("keys", "create", "a", *options)
    assert ran.code == 2
    assert words in ran.err


def test_whoami_without_a_server_is_whoever_reads_the_folder(run: Any, registered: dict[str, Any]) -> None:
    line = run("whoami", "--json").line
    assert (line["signed_in_by"], line["roles"]) == ("folder", ["admin"])
    assert line["name"] == str(registered["folder"])
    assert "admin" in run("whoami").out


def test_every_list_of_scopes_and_roles_says_the_same() -> None:
    assert set(auth.SCOPES) == set(keys.SCOPES) == set(Scope.__args__) == {*scopes_of(ROLES), "admin"}  # type: ignore[attr-defined]
    assert set(ROLES) == set(keys.ROLES) == set(Role.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", ROLES)
def test_the_scopes_of_a_role_amount_to_that_role(role: str) -> None:
    assert role in roles_of(scopes_of([role]))


def test_a_scope_short_of_a_role_is_not_that_role() -> None:
    assert roles_of(["verify", "history"]) == ()
    assert roles_of(["admin", "verify", "audit", "history"]) == ("admin",)


@pytest.mark.parametrize(("scopes", "may"), [([], False), (["history"], False), (["audit"], True), (["admin"], True)])
def test_a_session_may_what_its_scopes_say(scopes: list[str], may: bool) -> None:
    found = Session(id="1", name="a", signed_in_by="api-key", roles=[], scopes=scopes)
    assert found.may("audit") is may
    assert found.may()
    assert json.loads(found.model_dump_json())["scopes"] == scopes
