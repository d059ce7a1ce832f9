"""Who may do what, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from ledger.api.auth import CACHE_SECONDS, SCOPES, Doorman
from ledger.api.problems import Unauthenticated

ID, REGISTRAR = "0d" * 16, "7c" * 32
ROUTES = [
    ("POST", "/v1/registrations", {"register"}),
    ("POST", "/v1/registrations/digests", {"register"}),
    ("GET", f"/v1/registrations/{ID}", {"register", "history"}),
    ("POST", f"/v1/registrations/{ID}/statements", {"register"}),
    ("POST", f"/v1/registrations/{ID}/derivations", {"register"}),
    ("GET", f"/v1/receipts/{ID}", {"register", "history"}),
    ("POST", "/v1/verifications", {"verify"}),
    ("POST", "/v1/verifications/digests", {"verify"}),
    ("POST", "/v1/reports", {"verify"}),
    ("GET", "/v1/history", {"history"}),
    ("GET", "/v1/history/export", {"history"}),
    ("GET", "/v1/registrars", set(SCOPES)),
    ("GET", f"/v1/registrars/{REGISTRAR}", set(SCOPES)),
    ("GET", "/v1/batches", {"history"}),
    ("GET", "/v1/session", set(SCOPES)),
    ("GET", "/v1/trust", set(SCOPES)),
    ("POST", "/v1/audits", {"audit"}),
    ("POST", "/v1/audits/runs", {"audit"}),
    ("GET", "/v1/audits/runs", {"audit"}),
    ("GET", "/v1/audits/runs/0000000000000001", {"audit"}),
    ("GET", "/v1/witness", {"audit"}),
    ("GET", "/v1/operations", {"history", "audit"}),
    ("GET", "/v1/chain/blocks/1", {"history", "audit"}),
    ("GET", f"/v1/chain/transactions/0x{'00' * 32}", {"history", "audit"}),
    ("GET", f"/v1/registrations/{ID}/verifications", {"history", "audit"}),
    ("POST", "/v1/cases", {"review"}),
    ("GET", "/v1/cases", {"review", "audit"}),
    ("GET", f"/v1/cases/{ID}", {"review", "audit"}),
    ("POST", f"/v1/cases/{ID}/events", {"review"}),
    ("POST", "/v1/dicomweb/studies", {"register"}),
    ("POST", "/v1/dicomweb/studies/1.2.3", {"register"}),
    ("POST", "/v1/studies/closes", {"register"}),
    ("POST", "/v1/studies/instances", {"register"}),
    ("POST", "/v1/studies/verifications", {"verify"}),
    ("POST", "/v1/examinations", {"verify"}),
    ("POST", "/v1/examinations/digests", {"history", "register"}),
    ("GET", "/v1/examinations/methods", {"verify"}),
    ("GET", "/v1/sources", {"history", "audit"}),
    ("POST", "/v1/sources/counts", {"register"}),
    ("DELETE", "/v1/sources?name=CT", set()),
    ("POST", "/v1/rebuilds", set()),
    ("POST", "/v1/keys", set()),
    ("GET", "/v1/keys", set()),
    ("DELETE", "/v1/keys/0000000000000001", set()),
]


@pytest.mark.parametrize(("method", "path", "scopes"), ROUTES)
def test_a_route_answers_nobody_without_a_key(serve, scripted, method, path, scopes) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer ms_nobody"}):
        response = serve().request(method, path, headers=headers)
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert scripted.calls == []


@pytest.mark.parametrize(("method", "path", "scopes"), ROUTES)
def test_a_route_names_the_scope_that_a_key_lacks(serve, scripted, bearer, method, path, scopes) -> None:
    for wrong in set(SCOPES) - scopes - {"admin"}:
        response = serve().request(method, path, headers=bearer(wrong))
        assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
        assert all(scope in response.json()["detail"] for scope in scopes or {"admin"})
        assert "insufficient_scope" in response.headers["www-authenticate"]
    assert scripted.calls == []


@pytest.mark.parametrize(("method", "path", "scopes"), ROUTES)
def test_a_key_with_the_scope_or_an_admin_passes(serve, bearer, method, path, scopes) -> None:
    for right in scopes | {"admin"}:
        response = serve().request(method, path, headers=bearer(right))
        assert response.status_code not in (401, 403)


def test_the_table_above_has_every_route(serve) -> None:
    found = {
        (method, context.path)
        for context in iter_route_contexts(serve().app.routes)
        if isinstance(context.original_route, APIRoute) and context.path.startswith("/v1")
        for method in context.methods
    }
    assert len(found) == len(ROUTES)


def test_the_key_is_checked_before_the_body_is_read(serve, scripted, bearer) -> None:
    read: list[bytes] = []

    def body() -> Any:
        read.append(b"x")
        yield b"not multipart at all"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert serve().post("/v1/registrations", content=body(), headers=headers).status_code == 401
    assert serve().post("/v1/registrations", content=body(), headers=headers | bearer("verify")).status_code == 403
    assert serve().post("/v1/registrations", content=body(), headers=headers | bearer("register")).status_code == 400


def test_health_and_docs_need_no_key(serve) -> None:
    for path in ("/health", "/ready", "/docs", "/openapi.json"):
        assert serve().get(path).status_code == 200


def test_a_key_revoked_here_stops_at_once(serve, scripted, bearer) -> None:
    client = serve()
    assert client.get("/v1/keys", headers=bearer("admin")).status_code == 200
    scripted.script["registrars"] = []
    assert client.get("/v1/registrars", headers=bearer("verify")).status_code == 200
    key_id = scripted.keys.rows["ms_verify"].id
    assert client.delete(f"/v1/keys/{key_id}", headers=bearer("admin")).status_code == 204
    assert client.get("/v1/registrars", headers=bearer("verify")).status_code == 401


def test_a_key_revoked_elsewhere_stops_within_five_seconds(scripted) -> None:
    now = 100.0
    doorman = Doorman(scripted.keys, lambda: now)
    asyncio.run(doorman.recognise("Bearer ms_verify"))
    scripted.keys.revoke(scripted.keys.rows["ms_verify"].id)
    assert asyncio.run(doorman.recognise("Bearer ms_verify")).label == "verify"
    now += CACHE_SECONDS
    assert CACHE_SECONDS <= 5
    with pytest.raises(Unauthenticated):
        asyncio.run(doorman.recognise("Bearer ms_verify"))


def test_a_known_key_is_not_looked_up_for_every_request(scripted) -> None:
    doorman = Doorman(scripted.keys)
    for _ in range(20):
        asyncio.run(doorman.recognise("bearer  ms_verify"))
    assert scripted.keys.asked == 1
