"""Who is asked, and how: addresses, passwords, certificates, and servers that are no Orthanc."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from archive import PASSWORD, USER, slice_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from relay import relay

from ledger.errors import InputError, NotAllowed, OutageError
from ledger.ingest.orthanc import Orthanc, checked_url


@pytest.mark.needs_orthanc
def test_a_wrong_password_is_no_outage(orthanc: Any) -> None:
    archive = orthanc()
    with Orthanc(archive.url, user=USER, password="wrong") as asked, pytest.raises(NotAllowed) as caught:
        asked.changes(0)
    assert caught.value.code == "orthanc_refused"
    assert PASSWORD not in str(caught.value)


def test_what_is_no_orthanc_is_named(url: str) -> None:
    with Orthanc(url) as asked, pytest.raises(OutageError) as caught:
        asked.newest_change()
    assert caught.value.code == "orthanc_unexpected"


def test_a_password_in_the_address_is_refused_without_repeating_it() -> None:
    for bad in ("http://u:secret@127.0.0.1:8042", "127.0.0.1:8042", "ftp://x", ""):
        with pytest.raises(InputError) as caught:
            checked_url(bad)
        assert "secret" not in str(caught.value)
    assert checked_url("https://orthanc.example/pacs/") == "https://orthanc.example/pacs"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A PEM file of a key and a certificate for 127.0.0.1 that nobody else has signed."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "orthanc")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "orthanc.pem"
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.mark.needs_orthanc
def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_that_is_named_is_accepted(
    orthanc: Any, certificate: Path
) -> None:
    """TLS ends before Orthanc, as behind a hospital's proxy; Debian's own Orthanc 1.10.1 crashes when it speaks TLS."""
    archive = orthanc()
    archive.put(slice_of(40_000))
    with relay(archive.http_port, certificate) as way:
        address = f"https://127.0.0.1:{way.port}"
        with Orthanc(address, user=USER, password=PASSWORD) as asked, pytest.raises(OutageError) as caught:
            asked.newest_change()
        assert caught.value.code == "orthanc_unreachable" and "MEDSEAL_ORTHANC_CA" in caught.value.advice
        assert b"GET" not in way.sent and PASSWORD.encode() not in way.sent
        with Orthanc(address, user=USER, password=PASSWORD, trusted=certificate) as asked:
            assert asked.newest_change() > 0


def test_a_file_of_certificates_that_has_none_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        with pytest.raises(InputError) as caught:
            Orthanc("https://127.0.0.1:1", trusted=path)
        assert caught.value.code == "unusable_file"
        (tmp_path / "empty.pem").write_text("no certificate")
