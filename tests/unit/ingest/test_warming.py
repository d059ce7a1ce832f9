"""What is loaded before the first image."""

from __future__ import annotations

from collections.abc import Callable

import pydicom.data
import pytest

from ledger.core.digests.looks import Planes, trace_of
from ledger.core.model import TraceRecord
from ledger.ingest.warming import warm


def test_whoever_looks_at_images_has_looked_at_one() -> None:
    seen: list[Planes] = []

    def look(planes: Planes) -> Callable[[], TraceRecord | None]:
        seen.append(planes)
        return lambda: trace_of(planes)

    warm(look)
    assert [planes.frames for planes in seen] == [1]


@pytest.mark.parametrize("path", [None, "/nowhere/CT_small.dcm"])
def test_without_the_packaged_image_nothing_fails(monkeypatch, path: str | None) -> None:
    monkeypatch.setattr(pydicom.data, "get_testdata_file", lambda *_, **__: path)
    warm(None)
