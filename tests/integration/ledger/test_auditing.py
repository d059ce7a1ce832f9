"""The audit: silent about a sound ledger, and naming whatever somebody with the database changed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary

from ledger.audit import STAGES
from ledger.core.images.identity import study_key
from ledger.indexing import Indexer
from ledger.schemas import CaseOpening
from ledger.store.models import METADATA

# What is no evidence: nothing that a verdict, a receipt or a proof says leans on it.
_KEYS = {
    (table, column.name)
    for table in (
        "api_key",
        "attempt",
        "commitment_request",
        "cursor",
        "source",
        "source_entry",
        "source_hour",
        "verification_note",
    )
    for column in METADATA.tables[table].columns
}
_BOOKKEEPING = {
    ("batch", "created_at"),  # when it was prepared: shown, and proved by nothing
    ("batch", "reason"),  # why it does not move
    ("image", "idempotency_key"),  # the caller's own word
    ("image_trace", "codes"),  # what look-alikes are searched by; only their form can be checked
    ("image", "instance"),  # finds an original to compare with; only its form can be checked
    ("outbox", "urgent"),  # how soon, not whether
}
_EVIDENCE = [
    pytest.param(column, id=str(column))
    for table in METADATA.sorted_tables
    for column in table.columns
    if (table.name, column.name) not in _KEYS | _BOOKKEEPING
]


@pytest.fixture(scope="module")
def ledger(
    founded: Path, tmp_path_factory: pytest.TempPathFactory, make_hospital: Callable[[Path], Any]
) -> Iterator[Any]:
    """An image and a statement that are final; an image, a case and the close of a study that wait."""
    made = make_hospital(Path(shutil.copytree(founded, tmp_path_factory.mktemp("audited") / "data")))
    registration = made.anchored(made.capture())
    made.say("revoke", registration)
    assert made.service.anchor_pending(60)
    made.register(made.picture())
    made.service.cases.open(CaseOpening(title="A case", author="Dr. Example"))
    made.service.studies.close(study_key(made.study_of(made.capture())))
    yield made
    made.close()


@pytest.fixture
def edited(ledger: Any) -> Iterator[Callable[..., Any]]:
    """Edits the database, audits, and puts everything back afterwards."""
    saved = sqlite3.connect(":memory:")
    with sqlite3.connect(ledger.folder.database) as live:
        live.backup(saved)

    def edit(*statements: str) -> Any:
        for statement in statements:
            assert ledger.edit_database(statement) >= 1
        return ledger.service.audit()

    yield edit
    with sqlite3.connect(ledger.folder.database) as live:
        saved.backup(live)
    saved.close()


def codes(report: Any) -> set[str]:
    return {difference.code for difference in report.differences}


def other_value(column: Column[Any]) -> str:
    """SQL for another value of the column's own type."""
    if str(column) == "batch.state":
        return "'prepared'"
    kind = getattr(column.type, "impl_instance", column.type)
    if isinstance(kind, JSON):
        return f"json_set({column.name}, '$.lossy', json('true'))"
    if isinstance(kind, LargeBinary):
        last = f"CASE WHEN substr({column.name}, -1) = x'ff' THEN x'00' ELSE x'ff' END"  # a salt may end in any byte
        return f"CAST(substr({column.name}, 1, length({column.name}) - 1) || {last} AS BLOB)"
    if isinstance(kind, Boolean):
        return f"NOT {column.name}"
    return f"{column.name} + 1000000" if isinstance(kind, Integer) else f"{column.name} || 'x'"


def value_of_another_type(column: Column[Any]) -> str:
    kind = getattr(column.type, "impl_instance", column.type)
    return "'text'" if isinstance(kind, LargeBinary | Boolean | Integer) else "x'00ff'"


def last_row(column: Column[Any]) -> str:
    table, name = column.table.name, column.name
    return f"rowid = (SELECT max(rowid) FROM {table} WHERE {name} IS NOT NULL)"


def test_the_ledger_as_it_is_passes(edited: Any) -> None:
    report = edited()
    assert (report.consistent, report.entries, report.heads, report.events) == (True, 6, 2, 7)


