"""DICOM over TLS: with the settings' certificate, and with senders that must show theirs."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pydicom
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from ledger.errors import SettingsError
from ledger.ingest.dicom.tls import tls_context
from ledger.settings import Settings


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificate and key of the listener, of a sender and of a stranger; each is its own CA."""
    folder = tmp_path_factory.mktemp("tls")
    made: dict[str, Path] = {}
    for name in ("listener", "sender", "stranger"):
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
    return open_ward(**settings_of(files))


def settings_of(files: dict[str, Path]) -> dict[str, Path]:
    return {
        "dicom_tls_certificate": files["listener"],
        "dicom_tls_key": files["listener-key"],
        "dicom_tls_client_ca": files["sender"],
    }


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


class Reported:
    """A sender that listens for reports with TLS, and wants to see the listener's certificate."""

    def __init__(self, files: dict[str, Path], own: str = "sender") -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(files["listener"]))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(files[own], files[f"{own}-key"])
        ae = AE(ae_title="CT1")
        ae.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
        handlers = [(evt.EVT_N_EVENT_REPORT, self._take)]
        self.came = threading.Event()
        self.server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers, ssl_context=context)
        self.port = self.server.server_address[1]

    def _take(self, event: evt.Event) -> tuple[int, None]:
        self.came.set()
        return 0x0000, None


@pytest.fixture
def report_to(files) -> Iterator[Any]:
    made: list[Reported] = []

    def make(own: str = "sender") -> Reported:
        made.append(Reported(files, own))
        return made[-1]

    yield make
    for one in made:
        one.server.shutdown()


def ask_for_commitment(ward: Any, files: dict[str, Path]) -> None:
    ae = AE(ae_title="CT1")
    ae.add_requested_context(StorageCommitmentPushModel)
    association = ae.associate(
        "127.0.0.1", ward.port, ae_title="MEDSEAL", tls_args=(trusting(files, own=True), "127.0.0.1")
    )
    item = pydicom.Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    asked = pydicom.Dataset()
    asked.TransactionUID, asked.ReferencedSOPSequence = "1.2.4", [item]
    status, _ = association.send_n_action(asked, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
    assert status.Status == 0x0000
    association.release()


def test_a_report_goes_by_tls_with_the_listeners_certificate(open_ward, files, report_to) -> None:
    sender = report_to()
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender.port}", **settings_of(files))
    ask_for_commitment(ward, files)
    assert sender.came.wait(10)


def test_a_report_goes_to_nobody_with_a_certificate_of_another_ca(open_ward, files, report_to) -> None:
    sender = report_to("stranger")
    ward = open_ward(dicom_peers=f"CT1@127.0.0.1:{sender.port}", **settings_of(files))
    ask_for_commitment(ward, files)
    deadline = time.monotonic() + 10
    while not ward.service.store.commitments()[0].attempts:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not sender.came.is_set()


def test_settings_that_cannot_be_used_are_named(files, tmp_path) -> None:
    with pytest.raises(SettingsError, match="MEDSEAL_DICOM_TLS_CERTIFICATE"):
        tls_context(Settings(dicom_tls_key=files["sender-key"]))
    with pytest.raises(SettingsError, match="PEM"):
        tls_context(Settings(dicom_tls_certificate=files["listener"], dicom_tls_key=files["sender-key"]))
