"""Before the first image: what digests are made with is loaded and has run once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ledger.core.digests import digest_set
from ledger.core.digests.looks import Look
from ledger.errors import LedgerError


def warm(look: Look | None) -> None:
    """The first image that is captured waits no longer than those after it. Nothing was registered.

    The image that is looked at is one of those that pydicom packages; an installation without them is only slower.
    """
    from pydicom.data import get_testdata_file

    with suppress(LedgerError, OSError):
        path = get_testdata_file("CT_small.dcm", download=False)
        digest_set(Path(str(path)).read_bytes(), traced=True, look=look)
