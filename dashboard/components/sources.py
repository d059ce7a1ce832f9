"""Where images come from, as a card: what each source sent, what became of it, and who has gone quiet."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.components.hospital import age
from dashboard.components.markup import chip, counted, text, when
from dashboard.components.notice import Notice, notice_markup
from ledger.schemas.operations import OperationsStatus
from ledger.schemas.sources import Source

_FIGURES = ("Received", "Registered", "Waiting", "Failed", "In no block", "24 hours")
_COLUMNS = ("Source", *_FIGURES, "Last seen", "Last trouble")
_BY_HAND = (
    "Images registered by a command, on a page or through the API have no source: only the counts of the log hold them."
)
_ALL_ANCHORED = "Every entry is in a block."
_NONE_YET = (
    '<p class="ms-note">No source has sent anything yet. Images come in from scanners, from a watched folder'
    " (<code>medseal watch</code>), from an archive (<code>medseal orthanc</code>) or by digest from a site"
    f" (<code>medseal agent</code>). {_BY_HAND}</p>"
)


def alarms_markup(status: OperationsStatus) -> str:
    """A notice that names the sources that used to send and have gone quiet; nothing when there is none."""
    quiet = [source for source in status.sources if source.quiet]
    if not quiet:
        return ""
    title = f"{counted(len(quiet), 'source')} {'has' if len(quiet) == 1 else 'have'} gone quiet"
    said = "; ".join(f"{source.name}: {source.quiet}" for source in quiet)
    advice = (
        "Look at the sender, its network and its last error. If it is out of use, drop it with"
        " medseal sources --forget NAME."
    )
    return notice_markup(Notice(title, said + ".", advice, "clock", "warn"))


def sources_markup(status: OperationsStatus) -> str:
    """The sources by name, as a table."""
    body = _table(status.sources, status) if status.sources else _NONE_YET
    return (
        '<section class="ms-card"><div class="ms-card-head"><h3>Where images come from</h3><span></span></div>'
        f"{body}</section>"
    )


def _table(sources: Sequence[Source], status: OperationsStatus) -> str:
    head = "".join(f"<th>{text(name)}</th>" for name in _COLUMNS)
    body = "".join(_row(source) for source in sources)
    waits = [log.oldest_seconds for log in status.logs if log.oldest_seconds is not None]
    oldest = f"Oldest entry of all sources that no block holds: {age(max(waits))}." if waits else _ALL_ANCHORED
    note = f"{oldest} Counts are a gauge, kept within a second; the history is the account. {_BY_HAND}"
    return (
        f'<div class="ms-scroll ms-sources"><table class="ms-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f'</table></div><p class="ms-note">{text(note)}</p>'
    )


def _row(source: Source) -> str:
    mark = "&ensp;" + chip("gone quiet", "warn", source.quiet) if source.quiet else ""
    waits = f"{source.waiting:,}"
    if source.waiting and source.waiting_seconds is not None:
        waits += f" <small>for {age(source.waiting_seconds)}</small>"
    unanchored = f"{source.unanchored:,}"
    if source.unanchored and source.unanchored_seconds is not None:
        unanchored += f" <small>oldest {age(source.unanchored_seconds)}</small>"
    trouble = "–"
    if source.reason:
        at = f"At {when(source.reason_at)}"
        trouble = f'<span title="{text(at)}">{text(source.reason.replace("_", " "))}</span>'
    cells = (
        f"<b>{text(source.name)}</b>{mark}",
        f"{source.received:,}",
        f"{source.registered:,}",
        waits,
        f"{source.failed:,}",
        unanchored,
        f"{source.last_day:,}",
        text(when(source.last_seen)),
        trouble,
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
