"""The one place where pages get their client from, and where its errors become words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.components.notice import Notice, notice_of, show_notice
from ledger.client import Client
from ledger.errors import LedgerError

_DEFAULT_SERVER = "http://127.0.0.1:8420"


def server() -> str:
    """The API's URL: MEDSEAL_SERVER, or the one that ``medseal up`` serves at."""
    return os.environ.get("MEDSEAL_SERVER") or _DEFAULT_SERVER


def client() -> Client:
    """The client for the server and key of the environment, shared by all sessions of this process."""
    return _client(server(), os.environ.get("MEDSEAL_API_KEY") or None)


@st.cache_resource(show_spinner=False, max_entries=4)
def _client(url: str, key: str | None) -> Client:
    return Client(url, key)


def explain(error: LedgerError) -> Notice:
    """An error of the client in this dashboard's words."""
    return notice_of(error, has_key=bool(os.environ.get("MEDSEAL_API_KEY")))


@contextmanager
def told() -> Iterator[None]:
    """Inside, a LedgerError is shown as a notice where the page stands, and the rest of the block is left out."""
    try:
        yield
    except LedgerError as error:
        show_notice(explain(error))
