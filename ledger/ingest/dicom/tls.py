"""TLS of the listener and of its reports (DICOM PS3.15 annex B)."""

from __future__ import annotations

import ssl

from ledger.errors import SettingsError
from ledger.settings import Settings


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """TLS 1.2 or newer with the settings' certificate; a client CA makes senders show theirs. None without one."""
    return _context(settings, ssl.PROTOCOL_TLS_SERVER)


def report_context(settings: Settings) -> ssl.SSLContext | None:
    """The same for associations to senders: they see the same certificate, and a client CA makes them show theirs.

    No name is looked for in it: senders are entered by address, which certificates of devices rarely name. Without a
    client CA what is sent is encrypted and the receiver unproven, as senders are then.
    """
    return _context(settings, ssl.PROTOCOL_TLS_CLIENT)


def _context(settings: Settings, protocol: int) -> ssl.SSLContext | None:
    if settings.dicom_tls_certificate is None:
        if settings.dicom_tls_key or settings.dicom_tls_client_ca:
            raise SettingsError("expected MEDSEAL_DICOM_TLS_CERTIFICATE beside the other TLS settings, found none")
        return None
    context = ssl.SSLContext(protocol)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.dicom_tls_certificate, settings.dicom_tls_key)
        if settings.dicom_tls_client_ca is not None:
            context.load_verify_locations(settings.dicom_tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"expected PEM files in MEDSEAL_DICOM_TLS_CERTIFICATE, _KEY and _CLIENT_CA, found {reason_of(error)}",
            advice="Check the three files and that the key belongs to the certificate.",
        ) from error
    return context


def reason_of(error: Exception) -> str:
    """What went wrong, in a word that quotes nothing."""
    return str(getattr(error, "reason", None) or type(error).__name__)
