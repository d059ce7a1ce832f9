"""``medseal listen``: an SCP of storage, storage commitment and performed procedure steps."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from pynetdicom import evt

from ledger.committing import Commitments
from ledger.errors import SettingsError
from ledger.gateway import Gateway
from ledger.ingest.capture import capture_of
from ledger.ingest.counting import Counting
from ledger.ingest.dicom.commitment import Committing
from ledger.ingest.dicom.kept import Kept
from ledger.ingest.dicom.peers import Peers
from ledger.ingest.dicom.procedure import Procedures
from ledger.ingest.dicom.receiving import Budget, Receiving
from ledger.ingest.dicom.reporting import Reporting
from ledger.ingest.dicom.server import Server, application_entity
from ledger.ingest.dicom.storing import Storing
from ledger.ingest.dicom.tls import report_context, tls_context
from ledger.ingest.memory import memory_path

if TYPE_CHECKING:
    from ledger.settings import Settings

_log = structlog.get_logger("ledger.dicom")

_STOP_SECONDS = 30.0


class Listener:
    """A DICOM listener in this process. ``start``, then ``stop`` in any case."""

    def __init__(
        self,
        gateway: Gateway,
        settings: Settings,
        *,
        commitments: Commitments | None = None,
        counting: Counting | None = None,
    ) -> None:
        """``commitments`` None: the ledger is behind a server, and requests are kept in ``DATA/capture``."""
        peers = Peers.parse(settings.dicom_peers)
        self._settings = settings
        self._tls = tls_context(settings)
        self._ae = application_entity(settings)
        self._kept = Kept(memory_path(settings.data, "listen", settings.dicom_ae_title))
        commitments = commitments or Commitments(self._kept, gateway.studies.states, _now)
        receiving = Receiving(settings.max_upload_mb << 20, Budget(settings.dicom_memory_mb << 20))
        reporting = Reporting(settings.dicom_ae_title, peers, receiving, report_context(settings))
        self._committing = Committing(commitments, reporting)
        self._procedures = Procedures(gateway.studies, self._kept, settings.study_quiet_seconds)
        storing = Storing(capture_of(gateway, settings, counting), max(2, os.cpu_count() or 2))
        self._handlers: list[evt.EventHandlerType] = [
            (evt.EVT_C_ECHO, _on_echo),
            (evt.EVT_C_STORE, storing.on_store),
            (evt.EVT_PDU_RECV, receiving.on_pdu),
            (evt.EVT_N_ACTION, self._committing.on_action),
            (evt.EVT_N_CREATE, self._procedures.on_create),
            (evt.EVT_N_SET, self._procedures.on_set),
        ]
        self._peers = peers
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None  # noqa: S101  (started)
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Senders are answered from now on. SettingsError when the address or the port cannot be had."""
        settings = self._settings
        try:
            server = self._ae.make_server(
                (settings.dicom_host, settings.dicom_port),
                evt_handlers=self._handlers,
                server_class=Server,
                peers=self._peers,
                tls=self._tls,
                associations=settings.dicom_associations,
            )
        except OSError as error:
            raise SettingsError(
                f"expected to listen on {settings.dicom_host}, port {settings.dicom_port}; found {error.strerror}",
                advice="Choose another with --port or MEDSEAL_DICOM_HOST; ports below 1024 need rights.",
            ) from error
        self._ae._servers.append(server)
        assert isinstance(server, Server)  # noqa: S101  (what was asked for)
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="dicom", daemon=True)
        self._thread.start()
        self._committing.start()
        self._procedures.start()
        _log.info("listening", ae_title=settings.dicom_ae_title, port=self.port, tls=self._tls is not None)

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Nobody new is let in, associations that are open may finish for ``seconds``, then they are aborted."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.places.close()
        deadline = time.monotonic() + seconds
        while server.places.held() and time.monotonic() < deadline:
            time.sleep(0.05)
        for one in server.places.held():
            _log.warning("aborted", why="the association was still open when the listener stopped")
            one.abort()
        self._committing.stop()
        self._procedures.stop()
        self._kept.close()
        _log.info("stopped")


def _on_echo(_event: evt.Event) -> int:
    return 0x0000  # PS3.4 annex A, PS3.7 section 9.1.5


def _now() -> datetime:
    return datetime.now(UTC)


__all__ = ["Listener"]
