"""Blocks and transactions as the node has them now: links to them, dialogs, and the cards that a link opens."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import streamlit as st

from dashboard.components.markup import chip, code, counted, details, facts, heading, table, text, when
from dashboard.components.notice import Notice, show_notice
from dashboard.session import client, told
from ledger.schemas import Anchor
from ledger.schemas.operations import BlockInfo, EventInfo, TransactionInfo

_STATUS: Mapping[str, tuple[str, str, str]] = {
    "succeeded": ("succeeded", "good", "The block holds it, and the contract accepted it."),
    "failed": ("failed", "bad", "The block holds it, and the contract refused it: nothing of it counts."),
    "waiting": ("waiting", "open", "The node knows it; no block holds it yet."),
}
_GWEI = Decimal(10) ** 9
_HIGHEST = 2**53
_DIGITS = 16
_READING = "Asking the node for the block and its figures …"


def block_link(number: int | None, *, words: str = "block ") -> str:
    """A link to a block's live details on the history page; a dash when there is none."""
    return "–" if number is None else f'<a href="history?block={number}">{words}{number}</a>'


def transaction_link(tx_hash: str | None) -> str:
    """A link to a transaction's live details on the history page."""
    return "–" if not tx_hash else f'<a href="history?transaction={text(tx_hash)}">{code(tx_hash)}</a>'


def block_markup(found: BlockInfo) -> str:
    """A block as a card, its transactions linked."""
    used = 100 * found.gas_used / found.gas_limit if found.gas_limit else 0
    rows = [
        ("Number", f"<b>{found.number}</b> <small>{confirmations_words(found.confirmations)}</small>"),
        ("Time", text(when(found.time))),
        ("Hash", code(found.hash, whole=True)),
        ("Parent", f"{code(found.parent)} {block_link(found.number - 1) if found.number else 'the first block'}"),
        ("State root", code(found.state_root)),
        ("Gas", f"{found.gas_used:,} <small>of {found.gas_limit:,} allowed, {used:.1f} %</small>"),
        ("Base fee", _gwei(found.base_fee_wei)),
        ("Transactions", "<br>".join(transaction_link(one) for one in found.transactions) or "none"),
    ]
    return _card(f"Block {found.number}", "", facts(rows), when(found.read_at))


def transaction_markup(found: TransactionInfo) -> str:
    """A transaction as a card: who sent what to whom, what it cost, what the contract said."""
    label, tone, meaning = _STATUS[found.status]
    to = found.recipient or "none: it created a contract"
    rows = [
        ("Hash", code(found.hash, whole=True)),
        ("Block", f"{block_link(found.block_number)} <small>{text(when(found.block_time))}</small>"),
        ("Depth", text(confirmations_words(found.confirmations))),
        ("From", code(found.sender, whole=True)),
        ("To", code(to, whole=True) if found.recipient else text(to)),
        ("Call", _call(found)),
        ("Gas", "–" if found.gas_used is None else f"{found.gas_used:,} <small>of {found.gas_limit:,} offered</small>"),
        ("Gas price", _gwei(found.gas_price_wei)),
        ("Fee", f"{text(found.fee_ether)} ether" if found.fee_ether else "–"),
        ("Nonce", text(found.nonce)),
    ]
    return _card("Transaction", chip(label, tone, meaning), facts(rows) + _events(found), when(found.read_at))


def confirmations_words(count: int | None) -> str:
    """How deep a block lies, its own counted."""
    if count is None:
        return "in no block yet"
    return "the newest block" if count == 1 else f"{count} blocks deep, its own counted"


def _call(found: TransactionInfo) -> str:
    if found.call is None:
        return f"none of this ledger's contract <small>({found.payload_bytes:,} bytes of data)</small>"
    said = ", ".join(f"{name} {value}" for name, value in found.call.figures.items() if not _is_hash(value))
    return f"<b>{text(found.call.name)}</b> <small>{text(said)}</small>"


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and value.startswith("0x")


def _events(found: TransactionInfo) -> str:
    if not found.events:
        return ""
    more = (
        f", {found.events_total - len(found.events)} more not shown" if len(found.events) < found.events_total else ""
    )
    rows = ((one.name, _said(one)) for one in found.events)
    return details(
        f"{counted(found.events_total, 'event')} of the contract{more}", table(("Event", "Says"), rows), kind="open"
    )


def _said(event: EventInfo) -> str:
    return ", ".join(
        f"{name} {str(value)[:18] + '…' if _is_hash(value) else value}" for name, value in event.figures.items()
    )


def _gwei(wei: str | None) -> str:
    return "–" if wei is None else f"{Decimal(wei) / _GWEI:,.3f} gwei"


def _card(title: str, mark: str, body: str, read_at: str) -> str:
    foot = f'<p class="ms-note">Read from the node at {text(read_at)}, not from the hospital\'s records.</p>'
    head = f'<div class="ms-card-head"><h3>{text(title)}</h3><span>{mark}</span></div>'
    return f'<section class="ms-card">{head}{body}{foot}</section>'


def show_block(number: int) -> None:
    """The block as the node has it now, or why it cannot be shown."""
    with told(), st.spinner(_READING):
        st.html(block_markup(client().operations.block(number)))


def show_transaction(tx_hash: str) -> None:
    """The transaction as the node has it now, or why it cannot be shown."""
    with told(), st.spinner(_READING):
        st.html(transaction_markup(client().operations.transaction(tx_hash)))


@st.dialog("On the chain, now", width="large")
def _block_dialog(number: int) -> None:
    show_block(number)


@st.dialog("On the chain, now", width="large")
def _transaction_dialog(tx_hash: str) -> None:
    show_transaction(tx_hash)


def chain_buttons(anchor: Anchor | None, key: str) -> None:
    """Buttons that open block and transaction of an anchor, each read from the node at the click."""
    if anchor is None or not anchor.transaction:
        return
    with st.container(horizontal=True, key=f"chain.{key}"):
        if anchor.block_number is not None and st.button(
            f"Block {anchor.block_number}, live", icon=":material/deployed_code:", key=f"block.{key}"
        ):
            _block_dialog(anchor.block_number)
        if st.button("Transaction, live", icon=":material/receipt:", key=f"transaction.{key}"):
            _transaction_dialog(anchor.transaction)


def is_block(number: str) -> bool:
    """Whether this is a number that a block may have, in digits: up to 2^53, as the API takes them."""
    return number.isascii() and number.isdigit() and len(number) <= _DIGITS and int(number) <= _HIGHEST


def show_asked() -> bool:
    """What the address asks for with ``?block=`` or ``?transaction=``, with the way back; whether it asked for one."""
    number, tx_hash = st.query_params.get("block"), st.query_params.get("transaction")
    if number is None and tx_hash is None:
        return False
    st.html(heading("On the chain, now", "What the node answers at this moment about a block or a transaction."))
    if number is not None and is_block(number):
        show_block(int(number))
    elif tx_hash is not None:
        show_transaction(tx_hash.strip().lower())
    else:
        advice = "Follow a link from the history, or give a number: ?block=17."
        show_notice(
            Notice(
                "That is not a block",
                f"Expected the number of a block, found {str(number)[:40]!r}.",
                advice,
                "file",
                "warn",
            )
        )
    if st.button("Back to the history", icon=":material/arrow_back:"):
        st.query_params.clear()
        st.rerun()
    return True
