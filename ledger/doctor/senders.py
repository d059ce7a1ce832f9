"""Who may send images by DICOM."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.doctor.finding import Finding
from ledger.ingest.dicom.peers import Peers
from ledger.settings import Settings


def senders(settings: Settings) -> Iterator[Finding]:
    """Whether the list of senders can be read; nothing when there is none."""
    if settings.dicom_peers:
        Peers.parse(settings.dicom_peers)  # SettingsError names the word that is none
        yield Finding("DICOM senders", True, settings.dicom_peers)
