"""The text format of Prometheus: what is written can be read, and says the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ledger.api.examples_operations import STATUS
from ledger.api.examples_sources import QUIET, SOURCE
from ledger.api.metrics import Family, exposition, families
from ledger.schemas.operations import OperationsStatus

_LINE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?P<labels>.*)\})? (?P<value>[0-9.eE+-]+)")
_LABEL = re.compile(r'(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?P<value>(?:[^"\\\n]|\\["\\n])*)"(,|$)')
_PLAIN = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> tuple[dict[str, str], Samples]:
    """A reader of the format, by its description: kinds by name, and samples by name and labels."""
    kinds: dict[str, str] = {}
    helped: set[str] = set()
    samples: Samples = {}
    assert text.endswith("\n") or not text
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            helped.add(line.split(" ", 3)[2])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name in helped and name not in kinds and kind in ("counter", "gauge")
            kinds[name] = kind
        else:
            found = _LINE.fullmatch(line)
            assert found, line
            assert found["name"] in kinds, "a sample comes after its HELP and TYPE"
            key = (found["name"], labels_of(found["labels"] or ""))
            assert key not in samples
            samples[key] = float(found["value"])
    return kinds, samples


def labels_of(text: str) -> tuple[tuple[str, str], ...]:
    labels, at = [], 0
    while at < len(text):
        found = _LABEL.match(text, at)
        assert found, text
        plain = re.sub(r'\\["\\n]', lambda one: _PLAIN[one.group()], found["value"])
        labels.append((found["name"], plain))
        at = found.end()
    return tuple(labels)


@given(st.lists(st.tuples(st.text(), st.floats(0, 1e15)), unique_by=lambda one: one[0]), st.text())
def test_whatever_a_source_is_called_a_scraper_reads_it_back(samples: list[tuple[str, float]], text: str) -> None:
    family = Family("medseal_x", "gauge", text, tuple(((("source", name),), value) for name, value in samples))
    kinds, found = read(exposition([family]))
    assert kinds == ({"medseal_x": "gauge"} if samples else {})
    assert found == {("medseal_x", (("source", name),)): value for name, value in samples}


def status(**given: object) -> OperationsStatus:
    return OperationsStatus.model_validate({**STATUS, "sources": [SOURCE, QUIET], **given})


def samples_of(found: OperationsStatus, verdicts: dict[str, int] | None = None) -> Samples:
    return read(exposition(families(found, verdicts or {}, "1.2.3")))[1]


def test_sources_are_measured_by_name() -> None:
    found = samples_of(status())
    ct, archive = (("source", "CT-ROOM-2"),), (("source", "archive"),)
    for suffix, value in {"received_total": 412, "registered_total": 409, "failed_total": 1, "waiting": 2}.items():
        assert found[f"medseal_source_{suffix}", ct] == value
    assert (found["medseal_source_quiet", ct], found["medseal_source_quiet", archive]) == (0, 1)
    assert found["medseal_source_waiting_seconds", ct] == 4.2
    assert found["medseal_source_unanchored_entries", ct] == 7
    assert found["medseal_source_oldest_unanchored_seconds", ct] == 1.4
    assert found["medseal_source_oldest_unanchored_seconds", archive] == 0
    seen = datetime.fromisoformat(SOURCE["last_seen"].replace("Z", "+00:00")).astimezone(UTC).timestamp()
    assert found["medseal_source_last_seen_timestamp_seconds", ct] == seen


def test_queues_chain_and_verdicts_are_measured() -> None:
    made = status()
    log = made.logs[0]
    found = samples_of(made, {"authentic": 3, "altered": 1})
    named = (("registrar", log.registrar),)
    assert found["medseal_log_entries", named] == log.log_size
    assert found["medseal_batches_total", named] == log.head_sequence
    assert found["medseal_oldest_unanchored_seconds", named] == (log.oldest_seconds or 0)
    assert found["medseal_chain_height", ()] == made.chain.height
    assert found["medseal_chain_up", ()] == 1
    assert found["medseal_verifications_total", (("verdict", "altered"),)] == 1
    assert found["medseal_info", (("version", "1.2.3"),)] == 1


def test_of_a_silent_chain_only_its_silence_is_told() -> None:
    silent = {"code": "chain_unreachable", "chain_id": 1, "contract": "0x" + "00" * 20}
    found = samples_of(status(chain=silent, worker="unknown"))
    assert found["medseal_chain_up", ()] == 0
    assert not {"medseal_chain_height", "medseal_worker_running"} & {name for name, _ in found}
