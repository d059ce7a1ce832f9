"""Settings from the environment (prefix ``MEDSEAL_``). Read at the edges, passed inwards as values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Role = Literal["registrar", "reviewer", "auditor", "admin"]


class Settings(BaseSettings):
    """Every setting with its default; the embedded parts are used where a URL is not given."""

    model_config = SettingsConfigDict(env_prefix="MEDSEAL_", extra="ignore")

    data: Path = Field(default=Path("data"), description="The folder that holds everything")
    server: str | None = Field(default=None, description="URL of a running API; commands then work through it")
    api_key: SecretStr | None = Field(default=None, description="API key that commands and the dashboard send")
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL URL; SQLite in the data folder if unset"
    )
    chain_url: str | None = Field(default=None, description="JSON-RPC URL of a node; the local testnet if unset")
    chain_timeout: float = Field(default=5.0, gt=0, description="Seconds the node has for an answer; 4 times, for work")
    sender_key_file: Path | None = Field(default=None, description="secp256k1 key of the registrar's sender")
    trace_key_file: Path | None = Field(
        default=None, description="32-byte key (or 64 hex digits) that encrypts stored fingerprints; plain if unset"
    )
    registrar_name: str = Field(default="Local Hospital", min_length=1, max_length=200)
    anchor_mode: Literal["register", "anchor"] = "register"
    batch_entries: int = Field(default=500, ge=1, le=5000, description="Entries that make a batch due")
    batch_seconds: float = Field(default=2.0, ge=0, description="Age of the oldest entry that makes a batch due")
    confirmations: int | None = Field(
        default=None, ge=1, description="Blocks to finality: 1 on the local testnet, else 12"
    )
    policy: Literal["clinical", "strict"] = "clinical"
    detector: str = Field(default="fusion", pattern=r"^[a-z0-9_]{1,40}$", description="Its method; none: not asked")
    detector_seconds: float = Field(default=20.0, gt=0, le=600, description="Seconds the detector has for an image")
    verification_log_days: int = Field(
        default=365, ge=0, le=3650, description="Days that is kept which key verified what; 0: not at all"
    )
    quiet_hours: float = Field(
        default=4.0, gt=0, le=1000, description="Hours of silence that may make a source count as gone quiet"
    )
    orthanc_user: str | None = Field(default=None, description="Whom medseal orthanc signs in as")
    orthanc_password: SecretStr | None = Field(default=None, description="That user's password")
    orthanc_ca: Path | None = Field(
        default=None, description="PEM file of the certificates that Orthanc's may be signed by; the system's if unset"
    )
    max_upload_mb: int = Field(default=512, ge=1)
    max_pixels: int = Field(default=100_000_000, ge=1, description="Rows times columns of one frame")
    max_frames: int = Field(default=10_000, ge=1)
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8420, ge=0, le=65535)
    dashboard_port: int = Field(default=8421, ge=0, le=65535)
    chain_port: int = Field(default=8545, ge=0, le=65535)
    dicom_host: str = Field(default="127.0.0.1", description="Where medseal listen listens; 0.0.0.0: everywhere")
    dicom_port: int = Field(default=11112, ge=0, le=65535)
    dicom_ae_title: str = Field(default="MEDSEAL", pattern=r"^[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?$")
    dicom_peers: str = Field(
        default="", description="Who may send, as AE@ADDRESS[:PORT] with spaces between; this machine alone if empty"
    )
    dicom_associations: int = Field(default=10, ge=1, le=200, description="Associations that may be open at once")
    dicom_memory_mb: int = Field(
        default=1024, ge=1, description="What all objects being received may hold together; one address half of it"
    )
    dicom_tls_certificate: Path | None = Field(default=None, description="PEM file; medseal listen then speaks TLS")
    dicom_tls_key: Path | None = Field(default=None, description="Its private key; in the same file if unset")
    dicom_tls_client_ca: Path | None = Field(
        default=None, description="PEM file; senders then need a certificate that one of these issued"
    )
    study_quiet_seconds: int = Field(
        default=0, ge=0, description="Seconds without a new instance after which a study is closed; 0: by command only"
    )
    dashboard_sign_in: Literal["optional", "required"] = Field(
        default="optional", description="required: the dashboard has no key of its own, each person signs in"
    )
    dashboard_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+/?$",
        description="The dashboard's address as browsers see it; http://127.0.0.1:PORT if unset",
    )
    oidc_audience: str | None = Field(default=None, description="The aud of its tokens; the client id if unset")
    oidc_roles_claim: str = Field(default="roles", min_length=1, description="The claim that holds a person's roles")
    oidc_roles: dict[str, Role] = Field(
        default={"registrar": "registrar", "reviewer": "reviewer", "auditor": "auditor", "admin": "admin"},
        description="Which value of that claim means which role, as JSON",
    )
    oidc_client_id: str | None = Field(default=None, description="The dashboard's client id at the provider")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Its secret")
    oidc_scopes: str = Field(default="openid profile email", description="What the dashboard asks the provider for")
    oidc_issuer: str | None = Field(default=None, description="URL of the OpenID provider; API keys alone if unset")

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer_secure(cls, value: str | None, others: ValidationInfo) -> str | None:
        if value is not None and not re.match(r"https://.|http://(127\.0\.0\.1|localhost|\[::1\])(:|/|$)", value):
            raise ValueError("expected an https:// address (http:// on this machine only)")
        if value is not None and not (others.data["oidc_audience"] or others.data["oidc_client_id"]):
            raise ValueError("expected MEDSEAL_OIDC_AUDIENCE or MEDSEAL_OIDC_CLIENT_ID beside it")
        return value

    @field_validator("database_url")
    @classmethod
    def _database_kind(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.match(r"(sqlite|postgresql(\+psycopg)?)://", value.get_secret_value()):
            raise ValueError("expected sqlite:///… or postgresql://…")
        return value
