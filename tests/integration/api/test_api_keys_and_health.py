"""API keys, and what the service says of itself."""

from __future__ import annotations

import pytest


def test_a_key_is_made_used_listed_and_revoked(api, bearer) -> None:
    admin = bearer("admin")
    answer = api.post("/v1/keys", json={"label": "CT 3", "scopes": ["history"]}, headers=admin)
    made = answer.json()
    mine = {"Authorization": f"Bearer {made['secret']}"}
    assert answer.status_code == 201
    assert api.get("/v1/history", headers=mine).status_code == 200
    assert api.post("/v1/audits", headers=mine).status_code == 403
    listed = api.get("/v1/keys", headers=admin)
    assert made["secret"] not in listed.text
    assert {"id": made["id"], "label": "CT 3"}.items() <= next(
        one for one in listed.json() if one["id"] == made["id"]
    ).items()
    assert api.delete(f"/v1/keys/{made['id']}", headers=admin).status_code == 204
    assert api.get("/v1/history", headers=mine).status_code == 401
    unknown = api.delete(f"/v1/keys/{'0' * 16}", headers=admin)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("wrong", [{"label": ""}, {"scopes": []}, {"scopes": ["everything"]}, {"secret": "mine"}])
def test_a_key_for_nothing_is_refused(api, bearer, wrong) -> None:
    body = {"label": "x", "scopes": ["verify"]} | wrong
    answer = api.post("/v1/keys", json=body, headers=bearer("admin"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_health_names_no_parts_and_readiness_names_all(api) -> None:
    assert api.get("/health").json()["parts"] == {}
    ready = api.get("/ready")
    assert (ready.status_code, ready.json()["parts"]) == (200, {"database": "ok", "chain": "ok"})
