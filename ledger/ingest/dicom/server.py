"""The listening side: who is let in, how many at once, with TLS or without.

Source: DICOM PS3.8 section 9.3.4 (A-ASSOCIATE-RJ).
"""

from __future__ import annotations

import logging
import socket
import ssl
import sys
from typing import Any

import structlog
from pydicom import config as pydicom_config
from pynetdicom import AE, _config, evt
from pynetdicom.acse import ACSE
from pynetdicom.association import Association
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from ledger.ingest.dicom.messages import SERVICES, UNCOMPRESSED, only_in_their_context, whole_messages_only
from ledger.ingest.dicom.peers import Peers, shown_title
from ledger.ingest.dicom.places import Places
from ledger.ingest.dicom.receiving import read_exactly
from ledger.ingest.dicom.tls import reason_of
from ledger.ingest.dicom.waking import wake_by_events
from ledger.settings import Settings

_log = structlog.get_logger("ledger.dicom")

MOST_PDU = 1 << 18
HANDSHAKE_SECONDS = 10.0
"""For the TLS handshake, and again for the request for an association."""
PDU_SECONDS = 30.0
"""From the first byte of a PDU to its last; PDUs of 256 kB are asked for, so a connection of 9 kB a second will do."""
SILENT_SECONDS = 60.0
_NOT_RECOGNISED = (0x01, 0x01, 0x03)
"""PS3.8 table 9-21: rejected-permanent, by the service user, calling AE title not recognised."""
_CALLED_ANOTHER = (0x01, 0x01, 0x07)
"""Rejected-permanent, by the service user, called AE title not recognised."""
_LIMIT_EXCEEDED = (0x02, 0x03, 0x02)
"""Rejected-transient, by the service provider (presentation), local limit exceeded."""


class _Negotiation(ACSE):
    """Lets in whoever is on the list, by AE title and address together, while there is a place."""

    def __init__(self, assoc: Association, peers: Peers, places: Places) -> None:
        super().__init__(assoc)
        self._peers = peers
        self._places = places

    def _negotiate_as_acceptor(self) -> None:
        request: Any = self.requestor.primitive
        title, address = str(request.calling_ae_title).strip(), self.requestor.address
        if str(request.called_ae_title).strip() != self.acceptor.ae_title.strip():
            self._refuse(_CALLED_ANOTHER, "another AE title was called", called=shown_title(request.called_ae_title))
        elif self._peers.find(title, str(address)) is None:
            self._refuse(_NOT_RECOGNISED, "not in MEDSEAL_DICOM_PEERS")
        elif not self._places.take(self.assoc):
            self._refuse(_LIMIT_EXCEEDED, "too many associations")
        else:
            super()._negotiate_as_acceptor()

    def _refuse(self, reason: tuple[int, int, int], why: str, **facts: str) -> None:
        calling = shown_title(self.requestor.primitive.calling_ae_title)  # type: ignore[union-attr]
        _log.warning("refused", why=why, calling=calling, address=self.requestor.address, **facts)
        self.send_reject(*reason)
        evt.trigger(self.assoc, evt.EVT_REJECTED, {})
        self.assoc.kill()


class _Connection(RequestHandler):
    server: Server

    def _create_association(self) -> Association:
        assoc = super()._create_association()
        assoc.acse = _Negotiation(assoc, self.server.peers, self.server.places)

        def read(count: int) -> bytearray:
            return read_exactly(self.request, count, PDU_SECONDS if assoc.is_established else HANDSHAKE_SECONDS)

        assoc.dul.socket.recv = read  # type: ignore[union-attr,method-assign]
        wake_by_events(assoc)
        whole_messages_only(assoc)
        only_in_their_context(assoc)
        return assoc


class Server(ThreadedAssociationServer):
    """pynetdicom's server behind a list of addresses; a slow handshake keeps nobody else waiting."""

    daemon_threads = True
    request_queue_size = 64
    peers: Peers
    places: Places
    _tls: ssl.SSLContext | None

    def __init__(
        self, *arguments: Any, peers: Peers, tls: ssl.SSLContext | None, associations: int, **options: Any
    ) -> None:
        self.peers = peers
        self._tls = tls
        options["request_handler"] = _Connection
        super().__init__(*arguments, **options)
        self.places = Places(associations, self._connected)

    def _connected(self) -> list[Association]:
        # A thread outlives a connection that was closed before it asked for an association, by the negotiation's time.
        found = self.active_associations
        return [one for one in found if (sock := one.dul.socket) is not None and sock._is_connected]

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
        """Whether anybody on the list may be at this address, with few connections yet; nothing is read from others."""
        address = str(client_address[0])
        if not self.peers.knows_address(address):
            _log.warning("refused", why="address not in MEDSEAL_DICOM_PEERS", address=address)
            return False
        if not self.places.arrives(address):
            _log.warning("refused", why="too many connections of one address", address=address)
            return False
        return True

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: the TLS handshake, then the association."""
        try:
            self._begin(request, client_address)
        finally:
            self.places.has_arrived(str(client_address[0]))

    def _begin(self, request: Any, client_address: Any) -> None:
        request.settimeout(HANDSHAKE_SECONDS)
        if self._tls is not None:
            try:
                request = self._tls.wrap_socket(request, server_side=True)
            except (OSError, ssl.SSLError) as error:
                _log.warning("refused", why="TLS handshake failed", address=client_address[0], error=reason_of(error))
                request.close()
                return
        request.settimeout(SILENT_SECONDS)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().finish_request(request, client_address)


def application_entity(settings: Settings) -> AE:
    """The local AE: C-ECHO, all of storage, storage commitment and performed procedure steps.

    Unrestricted storage: every storage SOP class, public or private, in the transfer syntax that the sender names
    first, so that no sender has to transcode. The other services are uncompressed.
    """
    _config.UNRESTRICTED_STORAGE_SERVICE = True
    _config.LOG_HANDLER_LEVEL = "none"
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)  # its errors quote what was sent
    # pydicom's opinions on values quote them too; what a value is worth is judged by us.
    pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE
    pydicom_config.settings.writing_validation_mode = pydicom_config.IGNORE
    ae = AE(ae_title=settings.dicom_ae_title)
    ae.maximum_associations = sys.maxsize  # it would count connections; Places counts
    ae.maximum_pdu_size = MOST_PDU
    ae.acse_timeout = HANDSHAKE_SECONDS
    ae.dimse_timeout = 30
    ae.network_timeout = SILENT_SECONDS
    for service in SERVICES:
        ae.add_supported_context(service, UNCOMPRESSED)
    return ae
