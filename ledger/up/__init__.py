"""``medseal up``: chain, API, worker and dashboard as children of one small supervisor, on this machine only."""

from __future__ import annotations

from ledger.up.supervisor import run

__all__ = ["run"]