@pytest.mark.parametrize("column", _EVIDENCE)
def test_an_edit_of_any_column_that_is_evidence_is_named(edited: Any, column: Column[Any]) -> None:
    report = edited(f"UPDATE {column.table.name} SET {column.name} = {other_value(column)} WHERE {last_row(column)}")
    assert not report.consistent
    assert all(difference.expected != difference.found for difference in report.differences)


@pytest.mark.parametrize("column", _EVIDENCE)
def test_a_value_of_another_type_in_any_column_is_named(edited: Any, column: Column[Any]) -> None:
    value = value_of_another_type(column)
    report = edited(f"UPDATE {column.table.name} SET {column.name} = {value} WHERE {last_row(column)}")
    assert codes(report) == {"value_malformed"}
    assert str(column) in report.differences[0].expected
    assert not report.complete


@pytest.mark.parametrize("column", [pytest.param(column, id=str(column)) for column in METADATA.tables["registrar"].c])
def test_all_that_names_a_registrar_is_held_against_genesis_entry_and_directory(
    edited: Any, column: Column[Any]
) -> None:
    report = edited(f"UPDATE registrar SET {column.name} = {other_value(column)}")
    expected = {"registrar_differs", "entry_missing", "row_stray"} if column.name == "id" else {"registrar_differs"}
    assert codes(report) == expected


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (
            "UPDATE log_entry SET body = CAST(replace(CAST(body AS TEXT), 'T', 't') AS BLOB) WHERE position = 1",
            "leaf_differs",
        ),
        ("UPDATE image SET details = x'00' WHERE details != x''", "details_differ"),
        ("UPDATE image SET details = x''", "details_differ"),
        ("UPDATE image SET facts = json_set(facts, '$.rows', 7)", "facts_differ"),
        ("UPDATE image SET facts = json_set(facts, '$.media_type', 'image/jpeg')", "facts_differ"),
        ("UPDATE image SET facts = json_remove(facts, '$.lossy')", "facts_differ"),
        ("UPDATE image SET facts = '{}'", "facts_differ"),
        ("UPDATE image SET facts = '[]'", "value_malformed"),
        ("UPDATE image SET facts = 'no JSON'", "value_malformed"),
        ("UPDATE image SET instance = 'elsewhere'", "record_differs"),
        ("DELETE FROM image_digest WHERE name = 'tile/1'", "record_differs"),
        ("DELETE FROM image", "record_missing"),
        ("DELETE FROM image_trace", "trace_differs"),
        ("UPDATE image_trace SET codes = x'00'", "trace_differs"),
        ("UPDATE image_trace SET codes = 7", "value_malformed"),
        ("UPDATE batch SET block_time = 1", "batch_differs"),
        ("UPDATE batch SET gas_used = NULL", "batch_differs"),
        ("UPDATE batch SET state = 'lost'", "value_malformed"),
        (
            "UPDATE batch SET root = zeroblob(32), state = 'broadcast', tx_hash = NULL, block_number = NULL",
            "batch_differs",
        ),
        ("UPDATE chain_event SET leaf = zeroblob(32) WHERE leaf IS NOT NULL", "event_differs"),
        ("DELETE FROM chain_event WHERE name = 'HeadAdvanced'", "event_differs"),
        (
            "INSERT INTO chain_event SELECT block_hash, 77, block_number, block_time, tx_hash, name, registrar,"
            " canonical, leaf, position, sequence, size, root FROM chain_event WHERE name = 'HeadAdvanced' LIMIT 1",
            "event_differs",
        ),
        ("DELETE FROM outbox", "outbox_missing"),
        ("UPDATE outbox SET time = time + 86400000000", "outbox_differs"),
        ("INSERT INTO outbox SELECT registrar, position, 0, time FROM log_entry WHERE position = 1", "outbox_differs"),
        ("DELETE FROM log_entry WHERE position = 1", "entry_missing"),
        ("UPDATE log SET size = 0", "log_size_differs"),
        ("UPDATE log_entry SET time = 9000000000000000000 WHERE position = 1", "entry_row_differs"),
    ],
)
def test_an_audit_names_each_edit_of_the_database(edited: Any, edit: str, code: str) -> None:
    assert code in codes(edited(edit))


