"""The one place where pages get their client from, and where its errors become words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard import access
from dashboard.components.notice import Notice, notice_of, show_notice
from ledger.client import Client
from ledger.errors import LedgerError

_DEFAULT_SERVER = "http://127.0.0.1:8420"


def server() -> str:
    """The API's URL: MEDSEAL_SERVER, or the one that ``medseal up`` serves at."""
    return os.environ.get("MEDSEAL_SERVER") or _DEFAULT_SERVER


def client() -> Client:
    """The client of whoever looks at this page; it carries their key or token and no other person's."""
    own = access.own_credential()
    if own is None:
        return _client(server(), access.common_key())
    return access.own_client(server(), own)


@st.cache_resource(show_spinner=False, max_entries=4)
def _client(url: str, key: str | None) -> Client:
    """Shared by all sessions of this process, so only ever for the key of the environment."""
    return Client(url, key)


def may(*scopes: str) -> bool:
    """Whether whoever looks at this page has any of ``scopes``; also while that is not known: the API decides."""
    session = access.standing(client()).session
    return session is None or session.may(*scopes)


def explain(error: LedgerError) -> Notice:
    """An error of the client in this dashboard's words."""
    return notice_of(error, has_key=bool(access.own_credential() or access.common_key()))


@contextmanager
def told() -> Iterator[None]:
    """Inside, a LedgerError is shown as a notice where the page stands, and the rest of the block is left out."""
    try:
        yield
    except LedgerError as error:
        access.heed(error)
        show_notice(explain(error))
