"""Empty states and errors: what happened, what was expected and found, and the next step, in words of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard.components.icons import icon
from dashboard.components.markup import text
from ledger.errors import InputError, LedgerError, NotAllowed, OutageError


@dataclass(frozen=True)
class Notice:
    """A message: title, what was found, the next step, an icon and a tone; ``code`` is for those who report it."""

    title: str
    body: str
    advice: str
    icon: str = "file"
    tone: str = "mute"
    code: str = ""


_FORBIDDEN = 403
_HUNG = "The chain takes questions and does not answer them: undetermined, not unregistered"

# By the error's stable code: title, icon, tone. What follows comes from the error itself.
_BY_CODE: Mapping[str, tuple[str, str, str]] = {
    "server_unreachable": ("The MedSeal server does not answer", "plug", "bad"),
    "server_timeout": ("The MedSeal server took too long", "hourglass", "open"),
    "unexpected_answer": ("That server does not speak as this MedSeal does", "plug", "bad"),
    "empty_file": ("This file is empty", "file", "warn"),
    "unreadable_image": ("This file cannot be read as an image", "file", "warn"),
    "unsupported_image": ("This kind of file is not read", "file", "warn"),
    "limit_exceeded": ("This file is too large", "scale", "warn"),
    "invalid_digest": ("That is not a digest", "file", "warn"),
    "not_found": ("Nothing is registered under that identifier", "inbox", "mute"),
    "conflict": ("The present state forbids this step", "ban", "warn"),
    "case_closed": ("The case is closed", "ban", "warn"),
    "case_open": ("The case is open already", "ban", "warn"),
    "case_moved": ("Somebody else wrote into the case meanwhile", "ban", "warn"),
    "invalid_case": ("This cannot be written into a case", "file", "warn"),
    "item_exists": ("The case has this file already", "file", "warn"),
    "unknown_item": ("The case has no such item", "inbox", "warn"),
    "chain_unreachable": ("The chain does not answer: undetermined, not unregistered", "chain", "open"),
    "chain_silent": (_HUNG, "hourglass", "open"),
    "chain_mismatch": ("The node answers for another chain: undetermined, not unregistered", "chain", "open"),
    "chain_rejected": ("The chain refused the transaction", "chain", "bad"),
    "store_unavailable": ("The ledger's database cannot be read or written", "inbox", "bad"),
    "issuer_unreachable": ("Who signs people in does not answer", "plug", "open"),
    "storage_full": ("The ledger has no space left", "scale", "bad"),
}


def notice_of(error: LedgerError, *, has_key: bool) -> Notice:
    """The words for an error that the client raised, with or without an API key."""
    if isinstance(error, NotAllowed):
        return _refused(error, has_key)
    if error.code in _BY_CODE:
        title, symbol, tone = _BY_CODE[error.code]
        return Notice(title, str(error), error.advice, symbol, tone, error.code)
    if isinstance(error, OutageError):
        return Notice("The ledger cannot answer now", str(error), error.advice, "plug", "bad", error.code)
    title = "This was not accepted" if isinstance(error, InputError) else "Something went wrong in the ledger"
    return Notice(title, str(error), error.advice, "file", "warn", error.code)


# A refusal by its code: title and next step (None: the error's own).
_REFUSED: Mapping[str, tuple[str, str | None]] = {
    "sign_in_expired": ("Your sign-in has expired", None),
    "sign_in_refused": ("The ledger does not accept this sign-in", None),
    "not_allowed": (
        "Your role does not allow this",
        "Ask an administrator for a role that has this scope, or sign in as somebody who has it.",
    ),
}


def _refused(error: NotAllowed, has_key: bool) -> Notice:
    if (has_key and error.status == _FORBIDDEN) or error.code.startswith("sign_in_"):
        title, advice = _REFUSED.get(error.code, _REFUSED["not_allowed"])
        return Notice(title, str(error), advice or error.advice, "key", "warn", error.code)
    if has_key:
        return Notice("The server refused this API key", str(error), error.advice, "key", "warn", error.code)
    advice = "Sign in, or set MEDSEAL_API_KEY to a key with the scopes register, verify and history for everybody."
    return Notice("The dashboard has no API key", str(error), advice, "key", "warn", error.code)


def notice_markup(notice: Notice) -> str:
    """A notice as markup; the code stands small at the end for those who report it."""
    code = f'<p class="ms-notice-code">code: {text(notice.code)}</p>' if notice.code else ""
    advice = f'<p class="ms-notice-next"><b>Next step.</b> {text(notice.advice)}</p>' if notice.advice else ""
    role = "status" if notice.tone == "mute" else "alert"
    return (
        f'<section class="ms-notice ms-{notice.tone}" role="{role}">{icon(notice.icon, 28)}<div>'
        f"<h3>{text(notice.title)}</h3><p>{text(notice.body)}</p>{advice}{code}</div></section>"
    )


def show_notice(notice: Notice) -> None:
    """Draw a notice where the page stands."""
    st.html(notice_markup(notice))