def test_a_statement_that_was_taken_away_with_its_batch_is_named(edited: Any) -> None:
    report = edited(
        "DELETE FROM chain_event WHERE sequence = 2",
        "DELETE FROM batch WHERE sequence = 2",
        "DELETE FROM log_entry WHERE kind = 'revoke'",
        "UPDATE log_entry SET position = position - 1 WHERE position > 2",
        "UPDATE outbox SET position = position - 1",
        "UPDATE log SET size = size - 1",
    )
    assert {"batch_differs", "leaf_differs_on_chain", "root_differs"} <= codes(report)


def test_an_audit_finds_a_log_whose_last_entry_was_taken_away(hospital: Any) -> None:
    registration = hospital.anchored(hospital.picture(1))
    for table in ("image_digest", "image", "log_entry"):
        hospital.edit_database(f"DELETE FROM {table} WHERE id = ?", registration.registration_id)
    hospital.edit_database("UPDATE log SET size = size - 1")
    assert {"entry_missing", "log_too_short"} <= codes(hospital.service.audit())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_every_kind_of_picture_passes_and_its_lossy_mark_is_held(hospital: Any, kind: str) -> None:
    hospital.anchored(hospital.picture(1, kind))
    assert hospital.service.audit().consistent
    other = "json('false')" if kind == "JPEG" else "json('true')"
    hospital.edit_database(f"UPDATE image SET facts = json_set(facts, '$.lossy', {other})")
    assert codes(hospital.service.audit()) == {"facts_differ"}


def test_an_untouched_ledger_passes_the_audit(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    report = hospital.service.audit()
    assert (report.consistent, report.complete, report.entries, report.heads) == (True, True, 2, 1)


def test_an_audit_says_what_it_could_not_check(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    hospital.register(hospital.picture())
    report = hospital.service.audit()
    assert (report.consistent, report.complete) == (True, False)
    assert "1 entry of" in report.not_checked[0]


def test_an_index_that_is_behind_the_chain_is_no_difference(hospital: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(Indexer, "catch_up", lambda _self: 0)
    hospital.anchored(hospital.capture())
    assert list(hospital.service.store.events(hospital.service.parts.registrar.id)) == []
    assert hospital.service.audit().consistent


def test_an_index_that_stands_at_a_block_of_another_chain_is_said_to_be_unchecked(edited: Any) -> None:
    report = edited("UPDATE cursor SET hash = '0x' || substr(hash, 4) || '0'")
    assert any("left the chain" in line for line in report.not_checked)


def test_a_batch_whose_transaction_is_mined_unseen_is_no_difference(hospital: Any) -> None:
    hospital.anchored(hospital.capture())
    hospital.edit_database(
        "UPDATE batch SET state = 'broadcast', tx_hash = NULL, block_number = NULL, block_hash = NULL,"
        " block_time = NULL, gas_used = NULL"
    )
    assert hospital.service.audit().consistent


def test_a_batch_that_is_called_final_too_early_is_named(open_hospital: Any) -> None:
    hospital = open_hospital(confirmations=5)
    hospital.register(hospital.capture())
    hospital.service.anchor_pending(0.5)
    assert hospital.service.audit().consistent
    assert hospital.edit_database("UPDATE batch SET state = 'final'") == 1
    assert codes(hospital.service.audit()) == {"batch_differs"}


def test_progress_goes_through_the_stages_and_ends_with_everything_done(hospital: Any) -> None:
    for seed in range(2):
        hospital.anchored(hospital.picture(seed))
    told: list[tuple[str, int, int]] = []
    hospital.service.audit(lambda stage, done, of: told.append((stage, done, of)))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == list(STAGES)
    last = {stage: (done, of) for stage, done, of in told}
    assert last == {"database": (1, 1), "chain": (1, 1), "entries": (3, 3), "heads": (2, 2)}


def test_what_progress_raises_ends_the_audit(hospital: Any) -> None:
    class Enough(Exception):
        pass

    def stop(_stage: str, _done: int, _of: int) -> None:
        raise Enough

    with pytest.raises(Enough):
        hospital.service.audit(stop)
