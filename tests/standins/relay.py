"""A way to a server that keeps what is sent to it, or speaks TLS before it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Relay:
    """Where to connect instead, and every byte that was sent there so far."""

    port: int
    sent: bytearray = field(default_factory=bytearray)


@contextmanager
def relay(port: int, certificate: Path | None = None) -> Iterator[Relay]:
    """A relay to ``port`` on this machine; with ``certificate`` (key and certificate in one PEM) it ends TLS."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    made = Relay(listener.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                asked, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_join, args=(asked, context, port, made.sent), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield made
    listener.close()


def _join(asked: socket.socket, context: ssl.SSLContext | None, port: int, sent: bytearray) -> None:
    with suppress(OSError):  # a refused certificate, a closed side
        inner = context.wrap_socket(asked, server_side=True) if context else asked
        answered = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=_pump, args=(answered, inner, None), daemon=True).start()
        _pump(inner, answered, sent)


def _pump(source: socket.socket, sink: socket.socket, kept: bytearray | None) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            if kept is not None:
                kept += piece
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
