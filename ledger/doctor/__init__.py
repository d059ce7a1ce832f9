"""``medseal doctor``: is everything here that a ledger needs? It reads, and makes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ledger.doctor.chain import chain
from ledger.doctor.data import database, folder, keys
from ledger.doctor.finding import Finding
from ledger.doctor.installation import decoders, detector, versions
from ledger.doctor.issuer import issuer
from ledger.doctor.senders import senders
from ledger.doctor.server import server
from ledger.errors import LedgerError
from ledger.settings import Settings

__all__ = ["Finding", "examine"]


def examine(settings: Settings) -> list[Finding]:
    """Findings on Python, decoders, detector, folder, keys, database, anchoring, chain, contract, sender, server,
    DICOM senders and OpenID provider.

    A data folder that is not there yet is fine: the first command makes it.
    """
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        versions,
        decoders,
        detector,
        folder,
        keys,
        database,
        chain,
        server,
        senders,
        issuer,
    )
    findings = []
    for check in checks:
        try:
            findings += list(check(settings))
        except LedgerError as error:
            findings.append(Finding(check.__name__, False, f"{error} ({error.code})", error.advice))
        except OSError as error:
            advice = "Check the rights of the data folder and of what is in it."
            findings.append(Finding(check.__name__, False, str(error), advice))
    return findings
