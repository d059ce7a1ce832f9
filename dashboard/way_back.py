"""Where a person was before they went to their organisation's sign-in, which leads back to the first page alone.

Kept in this process for ten minutes, under a hash of the cookie by which Streamlit tells browsers apart, and given out
once. Only names of pages and their query are kept, so that nothing outside can be led to.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle

import streamlit as st

KEPT_SECONDS = 600.0
_MOST = 1000
_COOKIE = "_streamlit_xsrf"
_REFUSED = "way_back.refused"


@dataclass(frozen=True)
class Spot:
    """A page by the name of its place, and its query."""

    page: str
    query: Mapping[str, str]


class Ways:
    """Spots by browser."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Spot]] = {}

    def keep(self, browser: str, spot: Spot) -> None:
        """``browser`` finds ``spot`` again, once; of too many the oldest is forgotten."""
        with self._lock:
            self._kept.pop(browser, None)
            if len(self._kept) >= _MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[browser] = (self._now() + KEPT_SECONDS, spot)

    def take(self, browser: str) -> Spot | None:
        """The spot that was kept for ``browser``, if that is not long ago; it is kept no more."""
        with self._lock:
            until, spot = self._kept.pop(browser, (0.0, None))
        return spot if self._now() < until else None


_WAYS = Ways()


def keep(page: str) -> None:
    """This browser finds ``page`` with its present query again after its sign-in."""
    browser = _browser()
    if browser is not None:
        _WAYS.keep(browser, Spot(page, st.query_params.to_dict()))


def take() -> Spot | None:
    """Where this browser was before its sign-in."""
    browser = _browser()
    return _WAYS.take(browser) if browser is not None else None


def refused(page: str | None) -> None:
    """This session was refused ``page`` with its present query, and may sign in as somebody else for it; None: it saw
    another page since."""
    if page is None:
        st.session_state.pop(_REFUSED, None)
    else:
        st.session_state[_REFUSED] = Spot(page, st.query_params.to_dict())


def last_refused() -> Spot | None:
    """The page that this session was refused last, if it has seen no other since."""
    found: Spot | None = st.session_state.get(_REFUSED)
    return found


def browser_of(cookie: str) -> str:
    """A name for the browser that sends this cookie (``2|mask|masked token|time``): the token without its mask.

    The mask is new with each page, the token is not. What has another form stands for itself.
    """
    token = cookie.encode()
    parts = cookie.strip('"').split("|")
    if len(parts) == 4 and parts[0] == "2":
        with suppress(ValueError):
            mask, masked = bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
            token = bytes(one ^ other for one, other in zip(masked, cycle(mask), strict=False)) or token
    return hashlib.sha256(token).hexdigest()


def _browser() -> str | None:
    cookie = st.context.cookies.get(_COOKIE)
    return browser_of(cookie) if cookie else None
