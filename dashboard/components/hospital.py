"""How the ledger runs, as tiles and cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from dashboard.components.chain import block_link
from dashboard.components.heads import COMPARISONS
from dashboard.components.icons import icon
from dashboard.components.markup import chip, code, counted, details, facts, text, when
from dashboard.words import STATES, StateWords, state_words
from ledger.schemas.operations import BatchCost, LogStatus, OperationsStatus, Sender

WORKERS: Mapping[str, StateWords] = {
    "running": StateWords("Running", "A worker holds the data folder and nothing waits for long.", "good"),
    "late": StateWords(
        "Late", "Entries wait longer than they should: look at the chain and at blocked batches.", "warn"
    ),
    "absent": StateWords("Not running", "Nobody anchors from this data folder. Start it with medseal up.", "warn"),
    "unknown": StateWords("Not seen", "With a shared database the worker may run on another machine.", "open"),
}
_ON_CHAIN: Mapping[str, StateWords] = {
    "active": StateWords("active", "It may move its head.", "good"),
    "suspended": StateWords("suspended", "It may not move its head for now.", "warn"),
    "retired": StateWords("retired", "It may never move its head again.", "void"),
    "unknown": StateWords("not in the directory", "The contract does not know it.", "bad"),
}
_GWEI = Decimal(10) ** 9
_AGES = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def age(seconds: float | None) -> str:
    """A span in its largest unit: ``3 minutes``."""
    if seconds is None:
        return "–"
    for size, unit in _AGES:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count:,} {unit}{'s' if count != 1 else ''}"
    return "under a second"


def tiles_markup(status: OperationsStatus) -> str:
    """The four things to see first: entries, what waits, the worker, the chain."""
    return f'<div class="ms-tiles">{"".join(_tiles(status))}</div>'


def _tiles(status: OperationsStatus) -> Iterator[str]:
    entries, day = (sum(getattr(log, name) for log in status.logs) for name in ("log_size", "last_day"))
    yield _tile("inbox", "Entries", f"{entries:,}", f"{day:,} in the last 24 hours", "near")
    waits = [log.oldest_seconds for log in status.logs if log.oldest_seconds is not None]
    if waits:
        count = sum(_waiting(log) for log in status.logs)
        tone = "warn" if status.worker in ("late", "absent") else "open"
        yield _tile(
            "hourglass", "Oldest unanchored", age(max(waits)), f"{counted(count, 'entry')} in no block yet", tone
        )
    else:
        yield _tile("check", "Oldest unanchored", "None", "every entry is in a block", "good")
    worker = WORKERS[status.worker]
    yield _tile("clock", "Worker", worker.label, worker.meaning, worker.tone)
    chain = status.chain
    if chain.code is not None:
        yield _tile("plug", "Chain", "No answer", chain.code.replace("_", " "), "bad")
    else:
        yield _tile("chain", "Chain", f"Block {chain.height}", f"{age(chain.age_seconds)} old", "good")


def _tile(mark: str, label: str, value: str, note: str, tone: str) -> str:
    return (
        f'<div class="ms-tile ms-{tone}"><span>{icon(mark, 16)}{text(label)}</span><b>{text(value)}</b>'
        f"<small>{text(note)}</small></div>"
    )


def _waiting(log: LogStatus) -> int:
    return sum(count for state, count in log.states.items() if state not in ("anchored", "final"))


def queue_markup(log: LogStatus) -> str:
    """How many entries are in each state, as a bar and in words, and what is on its way."""
    states = [state for state in STATES if log.states.get(state)]
    bar = "".join(
        f'<i class="ms-{STATES[state].tone}" style="flex:{log.states[state]}" title="{text(state)}"></i>'
        for state in states
    )
    legend = "".join(_state_chip(state, log.states[state]) for state in states)
    oldest = (
        f'<a href="history?registration={log.oldest_id}">entry {log.oldest_index}</a>, for {age(log.oldest_seconds)}'
        if log.oldest_id
        else "none: every entry is in a block"
    )
    rows = [
        ("Oldest unanchored", oldest),
        ("Came in", f"{log.last_hour:,} in the last hour, {log.last_day:,} in the last 24 hours"),
        ("Newest entry", text(when(log.newest_entry))),
    ]
    return _card(f"Queue: {text(log.name)}", "", f'<div class="ms-bar">{bar}</div><div class="ms-legend">{legend}</div>'
                 f"{facts(rows)}{_unsettled(log)}")  # fmt: skip


def _state_chip(state: str, count: int) -> str:
    words = state_words(state)
    return chip(f"{count:,} {words.label}", words.tone, words.meaning)


def _unsettled(log: LogStatus) -> str:
    if not log.unsettled:
        return '<p class="ms-note">No batch is on its way.</p>'
    rows = "".join(
        f"<tr><td>{batch.anchor.sequence}</td><td>{batch.anchor.size - batch.first:,}</td><td>{text(batch.state)}</td>"
        f"<td>{block_link(batch.anchor.block_number)}</td><td>{text(batch.reason or '–')}</td></tr>"
        for batch in log.unsettled
    )
    return (
        '<div class="ms-scroll"><table class="ms-table"><thead><tr><th>Head</th><th>Entries</th><th>State</th>'
        f"<th>Block</th><th>Why it stands</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def registrar_markup(log: LogStatus) -> str:
    """A registrar with its keys: the one that signs receipts, and those that write to the chain."""
    known = _ON_CHAIN.get(log.status or "", StateWords("not asked", "The chain does not answer.", "open"))
    words = COMPARISONS[log.comparison]
    chips = chip(known.label, known.tone, known.meaning) + " " + chip(f"head: {words.label}", words.tone, words.meaning)
    rows = [
        ("Id", code(log.registrar)),
        ("In the directory", text(f"since {when(log.added_at)}" if log.added_at else "not known")),
        ("Signs receipts with", f"{code(log.public_key)} <small>Ed25519, since {text(when(log.created_at))}</small>"),
        *([("Compromised since", f"<b>{text(when(log.compromised_since))}</b>")] if log.compromised_since else []),
        ("Writes with", "<br>".join(_sender(one) for one in log.senders) or "not known"),
    ]
    return _card(text(log.name), chips, facts(rows) + details("How keys are rotated", _ROTATION))


_ROTATION = (
    '<p class="ms-note">A sender key is rotated with overlap: enter the new address'
    " (<code>medseal registrar add-sender</code>), set <code>MEDSEAL_SENDER_KEY_FILE</code> and restart the worker,"
    " then retire the old one (<code>medseal registrar retire-sender</code>). A retired address never writes again."
    " The signing key names the registrar; if it leaks, its date is entered with"
    " <code>medseal registrar compromised</code>.</p>"
)


def _sender(one: Sender) -> str:
    mark = chip("retired", "void") if one.retired_at else chip("in use", "good")
    ours = " <small>this ledger's</small>" if one.own else ""
    until = f" until {text(when(one.retired_at))}" if one.retired_at else ""
    return f"{code(one.address)} {mark}{ours}<br><small>since {text(when(one.added_at))}{until}</small>"


def chain_markup(status: OperationsStatus) -> str:
    """The chain's health as a card."""
    chain = status.chain
    if chain.code is not None:
        said = (
            f"The node does not answer ({chain.code.replace('_', ' ')}). Nothing is lost: entries wait, and"
            " verification says undetermined."
        )
        rows = [("Chain id", text(chain.chain_id)), ("Contract", code(chain.contract))]
        return _card("Chain", chip("no answer", "bad"), f"<p>{text(said)}</p>{facts(rows)}")
    pace = f"{chain.block_seconds:,.1f} s" if chain.block_seconds is not None else "–"
    rows = [
        ("Newest block", f"{block_link(chain.height)} <small>{text(when(chain.block_time))}</small>"),
        (
            "Age",
            f"{age(chain.age_seconds)} <small>the embedded chain makes blocks only when they are needed</small>",
        ),
        ("Between blocks", f"{pace} <small>mean of the newest ten</small>"),
        (
            "Finality",
            f"{counted(status.confirmations, 'block')}, the batch's own counted",
        ),
        ("Gas price", f"{Decimal(chain.gas_price_wei or 0) / _GWEI:,.3f} gwei"),
        ("Chain id", text(chain.chain_id)),
        ("Contract", code(chain.contract, whole=True)),
    ]
    return _card("Chain", chip("answers", "good"), facts(rows))


