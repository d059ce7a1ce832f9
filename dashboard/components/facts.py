"""What the ledger knows of a registration: who, when, where in the log, where on the chain, and its timeline."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.components.icons import icon
from dashboard.components.markup import chip, code, details, digests, facts, figure, text, when
from dashboard.components.statement import CHECKED
from dashboard.words import STEPS, as_recorded, standing_words, state_words
from ledger.schemas import Anchor, Origin, Registration, Statement

_SETTLED, _UNASKED = ("anchored", "final"), "not shown: the chain could not be asked"


def known_of(state: str, anchor: Anchor | None) -> bool:
    """Whether the chain was asked about a state that it alone can confirm; during an outage only records speak."""
    return state not in _SETTLED or (anchor is not None and anchor.confirmations is not None)


def state_chip(state: str, known: bool = True) -> str:
    """A state as a chip with its meaning as tooltip; ``known`` False: as recorded, see :func:`known_of`."""
    words = state_words(state) if known else as_recorded(state_words(state))
    return chip(words.label, words.tone, words.meaning)


def standing_chip(standing: str, known: bool = True) -> str:
    """A standing as a chip with its meaning as tooltip; ``known`` False: as recorded."""
    words = standing_words(standing) if known else as_recorded(standing_words(standing))
    return chip(words.label, words.tone, words.meaning)


def both_chips(registration: Registration) -> str:
    """Standing and state of a registration, no more certain than the answer they came with."""
    known = known_of(registration.state, registration.anchor)
    return standing_chip(registration.standing, known) + state_chip(registration.state, known)


def anchor_rows(anchor: Anchor | None, state: str = "") -> list[tuple[str, str]]:
    """Block, transaction and confirmations; words of their own while there is no block yet, or nobody to confirm it."""
    if anchor is None or anchor.block_number is None:
        if state in _SETTLED:
            return [("Block", _UNASKED), ("Transaction", _UNASKED)]
        return [("Block", "not in a block yet"), ("Transaction", _transaction(anchor))]
    confirmations = "the chain could not be asked" if anchor.confirmations is None else str(anchor.confirmations)
    return [
        ("Block", f"<b>{anchor.block_number}</b> <small>{text(when(anchor.block_time))}</small>"),
        ("Transaction", _transaction(anchor)),
        ("Confirmations", text(confirmations)),
        ("Chain and contract", f"{anchor.chain_id} · {code(anchor.contract)}"),
    ]


def _transaction(anchor: Anchor | None) -> str:
    return code(anchor.transaction) if anchor and anchor.transaction else "none yet"


def origin_rows(origin: Origin | None) -> list[tuple[str, str]]:
    """What a derived image was made from, by which operation, and how far that was checked."""
    if origin is None:
        return []
    said = f"{text(origin.operation)} ({text(CHECKED.get(origin.checked, origin.checked))})"
    by = f"“{text(origin.reason)}”, {text(origin.author)}"
    return [("Derived from", f"{code(origin.original, whole=True)}<br>{said}<br><small>{by}</small>")]


def registration_markup(registration: Registration, title: str = "Registration") -> str:
    """The facts of a registration as a card; digests and image facts behind a click."""
    rows = [
        ("Registrar", f"<b>{text(registration.registrar_name)}</b> {code(registration.registrar)}"),
        ("Registered", text(when(registration.registered_at))),
        ("Time interval", interval(registration)),
        *origin_rows(registration.derived),
        ("Log index", text(registration.index)),
        *anchor_rows(registration.anchor, registration.state),
        ("Registration id", code(registration.registration_id, whole=True)),
    ]
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>{text(title)}</h3>'
        f"<span>{both_chips(registration)}</span></div>"
        f"{facts(rows)}{_more(registration)}</section>"
    )


def interval(registration: Registration) -> str:
    """From the registrar's own time to that of the block: within it the image was registered."""
    anchor = registration.anchor
    if anchor is None or anchor.block_time is None:
        bound = "the block's time is not shown" if registration.state in _SETTLED else "no block bounds it yet"
        return f"from the registrar's own time on <small>({bound})</small>"
    seconds = (anchor.block_time - registration.registered_at).total_seconds()
    if seconds <= -1:  # blocks have whole seconds, so less than one is no contradiction
        return (
            f"The chain's clock and the registrar's contradict each other: {text(when(anchor.block_time))} for the"
            f" block, which is {-seconds:,.0f} s before the registrar's time."
            " <small>(it existed when that block was made, whatever time that was)</small>"
        )
    span = f"{seconds:,.0f} s" if seconds >= 1 else "Under 1 s"
    return (
        f"{span}: from the registrar's clock to the chain's, {text(when(anchor.block_time))}"
        " <small>(it existed when that block was made)</small>"
    )


def _more(registration: Registration) -> str:
    shown = details("Digests", digests(registration.digests)) if registration.digests else ""
    if registration.facts:
        rows = ((name.replace("_", " "), text(figure(value))) for name, value in registration.facts.items())
        shown += details("Image facts", facts(rows))
    return shown


def statements_markup(statements: Sequence[Statement]) -> str:
    """Statements about a registration as a card, oldest first; empty when there are none."""
    items = "".join(_statement(statement) for statement in sorted(statements, key=lambda one: one.time))
    head = '<div class="ms-card-head"><h3>Statements</h3></div>'
    return f'<section class="ms-card">{head}<ul class="ms-statements">{items}</ul></section>' if items else ""


def _statement(statement: Statement) -> str:
    by = f" by {code(statement.replacement)}" if statement.replacement else ""
    return (
        f"<li>{icon('clock', 18)}<div><b>{text(statement.kind)}</b>{by} {state_chip(statement.state)}"
        f"<p>“{text(statement.reason)}”</p><small>{text(statement.author)}, {text(when(statement.time))}</small>"
        "</div></li>"
    )


def timeline_markup(registration: Registration) -> str:
    """received → sequenced → anchoring → anchored → final, with what is known of each; a side state at the end."""
    state, anchor = registration.state, registration.anchor
    unsure = "" if known_of(state, anchor) else "as recorded; the chain could not be asked"
    side = state not in STEPS
    reached = STEPS.index("sequenced") if side else STEPS.index(state)
    notes = {
        "received": when(registration.registered_at),
        "sequenced": f"log index {registration.index}",
        "anchoring": f"head {anchor.sequence}" if anchor else "",
        "anchored": _mined(anchor) or unsure,
        "final": f"{anchor.confirmations} confirmations" if anchor and anchor.confirmations else unsure,
    }
    steps = "".join(_step(step, notes[step], index, reached) for index, step in enumerate(STEPS))
    if side:
        words = state_words(state)
        steps += _item(words.label, words.meaning, "now side", icon("cross", 16))
    return f'<ol class="ms-timeline">{steps}</ol>'


def _mined(anchor: Anchor | None) -> str:
    return f"block {anchor.block_number}, {when(anchor.block_time)}" if anchor and anchor.block_number else ""


def _step(step: str, note: str, index: int, reached: int) -> str:
    words = state_words(step)
    if index > reached:
        return _item(words.label, "still to come", "later", icon("dash", 16))
    return _item(words.label, note or words.meaning, "now" if index == reached else "done", icon("check", 16))


def _item(label: str, note: str, kind: str, mark: str) -> str:
    return f'<li class="{kind}"><span class="ms-dot">{mark}</span><b>{text(label)}</b><small>{text(note)}</small></li>'
