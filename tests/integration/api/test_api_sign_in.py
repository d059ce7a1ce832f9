"""People at the door of a real API, with tokens of a real issuer."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.service import Service
from ledger.settings import Settings

Ask = Callable[..., Any]


@pytest.fixture
def ask(ledger: Service, settings: Settings, provider: Any) -> Iterator[Ask]:
    """Asks a path with a bearer token, of an API that knows the provider."""
    own = settings.model_copy(update={"oidc_issuer": provider.url, "oidc_client_id": "medseal-dashboard"})
    with TestClient(create_app(ledger, own)) as client:

        def at(token: str, path: str = "/v1/session", method: str = "GET", **options: Any) -> Any:
            return client.request(method, path, headers={"Authorization": f"Bearer {token}".encode()}, **options)

        yield at


def refused(answer: Any, code: str, *words: str) -> bool:
    """A 401 with this code, these words, the header that RFC 6750 asks for, and nothing of a token."""
    problem = answer.json()
    said = all(word in problem["detail"] for word in words)
    header = answer.headers["www-authenticate"]
    assert "eyJ" not in answer.text
    return bool(answer.status_code == 401 and problem["code"] == code and said and 'error="invalid_token"' in header)


def test_a_person_is_named_with_roles_scopes_and_expiry(ask: Ask, provider: Any) -> None:
    answer = ask(provider.token(exp=int(time.time()) + 300)).json()
    assert (answer["name"], answer["signed_in_by"]) == ("Rita Reviewer", "oidc")
    assert (answer["roles"], answer["scopes"]) == (["reviewer"], ["verify", "history", "review"])
    assert answer["expires_at"].startswith("20")
    assert len(answer["id"]) == 32
    assert "r-17" not in json.dumps(answer)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_each_allowed_algorithm_is_accepted(ask: Ask, provider: Any, signing_key: Any, algorithm: str) -> None:
    provider.keys = [signing_key("its", algorithm)]
    assert ask(provider.token()).status_code == 200


@pytest.mark.parametrize(
    ("roles", "open_paths"),
    [
        (["registrar"], {"/v1/history"}),
        (["reviewer"], {"/v1/history"}),
        (["auditor"], {"/v1/history", "/v1/audits"}),
        (["admin"], {"/v1/history", "/v1/audits", "/v1/keys"}),
        (["physicist"], set()),
        ([], set()),
    ],
)
def test_a_role_opens_its_routes_and_no_others(ask: Ask, provider: Any, roles: list[str], open_paths: set[str]) -> None:
    token = provider.token(roles=roles)
    for path, method in (("/v1/history", "GET"), ("/v1/audits", "POST"), ("/v1/keys", "GET")):
        expected = 200 if path in open_paths else 403
        assert ask(token, path, method).status_code == expected, path


def test_an_expired_token_is_refused_as_expired(ask: Ask, provider: Any) -> None:
    assert refused(ask(provider.token(exp=int(time.time()) - 60)), "sign_in_expired", "expired")


def test_a_token_ends_while_it_is_in_use(ask: Ask, provider: Any) -> None:
    token = provider.token(exp=int(time.time()) - 8)  # within the leeway of ten seconds
    assert ask(token).status_code == 200
    time.sleep(3)
    assert refused(ask(token), "sign_in_expired")


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"aud": "another service"}, "another audience"),
        ({"iss": "https://somebody.else.example"}, "another issuer"),
        ({"nbf": int(time.time()) + 300}, "not valid yet"),
        ({"exp": None}, "lacks a required claim"),
        ({"sub": None}, "lacks a required claim"),
        ({"aud": None}, "lacks a required claim"),
        ({"iss": None}, "lacks a required claim"),
        ({"sub": ""}, "empty subject"),
        ({"padding": "x" * 17_000}, "more than 16 KiB"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(ask: Ask, provider: Any, claims: dict[str, Any], words: str) -> None:
    assert refused(ask(provider.token(**claims)), "sign_in_refused", words)


def test_an_unsigned_token_is_refused(ask: Ask, provider: Any) -> None:
    claims = jwt.decode(provider.token(), options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, "none", {"kid": "first"})
    assert refused(ask(unsigned), "sign_in_refused", "RS256, ES256, EdDSA")


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(ask: Ask, provider: Any) -> None:
    public = provider.keys[0].private.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    _, body, _ = provider.token().split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').rstrip(b"=").decode()
    made = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(made.sign(f"{header}.{body}".encode(), pem)).rstrip(b"=").decode()
    assert refused(ask(f"{header}.{body}.{signature}"), "sign_in_refused", "RS256, ES256, EdDSA")


def test_a_key_serves_its_own_algorithm_only(ask: Ask, provider: Any, signing_key: Any) -> None:
    other = signing_key("first", "ES256")
    assert refused(ask(provider.token(key=other)), "sign_in_refused", "algorithm is not that of its key")


def test_a_token_of_a_stranger_under_a_known_key_name_is_refused(ask: Ask, provider: Any, signing_key: Any) -> None:
    assert refused(ask(provider.token(key=signing_key("first"))), "sign_in_refused", "signature does not hold")


def test_a_token_of_an_unknown_key_is_refused(ask: Ask, provider: Any, signing_key: Any) -> None:
    assert refused(ask(provider.token(key=signing_key("unknown"))), "sign_in_refused", "does not have")


def test_a_changed_token_is_refused(ask: Ask, provider: Any) -> None:
    header, body, signature = provider.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    raised = base64.urlsafe_b64encode(json.dumps(claims | {"roles": ["admin"]}).encode()).rstrip(b"=").decode()
    assert refused(ask(f"{header}.{raised}.{signature}"), "sign_in_refused", "signature does not hold")


@pytest.mark.parametrize("text", ["x", "a.b.c", "eyJhbGciOiJSUzI1NiJ9..", "\u00e4", "."])
def test_what_is_no_token_is_refused(ask: Ask, text: str) -> None:
    assert ask(text).status_code == 401


def test_a_silent_issuer_is_an_outage_and_keys_go_on_working(
    ledger: Service, settings: Settings, provider: Any
) -> None:
    own = settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9", "oidc_audience": "x"})
    _, secret = ledger.keys.create("beside", ["history"])
    with TestClient(create_app(ledger, own)) as client:
        answer = client.get("/v1/session", headers={"Authorization": f"Bearer {provider.token()}"})
        assert (answer.status_code, answer.json()["code"]) == (503, "issuer_unreachable")
        assert client.get("/v1/session", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_without_an_issuer_no_token_is_read(api: TestClient, provider: Any) -> None:
    answer = api.get("/v1/session", headers={"Authorization": f"Bearer {provider.token()}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert provider.asked == []


@pytest.mark.parametrize(
    ("claim", "value", "roles"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["rad-review", "else"]}}, ["reviewer"]),
        ("https://x.example/roles", {"https://x.example/roles": "rad-review, rad-audit"}, ["reviewer", "auditor"]),
        ("groups", {"groups": [7, None, "rad-audit", "rad-audit"]}, ["auditor"]),
        ("groups", {"groups": {"rad-audit": True}}, []),
        ("groups", {}, []),
    ],
)
def test_roles_are_read_where_the_settings_say(
    ledger: Service, settings: Settings, provider: Any, claim: str, value: dict[str, Any], roles: list[str]
) -> None:
    names = {"rad-review": "reviewer", "rad-audit": "auditor"}
    own = settings.model_copy(
        update={
            "oidc_issuer": provider.url,
            "oidc_audience": "medseal-dashboard",
            "oidc_roles_claim": claim,
            "oidc_roles": names,
        }
    )
    with TestClient(create_app(ledger, own)) as client:
        token = provider.token(roles=None, **value)
        assert client.get("/v1/session", headers={"Authorization": f"Bearer {token}"}).json()["roles"] == roles


def test_a_name_is_one_printable_line(ask: Ask, provider: Any) -> None:
    answer = ask(provider.token(name="Rita\n\x1b[31m  <b>Reviewer" + "x" * 200)).json()
    assert answer["name"].startswith("Rita [31m <b>Reviewerx")
    assert len(answer["name"]) == 100


@pytest.mark.parametrize("blank", ["", " ", "\u200b\x00", "\ud800", None])
def test_a_name_that_shows_nothing_gives_way_to_the_next(ask: Ask, provider: Any, blank: str | None) -> None:
    assert ask(provider.token(name=blank, preferred_username="rita")).json()["name"] == "rita"


def test_who_has_no_name_that_shows_anything_goes_by_their_id(ask: Ask, provider: Any) -> None:
    answer = ask(provider.token(name=" ", sub="\u200b")).json()
    assert answer["name"] == answer["id"]


def test_two_people_of_one_name_are_told_apart_in_a_case(ask: Ask, provider: Any) -> None:
    said = [ask(provider.token(sub=sub), "/v1/cases", "POST", json={"title": "x"}).json() for sub in ("r-17", "r-18")]
    (first,), (second,) = (case["events"] for case in said)
    assert first["by"] == second["by"] == "Rita Reviewer"
    assert first["by_id"] == "person:" + ask(provider.token(sub="r-17")).json()["id"]
    assert first["by_id"] != second["by_id"]


def test_somebody_without_a_name_writes_into_a_case(ask: Ask, provider: Any) -> None:
    answer = ask(provider.token(name="\u200b", sub=" "), "/v1/cases", "POST", json={"title": "x"})
    assert answer.status_code == 201, answer.text
    (event,) = answer.json()["events"]
    assert event["by_id"] == f"person:{event['by']}"


def test_a_key_is_named_with_the_roles_that_its_scopes_amount_to(api: TestClient, ledger: Service) -> None:
    _, secret = ledger.keys.create("reading room", ["verify", "review", "history"])
    answer = api.get("/v1/session", headers={"Authorization": f"Bearer {secret}"}).json()
    assert (answer["name"], answer["signed_in_by"], answer["roles"]) == ("reading room", "api-key", ["reviewer"])
    assert answer["expires_at"] is None


def test_an_admin_may_all(api: TestClient, bearer: Callable[[str], dict[str, str]]) -> None:
    answer = api.get("/v1/session", headers=bearer("admin")).json()
    assert answer["roles"] == ["admin"]
    assert {"register", "verify", "history", "audit", "review", "admin"} == set(answer["scopes"])
