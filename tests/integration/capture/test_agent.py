"""The site agent: digests leave the machine, the image does not. Counted on the wire."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from archive import slice_of
from pydicom.data import get_testdata_file
from relay import relay
from typer.testing import CliRunner

from ledger.cli.app import app
from ledger.core.images import Limits
from ledger.ingest.feed import digests_only
from ledger.schemas import DigestRegistration
from ledger.service import Service

_NUMBERS = itertools.count(90_000)


def test_the_image_never_leaves_the_machine(
    url: str, register_key: str, ledger: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    images = [slice_of(next(_NUMBERS), patient="Mustermann^Erika") for _ in range(3)]
    for number, data in enumerate(images):
        (folder / f"Mustermann {number}.dcm").write_bytes(data)
    monkeypatch.setenv("MEDSEAL_API_KEY", register_key)
    with relay(urlsplit(url).port or 0) as way:
        words = [
            "agent",
            str(folder),
            "--server",
            f"http://127.0.0.1:{way.port}",
            "--data",
            str(tmp_path / "data"),
            "--once",
            "--settle",
            "0.2",
        ]
        result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert all(ledger.verify(data).verdict == "authentic" for data in images)
    total, sent = sum(map(len, images)), bytes(way.sent)
    assert 0 < len(sent) < 3000 * len(images) < total / 10
    assert b"Mustermann" not in sent
    for data in images:  # no piece of any image, not even of 16 bytes of its pixels
        pixels = data[-32768:]
        assert not any(pixels[at : at + 16] in sent for at in range(0, len(pixels), 16))


def test_an_agent_without_a_server_says_what_it_needs(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["agent", str(tmp_path), "--data", str(tmp_path / "data")])
    assert result.exit_code == 2
    assert "MEDSEAL_SERVER" in result.output


def test_nothing_that_shows_how_the_image_looks_is_sent() -> None:
    asked: list[DigestRegistration] = []

    class Server:
        def register_digests(self, images: list[DigestRegistration]) -> list[Any]:
            asked.extend(images)
            return [SimpleNamespace(registration_id="0", created=True)]

    server: Any = Server()
    digests_only(server, Limits())(slice_of(next(_NUMBERS)))
    digests_only(server, Limits())(Path(str(get_testdata_file("test-SR.dcm"))).read_bytes())
    assert [sorted(one.digests) for one in asked] == [["dataset/1", "file/1", "pixel/1", "tile/1"], ["file/1"]]
    assert all(one.instance and one.study for one in asked)


def test_a_listener_with_a_key_that_will_not_do_says_so_before_it_listens(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDSEAL_API_KEY", "ms_0123456789abcdef_wrong")
    words = ["listen", "--server", url, "--port", "0", "--data", str(tmp_path / "data")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "listens on" not in result.output and "key" in result.output
