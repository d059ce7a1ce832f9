"""What an audit in the background is at, and what it came to, in words."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.components.icons import icon
from dashboard.components.markup import chip, counted, facts, table, text, when
from ledger.schemas import Audit, Difference
from ledger.schemas.operations import AuditRun

_STAGES: Mapping[str, tuple[str, float, float]] = {
    "database": ("Checking the database by its own rules", 0.0, 0.1),
    "chain": ("Reading the contract's events from the chain", 0.1, 0.2),
    "entries": ("Hashing every entry again and comparing its record", 0.2, 0.8),
    "heads": ("Comparing the contract's roots with the entries", 0.8, 1.0),
}
"""By stage: what is done, and the share of the bar from where to where."""

CODES: Mapping[str, str] = {
    "batch_differs": "the records say another thing of a batch than the chain does",
    "case_differs": "what is kept of a case is not what its entry commits to, or may not follow what came before",
    "case_missing": "the content of a case's entry is gone: lost, or erased",
    "contract_root_differs": "the contract's storage and its event give two roots",
    "details_differ": "the stored details of an image do not lead to its digests",
    "entry_malformed": "an entry cannot be read",
    "entry_missing": "an entry is missing, or stands at another place",
    "entry_row_differs": "a row says another thing than the entry that it holds",
    "event_differs": "the index of events says another thing than the chain does",
    "facts_differ": "stored facts of an image are not those of its digests",
    "genesis_misplaced": "the log does not begin with its genesis entry",
    "head_missing": "a head is missing",
    "leaf_differs": "a stored leaf is not the hash of its entry",
    "leaf_differs_on_chain": "the chain was given another leaf than the log holds",
    "log_size_differs": "the log's stored size is not the number of its entries",
    "log_too_short": "the log is shorter than a head that the contract holds",
    "outbox_differs": "the outbox does not agree with its entries",
    "outbox_missing": "an entry is in no batch and does not wait for one",
    "record_differs": "an image's record is not what its entry commits to",
    "record_missing": "a registration has no image record",
    "registrar_differs": "the registrar's name is not the one in the directory",
    "registrar_unknown": "the contract's directory does not know the registrar",
    "root_differs": "the entries lead to another root than the contract accepted",
    "row_stray": "a row belongs to nothing",
    "trace_differs": "a stored fingerprint is not the registered one",
    "value_malformed": "a value is of another kind than its column",
    "study_differs": "the instances known of a closed study are not those that its entry counted",
    "study_missing": "what a closed study's entry counted is no longer kept",
}


def progress_of(run: AuditRun) -> tuple[float, str]:
    """The share that is done, 0 to 1, and what is being done, in words."""
    if run.stage not in _STAGES:
        return 0.0, "Starting"
    words, begins, ends = _STAGES[run.stage]
    share = run.done / run.of if run.of else 0.0
    count = f": {run.done:,} of {run.of:,}" if run.of > 1 else ""
    return begins + (ends - begins) * min(1.0, share), f"{words}{count}"


def outcome(found: Audit) -> tuple[str, str, str, str]:
    """Title, sentence, icon and tone of a result."""
    if not found.consistent:
        said = f"{counted(len(found.differences), 'difference')} between records and chain, listed below."
        return "Differences were found", said, "cross", "bad"
    if not found.complete:
        return (
            "Nothing differs, but not everything could be checked",
            "What was left out is listed below.",
            "hourglass",
            "open",
        )
    return "Records, log and contract agree", "Everything was read again and compared.", "check", "good"


def result_markup(run: AuditRun, found: Audit) -> str:
    """The result as a card: outcome, coverage, differences, what was left out."""
    title, said, mark, tone = outcome(found)
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else 0
    rows = [
        ("Entries hashed again", f"<b>{found.entries:,}</b>"),
        ("Heads compared", f"<b>{found.heads:,}</b> <small>each root in event, storage and records</small>"),
        ("Chain events read", f"<b>{found.events:,}</b>"),
        ("Not checked", text("nothing" if found.complete else f"{counted(len(found.not_checked), 'part')}, below")),
        ("Ran", f"{text(when(run.started_at))} <small>for {seconds:,.1f} s</small>"),
    ]
    chips = chip("consistent" if found.consistent else "differs", "good" if found.consistent else "bad")
    chips += " " + chip("complete" if found.complete else "incomplete", "good" if found.complete else "open")
    left_out = "".join(f"<li>{icon('dash', 16)}<p>{text(line)}</p></li>" for line in found.not_checked)
    said = f"<div><b>{text(title)}</b>{text(said)}</div>"
    return (
        f'<section class="ms-card"><div class="ms-card-head"><h3>Result</h3><span>{chips}</span></div>'
        f'<div class="ms-verdict ms-{tone}" role="status">{icon(mark, 28)}{said}</div>'
        f"{facts(rows)}{differences_markup(found.differences)}"
        + (f'<h4>Not checked</h4><ul class="ms-statements">{left_out}</ul>' if left_out else "")
        + "</section>"
    )


def differences_markup(found: list[Difference]) -> str:
    """The differences as a table; empty when there are none."""
    if not found:
        return ""
    header = ("What", "Where", "Expected", "Found")
    rows = ((f"{CODES.get(one.code, one.code)} ({one.code})", _where(one), one.expected, one.found) for one in found)
    return table(header, rows)


def _where(one: Difference) -> str:
    places = [f"entry {one.index}" if one.index is not None else "", f"head {one.sequence}" if one.sequence else ""]
    return ", ".join(place for place in places if place) or f"registrar {one.registrar[:12]}"
