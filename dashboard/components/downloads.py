"""What can be taken along: receipts, and verifications as JSON; and words where a file cannot be made at the click."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue

import streamlit as st

from dashboard import access
from dashboard.components.markup import plain
from dashboard.components.notice import Notice, notice_of
from dashboard.session import client, may
from ledger.errors import LedgerError
from ledger.schemas import Verification

_TROUBLES = "downloads.troubles"
_EVERY = "2s"


def at_the_click(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """``make`` for a download button that runs it at the click, outside of the page; why it failed is said afterwards.

    Streamlit itself says only that the download failed: :func:`show_troubles` has the words.
    """
    troubles: SimpleQueue[Notice] = st.session_state.setdefault(_TROUBLES, SimpleQueue())
    has_key = bool(access.own_credential() or access.common_key())

    def made() -> bytes:
        try:
            return make()
        except LedgerError as error:
            troubles.put(notice_of(error, has_key=has_key))
            raise

    return made


def show_troubles() -> None:
    """Why downloads of this session failed, within two seconds; nothing is asked of the server for that."""
    if _TROUBLES in st.session_state:
        st.fragment(_say_troubles, run_every=_EVERY)()


def _say_troubles() -> None:
    troubles: SimpleQueue[Notice] | None = st.session_state.get(_TROUBLES)
    while troubles is not None and not troubles.empty():
        said = troubles.get()
        words = f"**{plain(said.title)}.** {plain(said.body.rstrip('.'))}. {plain(said.advice)}"
        st.toast(f"The file could not be made. {words}", icon=":material/error:", duration="infinite")


def receipt_button(registration_id: str, place: int = 0) -> None:
    """A download of the receipt as it is at the click, since receipts grow proofs; it is not fetched before.

    ``place`` tells buttons for one registration apart. Nothing for those who may not have receipts.
    """
    if not may("register", "history"):
        return
    ledger = client()
    st.download_button(
        "Receipt",
        at_the_click(lambda: ledger.receipt(registration_id)),
        f"{registration_id}.receipt.json",
        "application/json",
        key=f"receipt.{place}.{registration_id}",
        on_click="ignore",
        icon=":material/receipt_long:",
    )


def verification_json(verification: Verification) -> str:
    """The verification as a file to take along, without the pictures, which are many times its size."""
    return verification.model_dump_json(indent=2, exclude={"detection": {"pictures"}, "change": {"mask_png"}})
