"""Who looks at the pages: their key or token, kept for their session alone, and what the API says of it.

A key lies in the session's state in this process, never in an address or a cookie. A token of the issuer comes from
Streamlit's own sign-in (``st.login``), which does not mind when it ends: the API does, and says so.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from ledger.client import Client
from ledger.errors import LedgerError, NotAllowed
from ledger.schemas import Session

FRESH_SECONDS = 20.0
"""So long an answer to *who asks* is believed here; the API asks itself anew at each request."""
_KEY, _CLIENT, _STANDING, _LEFT = "access.key", "access.client", "access.standing", "access.left"
_CAME = "access.came"
_AWAY = 401


@dataclass(frozen=True)
class Standing:
    """What the API says of this session. Neither ``session`` nor ``refusal``: it gave no answer yet."""

    session: Session | None = None
    refusal: NotAllowed | None = None
    asked_at: float = float("-inf")
    credential: str | None = None


@dataclass(frozen=True)
class _Held:
    url: str
    credential: str
    client: Client


def sign_in_required() -> bool:
    """Whether each person has to sign in: MEDSEAL_DASHBOARD_SIGN_IN is ``required``."""
    return os.environ.get("MEDSEAL_DASHBOARD_SIGN_IN") == "required"


def common_key() -> str | None:
    """The key of the environment, for all who don't sign in; None when everybody must."""
    return None if sign_in_required() else os.environ.get("MEDSEAL_API_KEY") or None


def own_credential() -> str | None:
    """The key that this person entered, else the token that the issuer gave them, else None."""
    if st.session_state.get(_LEFT):
        return None
    return st.session_state.get(_KEY) or _token()


def signed_out() -> bool:
    """Whether there is nothing to ask with: nobody signed in and there is no common key, or somebody just left."""
    return own_credential() is None and (common_key() is None or bool(st.session_state.get(_LEFT)))


def left() -> bool:
    """Whether this person has just signed out."""
    return bool(st.session_state.get(_LEFT))


def by_issuer() -> bool:
    """Whether a sign-in at an issuer is set up (an ``[auth]`` section in the secrets that Streamlit reads)."""
    try:
        return "auth" in st.secrets
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return False


def without_token() -> bool:
    """Whether the issuer signed this person in, but gave this page no token to ask the API with."""
    return bool(st.user.get("is_logged_in")) and _token() is None


def _token() -> str | None:
    if not st.user.get("is_logged_in"):
        return None
    tokens = st.user.tokens.to_dict()
    return tokens.get("access") or tokens.get("id")


def sign_in(key: str) -> None:
    """From now on this session asks with ``key``; nothing of whoever was here before is left."""
    st.session_state.clear()
    st.session_state[_KEY] = key


def sign_out() -> None:
    """Nothing of this person is left in the session, and a page that asks who comes next takes all widgets away.

    Who signed in at the issuer is signed out there as well, where it offers that.
    """
    held: _Held | None = st.session_state.get(_CLIENT)
    if held is not None:
        held.client.close()
    st.session_state.clear()
    st.session_state[_LEFT] = True
    if st.user.get("is_logged_in"):
        st.logout()


def just_came() -> bool:
    """Whether this session begins with a sign-in at the issuer; true once."""
    came = _token() is not None and not st.session_state.get(_CAME)
    st.session_state[_CAME] = True
    return came


def stay() -> None:
    """After signing out: go on without signing in, with the common key."""
    st.session_state.pop(_LEFT, None)


def own_client(url: str, credential: str) -> Client:
    """The client of this session for its own key or token."""
    held: _Held | None = st.session_state.get(_CLIENT)
    if held is None or (held.url, held.credential) != (url, credential):
        held = _Held(url, credential, Client(url, credential))
        st.session_state[_CLIENT] = held
    return held.client


def standing(client: Client) -> Standing:
    """What the API says of this session; asked again when the answer is old, or when the sign-in ends meanwhile.

    While the API gives no answer it is what it said last of the same credential, or nothing.
    """
    credential = own_credential() or common_key()
    last: Standing | None = st.session_state.get(_STANDING)
    if last is None or last.credential != credential:
        last = Standing(credential=credential)
    if time.monotonic() - last.asked_at < FRESH_SECONDS and not _over(last.session):
        return last
    now = _asked(client, last)
    st.session_state[_STANDING] = now
    return now


def heed(error: LedgerError) -> None:
    """A key or token that the API just refused is asked about again, instead of believing the last answer."""
    if isinstance(error, NotAllowed) and error.status == _AWAY:
        st.session_state.pop(_STANDING, None)


def _asked(client: Client, last: Standing) -> Standing:
    at = time.monotonic()
    try:
        return Standing(client.session(), None, at, last.credential)
    except NotAllowed as error:
        return Standing(None, error, at, last.credential)
    except LedgerError:
        return Standing(last.session, last.refusal, at, last.credential)


def _over(session: Session | None) -> bool:
    return session is not None and session.expires_at is not None and session.expires_at <= datetime.now(UTC)
