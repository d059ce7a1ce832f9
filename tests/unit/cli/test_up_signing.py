"""What medseal up gives the dashboard for its sign-in, and the settings behind it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from dashboard.launch import command
from ledger.settings import Settings
from ledger.up import signing

ISSUER: dict[str, Any] = {"oidc_issuer": "https://login.example.org/realm", "oidc_client_id": "medseal"}


def auth(tmp_path: Path, **settings: Any) -> dict[str, Any]:
    """The written section."""
    file = signing.write_secrets(Settings(**ISSUER | settings), tmp_path / "sign-in.toml", 8421)
    assert file is not None
    return dict(tomllib.loads(file.read_text())["auth"])


def test_a_dashboard_where_each_person_signs_in_gets_no_key() -> None:
    given = signing.environment(Settings(dashboard_sign_in="required"), "http://a", "ms_secret")
    assert given == {"MEDSEAL_SERVER": "http://a", "MEDSEAL_DASHBOARD_SIGN_IN": "required"}
    assert signing.environment(Settings(), "http://a", "ms_secret")["MEDSEAL_API_KEY"] == "ms_secret"


def test_the_dashboards_own_key_cannot_manage_keys() -> None:
    assert "admin" not in signing.DASHBOARD_SCOPES


def test_the_provider_is_written_for_streamlit_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    found = auth(tmp_path, oidc_client_secret=SecretStr('qu"ote\\ and \n line'))
    assert found["redirect_uri"] == "http://127.0.0.1:8421/oauth2callback"
    assert found["server_metadata_url"] == "https://login.example.org/realm/.well-known/openid-configuration"
    assert found["client_secret"] == 'qu"ote\\ and \n line'
    assert found["client_kwargs"] == {"scope": "openid profile email"}
    assert (tmp_path / "sign-in.toml").stat().st_mode & 0o777 == 0o600


def test_the_browsers_address_of_the_dashboard_is_where_the_provider_leads_back_to(tmp_path: Path) -> None:
    found = auth(tmp_path, dashboard_url="https://medseal.example.org/")
    assert found["redirect_uri"] == "https://medseal.example.org/oauth2callback"


@pytest.mark.parametrize(("audience", "token"), [(None, "id"), ("medseal", "id"), ("api://medseal", "access")])
def test_the_token_made_for_the_api_is_the_one_that_is_sent(tmp_path: Path, audience: str | None, token: str) -> None:
    assert auth(tmp_path, oidc_audience=audience)["expose_tokens"] == token


def test_cookies_of_an_earlier_start_are_worth_nothing(tmp_path: Path) -> None:
    assert auth(tmp_path)["cookie_secret"] != auth(tmp_path)["cookie_secret"]


def test_without_a_provider_no_secrets_of_an_earlier_start_are_left(tmp_path: Path) -> None:
    auth(tmp_path)
    assert signing.write_secrets(Settings(), tmp_path / "sign-in.toml", 8421) is None
    assert list(tmp_path.iterdir()) == []


def test_the_secrets_reach_streamlit_as_a_file_and_not_as_arguments(tmp_path: Path) -> None:
    assert command(1, tmp_path / "x.toml")[-2:] == ["--secrets.files", str(tmp_path / "x.toml")]
    assert "--secrets.files" not in command(1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": "http://login.example.org"},
        {"oidc_issuer": "http://127.0.0.1.example.org"},
        {"oidc_issuer": "login.example.org"},
        {"oidc_client_id": None},
        {"oidc_roles": {"x": "surgeon"}},
        {"dashboard_sign_in": "maybe"},
        {"dashboard_url": "medseal.example.org"},
        {"dashboard_url": "https://example.org/below/a/path"},
    ],
)
def test_a_provider_that_could_not_be_trusted_or_checked_is_refused(wrong: dict[str, Any]) -> None:
    assert Settings(**ISSUER).oidc_issuer
    with pytest.raises(ValidationError) as caught:
        Settings(**ISSUER | wrong)
    assert all(error["loc"] for error in caught.value.errors())


def test_which_claim_means_which_role_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDSEAL_OIDC_ROLES", '{"rad-review": "reviewer"}')
    assert Settings().oidc_roles == {"rad-review": "reviewer"}
