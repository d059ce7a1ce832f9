"""What can be taken along: receipts, and verifications as JSON."""

from __future__ import annotations

import streamlit as st

from dashboard.session import client, may
from ledger.schemas import Verification


def receipt_button(registration_id: str, place: int = 0) -> None:
    """A download of the receipt as it is at the click, since receipts grow proofs; it is not fetched before.

    ``place`` tells buttons for one registration apart. Nothing for those who may not have receipts.
    """
    if not may("register", "history"):
        return
    ledger = client()
    st.download_button(
        "Receipt",
        lambda: ledger.receipt(registration_id),
        f"{registration_id}.receipt.json",
        "application/json",
        key=f"receipt.{place}.{registration_id}",
        on_click="ignore",
        icon=":material/receipt_long:",
    )


def verification_json(verification: Verification) -> str:
    """The verification as a file to take along, without the pictures, which are many times its size."""
    return verification.model_dump_json(indent=2, exclude={"detection": {"pictures"}, "change": {"mask_png"}})
