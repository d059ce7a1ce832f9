"""How the ledger runs, in the text format of Prometheus (version 0.0.4). Nothing here is about an image or a patient.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ledger.schemas.operations import LogStatus, OperationsStatus

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SETTLED = ("anchored", "final")

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Family:
    """One metric with its samples; ``text`` is one line, names are those of the format: ``[a-z_]+``."""

    name: str
    kind: Literal["counter", "gauge"]
    text: str
    samples: tuple[tuple[Labels, float], ...]


def exposition(families: Iterable[Family]) -> str:
    """The families as the scraper reads them; one without samples is left out."""
    return "".join(line + "\n" for family in families if family.samples for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    text = family.text.replace("\\", r"\\").replace("\n", r"\n")
    yield f"# HELP {family.name} {text}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, value in family.samples:
        inside = ",".join(f'{name}="{_escaped(said)}"' for name, said in labels)
        yield f"{family.name}{{{inside}}} {_number(value)}" if inside else f"{family.name} {_number(value)}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def families(status: OperationsStatus, verdicts: Mapping[str, int], version: str) -> Iterator[Family]:
    """Everything that is measured, from one look at the ledger. What the chain does not tell is left out."""
    yield Family("medseal_info", "gauge", "The version that answers.", (((("version", version),), 1),))
    yield from _sources(status)
    yield from _logs(status)
    yield from _chain(status)
    told = tuple(((("verdict", verdict),), float(count)) for verdict, count in sorted(verdicts.items()))
    yield Family("medseal_verifications_total", "counter", "Verifications that this process answered.", told)


def _sources(status: OperationsStatus) -> Iterator[Family]:
    rows: tuple[tuple[str, str, Literal["counter", "gauge"], str], ...] = (
        ("received_total", "received", "counter", "Objects that arrived from a source."),
        ("registered_total", "registered", "counter", "Objects of a source whose registration is committed."),
        ("failed_total", "failed", "counter", "Objects of a source that were refused for good."),
        ("waiting", "waiting", "gauge", "Objects of a source that are to be tried again."),
        ("waiting_seconds", "waiting_seconds", "gauge", "How long the oldest of those has waited; 0 when none does."),
        ("unanchored_entries", "unanchored", "gauge", "Registered entries of a source that no block holds."),
        ("oldest_unanchored_seconds", "unanchored_seconds", "gauge", "Age of the oldest of those; 0 when none is."),
    )
    for suffix, field, kind, text in rows:
        told = tuple(((("source", one.name),), float(getattr(one, field) or 0)) for one in status.sources)
        yield Family(f"medseal_source_{suffix}", kind, text, told)
    seen = tuple(((("source", one.name),), one.last_seen.timestamp()) for one in status.sources if one.last_seen)
    yield Family("medseal_source_last_seen_timestamp_seconds", "gauge", "When something last arrived.", seen)
    quiet = tuple(((("source", one.name),), float(one.quiet is not None)) for one in status.sources)
    yield Family("medseal_source_quiet", "gauge", "1 when a source that used to send has gone quiet.", quiet)


def _logs(status: OperationsStatus) -> Iterator[Family]:
    logs = status.logs
    yield Family("medseal_log_entries", "gauge", "Entries of a registrar's log.", _each(logs, "log_size"))
    counts = tuple(((*_named(log), ("state", state)), float(n)) for log in logs for state, n in log.states.items())
    yield Family("medseal_log_state_entries", "gauge", "Entries of a log in a state.", counts)
    waits = tuple(
        (_named(log), float(sum(n for state, n in log.states.items() if state not in _SETTLED))) for log in logs
    )
    yield Family("medseal_unanchored_entries", "gauge", "Entries that no block holds.", waits)
    oldest = tuple((_named(log), log.oldest_seconds or 0.0) for log in logs)
    yield Family(
        "medseal_oldest_unanchored_seconds", "gauge", "Age of the oldest entry that no block holds; 0: none.", oldest
    )
    yield Family("medseal_batches_total", "counter", "Heads on the chain of a log.", _each(logs, "head_sequence"))
    unsettled = tuple((_named(log), float(len(log.unsettled))) for log in logs)
    yield Family("medseal_open_batches", "gauge", "Batches that are not final yet; 20 at most are told.", unsettled)
    differs = tuple(
        (_named(log), float(log.comparison in ("short", "differs"))) for log in logs if log.comparison != "unknown"
    )
    yield Family("medseal_log_differs", "gauge", "1 when the log and the contract's head differ.", differs)


def _chain(status: OperationsStatus) -> Iterator[Family]:
    chain = status.chain
    yield Family("medseal_chain_up", "gauge", "1 when the chain's node answers.", (((), float(chain.code is None)),))
    yield Family("medseal_chain_height", "gauge", "The newest block's number.", _one(chain.height))
    yield Family("medseal_chain_block_age_seconds", "gauge", "Age of the newest block.", _one(chain.age_seconds))
    worker = (((), float(status.worker == "running")),) if status.worker != "unknown" else ()
    yield Family("medseal_worker_running", "gauge", "1 when a worker anchors and nothing waits for long.", worker)


def _named(log: LogStatus) -> Labels:
    return (("registrar", log.registrar),)


def _each(logs: Iterable[LogStatus], field: str) -> tuple[tuple[Labels, float], ...]:
    found = ((_named(log), getattr(log, field)) for log in logs)
    return tuple((labels, float(value)) for labels, value in found if value is not None)


def _one(value: float | None) -> tuple[tuple[Labels, float], ...]:
    return () if value is None else (((), float(value)),)
