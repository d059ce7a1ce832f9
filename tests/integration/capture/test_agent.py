"""The site agent: digests leave the machine, the image does not. Counted on the wire."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from archive import slice_of
from typer.testing import CliRunner

from ledger.cli.app import app
from ledger.service import Service

_NUMBERS = itertools.count(90_000)


@contextmanager
def counting(url: str) -> Iterator[tuple[str, bytearray]]:
    """A way to ``url`` that keeps every byte that is sent to it."""
    target = (urlsplit(url).hostname, urlsplit(url).port)
    sent = bytearray()
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket, kept: bytearray | None) -> None:
        while piece := source.recv(65536):
            if kept is not None:
                kept += piece
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while True:
            try:
                asked, _ = listener.accept()
            except OSError:
                return
            answered = socket.create_connection(target)
            threading.Thread(target=pump, args=(asked, answered, sent), daemon=True).start()
            threading.Thread(target=pump, args=(answered, asked, None), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", sent
    listener.close()


def test_the_image_never_leaves_the_machine(
    url: str, register_key: str, ledger: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    images = [slice_of(next(_NUMBERS), patient="Mustermann^Erika") for _ in range(3)]
    for number, data in enumerate(images):
        (folder / f"Mustermann {number}.dcm").write_bytes(data)
    monkeypatch.setenv("MEDSEAL_API_KEY", register_key)
    with counting(url) as (way, sent):
        words = ["agent", str(folder), "--server", way, "--data", str(tmp_path / "data"), "--once", "--settle", "0.2"]
        result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert all(ledger.verify(data).verdict == "authentic" for data in images)
    total = sum(map(len, images))
    assert 0 < len(sent) < 3000 * len(images) < total / 10
    assert b"Mustermann" not in sent
    for data in images:  # no piece of any image, not even of 16 bytes of its pixels
        pixels = data[-32768:]
        assert not any(pixels[at : at + 16] in sent for at in range(0, len(pixels), 16))


def test_an_agent_without_a_server_says_what_it_needs(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["agent", str(tmp_path), "--data", str(tmp_path / "data")])
    assert result.exit_code == 2
    assert "MEDSEAL_SERVER" in result.output
