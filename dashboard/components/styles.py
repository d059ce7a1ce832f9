"""The styles of the pages about the ledger itself, beside those of every page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_SHEET = Path(__file__).parents[1] / "assets" / "operations.css"


@cache
def operations_styles() -> str:
    """The style element for history, audit and hospital."""
    return f"<style>{_SHEET.read_text()}</style>"