def cost_markup(status: OperationsStatus) -> str:
    """What recent batches took, what the sender holds, and how far that goes at the same rate."""
    with_images = [cost for cost in status.recent if cost.images]
    paid = [cost for cost in with_images if cost.ether_per_entry is not None]
    images, gas = sum(c.images for c in with_images), sum(c.gas_per_entry * c.images for c in with_images)
    ether = sum((Decimal(c.ether_per_entry or 0) * c.images for c in paid), Decimal(0))
    each = ether / sum(c.images for c in paid) if paid else None
    mean = f"<small>mean of {counted(images, 'image')} in {counted(len(with_images), 'batch', 'batches')}</small>"
    rows = [
        ("Gas an image", f"<b>{gas / images:,.0f}</b> {mean}" if images else "–"),
        ("Cost an image", f"<b>{_ether(each)}</b> ether" if each is not None else "–"),
        *_sender_rows(status, each),
    ]
    return _card("Gas and cost", "", facts(rows) + _cost_table(status))


def _cost_table(status: OperationsStatus) -> str:
    if not status.recent:
        return '<p class="ms-note">No batch was settled yet.</p>'
    head = "<th>Head</th><th>Block</th><th>Images of entries</th><th>Gas</th><th>Gas an entry</th><th>Ether</th>"
    body = "".join(_cost_row(cost) for cost in status.recent)
    return (
        f'<div class="ms-scroll ms-costs"><table class="ms-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def _sender_rows(status: OperationsStatus, each: Decimal | None) -> Iterator[tuple[str, str]]:
    sender = status.sender
    if sender is None or sender.balance_ether is None:
        yield "Sender holds", "not known"
        return
    holds = Decimal(sender.balance_ether)
    yield "Sender holds", f"{holds:,.6f} ether <small>{code(sender.address)}</small>"
    if each:
        yield "Enough for", f"about {int(holds / each):,} images at that rate"


def _cost_row(cost: BatchCost) -> str:
    ether = _ether(Decimal(cost.ether)) if cost.ether is not None else "not ours"
    images = f"{cost.images:,} of {cost.entries:,}"
    return (
        f"<tr><td>{cost.sequence}</td><td>{block_link(cost.block_number)}</td><td>{images}</td>"
        f"<td>{cost.gas_used:,}</td><td>{cost.gas_per_entry:,.0f}</td><td>{ether}</td></tr>"
    )


def _ether(value: Decimal) -> str:
    return f"{value:.9f}"


def _card(title: str, mark: str, body: str) -> str:
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>{title}</h3><span>{mark}</span></div>{body}</section>'
    )
