"""The button that hands out a receipt."""

from __future__ import annotations

import streamlit as st

from dashboard.session import client


def receipt_button(registration_id: str, place: int = 0) -> None:
    """A download of the receipt as it is at the click, since receipts grow proofs; it is not fetched before.

    ``place`` tells buttons for one registration apart.
    """
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
