"""DICOM over TLS: with the settings' certificate, and with senders that must show theirs."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ledger.errors import SettingsError
from ledger.ingest.dicom.server import tls_context
from ledger.settings import Settings


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificate and key of the listener and of a sender; each is its own CA."""
    folder = tmp_path_factory.mktemp("tls")
    made: dict[str, Path] = {}
    for name in ("listener", "sender"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        made[name], made[name + "-key"] = folder / f"{name}.pem", folder / f"{name}.key"
        made[name].write_bytes(certificate.public_bytes(Encoding.PEM))
        made[name + "-key"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


@pytest.fixture
def secured(open_ward, files) -> Any:
    return open_ward(
        dicom_tls_certificate=files["listener"],
        dicom_tls_key=files["listener-key"],
        dicom_tls_client_ca=files["sender"],
    )


def trusting(files: dict[str, Path], *, own: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(files["listener"]))
    if own:
        context.load_cert_chain(files["sender"], files["sender-key"])
    return context


def test_a_sender_with_its_certificate_is_answered(secured, files) -> None:
    association = secured.scanner().open(tls_args=(trusting(files, own=True), "127.0.0.1"))
    assert association.is_established
    assert association.send_c_echo().Status == 0x0000
    association.release()


def test_a_sender_without_its_certificate_and_one_without_tls_are_not(secured, files) -> None:
    assert not secured.scanner().open(tls_args=(trusting(files, own=False), "127.0.0.1")).is_established
    assert not secured.scanner().open().is_established


def test_somebody_who_connects_and_says_nothing_keeps_nobody_waiting(secured, files) -> None:
    with socket.create_connection(("127.0.0.1", secured.port)):
        began = time.monotonic()
        association = secured.scanner().open(tls_args=(trusting(files, own=True), "127.0.0.1"))
        assert association.is_established
        assert time.monotonic() - began < 5
        association.release()


def test_settings_that_cannot_be_used_are_named(files, tmp_path) -> None:
    with pytest.raises(SettingsError, match="MEDSEAL_DICOM_TLS_CERTIFICATE"):
        tls_context(Settings(dicom_tls_key=files["sender-key"]))
    with pytest.raises(SettingsError, match="PEM"):
        tls_context(Settings(dicom_tls_certificate=files["listener"], dicom_tls_key=files["sender-key"]))
