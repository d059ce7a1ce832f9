"""How people sign in at the dashboard: what its process is given, and the file that Streamlit's own sign-in reads."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from ledger.settings import Settings

DASHBOARD_SCOPES = ("register", "verify", "history", "audit", "review")
"""What the dashboard's own key may do: all but manage keys."""


def environment(settings: Settings, server: str, key: str) -> dict[str, str]:
    """The dashboard's MEDSEAL_ variables. Where each person must sign in it gets no key at all."""
    common = {"MEDSEAL_SERVER": server, "MEDSEAL_DASHBOARD_SIGN_IN": settings.dashboard_sign_in}
    return common if settings.dashboard_sign_in == "required" else common | {"MEDSEAL_API_KEY": key}


def write_secrets(settings: Settings, file: Path, port: int) -> Path | None:
    """``file`` has the ``[auth]`` section for the settings' provider, readable by its owner alone.

    None, and no such file, when no provider is set or the dashboard has no client id there. The secret that signs the
    cookies is new each time: a restart signs everybody out.
    """
    file.unlink(missing_ok=True)
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(_toml(settings, port))
    return file


def _toml(settings: Settings, port: int) -> str:
    address = (settings.dashboard_url or f"http://127.0.0.1:{port}").rstrip("/")
    secret = settings.oidc_client_secret
    # the token whose audience is the API's: the identity token is made for the client, the access token for others
    token = "id" if settings.oidc_audience in (None, settings.oidc_client_id) else "access"
    values = {
        "redirect_uri": f"{address}/oauth2callback",
        "cookie_secret": secrets.token_urlsafe(32),
        "client_id": settings.oidc_client_id,
        "client_secret": secret.get_secret_value() if secret else "",
        "server_metadata_url": f"{(settings.oidc_issuer or '').rstrip('/')}/.well-known/openid-configuration",
        "expose_tokens": token,
    }
    lines = [f"{name} = {_text(str(value))}" for name, value in values.items()]
    return "\n".join(["[auth]", *lines, f"client_kwargs = {{ scope = {_text(settings.oidc_scopes)} }}", ""])


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(value, ensure_ascii=False)
